// SPDX-License-Identifier: Apache-2.0
#include "server/domain/contact.h"

#include <stdio.h>
#include <string.h>

// --- half width ---

struct reader {
    const unsigned char *at;
};

// The next character; U+FFFD for what is no UTF-8 (the request was checked before).
static uint32_t next_char(struct reader *r)
{
    uint32_t c = *r->at++;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (more)
        c &= 0x3Fu >> more;
    while (more-- > 0) {
        if ((*r->at & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | (*r->at++ & 0x3F);
    }
    return c;
}

static bool is_dash(uint32_t c)
{
    return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x30FC || c == 0xFF70;
}

// The ASCII character that is meant; 0: none.
static char half_width(uint32_t c)
{
    if (c >= 0x20 && c < 0x7F)
        return (char)c;
    if (c >= 0xFF01 && c <= 0xFF5E)
        return (char)(c - 0xFF01 + '!');
    if (c == 0x3000)
        return ' ';
    return is_dash(c) ? '-' : 0;
}

// False when something has no half width, or it is too long. Spaces at the ends are dropped.
static bool to_half_width(const char *text, char out[CONTACT_ROOM])
{
    struct reader r = {(const unsigned char *)text};
    size_t len = 0;
    while (*r.at) {
        char c = half_width(next_char(&r));
        if (c == 0 || len + 1 >= CONTACT_ROOM)
            return false;
        if (c != ' ' || len > 0)
            out[len++] = c;
    }
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
    return len > 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// --- telephone numbers ---

struct number {
    char digits[20], grouped[40]; // without and with its hyphens
    int count, groups;
    bool is_abroad;
};

static bool read_number(const char *text, struct number *n)
{
    *n = (struct number){.is_abroad = *text == '+'};
    size_t len = 0;
    for (text += n->is_abroad; *text; text++) {
        if (is_digit(*text)) {
            if (n->count >= 16)
                return false;
            n->groups += len == 0 || n->grouped[len - 1] == '-';
            n->digits[n->count++] = n->grouped[len++] = *text;
        } else if (!strchr("-() .", *text)) {
            return false;
        } else if (len > 0 && n->grouped[len - 1] != '-') {
            n->grouped[len++] = '-';
        }
    }
    if (len > 0 && n->grouped[len - 1] == '-')
        n->grouped[len - 1] = '\0';
    return n->count > 0;
}

// +81 90 …, also +81 (0)90 …, is 090…
static void bring_home(struct number *n)
{
    if (!n->is_abroad || strncmp(n->digits, "81", 2) != 0)
        return;
    int skip = n->digits[2] == '0' ? 3 : 2;
    n->digits[0] = '0';
    n->count -= skip - 1;
    memmove(n->digits + 1, n->digits + skip, (size_t)n->count);
    n->is_abroad = false;
    n->groups = 0;
}

static bool is_mobile(const struct number *n)
{
    return n->count == 11 && !n->is_abroad && n->digits[0] == '0' && strchr("6789", n->digits[1]) &&
           n->digits[2] == '0' && strncmp(n->digits, "0800", 4) != 0;
}

// 11 digits of 0x0 (IP, mobile) and 0800, 10 of all others.
static bool is_japanese(const struct number *n)
{
    if (n->is_abroad || n->digits[0] != '0' || n->digits[1] == '0')
        return false;
    bool is_long = n->digits[2] == '0' && strchr("56789", n->digits[1]);
    return n->count == (is_long ? 11 : 10);
}

static enum contact_fault write_number(int kind, const struct number *n, char out[CONTACT_ROOM])
{
    const char *d = n->digits;
    bool is_abroad = n->is_abroad && n->count >= 8 && n->count <= 15;
    bool is_extension = !n->is_abroad && n->count >= 3 && n->count <= 6 && kind == CONTACT(PHONE);
    if (is_mobile(n))
        (void)snprintf(out, CONTACT_ROOM, "%.3s-%.4s-%.4s", d, d + 3, d + 7);
    else if (is_abroad)
        (void)snprintf(out, CONTACT_ROOM, "+%s", d);
    else if (is_japanese(n) && kind != CONTACT(PHONE))
        return CONTACT_NOT_MOBILE;
    else if (is_japanese(n) || is_extension)
        (void)snprintf(out, CONTACT_ROOM, "%s", n->groups == 3 ? n->grouped : d);
    else
        return CONTACT_NOT_A_NUMBER;
    return CONTACT_OK;
}

static enum contact_fault normalise_number(int kind, const char *text, char out[CONTACT_ROOM])
{
    struct number n;
    if (!read_number(text, &n))
        return CONTACT_NOT_A_NUMBER;
    bring_home(&n);
    return write_number(kind, &n, out);
}

// --- mail, chat, push ---

// Labels of letters, digits and hyphens, at least two, the last not only digits; made lower case.
static bool take_domain(char *domain)
{
    int labels = 1, len = 0;
    bool has_letter = false;
    if (strlen(domain) > 253)
        return false;
    for (char *at = domain; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
        if (*at == '.') {
            if (len == 0 || at[-1] == '-')
                return false;
            labels++;
            len = 0;
            has_letter = false;
            continue;
        }
        if ((!is_letter(*at) && !is_digit(*at) && *at != '-') || (*at == '-' && len == 0) || ++len > 63)
            return false;
        has_letter |= is_letter(*at);
    }
    return labels >= 2 && len > 0 && has_letter && domain[strlen(domain) - 1] != '-';
}

// Dots may stand anywhere in the local part: old addresses of Japanese mobile telephones have them so.
static bool normalise_mail(char *text)
{
    char *at = strrchr(text, '@');
    if (!at || at == text || at - text > 64 || strlen(text) > 254)
        return false;
    for (const char *c = text; c < at; c++) {
        if (!is_letter(*c) && !is_digit(*c) && !strchr("!#$%&'*+-/=?^_`{|}~.", *c))
            return false;
    }
    return take_domain(at + 1);
}

static bool is_chat_id(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (!is_letter(*c) && !is_digit(*c) && !strchr("@#._-+:/=", *c))
            return false;
    }
    return strlen(text) <= 200;
}

// https, a host by name, no port and no user: the server is not to be sent into the house's own network.
static bool normalise_push(char *text)
{
    static const char scheme[] = "https://";
    if (strncmp(text, scheme, sizeof scheme - 1) != 0 || strpbrk(text, " \"<>\\^`{|}#"))
        return false;
    char *host = text + sizeof scheme - 1, *path = strchr(host, '/');
    if (!path || path - host > 253)
        return false;
    char name[256] = {0};
    memcpy(name, host, (size_t)(path - host));
    if (!take_domain(name))
        return false;
    memcpy(host, name, (size_t)(path - host));
    return true;
}

// --- as a whole ---

enum contact_fault contact_normalise(int kind, const char *address, char out[CONTACT_ROOM])
{
    char text[CONTACT_ROOM] = "";
    bool is_text = to_half_width(address, text);
    switch (kind) {
    case CONTACT(MAIL):
        if (!is_text || !normalise_mail(text))
            return CONTACT_NOT_A_MAIL;
        break;
    case CONTACT(CHAT):
        if (!is_text || !is_chat_id(text))
            return CONTACT_NOT_A_CHAT_ID;
        break;
    case CONTACT(WEB_PUSH):
        if (!is_text || !normalise_push(text))
            return CONTACT_NOT_A_PUSH;
        break;
    default:
        return is_text ? normalise_number(kind, text, out) : CONTACT_NOT_A_NUMBER;
    }
    memcpy(out, text, strlen(text) + 1);
    return CONTACT_OK;
}

bool contact_push_keys_ok(const uint8_t *p256dh, size_t p256dh_len, const uint8_t *auth, size_t auth_len)
{
    return p256dh && auth && p256dh_len == 65 && p256dh[0] == 4 && auth_len == 16;
}

bool contact_needs_code(int kind, bool has_channel)
{
    return has_channel && kind != CONTACT(MOBILE) && kind != CONTACT(PHONE);
}

bool contact_rings_at_night(int kind, bool is_private)
{
    return kind == CONTACT(MOBILE) || kind == CONTACT(SMS) || kind == CONTACT(WEB_PUSH) ||
           (kind == CONTACT(PHONE) && is_private);
}
