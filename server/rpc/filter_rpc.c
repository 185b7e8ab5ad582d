// SPDX-License-Identifier: Apache-2.0
// Saved filters: a person's own names for questions to the list.
#include "server/codec/codec.h"
#include "server/rpc/methods.gen.h"
#include "server/store/db.h"
#include "server/store/message.h"

static enum err read_filter(struct call *c, const void *wire, size_t len,
                            Sokuo__V1__IncidentFilter **ret_filter)
{
    ProtobufCMessage *message = NULL;
    TRY(wire_to_message(c, &sokuo__v1__incident_filter__descriptor, wire, len, &message));
    *ret_filter = (Sokuo__V1__IncidentFilter *)message;
    return ERR_OK;
}

static enum err fill_filter(struct call *c, const struct rows *rows, int row, Sokuo__V1__SavedFilter *filter)
{
    sokuo__v1__saved_filter__init(filter);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    int col = rows_col(rows, "filter");
    filter->id = msg_uuid(c, &id);
    filter->name = msg_text(row_text(rows, row, rows_col(rows, "name")));
    return read_filter(c, row_bytes(rows, row, col), (size_t)row_len(rows, row, col), &filter->filter);
}

enum err rpc_list_saved_filters(struct call *c, const Sokuo__V1__ListSavedFiltersRequest *req,
                                Sokuo__V1__ListSavedFiltersResponse *res)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&c->actor.person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_SAVED_FILTER_LIST, params, &rows));
    int count = rows_count(rows);
    res->saved_filters = msg_list(c, count);
    Sokuo__V1__SavedFilter *filters = call_alloc(c, (size_t)count * sizeof *filters);
    for (int i = 0; i < count; i++) {
        TRY(fill_filter(c, rows, i, &filters[i]));
        res->saved_filters[i] = &filters[i];
    }
    res->n_saved_filters = (size_t)count;
    return ERR_OK;
}

enum err rpc_save_filter(struct call *c, const Sokuo__V1__SaveFilterRequest *req,
                         Sokuo__V1__SaveFilterResponse *res)
{
    struct uuid id = uuid_v7();
    struct buf wire = buf_in(&c->arena);
    message_to_wire(c, &req->filter->base, &wire);
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&id), p_uuid(&c->actor.person_id),
                                   p_text(req->name), p_bytes(wire.len ? wire.data : "", (int)wire.len)};
    struct db_stmt stmt = {.query = Q_SAVED_FILTER_PUT, .params = params};
    TRY(db_write(c, &c->actor.person_id, &stmt, 1));
    if (rows_count(stmt.rows) == 0)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_MANY",
                         "保存できる絞り込みは100件までです。使わないものを消してから保存してください。",
                         "At most 100 filters can be saved. Remove one that is not used, then save again.");
    id = row_uuid(stmt.rows, 0, rows_col(stmt.rows, "id"));
    res->saved_filter = call_alloc(c, sizeof *res->saved_filter);
    sokuo__v1__saved_filter__init(res->saved_filter);
    res->saved_filter->id = msg_uuid(c, &id);
    res->saved_filter->name = req->name;
    res->saved_filter->filter = req->filter;
    return ERR_OK;
}

enum err rpc_delete_filter(struct call *c, const Sokuo__V1__DeleteFilterRequest *req,
                           Sokuo__V1__DeleteFilterResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&id), p_uuid(&c->actor.person_id)};
    struct db_stmt stmt = {.query = Q_SAVED_FILTER_DROP, .params = params};
    TRY(db_write(c, &c->actor.person_id, &stmt, 1));
    if (rows_count(stmt.rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NOT_FOUND",
                         "その絞り込みはありません。すでに消されたのかもしれません。",
                         "There is no such filter. It may have been removed already.");
    return ERR_OK;
}
