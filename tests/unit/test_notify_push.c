// SPDX-License-Identifier: Apache-2.0
// Web Push against the RFCs' own figures, and tokens against the public halves of their keys.
#include "tests/support/cmocka_all.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <string.h>

#include "server/base/call.h"
#include "server/notify/jwt.h"
#include "server/notify/lineworks.h"
#include "server/notify/p256.h"
#include "server/notify/web_push.h"
#include "server/notify/web_push_cipher.h"

static struct call c;

static int setup(void **state)
{
    call_begin(&c, NULL, 0);
    return 0;
}

static int teardown(void **state)
{
    call_end(&c);
    return 0;
}

static size_t decode(const char *text, size_t text_len, uint8_t *out, size_t size)
{
    size_t len = 0;
    assert_int_equal(sodium_base642bin(out, size, text, text_len, NULL, &len, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    return len;
}

#define DECODE(text, out) assert_int_equal(decode(text, strlen(text), out, sizeof(out)), sizeof(out))

/* RFC 8291 appendix A. */
static void test_the_example_of_rfc_8291_comes_out_byte_for_byte(void **state)
{
    static const char text[] = "When I grow up, I want to be a watermelon";
    static const char want[] =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
        "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV"
        "WGNWQexSgSxsj_Qulcy4a-fN";
    uint8_t browser[65], auth[16], wanted[256];
    struct web_push_keys keys = {.browser_public = browser, .browser_auth = auth};
    DECODE("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
           browser);
    DECODE("BTBZMqHH6r4Tts7J_aSIgg", auth);
    DECODE("DGv6ra1nlYgDCS1FRnbzlw", keys.salt);
    DECODE("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", keys.private_key);
    DECODE("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
           keys.public_key);
    struct buf out = buf_in(&c.arena);
    assert_true(web_push_encrypt(&keys, text, strlen(text), &out));
    size_t len = decode(want, strlen(want), wanted, sizeof wanted);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, wanted, len);
}

static void test_the_longest_text_fits_4096_bytes_and_more_is_refused(void **state)
{
    static char text[4096];
    uint8_t private_key[32], browser[65], auth[16] = {1};
    struct web_push_keys keys = {.browser_public = browser, .browser_auth = auth};
    assert_true(p256_make(private_key, browser) && web_push_fresh(&keys));
    struct buf out = buf_in(&c.arena);
    assert_true(web_push_encrypt(&keys, text, WEB_PUSH_TEXT_MOST, &out));
    assert_int_equal(out.len, 4096);
    assert_false(web_push_encrypt(&keys, text, WEB_PUSH_TEXT_MOST + 1, &out));
    memset(browser + 1, 0xFF, 64); /* no point of the curve */
    assert_false(web_push_encrypt(&keys, text, 1, &out));
}

static bool verifies(EVP_PKEY *key, const char *token, const uint8_t *signature, size_t len)
{
    size_t signed_len = (size_t)(strrchr(token, '.') - token);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature, len, (const uint8_t *)token, signed_len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static const char *part_of(const char *token, int n)
{
    uint8_t bytes[1024];
    while (n-- > 0)
        token = strchr(token, '.') + 1;
    size_t len = decode(token, strcspn(token, "."), bytes, sizeof bytes);
    return arena_strndup(&c.arena, (const char *)bytes, len);
}

static const char *keep_der(const uint8_t raw[64], int *ret_len)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    unsigned char *der = NULL;
    ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    *ret_len = i2d_ECDSA_SIG(sig, &der);
    const char *kept = arena_memdup(&c.arena, der, (size_t)*ret_len);
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return kept;
}

/* RFC 8292 2 and 3: ES256, aud the origin of the push service, exp within a day, sub a way to reach us, k our
 * key. */
static void test_vapid_names_the_push_services_origin_and_verifies(void **state)
{
    uint8_t private_key[32], public_key[65], raw[64], k[65];
    assert_true(p256_make(private_key, public_key));
    struct notify_channel channel = {.push_private = private_key, .push_public = public_key};
    for (int i = 0; i < 20; i++) { /* short r and s are padded */
        const char *value =
            web_push_vapid(&c, &channel, "https://push.example.net:8443/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
                           "mailto:push@example.com", 1453523768 - 12 * 3600);
        assert_memory_equal(value, "vapid t=", 8);
        const char *token = arena_strndup(&c.arena, value + 8, strcspn(value + 8, ","));
        assert_string_equal(part_of(token, 0), "{\"typ\":\"JWT\",\"alg\":\"ES256\"}");
        assert_string_equal(part_of(token, 1),
                            "{\"aud\":\"https://push.example.net:8443\",\"exp\":1453523768,"
                            "\"sub\":\"mailto:push@example.com\"}");
        DECODE(strrchr(token, '.') + 1, raw);
        DECODE(strstr(value, ", k=") + 4, k);
        assert_memory_equal(k, public_key, 65);
        int len;
        const char *der = keep_der(raw, &len);
        EVP_PKEY *key = p256_key(NULL, public_key);
        assert_true(verifies(key, token, (const uint8_t *)der, (size_t)len));
        EVP_PKEY_free(key);
    }
}

static const char *pem_of(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(bio, &data);
    const char *kept = arena_strndup(&c.arena, data, (size_t)len);
    BIO_free(bio);
    return kept;
}

static const char *json_line(const char *text)
{
    struct buf out = buf_in(&c.arena);
    for (; *text; text++)
        *text == '\n' ? buf_puts(&out, "\\n") : buf_putc(&out, *text);
    return buf_text(&out);
}

/* developers.worksmobile.com, "Service Account authentication (JWT)": RS256; iss client id, sub service
   account, iat, exp within an hour; POST with assertion, grant_type, client_id, client_secret, scope as a
   form. */
static void test_line_works_gets_the_assertion_its_documents_ask_for(void **state)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    uint8_t signature[256];
    const char *secret =
        call_printf(&c,
                    "{\"clientId\":\"ci d\",\"clientSecret\":\"c&s\",\"serviceAccount\":\"x.serviceaccount"
                    "@city\",\"privateKey\":\"%s\"}",
                    json_line(pem_of(key)));
    const char *form = lineworks_request(&c, secret, 1000);
    assert_memory_equal(form,
                        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=", 75);
    assert_non_null(strstr(form, "&client_id=ci%20d&client_secret=c%26s&scope=bot"));
    const char *token = arena_strndup(&c.arena, form + 75, strcspn(form + 75, "&"));
    assert_string_equal(part_of(token, 0), "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    assert_string_equal(part_of(token, 1),
                        "{\"iss\":\"ci d\",\"sub\":\"x.serviceaccount@city\",\"iat\":1000,\"exp\":2800}");
    DECODE(strrchr(token, '.') + 1, signature);
    assert_true(verifies(key, token, signature, sizeof signature));
    EVP_PKEY_free(key);
    assert_null(lineworks_request(&c, "{\"clientId\":\"a\"}", 1000));
    assert_null(lineworks_request(&c, "not json", 1000));
}

static void test_the_payload_is_what_the_service_worker_shows(void **state)
{
    const struct notify_message m = {.address = "",
                                     .person = "",
                                     .subject = "【訓練】\"指示\"",
                                     .text = "",
                                     .brief = "抜く",
                                     .link = "https://s/a/x",
                                     .number = "",
                                     .key = "ab",
                                     .is_urgent = true};
    assert_string_equal(
        web_push_payload(&c, &m),
        "{\"title\":\"【訓練】\\\"指示\\\"\",\"body\":\"抜く\",\"url\":\"https://s/a/x\",\"tag\":\"ab\","
        "\"urgent\":true}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_example_of_rfc_8291_comes_out_byte_for_byte, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_longest_text_fits_4096_bytes_and_more_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_vapid_names_the_push_services_origin_and_verifies, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_line_works_gets_the_assertion_its_documents_ask_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_payload_is_what_the_service_worker_shows, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
