// SPDX-License-Identifier: Apache-2.0
#include "server/codec/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "server/codec/utf8.h"

// Shown differently or not at all, but the same word to who searches.
static bool is_invisible(uint32_t code)
{
    return (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef) || // 葛󠄀 = 葛
           (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0xad;
}

// Before anything else, so that what they held apart can compose.
static size_t invisible_strip(const char *text, size_t len, char *out)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + len;
    char *to = out;
    while (at < end) {
        const uint8_t *before = at;
        uint32_t code = utf8_next(&at, end);
        at += code == UINT32_MAX; // cannot come from a message; a broken byte is left out
        if (code != UINT32_MAX && !is_invisible(code))
            to = mempcpy(to, before, (size_t)(at - before));
    }
    return (size_t)(to - out);
}

// What NFKC leaves apart: the two kana, and the dashes that CP932 and Unicode map differently.
static uint32_t code_fold(uint32_t code)
{
    if ((code >= 0x30a1 && code <= 0x30f6) || code == 0x30fd || code == 0x30fe)
        return code - 0x60;
    if (code == 0x301c)
        return '~';
    if (code == 0x2212 || (code >= 0x2010 && code <= 0x2015))
        return '-';
    return code;
}

static bool is_space(uint32_t code)
{
    return code <= ' ' || (code >= 0x80 && uc_is_property_white_space(code));
}

static const char *codes_fold(struct call *c, const uint8_t *at, size_t len)
{
    const uint8_t *end = at + len;
    char *out = call_alloc(c, len + 1), *to = out; // no fold makes a text longer
    bool is_gap = false;
    while (at < end) {
        uint32_t code = utf8_next(&at, end);
        if (is_space(code)) {
            is_gap = to > out;
            continue;
        }
        if (is_gap)
            *to++ = ' ';
        is_gap = false;
        to += utf8_put(code_fold(code), to);
    }
    *to = '\0';
    return out;
}

static const char *ascii_fold(struct call *c, const char *text, size_t len)
{
    char *lower = call_alloc(c, len + 1);
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    return codes_fold(c, (const uint8_t *)lower, len);
}

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0x80)
            return false;
    }
    return true;
}

const char *text_fold(struct call *c, const char *text)
{
    size_t len = strlen(text), normal_len = 0, folded_len = 0;
    if (is_ascii(text, len))
        return ascii_fold(c, text, len);
    char *visible = call_alloc(c, len + 1);
    len = invisible_strip(text, len, visible);
    // Twice: full-width capitals must become capitals before they can be folded, and folding can undo the
    // form.
    uint8_t *normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)visible, len, NULL, &normal_len);
    uint8_t *folded =
        normal != NULL ? u8_casefold(normal, normal_len, NULL, UNINORM_NFKC, NULL, &folded_len) : NULL;
    if (folded == NULL)
        abort(); // the text is sound UTF-8 here, so memory is out
    const char *out = codes_fold(c, folded, folded_len);
    free(folded);
    free(normal);
    return out;
}

// Open hash of pairs seen: two code points of 21 bits, 0 = free.
static bool pair_is_new(uint64_t *seen, size_t slots, uint64_t pair)
{
    size_t at = (size_t)(pair * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    for (;; at++) {
        if (seen[at & (slots - 1)] == pair)
            return false;
        if (seen[at & (slots - 1)] == 0) {
            seen[at & (slots - 1)] = pair;
            return true;
        }
    }
}

static const char *pair_text(struct call *c, uint32_t first, uint32_t second)
{
    char text[9];
    size_t len = utf8_put(first, text);
    len += utf8_put(second, text + len);
    return arena_strndup(&c->arena, text, len);
}

size_t text_bigrams(struct call *c, const char *folded, size_t max, const char *const **ret_grams)
{
    size_t len = strlen(folded), count = 0, slots = 16;
    const uint8_t *at = (const uint8_t *)folded, *end = at + len;
    size_t most = len < max ? len : max;
    while (slots < 2 * most)
        slots *= 2;
    const char **grams = call_alloc(c, (most + 1) * sizeof *grams);
    uint64_t *seen = call_alloc(c, slots * sizeof *seen);
    uint32_t before = ' ';
    while (at < end && count < most) {
        uint32_t code = utf8_next(&at, end);
        if (code == UINT32_MAX)
            break;
        if (code != ' ' && before != ' ' && pair_is_new(seen, slots, (uint64_t)before << 21 | code))
            grams[count++] = pair_text(c, before, code);
        before = code;
    }
    *ret_grams = grams;
    return count;
}
