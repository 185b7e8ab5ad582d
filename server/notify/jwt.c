// SPDX-License-Identifier: Apache-2.0
#include "server/notify/jwt.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "server/notify/p256.h"

#define SIGNATURE_MOST 1024 // RSA of 8192 bits

void jwt_base64url(struct buf *out, const void *data, size_t len)
{
    static const char digits[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *in = data;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits =
            (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        buf_putc(out, digits[bits >> 18]);
        buf_putc(out, digits[bits >> 12 & 63]);
        if (left > 1)
            buf_putc(out, digits[bits >> 6 & 63]);
        if (left > 2)
            buf_putc(out, digits[bits & 63]);
    }
}

// Signs with SHA-256; the length of the signature, 0 when it cannot.
static size_t sign(EVP_PKEY *key, const struct buf *text, uint8_t out[SIGNATURE_MOST])
{
    size_t len = SIGNATURE_MOST;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, out, &len, (const unsigned char *)text->data, text->len) == 1;
    EVP_MD_CTX_free(ctx);
    return good ? len : 0;
}

// ASN.1 to r and s of 32 bytes each (RFC 7518 3.4).
static bool raw_signature(const uint8_t *der, size_t len, uint8_t out[64])
{
    const unsigned char *at = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
    bool good = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32;
    ECDSA_SIG_free(sig);
    return good;
}

static struct buf signing_input(struct call *c, const char *header, const char *claims)
{
    struct buf out = buf_in(&c->arena);
    jwt_base64url(&out, header, strlen(header));
    buf_putc(&out, '.');
    jwt_base64url(&out, claims, strlen(claims));
    return out;
}

static const char *finish(struct buf *token, const uint8_t *signature, size_t len)
{
    buf_putc(token, '.');
    jwt_base64url(token, signature, len);
    return buf_text(token);
}

const char *jwt_es256(struct call *c, const char *claims, const uint8_t private_key[32],
                      const uint8_t public_key[65])
{
    struct buf token = signing_input(c, "{\"typ\":\"JWT\",\"alg\":\"ES256\"}", claims);
    uint8_t der[SIGNATURE_MOST], raw[64];
    EVP_PKEY *key = p256_key(private_key, public_key);
    size_t len = key ? sign(key, &token, der) : 0;
    EVP_PKEY_free(key);
    return len > 0 && raw_signature(der, len, raw) ? finish(&token, raw, sizeof raw) : NULL;
}

const char *jwt_rs256(struct call *c, const char *claims, const char *pem)
{
    struct buf token = signing_input(c, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", claims);
    uint8_t signature[SIGNATURE_MOST];
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;
    bool fits = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_size(key) <= SIGNATURE_MOST;
    size_t len = fits ? sign(key, &token, signature) : 0;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return len > 0 ? finish(&token, signature, len) : NULL;
}
