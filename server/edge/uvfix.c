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
static int (*original_write)(uv_write_t *req, uv_stream_t *stream, const uv_buf_t *bufs, unsigned count,
                             uv_write_cb done);

// Connections whose bytes are all with the kernel, though libh2o has yet to be told: oldest first.
static struct {
    struct conn *first, **end;
    unsigned count;
    uv_idle_t idle; // active while there is one: the loop must not sleep
    uv_check_t after_poll;
} written;

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
    *(void **)&original_write = dlsym(RTLD_NEXT, "uv_write");
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

static struct conn *written_pop(void)
{
    struct conn *conn = written.first;
    written.first = conn->next_written;
    if (written.first == NULL)
        written.end = &written.first;
    written.count--;
    return conn;
}

// Those that are written to meanwhile have their turn in the next round.
static void tell_written(void)
{
    for (unsigned i = written.count; i > 0 && written.first != NULL; i--) {
        struct conn *conn = written_pop();
        uv_write_t *req = conn->written;
        conn->written = NULL;
        conn->on_written(req, 0);
    }
    if (written.first == NULL)
        uv_idle_stop(&written.idle);
}

static void on_idle(uv_idle_t *idle)
{
    tell_written();
}

static void on_after_poll(uv_check_t *check)
{
    tell_written();
}

void uvfix_forget(struct conn *conn)
{
    if (conn->written == NULL)
        return;
    struct conn **at = &written.first;
    while (*at != conn)
        at = &(*at)->next_written;
    *at = conn->next_written;
    if (*at == NULL)
        written.end = at;
    written.count--;
    conn->written = NULL;
}

static void written_push(struct conn *conn, uv_write_t *req, uv_write_cb on_written)
{
    conn->written = req;
    conn->on_written = on_written;
    conn->next_written = NULL;
    *written.end = conn;
    written.end = &conn->next_written;
    if (written.count++ == 0)
        uv_idle_start(&written.idle, on_idle);
}

// Leaves the first `sent` bytes of the buffers out; returns how many buffers are left.
static unsigned skip_sent(uv_buf_t *bufs, unsigned count, size_t sent)
{
    unsigned first = 0;
    while (first < count && sent >= bufs[first].len)
        sent -= bufs[first++].len;
    memmove(bufs, bufs + first, (count - first) * sizeof bufs[0]);
    if (first < count) {
        bufs[0].base += sent;
        bufs[0].len -= sent;
    }
    return count - first;
}

#define BUFS_MOST 16

int uv_write(uv_write_t *req, uv_stream_t *stream, const uv_buf_t bufs[], unsigned count, uv_write_cb done)
{
    if (original_write == NULL)
        find_originals();
    if (!is_filtered(stream) || count > BUFS_MOST || conn_of(stream)->written != NULL)
        return original_write(req, stream, bufs, count, done);
    int sent = uv_try_write(stream, bufs, count);
    if (sent <= 0)
        return original_write(req, stream, bufs, count, done);
    uv_buf_t rest[BUFS_MOST];
    memcpy(rest, bufs, count * sizeof rest[0]);
    unsigned left = skip_sent(rest, count, (size_t)sent);
    if (left > 0)
        return original_write(req, stream, rest, left, done);
    written_push(conn_of(stream), req, done);
    return 0;
}

void uvfix_begin(void)
{
    int (*start)(uv_stream_t *, uv_alloc_cb, uv_read_cb) = uv_read_start;
    int (*stop)(uv_stream_t *) = uv_read_stop;
    int (*write)(uv_write_t *, uv_stream_t *, const uv_buf_t *, unsigned, uv_write_cb) = uv_write;
    if (dlsym(RTLD_DEFAULT, "uv_read_start") != *(void **)&start ||
        dlsym(RTLD_DEFAULT, "uv_read_stop") != *(void **)&stop ||
        dlsym(RTLD_DEFAULT, "uv_write") != *(void **)&write) {
        fputs(
            "uv_read_start, uv_read_stop and uv_write must be exported by the executable: TLS uploads would "
            "break\n",
            stderr);
        abort();
    }
    written.end = &written.first;
    uv_idle_init(edge.loop, &written.idle);
    uv_check_init(edge.loop, &written.after_poll);
    uv_check_start(&written.after_poll, on_after_poll); // the first to start is the last to run
    uv_unref((uv_handle_t *)&written.after_poll);
}
