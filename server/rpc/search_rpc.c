// SPDX-License-Identifier: Apache-2.0
// Search in incidents and their chronologies.
#include <stdio.h>

#include "server/rpc/methods.gen.h"
#include "server/rpc/page.h"
#include "server/store/search_store.h"

#define PAGE_DEFAULT 20
#define PAGE_MAX 100

static enum err read_place(struct call *c, const char *token, struct search_place *ret_place)
{
    const char *key;
    TRY(page_token_read(c, token, &key));
    *ret_place = search_begin();
    if (!*key)
        return ERR_OK;
    char id[UUID_TEXT_SIZE];
    if (sscanf(key, "s%d,%36s", &ret_place->bucket, id) != 2 || !uuid_parse(id, &ret_place->id))
        return call_fail_field(c, "pageToken", "BAD_TOKEN",
                               "続きを読む印が正しくありません。最初から検索し直してください。",
                               "The page token is not valid. Search again.");
    return ERR_OK;
}

enum err rpc_search_incidents(struct call *c, const Sokuo__V1__SearchIncidentsRequest *req,
                              Sokuo__V1__SearchIncidentsResponse *res)
{
    struct search_place after, next;
    TRY(read_place(c, req->page_token, &after));
    int size = req->page_size <= 0 ? PAGE_DEFAULT : req->page_size > PAGE_MAX ? PAGE_MAX : req->page_size;
    int mode = req->mode ? (int)req->mode : (int)MODE(REAL), count;
    bool more;
    TRY(search_incidents(c, req->query, mode, &after, size, &res->hits, &count, &next, &more));
    res->n_hits = (size_t)count;
    char id[UUID_TEXT_SIZE];
    if (more)
        res->next_page_token =
            page_token_make(c, call_printf(c, "s%d,%s", next.bucket, uuid_format(&next.id, id)));
    return ERR_OK;
}
