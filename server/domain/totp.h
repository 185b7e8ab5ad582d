// SPDX-License-Identifier: Apache-2.0
// Codes of authenticator apps (RFC 6238: HMAC-SHA-1, 30 seconds, six digits).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOTP_SECRET_LEN 20
#define TOTP_STEP_S 30
// Base32 of a secret, with its NUL.
#define TOTP_SECRET_TEXT_SIZE 33

// Time step of a moment.
int64_t totp_step(int64_t now_s);
// The code of a step, with 6 to 8 digits.
uint32_t totp_code(const uint8_t *secret, size_t len, int64_t step, int digits);
// Takes a code of the present step or one beside it, but never of a step up to last_step: no code works
// twice. Spaces in the code are skipped. Sets *ret_step to the step to remember.
bool totp_check(const uint8_t *secret, size_t len, const char *code, int64_t now_s, int64_t last_step,
                int64_t *ret_step);
// Writes base32 without padding (RFC 4648) and NUL; size >= (len * 8 + 4) / 5 + 1.
void totp_base32(const uint8_t *data, size_t len, char *out, size_t size);
