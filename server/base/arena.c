// SPDX-License-Identifier: Apache-2.0
#include "server/base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define IS_ASAN true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_ASAN true
#endif
#endif
#ifndef IS_ASAN
#define IS_ASAN false
#endif

// A waiting request shall stay small: the first chunk is half a page, later ones double.
#define CHUNK_FIRST ((size_t)2048)
#define CHUNK_MOST ((size_t)64 * 1024)
#define ALIGN 16

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(ALIGN) char data[];
};

// Chunks of the usual sizes are kept for the next call of the same thread, zeroed: so many bytes of each
// size. Not under ASan, which could not see a use after the end of a call then.
#define SPARE_MOST ((size_t)256 * 1024)
#define SPARE_SIZES 6 // CHUNK_FIRST, doubled up to CHUNK_MOST

static _Thread_local struct {
    struct arena_chunk *first;
    size_t bytes;
} spares[SPARE_SIZES];

// The place of a usual size, header included; SPARE_SIZES for others, and always under ASan.
static size_t spare_place(size_t whole)
{
    size_t place = 0;
    while (place < SPARE_SIZES && whole != CHUNK_FIRST << place)
        place++;
    return IS_ASAN ? SPARE_SIZES : place;
}

static struct arena_chunk *chunk_take(size_t capacity)
{
    size_t whole = sizeof(struct arena_chunk) + capacity, place = spare_place(whole);
    struct arena_chunk *chunk = place < SPARE_SIZES ? spares[place].first : NULL;
    if (chunk != NULL) {
        spares[place].first = chunk->next;
        spares[place].bytes -= whole;
        return chunk;
    }
    chunk = calloc(1, whole);
    if (chunk == NULL)
        abort(); // out of memory: restart beats half a state
    chunk->size = capacity;
    return chunk;
}

static void chunk_give(struct arena_chunk *chunk)
{
    size_t whole = sizeof *chunk + chunk->size, place = spare_place(whole);
    if (place == SPARE_SIZES || spares[place].bytes + whole > SPARE_MOST) {
        free(chunk);
        return;
    }
    memset(chunk->data, 0, chunk->used);
    chunk->used = 0;
    chunk->next = spares[place].first;
    spares[place].first = chunk;
    spares[place].bytes += whole;
}

void arena_init(struct arena *a, size_t limit)
{
    *a = (struct arena){.limit = limit};
}

// A big piece gets a chunk of its own behind the head, so that the head's rest is not lost.
static struct arena_chunk *chunk_add(struct arena *a, size_t size)
{
    size_t usual = a->head ? (a->head->size + sizeof(struct arena_chunk)) * 2 : CHUNK_FIRST;
    if (usual > CHUNK_MOST)
        usual = CHUNK_MOST;
    usual -= sizeof(struct arena_chunk);
    size_t capacity = size > usual / 2 && a->head ? size : usual;
    if (capacity < size)
        capacity = size;

    struct arena_chunk *chunk = chunk_take(capacity);
    if (a->head != NULL && capacity == size) {
        chunk->next = a->head->next;
        a->head->next = chunk;
    } else {
        chunk->next = a->head;
        a->head = chunk;
    }
    return chunk;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        abort();
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct arena_chunk *chunk = a->head;
    if (chunk == NULL || chunk->size - chunk->used < size)
        chunk = chunk_add(a, size);
    void *data = chunk->data + chunk->used;
    chunk->used += size;
    a->used += size;
    return data;
}

void *arena_try(struct arena *a, size_t size)
{
    if (a->limit != 0 && (size > a->limit || a->used > a->limit - size))
        return NULL;
    return arena_alloc(a, size);
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
    if (text == NULL)
        return NULL;
    char *copy = arena_alloc(a, len + 1);
    memcpy(copy, text, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return text ? arena_strndup(a, text, strlen(text)) : NULL;
}

void *arena_memdup(struct arena *a, const void *data, size_t size)
{
    if (data == NULL)
        return NULL;
    void *copy = arena_alloc(a, size);
    memcpy(copy, data, size);
    return copy;
}

char *arena_vprintf(struct arena *a, const char *fmt, __builtin_va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    if (len < 0)
        abort(); // only a wrong format string can get here
    char *text = arena_alloc(a, (size_t)len + 1);
    (void)vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = arena_vprintf(a, fmt, args);
    va_end(args);
    return text;
}

void arena_free(struct arena *a)
{
    struct arena_chunk *chunk = a->head;
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        chunk_give(chunk);
        chunk = next;
    }
    a->head = NULL;
    a->used = 0;
}

struct buf buf_in(struct arena *a)
{
    return (struct buf){.arena = a};
}

// Grows in place when the bytes are the last of their chunk: a long text then leaves no trail of halves.
static bool grow_in_place(struct buf *b, size_t capacity)
{
    struct arena_chunk *chunk = b->arena->head;
    if (b->data == NULL || chunk == NULL || b->data + b->cap != chunk->data + chunk->used)
        return false;
    size_t more = capacity - b->cap;
    if (chunk->size - chunk->used < more)
        return false;
    chunk->used += more;
    b->arena->used += more;
    b->cap = capacity;
    return true;
}

// One byte more than asked for: the NUL of buf_text.
void buf_room(struct buf *b, size_t len)
{
    if (len > SIZE_MAX / 4 - b->len)
        abort();
    size_t need = b->len + len + 1;
    if (need <= b->cap)
        return;
    size_t capacity = b->cap * 2 > need ? b->cap * 2 : need;
    if (capacity < 128)
        capacity = 128;
    capacity = (capacity + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (grow_in_place(b, capacity))
        return;
    char *data = arena_alloc(b->arena, capacity);
    if (b->len > 0)
        memcpy(data, b->data, b->len);
    b->data = data;
    b->cap = capacity;
}

void buf_put(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return;
    buf_room(b, len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

void buf_puts(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        abort(); // only a wrong format string can get here
    buf_room(b, (size_t)len);
    (void)vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
    va_end(again);
    b->len += (size_t)len;
}

const char *buf_text(struct buf *b)
{
    buf_room(b, 0);
    b->data[b->len] = '\0';
    return b->data;
}
