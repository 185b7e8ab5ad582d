// SPDX-License-Identifier: Apache-2.0
#include "server/codec/utf8.h"

#include <string.h>

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

uint32_t utf8_next(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    size_t left = (size_t)(end - p);
    if (left == 0)
        return UINT32_MAX;
    if (p[0] < 0x80) {
        *at += 1;
        return p[0];
    }
    if (p[0] >= 0xc2 && p[0] <= 0xdf && left >= 2 && is_tail(p[1])) {
        *at += 2;
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if ((p[0] & 0xf0) == 0xe0 && left >= 3 && is_tail(p[1]) && is_tail(p[2])) {
        uint32_t code = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        if (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))
            return UINT32_MAX;
        *at += 3;
        return code;
    }
    if ((p[0] & 0xf8) == 0xf0 && left >= 4 && is_tail(p[1]) && is_tail(p[2]) && is_tail(p[3])) {
        uint32_t code = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
                        (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
        if (code < 0x10000 || code > 0x10ffff)
            return UINT32_MAX;
        *at += 4;
        return code;
    }
    return UINT32_MAX;
}

size_t utf8_sound(const void *data, size_t len)
{
    const uint8_t *start = data, *at = start, *end = start + len;
    while (at < end) {
        uint64_t word;
        while (end - at >= 8) { // eight bytes at once while all are ASCII and none is NUL
            memcpy(&word, at, 8);
            if ((word & TOPS) != 0 || ((word - ONES) & ~word & TOPS) != 0)
                break;
            at += 8;
        }
        if (at == end)
            break;
        if (*at == 0 || utf8_next(&at, end) == UINT32_MAX)
            return (size_t)(at - start);
    }
    return len;
}

size_t utf8_count(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

size_t utf8_put(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}
