// SPDX-License-Identifier: Apache-2.0
#include "server/store/intake_store.h"

#include <string.h>

#include "server/rpc/intake_app.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/page.h"
#include "server/store/message.h"
#include "server/store/operation_store.h"
#include "server/store/wake.h"

enum err rpc_list_items(struct call *c, const Sokuo__V1__ListItemsRequest *req,
                        Sokuo__V1__ListItemsResponse *res)
{
    struct intake_cursor after = {.first_seen_us = TIME_NULL};
    TRY(page_place_read(c, req->page_token, 't', &after.first_seen_us, &after.id));
    int size = page_size_of(req->page_size);
    TRY(intake_list(c, req, &after, size + 1, &res->items, &res->n_items));
    if (res->n_items > (size_t)size) {
        res->n_items = (size_t)size;
        const Sokuo__V1__IntakeItem *last = res->items[size - 1];
        struct uuid id = msg_take_uuid(last->id);
        res->next_page_token = page_place_make(c, 't', msg_take_time(last->first_seen_at), &id);
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
