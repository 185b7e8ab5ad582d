// SPDX-License-Identifier: Apache-2.0
// Keys on the curve P-256 as raw bytes, for Web Push.
#pragma once

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

// A key pair from its bytes; private NULL = the public half only. NULL when the bytes are no point of the
// curve. EVP_PKEY_free it.
EVP_PKEY *p256_key(const uint8_t *private_key, const uint8_t public_key[65]);
// A new key pair.
bool p256_make(uint8_t ret_private[32], uint8_t ret_public[65]);
