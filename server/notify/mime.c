// SPDX-License-Identifier: Apache-2.0
#include "server/notify/mime.h"

#include <string.h>
#include <time.h>

#define WORD_BYTES 45 // of text in one encoded word: 60 characters of base64, 72 with "=?UTF-8?B?" and "?="
#define LINE_BYTES 57 // of a body's line: 76 characters

static void put_base64(struct buf *out, const char *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    const unsigned char *in = (const unsigned char *)data;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits =
            (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        buf_putc(out, digits[bits >> 18]);
        buf_putc(out, digits[bits >> 12 & 63]);
        buf_putc(out, digits[left > 1 ? bits >> 6 & 63 : 64]);
        buf_putc(out, digits[left > 2 ? bits & 63 : 64]);
    }
}

static bool is_plain(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7E)
            return false;
    return len <= 60 && strstr(text, "=?") == NULL;
}

// As many bytes as fit into one word without cutting a character.
static size_t word_len(const char *text)
{
    size_t len = strlen(text);
    if (len <= WORD_BYTES)
        return len;
    len = WORD_BYTES;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len > 0 ? len : WORD_BYTES;
}

void mail_write_words(struct buf *out, const char *text)
{
    if (is_plain(text)) {
        buf_puts(out, text);
        return;
    }
    for (bool is_first = true; *text; is_first = false) {
        size_t len = word_len(text);
        buf_puts(out, is_first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        put_base64(out, text, len);
        buf_puts(out, "?=");
        text += len;
    }
}

static bool is_address(const char *text, size_t len)
{
    size_t ats = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char b = (unsigned char)text[i];
        if (b <= ' ' || b > 0x7E || strchr("<>()[]\\,;:\"", b))
            return false;
        ats += b == '@';
    }
    return len >= 3 && len <= 254 && ats == 1 && text[0] != '@' && text[len - 1] != '@';
}

const char *mail_address(struct arena *a, const char *text)
{
    const char *open = strrchr(text, '<');
    size_t len = strlen(text);
    if (open && text[len - 1] == '>') {
        text = open + 1;
        len = strlen(text) - 1;
    }
    return is_address(text, len) ? arena_strndup(a, text, len) : NULL;
}

static void put_from(struct buf *out, const struct mail *mail)
{
    const char *open = strrchr(mail->sender, '<');
    buf_puts(out, "From: ");
    if (open && open > mail->sender) {
        size_t len = (size_t)(open - mail->sender);
        while (len > 0 && mail->sender[len - 1] == ' ')
            len--;
        char *name = arena_strndup(out->arena, mail->sender, len);
        for (char *c = name; *c; c++)
            if (strchr("\"\\<>@,;:()[]", *c) || (unsigned char)*c < 0x20)
                *c = ' ';
        mail_write_words(out, name);
        buf_putc(out, ' ');
    }
    buf_printf(out, "<%s>\r\n", mail_address(out->arena, mail->sender));
}

static void put_date(struct buf *out, int64_t at_us)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t at = (time_t)(at_us / 1000000 + 32400);
    struct tm tm;
    gmtime_r(&at, &tm);
    buf_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0900\r\n", days[tm.tm_wday], tm.tm_mday,
               months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_body(struct buf *out, const char *text)
{
    struct buf lines = buf_in(out->arena);
    for (; *text; text++) {
        if (*text == '\n')
            buf_putc(&lines, '\r');
        if (*text != '\r')
            buf_putc(&lines, *text);
    }
    for (size_t at = 0; at < lines.len; at += LINE_BYTES) {
        put_base64(out, lines.data + at, lines.len - at < LINE_BYTES ? lines.len - at : LINE_BYTES);
        buf_puts(out, "\r\n");
    }
}

void mail_write(struct buf *out, const struct mail *mail)
{
    const char *sender = mail_address(out->arena, mail->sender);
    put_from(out, mail);
    buf_printf(out, "To: <%s>\r\nSubject: ", mail_address(out->arena, mail->address));
    mail_write_words(out, mail->subject);
    buf_puts(out, "\r\n");
    put_date(out, mail->at_us);
    buf_printf(out, "Message-ID: <%s@%s>\r\n", mail->key, strchr(sender, '@') + 1);
    buf_puts(out, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n");
    if (mail->is_urgent)
        buf_puts(out, "Importance: high\r\nX-Priority: 1\r\n");
    buf_puts(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n");
    put_body(out, mail->text);
}
