// SPDX-License-Identifier: Apache-2.0
#include "server/notify/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

static OSSL_PARAM *params_of(const uint8_t *private_key, const uint8_t public_key[65])
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *secret = private_key ? BN_bin2bn(private_key, 32, NULL) : NULL;
    OSSL_PARAM *params = NULL;
    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public_key, 65) &&
        (!secret || OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, secret, 32)))
        params = OSSL_PARAM_BLD_to_param(build);
    BN_clear_free(secret);
    OSSL_PARAM_BLD_free(build);
    return params;
}

EVP_PKEY *p256_key(const uint8_t *private_key, const uint8_t public_key[65])
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = params_of(private_key, public_key);
    if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, private_key ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

bool p256_make(uint8_t ret_private[32], uint8_t ret_public[65])
{
    EVP_PKEY *key = EVP_EC_gen("prime256v1");
    BIGNUM *secret = NULL;
    size_t len = 0;
    bool good = key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1 &&
                BN_bn2binpad(secret, ret_private, 32) == 32 &&
                EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, ret_public, 65, &len) == 1 &&
                len == 65;
    BN_clear_free(secret);
    EVP_PKEY_free(key);
    return good;
}
