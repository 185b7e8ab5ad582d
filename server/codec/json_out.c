// SPDX-License-Identifier: Apache-2.0
#include "server/codec/json_out.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

// True when one of the eight bytes may need an escape: below 0x20, '"' or '\\'. Bytes of Japanese text are
// above 0x7f.
static bool word_has_special(uint64_t word)
{
    uint64_t quote = word ^ (ONES * '"'), backslash = word ^ (ONES * '\\');
    uint64_t found =
        ((word - ONES * 0x20) & ~word) | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash);
    return (found & TOPS) != 0;
}

// Copies to `to` up to the first byte that needs an escape; returns how many. There is room for len bytes.
static size_t plain_copy(char *to, const char *text, size_t len)
{
    size_t at = 0;
    uint64_t word;
#ifdef __SSE2__
    const __m128i space = _mm_set1_epi8(0x1f), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    for (; at + 16 <= len; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        __m128i found =
            _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(bytes, space), bytes),
                         _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        if (_mm_movemask_epi8(found) != 0)
            break;
        _mm_storeu_si128((__m128i *)(void *)(to + at), bytes);
    }
#endif
    for (; at + 8 <= len; at += 8) {
        memcpy(&word, text + at, 8);
        if (word_has_special(word))
            break;
        memcpy(to + at, &word, 8);
    }
    for (; at < len && (unsigned char)text[at] >= 0x20 && text[at] != '"' && text[at] != '\\'; at++)
        to[at] = text[at];
    return at;
}

static void escape_put(struct buf *out, char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = memchr(named, c, sizeof named - 1);
    if (found != NULL) {
        out_char(out, '\\');
        out_char(out, letters[found - named]);
        return;
    }
    char code[] = {'\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15]};
    out_raw(out, code, sizeof code);
}

void out_string(struct buf *out, const char *text)
{
    size_t len = strlen(text);
    out_char(out, '"');
    for (;;) {
        if (out->cap - out->len <= len + 1)
            buf_room(out, len + 1); // the quote, too
        size_t run = plain_copy(out->data + out->len, text, len);
        out->len += run;
        if (run == len)
            break;
        escape_put(out, text[run]);
        text += run + 1;
        len -= run + 1;
    }
    out->data[out->len++] = '"';
}

void out_digits(struct buf *out, uint64_t value, int width)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0 || (int)(sizeof digits - at) < width);
    out_raw(out, digits + at, sizeof digits - at);
}

void out_unsigned(struct buf *out, uint64_t value)
{
    out_digits(out, value, 1);
}

void out_signed(struct buf *out, int64_t value)
{
    if (value < 0)
        out_char(out, '-');
    out_digits(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

static bool special_put(struct buf *out, double value)
{
    if (isfinite(value))
        return false;
    const char *word = isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    out_raw(out, word, strlen(word));
    return true;
}

void out_double(struct buf *out, double value)
{
    char text[40];
    if (special_put(out, value))
        return;
    for (int precision = 15; precision <= 17; precision++) {
        int len = snprintf(text, sizeof text, "%.*g", precision, value);
        if (precision < 17 && strtod(text, NULL) != value)
            continue;
        out_raw(out, text, (size_t)len);
        return;
    }
}

void out_float(struct buf *out, float value)
{
    char text[40];
    if (special_put(out, (double)value))
        return;
    for (int precision = 6; precision <= 9; precision++) {
        int len = snprintf(text, sizeof text, "%.*g", precision, (double)value);
        if (precision < 9 && strtof(text, NULL) != value)
            continue;
        out_raw(out, text, (size_t)len);
        return;
    }
}

#define BASE64_PAD 64 // the index of '='

void out_base64(struct buf *out, const uint8_t *data, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    out_char(out, '"');
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)data[i] << 16 | (have > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                        (have > 2 ? data[i + 2] : 0);
        char quad[] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                       alphabet[have > 1 ? bits >> 6 & 63 : BASE64_PAD],
                       alphabet[have > 2 ? bits & 63 : BASE64_PAD]};
        out_raw(out, quad, sizeof quad);
    }
    out_char(out, '"');
}
