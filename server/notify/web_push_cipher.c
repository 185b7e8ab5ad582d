// SPDX-License-Identifier: Apache-2.0
#include "server/notify/web_push_cipher.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#include "server/notify/p256.h"

#define RECORD_SIZE 4096
#define TAG_LEN 16

static bool hkdf(const uint8_t *salt, const uint8_t *secret, const void *info, size_t info_len, uint8_t *out,
                 size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, 16),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, 32),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_len),
        OSSL_PARAM_construct_end(),
    };
    bool good = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return good;
}

static bool shared_secret(const struct web_push_keys *k, uint8_t out[32])
{
    EVP_PKEY *ours = p256_key(k->private_key, k->public_key), *theirs = p256_key(NULL, k->browser_public);
    EVP_PKEY_CTX *ctx = ours && theirs ? EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL) : NULL;
    size_t len = 32;
    bool good = ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, theirs) == 1 &&
                EVP_PKEY_derive(ctx, out, &len) == 1 && len == 32;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
    return good;
}

// RFC 8291 3.3 and 3.4: content encryption key and nonce.
static bool derive(const struct web_push_keys *k, uint8_t key[16], uint8_t nonce[12])
{
    static const char key_info[] = "Content-Encoding: aes128gcm", nonce_info[] = "Content-Encoding: nonce";
    uint8_t secret[32], input[32], info[14 + 65 + 65] = "WebPush: info";
    memcpy(info + 14, k->browser_public, 65);
    memcpy(info + 14 + 65, k->public_key, 65);
    return shared_secret(k, secret) && hkdf(k->browser_auth, secret, info, sizeof info, input, 32) &&
           hkdf(k->salt, input, key_info, sizeof key_info, key, 16) &&
           hkdf(k->salt, input, nonce_info, sizeof nonce_info, nonce, 12);
}

static bool seal(const uint8_t key[16], const uint8_t nonce[12], const void *text, size_t len, uint8_t *out)
{
    static const uint8_t last_record = 2; // padding's delimiter
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int some = 0, last = 0;
    bool good = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce) == 1 &&
                EVP_EncryptUpdate(ctx, out, &some, text, (int)len) == 1 &&
                EVP_EncryptUpdate(ctx, out + len, &last, &last_record, 1) == 1 &&
                EVP_EncryptFinal_ex(ctx, out + len + 1, &some) == 1 &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, out + len + 1) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

bool web_push_fresh(struct web_push_keys *keys)
{
    return RAND_bytes(keys->salt, sizeof keys->salt) == 1 && p256_make(keys->private_key, keys->public_key);
}

bool web_push_encrypt(const struct web_push_keys *keys, const void *text, size_t len, struct buf *out)
{
    uint8_t key[16], nonce[12];
    static const uint8_t head[5] = {RECORD_SIZE >> 24, RECORD_SIZE >> 16 & 255, RECORD_SIZE >> 8 & 255,
                                    RECORD_SIZE & 255, 65};
    if (len > WEB_PUSH_TEXT_MOST || !derive(keys, key, nonce))
        return false;
    buf_put(out, keys->salt, 16);
    buf_put(out, head, sizeof head);
    buf_put(out, keys->public_key, 65);
    buf_room(out, len + 1 + TAG_LEN);
    if (!seal(key, nonce, text, len, (uint8_t *)out->data + out->len))
        return false;
    out->len += len + 1 + TAG_LEN;
    return true;
}
