// SPDX-License-Identifier: Apache-2.0
#include "server/base/call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct call_defer {
    struct call_defer *next;
    void (*fn)(void *arg);
    void *arg;
};

#define ID_BYTES 8

// For logs only: what is at hand for the next calls is no secret.
static void make_id(char id[17])
{
    static const char hex[] = "0123456789abcdef";
    static _Thread_local unsigned char random[32 * ID_BYTES]; // getrandom gives up to 256 bytes whole
    static _Thread_local size_t left;
    if (left == 0) {
        if (getrandom(random, sizeof random, 0) != sizeof random)
            abort(); // cannot fail for 256 bytes once the system is up
        left = sizeof random;
    }
    left -= ID_BYTES;
    char *at = id;
    for (size_t i = left; i < left + ID_BYTES; i++) {
        *at++ = hex[random[i] >> 4];
        *at++ = hex[random[i] & 15];
    }
    *at = '\0';
}

void call_begin(struct call *c, struct db *db, size_t limit)
{
    *c = (struct call){.db = db, .lang = LANG_JA};
    arena_init(&c->arena, limit);
    make_id(c->id);
}

void call_end(struct call *c)
{
    while (c->defers != NULL) {
        struct call_defer *defer = c->defers;
        c->defers = defer->next; // before the call: it may defer again
        defer->fn(defer->arg);
    }
    arena_free(&c->arena);
}

void call_defer(struct call *c, void (*fn)(void *), void *arg)
{
    struct call_defer *defer = call_alloc(c, sizeof *defer);
    *defer = (struct call_defer){.next = c->defers, .fn = fn, .arg = arg};
    c->defers = defer;
}

static void __attribute__((format(printf, 3, 0), format(printf, 4, 0)))
fail(struct call *c, const char *reason, const char *ja, const char *en, va_list args)
{
    va_list again;
    va_copy(again, args);
    c->error_reason = reason;
    c->error_ja = arena_vprintf(&c->arena, ja, args);
    c->error_en = arena_vprintf(&c->arena, en, again);
    va_end(again);
}

enum err call_fail(struct call *c, enum err err, const char *reason, const char *ja, const char *en, ...)
{
    call_clear_error(c);
    va_list args;
    va_start(args, en);
    fail(c, reason, ja, en, args);
    va_end(args);
    return err;
}

enum err call_fail_field(struct call *c, const char *field, const char *reason, const char *ja,
                         const char *en, ...)
{
    call_clear_error(c);
    va_list args;
    va_start(args, en);
    fail(c, reason, ja, en, args);
    va_end(args);
    c->error_field = arena_strdup(&c->arena, field);
    return ERR_INVALID_ARGUMENT;
}

void call_clear_error(struct call *c)
{
    c->error_ja = c->error_en = c->error_reason = c->error_field = NULL;
    c->error_retry_at_us = 0;
    c->error_limit = 0;
}

char *call_printf(struct call *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = arena_vprintf(&c->arena, fmt, args);
    va_end(args);
    return text;
}
