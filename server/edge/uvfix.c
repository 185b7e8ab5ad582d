// SPDX-License-Identifier: Apache-2.0
#include "server/edge/uvfix.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

typedef int (*read_start_fn)(uv_stream_t *stream, uv_alloc_cb alloc_cb, uv_read_cb read_cb);

// A program has a handful of read callbacks (libh2o: TCP and TLS); each gets a slot with a filter of its own.
#define SLOTS 4
static uv_read_cb slots[SLOTS];

#define FILTER(n)                                                                                            \
    static void filter_##n(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)                          \
    {                                                                                                        \
        if (nread != 0) /* 0 means "try again", not an error */                                              \
            slots[n](stream, nread, buf);                                                                    \
    }
FILTER(0)
FILTER(1)
FILTER(2)
FILTER(3)
static const uv_read_cb filters[SLOTS] = {filter_0, filter_1, filter_2, filter_3};

static read_start_fn original(void)
{
    static read_start_fn fn;
    if (fn == NULL)
        *(void **)&fn = dlsym(RTLD_NEXT, "uv_read_start");
    return fn;
}

static uv_read_cb filtered(uv_read_cb read_cb)
{
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i] == NULL)
            slots[i] = read_cb;
        if (slots[i] == read_cb)
            return filters[i];
    }
    return read_cb;
}

// Takes the place of libuv's for the whole program.
int uv_read_start(uv_stream_t *stream, uv_alloc_cb alloc_cb, uv_read_cb read_cb)
{
    return original()(stream, alloc_cb, filtered(read_cb));
}

void uvfix_begin(void)
{
    void *seen_by_libraries = dlsym(RTLD_DEFAULT, "uv_read_start");
    read_start_fn ours = uv_read_start;
    if (seen_by_libraries != *(void **)&ours || original() == NULL) {
        fputs("uv_read_start is not exported by the executable: TLS uploads would break\n", stderr);
        abort();
    }
}
