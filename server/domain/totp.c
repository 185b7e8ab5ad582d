// SPDX-License-Identifier: Apache-2.0
#include "server/domain/totp.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

int64_t totp_step(int64_t now_s)
{
    return now_s / TOTP_STEP_S;
}

uint32_t totp_code(const uint8_t *secret, size_t len, int64_t step, int digits)
{
    static const uint32_t modulus[] = {1000000, 10000000, 100000000};
    assert(digits >= 6 && digits <= 8);
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    if (!HMAC(EVP_sha1(), secret, (int)len, counter, sizeof counter, mac, &mac_len) || mac_len != 20)
        __builtin_trap(); /* a build of OpenSSL without SHA-1 */

    unsigned at = mac[19] & 15u; /* dynamic truncation, RFC 4226 5.3 */
    uint32_t value = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
                     (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    return value % modulus[digits - 6];
}

static bool parse_code(const char *text, uint32_t *ret_code)
{
    uint32_t code = 0;
    int digits = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (*text < '0' || *text > '9' || ++digits > 6)
            return false;
        code = code * 10 + (uint32_t)(*text - '0');
    }
    *ret_code = code;
    return digits == 6;
}

bool totp_check(const uint8_t *secret, size_t len, const char *code, int64_t now_s, int64_t last_step,
                int64_t *ret_step)
{
    uint32_t typed;
    if (!parse_code(code, &typed))
        return false;

    for (int64_t step = totp_step(now_s) - 1; step <= totp_step(now_s) + 1; step++) {
        if (step > last_step && totp_code(secret, len, step, 6) == typed) {
            *ret_step = step;
            return true;
        }
    }
    return false;
}

void totp_base32(const uint8_t *data, size_t len, char *out, size_t size)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    assert(size > (len * 8 + 4) / 5);
    uint32_t bits = 0;
    int count = 0;
    size_t o = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | data[i];
        for (count += 8; count >= 5; count -= 5)
            out[o++] = alphabet[bits >> (count - 5) & 31];
    }
    if (count > 0)
        out[o++] = alphabet[bits << (5 - count) & 31];
    out[o] = '\0';
}
