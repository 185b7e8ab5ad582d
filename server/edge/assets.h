// SPDX-License-Identifier: Apache-2.0
// The web client: compiled in (assets.gen.c, made by embed_assets.py), or a directory while developing.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct gate_request;
struct st_h2o_req_t;

struct asset_body {
    const unsigned char *data; // NULL = no such variant
    size_t len;
};

struct asset {
    const char *path; // "/assets/index-1a2b3c.js"
    const char *type; // content type
    const char *hash; // of the plain content, 16 hex digits
    struct asset_body plain, br, gz;
};

// Sorted by path.
extern const struct asset assets_builtin[];
extern const size_t assets_builtin_count;

// What to answer, decided without any HTTP library.
struct asset_answer {
    int status; // 200, 304 or 404
    const struct asset *asset;
    struct asset_body body;
    const char *encoding; // "br", "gzip" or NULL
    const char *cache_control;
};

// The built-in file of a path; paths of the client's own pages (no dot in the last part) are index.html. NULL
// = none.
const struct asset *assets_find(const char *path, size_t len);
// Chooses variant and status. The texts may be NULL (len 0).
struct asset_answer assets_answer(const struct asset *asset, const char *accept_encoding, size_t accept_len,
                                  const char *if_none_match, size_t match_len);
// "no-cache", or for ever where the name changes with the content.
const char *assets_cache_control(const char *path);
// Content type by the end of a file name.
const char *assets_type(const char *path);

// Answers GET and HEAD of pages and files.
void assets_serve(struct st_h2o_req_t *req, const struct gate_request *gate);
