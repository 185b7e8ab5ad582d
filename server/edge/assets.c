// SPDX-License-Identifier: Apache-2.0
#include "server/edge/assets.h"

#include <string.h>

static int compare(const char *path, size_t len, const char *other)
{
    size_t other_len = strlen(other);
    int order = memcmp(path, other, len < other_len ? len : other_len);
    if (order != 0)
        return order;
    return len < other_len ? -1 : len > other_len;
}

static const struct asset *find_exact(const char *path, size_t len)
{
    size_t low = 0, high = assets_builtin_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(path, len, assets_builtin[middle].path);
        if (order == 0)
            return &assets_builtin[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

// An address of the client's own router, such as /incidents/0190…: it has no file name with a dot.
static bool is_page(const char *path, size_t len)
{
    const char *slash = memrchr(path, '/', len);
    if (len >= 8 && memcmp(path, "/assets/", 8) == 0)
        return false;
    return slash != NULL && memchr(slash, '.', (size_t)(path + len - slash)) == NULL;
}

const struct asset *assets_find(const char *path, size_t len)
{
    const struct asset *asset = find_exact(path, len);
    if (asset == NULL && is_page(path, len))
        asset = find_exact("/index.html", 11);
    return asset;
}

// The coding is in the list and not refused by q=0.
static bool accepts(const char *list, size_t len, const char *coding)
{
    size_t coding_len = strlen(coding);
    for (const char *at = list, *end = list + len; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma != NULL ? comma : end;
        while (at < stop && *at == ' ')
            at++;
        size_t item_len = (size_t)(stop - at);
        bool is_it = item_len >= coding_len && memcmp(at, coding, coding_len) == 0 &&
                     (item_len == coding_len || at[coding_len] == ';' || at[coding_len] == ' ');
        if (is_it) {
            const char *q = memmem(at, item_len, "q=0", 3);
            while (q != NULL && q < stop && (*q == 'q' || *q == '=' || *q == '0' || *q == '.'))
                q++;
            return q != stop; // q=0, q=0.000: everything but zeros would have stopped us earlier
        }
        at = stop + 1;
    }
    return false;
}

struct asset_answer assets_answer(const struct asset *asset, const char *accept_encoding, size_t accept_len,
                                  const char *if_none_match, size_t match_len)
{
    if (asset == NULL)
        return (struct asset_answer){.status = 404};
    struct asset_answer answer = {.status = 200, .asset = asset, .body = asset->plain};
    answer.cache_control = assets_cache_control(asset->path);
    if (match_len > 0 && memmem(if_none_match, match_len, asset->hash, strlen(asset->hash)) != NULL) {
        answer.status = 304;
        answer.body = (struct asset_body){0};
    } else if (asset->br.data != NULL && accepts(accept_encoding, accept_len, "br")) {
        answer.body = asset->br;
        answer.encoding = "br";
    } else if (asset->gz.data != NULL && accepts(accept_encoding, accept_len, "gzip")) {
        answer.body = asset->gz;
        answer.encoding = "gzip";
    }
    return answer;
}

const char *assets_cache_control(const char *path)
{
    return strncmp(path, "/assets/", 8) == 0 ? "public, max-age=31536000, immutable" : "no-cache";
}

const char *assets_type(const char *path)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".txt", "text/plain; charset=utf-8"},
    };
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t end_len = strlen(types[i].end);
        if (len >= end_len && strcmp(path + len - end_len, types[i].end) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}
