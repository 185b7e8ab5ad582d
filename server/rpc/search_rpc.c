// SPDX-License-Identifier: Apache-2.0
// Search in incidents and their chronologies.
#include "server/rpc/methods.gen.h"
#include "server/rpc/page.h"
#include "server/store/search_store.h"

#define PAGE_DEFAULT 20
#define PAGE_MAX 100

static enum err read_place(struct call *c, const char *token, struct search_place *ret_place)
{
    *ret_place = search_begin();
    int64_t bucket = ret_place->bucket;
    TRY(page_place_read(c, token, 's', &bucket, &ret_place->id));
    ret_place->bucket = bucket > 0 && bucket <= INT32_MAX ? (int)bucket : 0;
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
    if (more)
        res->next_page_token = page_place_make(c, 's', next.bucket, &next.id);
    return ERR_OK;
}
