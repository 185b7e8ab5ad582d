// SPDX-License-Identifier: Apache-2.0
// What must not leave the house in a text: telephone numbers, extensions (内線), mail addresses, network
// addresses.
#include <ctype.h>
#include <string.h>

#include "server/codec/blacken.h"
#include "server/codec/playbook_write.h"
#include "server/codec/utf8.h"

#define BLACK "■■■"

static bool is_address_char(unsigned char at)
{
    return isalnum(at) || strchr("@._-:/+%~?=&#", at) != NULL;
}

static bool is_number_char(unsigned char at)
{
    return isdigit(at) || strchr("-+() ", at) != NULL;
}

static size_t span(const char *text, bool (*is)(unsigned char))
{
    size_t len = 0;
    while (text[len] && is((unsigned char)text[len]))
        len++;
    return len;
}

static int count(const char *text, size_t len, int (*is)(int))
{
    int n = 0;
    for (size_t i = 0; i < len; i++)
        n += is((unsigned char)text[i]) != 0;
    return n;
}

static size_t trimmed(const char *text, size_t len)
{
    while (len > 0 && strchr(" -.:", text[len - 1]))
        len--;
    return len;
}

// foo@bar.jp, 192.0.2.1, 2001:db8::1, https://…; a word with a dot alone is none.
static size_t address_len(const char *text)
{
    size_t len = trimmed(text, span(text, is_address_char));
    int dots = 0, colons = 0;
    for (size_t i = 0; i < len; i++) {
        dots += text[i] == '.';
        colons += text[i] == ':';
    }
    bool is_mail = memchr(text, '@', len) != NULL;
    bool is_url = len > 7 && (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0);
    bool is_ip4 = dots == 3 && count(text, len, isdigit) >= 4 && count(text, len, isalpha) == 0;
    bool is_ip6 = colons >= 2 && count(text, len, isxdigit) >= 2 && count(text, len, isdigit) > 0;
    return is_mail || is_url || is_ip4 || is_ip6 ? len : 0;
}

// Nine digits and more, with or without hyphens: 119 and 2026-04-01 stay.
static size_t telephone_len(const char *text)
{
    if (!isdigit((unsigned char)*text) && *text != '+' && *text != '(')
        return 0;
    size_t len = trimmed(text, span(text, is_number_char));
    return count(text, len, isdigit) >= 9 ? len : 0;
}

// A text with one byte a character, as it reads: ０ is 0, － is -, ＠ is @. What is no such character is
// OTHER.
struct plain {
    char *text;
    const uint8_t **at; // where each character stands in the original; one more for its end
    size_t count;
};
#define OTHER '\x7f'

static char plain_of(uint32_t code)
{
    if (code < 0x80)
        return (char)code;
    if (code >= 0xff01 && code <= 0xff5e) // full width
        return (char)(code - 0xff01 + '!');
    bool is_dash = (code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0x30fc || code == 0xff70;
    if (is_dash)
        return '-';
    return code == 0x3000 ? (char)' ' : (char)OTHER;
}

static struct plain plain_text(struct call *c, const char *text)
{
    size_t len = strlen(text);
    const uint8_t *at = (const uint8_t *)text, *end = at + len;
    struct plain plain = {call_alloc(c, len + 1), call_alloc(c, (len + 1) * sizeof *plain.at), 0};
    while (at < end) {
        plain.at[plain.count] = at;
        uint32_t code = utf8_next(&at, end);
        at += code == UINT32_MAX; // no character at all
        plain.text[plain.count++] = plain_of(code);
    }
    plain.at[plain.count] = end;
    plain.text[plain.count] = '\0';
    return plain;
}

static size_t extension_len(const struct plain *plain, size_t i)
{
    static const char word[] = "内線";
    if (plain->count < i + 2 || strncmp((const char *)plain->at[i], word, sizeof word - 1) != 0)
        return 0;
    const char *number = plain->text + i + 2;
    size_t digits = span(number, is_number_char);
    return count(number, digits, isdigit) > 0 ? 2 + trimmed(number, digits) : 0;
}

const char *blacken_contacts(struct call *c, const char *text, const char *mark, int *removed)
{
    struct plain plain = plain_text(c, text);
    struct buf out = buf_in(&c->arena);
    bool is_begin = true; // of a word
    for (size_t i = 0; i < plain.count;) {
        size_t len = extension_len(&plain, i);
        if (len == 0 && is_begin)
            len = telephone_len(plain.text + i);
        if (len == 0 && is_begin)
            len = address_len(plain.text + i);
        is_begin = len > 0 || !isalnum((unsigned char)plain.text[i]);
        *removed += len > 0;
        if (len > 0)
            buf_puts(&out, mark);
        else
            buf_put(&out, plain.at[i], (size_t)(plain.at[i + 1] - plain.at[i]));
        i += len > 0 ? len : 1;
    }
    return buf_text(&out);
}

const char *playbook_blacken(struct call *c, const char *text)
{
    int removed = 0;
    return blacken_contacts(c, text, BLACK, &removed);
}
