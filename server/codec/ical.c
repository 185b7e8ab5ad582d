// SPDX-License-Identifier: Apache-2.0
#include "server/codec/ical.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_MAX_OCTETS 75

static bool is_inside_character(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

void ical_line(struct buf *out, const char *name, const char *value)
{
    const char *parts[] = {name, ":", value};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (const char *at = parts[i]; *at;) {
            size_t len = 1;
            while (is_inside_character(at[len]))
                len++;
            if (used + len > LINE_MAX_OCTETS) {
                buf_puts(out, "\r\n ");
                used = 1;
            }
            buf_put(out, at, len);
            used += len;
            at += len;
        }
    }
    buf_puts(out, "\r\n");
}

void ical_text(struct buf *out, const char *name, const char *text)
{
    struct buf escaped = buf_in(out->arena);
    for (const char *at = text; *at; at++) {
        if (*at == '\r')
            continue;
        if (strchr("\\;,", *at))
            buf_putc(&escaped, '\\');
        if (*at == '\n')
            buf_puts(&escaped, "\\n");
        else if ((unsigned char)*at >= 0x20 && *at != 0x7F)
            buf_putc(&escaped, *at);
    }
    ical_line(out, name, buf_text(&escaped));
}

void ical_time(struct buf *out, const char *name, int64_t at_us)
{
    time_t seconds = (time_t)(at_us / 1000000);
    struct tm tm;
    char text[24];
    gmtime_r(&seconds, &tm);
    (void)strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
    ical_line(out, name, text);
}
