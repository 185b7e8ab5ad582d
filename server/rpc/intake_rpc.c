// SPDX-License-Identifier: Apache-2.0
#include "server/store/intake_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/rpc/intake_app.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/operation_store.h"
#include "server/store/wake.h"

#define PAGE_USUAL 50
#define PAGE_MOST 200

// A page token is the place of the last item: microseconds and id, "1795410749123456.0193…".
static enum err read_token(struct call *c, const char *token, struct intake_cursor *ret_cursor)
{
    *ret_cursor = (struct intake_cursor){.first_seen_us = TIME_NULL};
    if (*token == '\0')
        return ERR_OK;
    char *end;
    long long us = strtoll(token, &end, 10);
    if (end == token || *end != '.' || us <= 0 || !uuid_parse(end + 1, &ret_cursor->id))
        return call_fail_field(c, "pageToken", "BAD_TOKEN",
                               "pageTokenは前のページの答えにあるものをそのまま使ってください。",
                               "Use page_token exactly as the page before answered it.");
    ret_cursor->first_seen_us = us;
    return ERR_OK;
}

static char *make_token(struct call *c, const Sokuo__V1__IntakeItem *last)
{
    const Google__Protobuf__Timestamp *seen = last->first_seen_at;
    return call_printf(c, "%lld.%s", (long long)seen->seconds * 1000000 + seen->nanos / 1000, last->id);
}

enum err rpc_list_items(struct call *c, const Sokuo__V1__ListItemsRequest *req,
                        Sokuo__V1__ListItemsResponse *res)
{
    struct intake_cursor after;
    TRY(read_token(c, req->page_token, &after));
    int size = req->page_size <= 0 ? PAGE_USUAL : req->page_size < PAGE_MOST ? req->page_size : PAGE_MOST;
    TRY(intake_list(c, req, &after, size + 1, &res->items, &res->n_items));
    if (res->n_items > (size_t)size) {
        res->n_items = (size_t)size;
        res->next_page_token = make_token(c, res->items[size - 1]);
    }
    return ERR_OK;
}

enum err rpc_get_item(struct call *c, const Sokuo__V1__GetItemRequest *req, Sokuo__V1__GetItemResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    Sokuo__V1__IntakeItem **items = NULL;
    const char **raws = NULL;
    size_t count = 0;
    TRY(intake_get(c, &id, 1, &items, &raws, &count));
    if (count == 0)
        return intake_not_found(c);
    res->item = items[0];
    res->raw = msg_text(raws[0]);
    return ERR_OK;
}

enum err rpc_promote_items(struct call *c, const Sokuo__V1__PromoteItemsRequest *req,
                           Sokuo__V1__PromoteItemsResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(intake_promote(c, &operation, req, res));
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    return ERR_OK;
}

enum err rpc_dismiss_items(struct call *c, const Sokuo__V1__DismissItemsRequest *req,
                           Sokuo__V1__DismissItemsResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct uuid *ids = NULL;
    int count = intake_ids(c, req->item_ids, req->n_item_ids, &ids);
    TRY(intake_dismiss(c, &operation.id, operation.request_hash, ids, count, req->reason, req->restore,
                       &res->changed));
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    return ERR_OK;
}
