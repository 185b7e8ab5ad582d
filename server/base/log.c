// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// A line is one write of at most this: shorter than PIPE_BUF, so lines of several processes do not mix.
#define LINE_MAX_SIZE 4000
#define TAIL_ROOM 32 // for "truncated" and the closing brace

struct line {
    char data[LINE_MAX_SIZE];
    size_t len;
};

static enum log_level least = LOG_INFO;
static char process[32];
static bool is_journal;

// Lines that wait for log_flush, of the thread that gathers: one write, not longer than the pipe keeps whole.
static _Thread_local struct {
    bool is_on;
    size_t len;
    char data[PIPE_BUF];
} gathered;

void log_set_level(enum log_level level)
{
    least = level;
}

void log_set_process(const char *name)
{
    (void)snprintf(process, sizeof process, "%s", name);
    is_journal = getenv("JOURNAL_STREAM") != NULL; // NOLINT(concurrency-mt-unsafe): nobody sets it later
}

static bool put(struct line *l, const char *text, size_t len)
{
    if (l->len + len > sizeof l->data - TAIL_ROOM)
        return false;
    memcpy(l->data + l->len, text, len);
    l->len += len;
    return true;
}

static bool puts_line(struct line *l, const char *text)
{
    return put(l, text, strlen(text));
}

// Bytes of the UTF-8 character at p; 0 when it is none.
static size_t character_len(const unsigned char *p)
{
    size_t len = p[0] < 0x80                   ? 1
                 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                 : (p[0] & 0xf0) == 0xe0       ? 3
                 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                               : 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    bool is_overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool is_beyond = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return is_overlong || is_beyond ? 0 : len;
}

static size_t plain_len(const char *text)
{
    size_t len = 0;
    while (text[len] >= 0x20 && text[len] != 0x7f && text[len] != '"' && text[len] != '\\')
        len++;
    return len;
}

// A JSON string: nobody can forge a line with CR or LF, and what is not UTF-8 becomes U+FFFD.
static bool put_string(struct line *l, const char *text)
{
    if (!put(l, "\"", 1))
        return false;
    size_t plain = plain_len(text);
    if (!put(l, text, plain))
        return false;
    const unsigned char *p = (const unsigned char *)text + plain;
    while (*p != '\0') {
        char escaped[8];
        size_t len = character_len(p);
        bool ok;
        if (len == 0) {
            ok = puts_line(l, "\\ufffd");
        } else if (*p == '"' || *p == '\\') {
            ok = put(l, (char[]){'\\', (char)*p}, 2);
        } else if (*p < 0x20 || *p == 0x7f) {
            (void)snprintf(escaped, sizeof escaped, "\\u%04x", *p);
            ok = puts_line(l, escaped);
        } else {
            ok = put(l, (const char *)p, len);
        }
        if (!ok)
            return false;
        p += len ? len : 1;
    }
    return put(l, "\"", 1);
}

static bool put_field(struct line *l, const struct log_field *field)
{
    if (!put(l, ",", 1) || !put_string(l, field->key) || !put(l, ":", 1))
        return false;
    if (field->text != NULL)
        return put_string(l, field->text);
    char number[24];
    char *at = number + sizeof number;
    uint64_t rest = field->number < 0 ? 0 - (uint64_t)field->number : (uint64_t)field->number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (field->number < 0)
        *--at = '-';
    return put(l, at, (size_t)(number + sizeof number - at));
}

static bool put_text(struct line *l, const char *key, const char *text)
{
    struct log_field field = LOG_S(key, text);
    return put_field(l, &field);
}

// {"time":"2026-04-01T12:34:56.789Z": the second's text is made once a second.
static void put_time(struct line *l)
{
    static _Thread_local time_t second;
    static _Thread_local char text[40];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second || text[0] == '\0') {
        struct tm utc;
        second = now.tv_sec;
        (void)gmtime_r(&now.tv_sec, &utc);
        (void)strftime(text, sizeof text, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &utc);
    }
    int ms = (int)(now.tv_nsec / 1000000);
    const char millis[] = {
        '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', '"'};
    (void)puts_line(l, text);
    (void)put(l, millis, sizeof millis);
}

static void put_head(struct line *l, enum log_level level, const char *event)
{
    static const struct {
        const char *word, *journal;
    } levels[] = {{"debug", "<7>"}, {"info", "<6>"}, {"warn", "<4>"}, {"error", "<3>"}};
    if (is_journal)
        (void)puts_line(l, levels[level].journal);
    put_time(l);
    (void)put_text(l, "level", levels[level].word);
    if (process[0] != '\0')
        (void)put_text(l, "process", process);
    (void)put_text(l, "event", event);
}

static void write_out(const char *data, size_t len)
{
    if (len > 0 && write(STDERR_FILENO, data, len) < 0)
        return; // nowhere left to tell
}

void log_gather(void)
{
    gathered.is_on = true;
}

bool log_waits(void)
{
    return gathered.len > 0;
}

void log_flush(void)
{
    write_out(gathered.data, gathered.len);
    gathered.len = 0;
}

static void finish_line(const struct line *l, enum log_level level)
{
    bool may_wait = gathered.is_on && level < LOG_WARN;
    if (!may_wait || gathered.len + l->len > sizeof gathered.data)
        log_flush();
    if (!may_wait) {
        write_out(l->data, l->len);
        return;
    }
    memcpy(gathered.data + gathered.len, l->data, l->len);
    gathered.len += l->len;
}

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
    if (level < least)
        return;
    static _Thread_local struct line l; // not on a fiber's small stack; nothing here sleeps
    l.len = 0;
    put_head(&l, level, event);
    for (size_t i = 0; i < count; i++) {
        size_t before = l.len;
        if (!put_field(&l, &fields[i])) {
            static const char mark[] = ",\"truncated\":true";
            memcpy(l.data + before, mark, sizeof mark - 1);
            l.len = before + sizeof mark - 1;
            break;
        }
    }
    memcpy(l.data + l.len, "}\n", 2);
    l.len += 2;
    finish_line(&l, level);
}
