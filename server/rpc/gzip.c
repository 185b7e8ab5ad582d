// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/gzip.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) // zlib's way to say "gzip header"

static enum err too_large(struct call *c, size_t limit)
{
    enum err err =
        call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_LARGE", "送られた内容が大きすぎます(上限 %zu バイト)。",
                  "The request is too large (at most %zu bytes).", limit);
    c->error_limit = (uint32_t)limit;
    return err;
}

static enum err broken(struct call *c)
{
    return call_fail(c, ERR_INVALID_ARGUMENT, "BAD_COMPRESSION", "gzipの内容が壊れています。",
                     "The gzip data is broken.");
}

enum err gzip_inflate(struct call *c, const void *data, size_t len, size_t limit, const void **ret_data,
                      size_t *ret_len)
{
    z_stream stream = {.next_in = (Bytef *)data, .avail_in = (uInt)len};
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        abort();

    struct buf out = buf_in(&c->arena);
    char piece[4096];
    int status;
    do {
        stream.next_out = (Bytef *)piece;
        stream.avail_out = sizeof piece;
        status = inflate(&stream, Z_NO_FLUSH);
        buf_put(&out, piece, sizeof piece - stream.avail_out);
    } while (status == Z_OK && out.len <= limit && (stream.avail_in > 0 || stream.avail_out == 0));
    inflateEnd(&stream);

    if (out.len > limit)
        return too_large(c, limit);
    if (status != Z_STREAM_END)
        return broken(c);
    *ret_data = out.data ? out.data : "";
    *ret_len = out.len;
    return ERR_OK;
}

void gzip_deflate(struct call *c, const void *data, size_t len, const void **ret_data, size_t *ret_len)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, 4, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t size = deflateBound(&stream, len);
    void *out = call_alloc(c, size);
    stream.next_in = (Bytef *)data;
    stream.avail_in = (uInt)len;
    stream.next_out = out;
    stream.avail_out = (uInt)size;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort(); // deflateBound promised room
    *ret_data = out;
    *ret_len = stream.total_out;
    deflateEnd(&stream);
}
