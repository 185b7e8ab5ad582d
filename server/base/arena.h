// SPDX-License-Identifier: Apache-2.0
// Memory of one call: taken bit by bit, freed at once.
#pragma once

#include <stddef.h>

#include "server/base/err.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *head;
    size_t used;  // bytes handed out
    size_t limit; // most bytes that arena_try gives; 0 = no limit
};

// Begins an empty arena whose arena_try stops at limit bytes (0 = no limit). Allocates nothing yet.
void arena_init(struct arena *a, size_t limit);
// Zeroed memory, aligned to 16, for sizes a user chose: NULL when the limit is passed. Aborts when the system
// has none.
void *arena_try(struct arena *a, size_t size);
// As arena_try, but beyond the limit too: for sizes the program chose, so that a user who filled the arena
// cannot stop the process.
void *arena_alloc(struct arena *a, size_t size);
// Copies; the copy ends with NUL. NULL stays NULL.
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t len);
void *arena_memdup(struct arena *a, const void *data, size_t size);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, __builtin_va_list args) PRINTF(2, 0);
// Frees everything, or keeps a little of it for the next arena; this one may be used again.
void arena_free(struct arena *a);

// A growing byte string in an arena.
struct buf {
    struct arena *arena;
    char *data;
    size_t len, cap;
};

struct buf buf_in(struct arena *a);
// Makes room for len bytes behind the text: write them at data + len, then add to len.
void buf_room(struct buf *b, size_t len);
void buf_put(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
// The text with NUL at its end (not counted in len).
const char *buf_text(struct buf *b);
