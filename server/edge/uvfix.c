// SPDX-License-Identifier: Apache-2.0
#include "server/edge/uvfix.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "server/edge/http.h"
#include "server/edge/listener.h"

// libh2o has two pairs of callbacks, TCP and TLS; each gets a slot with a filter of its own. All its streams
// are connections of ours. Streams of others go straight through.
struct slot {
    uv_alloc_cb alloc;
    uv_read_cb read;
};
#define SLOTS 2
static struct slot slots[SLOTS];

static int (*original_start)(uv_stream_t *stream, uv_alloc_cb alloc_cb, uv_read_cb read_cb);
static int (*original_stop)(uv_stream_t *stream);

static struct conn *conn_of(uv_stream_t *stream)
{
    return H2O_STRUCT_FROM_MEMBER(struct conn, uv.stream, stream);
}

static void filter_alloc(int slot, uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    if (conn_of((uv_stream_t *)handle)->is_paused)
        *buf = uv_buf_init(NULL, 0); // libuv answers with UV_ENOBUFS
    else
        slots[slot].alloc(handle, size, buf);
}

static void filter_read(int slot, uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct conn *conn = conn_of(stream);
    if (conn->is_paused) { // UV_ENOBUFS, or UV_EOF after a reset: libh2o has no reader now
        original_stop(stream);
        conn->is_stopped = true;
        listener_early_input(conn);
    } else if (nread != 0) { // 0 means "try again", not an error
        slots[slot].read(stream, nread, buf);
    }
}

#define FILTER(n)                                                                 \
    static void alloc_##n(uv_handle_t *handle, size_t size, uv_buf_t *buf)        \
    {                                                                             \
        filter_alloc(n, handle, size, buf);                                       \
    }                                                                             \
    static void read_##n(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf) \
    {                                                                             \
        filter_read(n, stream, nread, buf);                                       \
    }
FILTER(0)
FILTER(1)
static const struct slot filters[SLOTS] = {{alloc_0, read_0}, {alloc_1, read_1}};

static void find_originals(void)
{
    *(void **)&original_start = dlsym(RTLD_NEXT, "uv_read_start");
    *(void **)&original_stop = dlsym(RTLD_NEXT, "uv_read_stop");
}

static bool is_of_libh2o(uv_read_cb read_cb)
{
    Dl_info info;
    void *address = *(void **)&read_cb;
    return dladdr(address, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "libh2o") != NULL;
}

// The slot of a callback of libh2o; -1 for anybody else's.
static int slot_of(uv_alloc_cb alloc_cb, uv_read_cb read_cb)
{
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].read == read_cb)
            return i;
    }
    for (int i = 0; i < SLOTS && is_of_libh2o(read_cb); i++) {
        if (slots[i].read == NULL) {
            slots[i] = (struct slot){alloc_cb, read_cb};
            return i;
        }
    }
    return -1;
}

static bool is_filtered(const uv_stream_t *stream)
{
    return stream->read_cb == read_0 || stream->read_cb == read_1;
}

int uv_read_start(uv_stream_t *stream, uv_alloc_cb alloc_cb, uv_read_cb read_cb)
{
    if (original_start == NULL)
        find_originals();
    int slot = slot_of(alloc_cb, read_cb);
    if (slot < 0)
        return original_start(stream, alloc_cb, read_cb);
    struct conn *conn = conn_of(stream);
    conn->is_paused = false;
    if (stream->read_cb == filters[slot].read && !conn->is_stopped)
        return 0; // the stop before never became real
    conn->is_stopped = false;
    return original_start(stream, filters[slot].alloc, filters[slot].read);
}

int uv_read_stop(uv_stream_t *stream)
{
    if (original_stop == NULL)
        find_originals();
    if (!is_filtered(stream))
        return original_stop(stream);
    conn_of(stream)->is_paused = true;
    return 0;
}

void uvfix_begin(void)
{
    int (*start)(uv_stream_t *, uv_alloc_cb, uv_read_cb) = uv_read_start;
    int (*stop)(uv_stream_t *) = uv_read_stop;
    if (dlsym(RTLD_DEFAULT, "uv_read_start") != *(void **)&start ||
        dlsym(RTLD_DEFAULT, "uv_read_stop") != *(void **)&stop) {
        fputs("uv_read_start and uv_read_stop must be exported by the executable: TLS uploads would break\n",
              stderr);
        abort();
    }
}
