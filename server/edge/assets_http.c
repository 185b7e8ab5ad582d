// SPDX-License-Identifier: Apache-2.0
// The sending half of assets.h.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/edge/assets.h"
#include "server/edge/http.h"
#include "server/edge/reply.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)

static void not_found(h2o_req_t *req)
{
    reply_text(req, 404, "text/plain; charset=utf-8",
               "そのアドレスには何もありません。\nThere is nothing at that address.\n");
}

static void send_asset(h2o_req_t *req, const struct asset_answer *answer)
{
    char etag[40];
    snprintf(etag, sizeof etag, "\"%s%s%s\"", answer->asset->hash, answer->encoding != NULL ? "-" : "",
             answer->encoding != NULL ? answer->encoding : "");
    reply_begin(req, answer->status, answer->status == 200 ? answer->asset->type : NULL);
    reply_header_static(req, "cache-control", answer->cache_control);
    reply_header(req, "etag", etag);
    if (answer->asset->br.data != NULL || answer->asset->gz.data != NULL)
        reply_header_static(req, "vary", "accept-encoding");
    if (answer->encoding != NULL)
        reply_header_static(req, "content-encoding", answer->encoding);
    reply_send(req, answer->body.data, answer->body.len);
}

// A file below the directory, whole, in the request's pool. The gate let no dot segment through.
static bool read_file(h2o_req_t *req, const char *path, h2o_iovec_t *ret)
{
    char name[1024];
    struct stat st;
    if ((size_t)snprintf(name, sizeof name, "%s%s", edge.config->web_dir, path) >= sizeof name)
        return false;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool is_ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= (off_t)FILE_MAX;
    if (is_ok) {
        *ret = h2o_iovec_init(h2o_mem_alloc_pool(&req->pool, (size_t)st.st_size + 1), (size_t)st.st_size);
        is_ok = read(fd, ret->base, ret->len) == (ssize_t)ret->len;
    }
    close(fd);
    return is_ok;
}

static void serve_directory(h2o_req_t *req, struct gate_text path)
{
    const char *name = h2o_strdup(&req->pool, path.base, path.len).base;
    h2o_iovec_t body;
    if (!read_file(req, name, &body)) {
        if (strchr(strrchr(name, '/'), '.') != NULL || !read_file(req, "/index.html", &body)) {
            not_found(req);
            return;
        }
        name = "/index.html";
    }
    reply_begin(req, 200, assets_type(name));
    reply_header_static(req, "cache-control", "no-cache");
    reply_send(req, body.base, body.len);
}

void assets_serve(h2o_req_t *req, const struct gate_request *gate)
{
    if (edge.config->web_dir[0] != '\0') {
        serve_directory(req, gate->path);
        return;
    }
    struct gate_text encodings = gate->fields[GATE_FIELD_ACCEPT_ENCODING];
    struct gate_text match = gate->fields[GATE_FIELD_IF_NONE_MATCH];
    struct asset_answer answer = assets_answer(assets_find(gate->path.base, gate->path.len), encodings.base,
                                               encodings.len, match.base, match.len);
    if (answer.status == 404)
        not_found(req);
    else
        send_asset(req, &answer);
}
