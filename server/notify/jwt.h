// SPDX-License-Identifier: Apache-2.0
// JSON Web Tokens (RFC 7519) as two of the ways want them, on OpenSSL's EVP.
#pragma once

#include <stdint.h>

#include "server/base/call.h"

// base64url without padding.
void jwt_base64url(struct buf *out, const void *data, size_t len);
// ES256 over claims (a JSON text) with a P-256 key of 32 bytes; NULL when the key is none.
const char *jwt_es256(struct call *c, const char *claims, const uint8_t private_key[32],
                      const uint8_t public_key[65]);
// RS256 with a private key in PEM; NULL when it is none.
const char *jwt_rs256(struct call *c, const char *claims, const char *pem);
