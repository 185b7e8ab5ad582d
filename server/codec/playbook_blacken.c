// SPDX-License-Identifier: Apache-2.0
// What must not leave the house in a text: telephone numbers, extensions (内線), mail addresses, network
// addresses.
#include <ctype.h>
#include <string.h>

#include "server/codec/playbook_write.h"

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

static size_t extension_len(const char *text)
{
    static const char word[] = "内線";
    if (strncmp(text, word, sizeof word - 1) != 0)
        return 0;
    size_t digits = span(text + sizeof word - 1, is_number_char);
    return count(text + sizeof word - 1, digits, isdigit) > 0 ? trimmed(text, sizeof word - 1 + digits) : 0;
}

const char *playbook_blacken(struct call *c, const char *text)
{
    struct buf out = buf_in(&c->arena);
    bool is_begin = true; // of a word
    while (*text) {
        size_t len = extension_len(text);
        if (len == 0 && is_begin)
            len = telephone_len(text);
        if (len == 0 && is_begin)
            len = address_len(text);
        if (len > 0) {
            buf_puts(&out, BLACK);
            text += len;
            is_begin = true;
            continue;
        }
        is_begin = !isalnum((unsigned char)*text) || (*text & 0x80);
        buf_putc(&out, *text++);
    }
    return buf_text(&out);
}
