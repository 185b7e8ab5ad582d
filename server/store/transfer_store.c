// SPDX-License-Identifier: Apache-2.0
#include "server/store/transfer_store.h"

#include <string.h>

#include "server/store/message.h"
#include "server/store/note.h"

static Sokuo__V1__Transfer *take_transfer(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Transfer *m = call_alloc(c, sizeof *m);
    sokuo__v1__transfer__init(m);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id")),
                incident = row_uuid(rows, row, rows_col(rows, "incident_id")),
                person = row_uuid(rows, row, rows_col(rows, "person_id")),
                post = row_uuid(rows, row, rows_col(rows, "post_id"));
    m->id = msg_uuid(c, &id);
    m->incident_id = msg_uuid(c, &incident);
    m->seq = (int32_t)row_i64(rows, row, rows_col(rows, "seq"));
    m->organisation = msg_text(row_text(rows, row, rows_col(rows, "organisation")));
    m->recipient = msg_text(row_text(rows, row, rows_col(rows, "recipient")));
    m->receipt_no = msg_text(row_text(rows, row, rows_col(rows, "receipt_no")));
    m->purpose = msg_text(row_text(rows, row, rows_col(rows, "purpose")));
    m->occurred_at = msg_time(c, row_time(rows, row, rows_col(rows, "occurred_at")));
    m->recorded_at = msg_time(c, row_time(rows, row, rows_col(rows, "recorded_at")));
    m->by = msg_who(c, &person, row_text(rows, row, rows_col(rows, "person_name")), &post,
                    row_text(rows, row, rows_col(rows, "post_name")),
                    (int)row_i64(rows, row, rows_col(rows, "capacity")));
    return m;
}

static Sokuo__V1__TransferItem *take_item(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__TransferItem *m = call_alloc(c, sizeof *m);
    sokuo__v1__transfer_item__init(m);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "evidence_id"));
    int sha256 = rows_col(rows, "sha256");
    m->evidence_id = msg_uuid(c, &id);
    m->form = (Sokuo__V1__TransferForm)row_i64(rows, row, rows_col(rows, "form"));
    m->name = msg_text(row_text(rows, row, rows_col(rows, "name")));
    m->size = row_i64(rows, row, rows_col(rows, "size"));
    m->sha256.data = (uint8_t *)row_bytes(rows, row, sha256);
    m->sha256.len = row_is_null(rows, row, sha256) ? 0 : (size_t)row_len(rows, row, sha256);
    m->paper_location = msg_text(row_text(rows, row, rows_col(rows, "paper_location")));
    return m;
}

// Both come in the order of the slips.
static void put_items(struct call *c, Sokuo__V1__Transfer *m, const struct rows *items, int *at)
{
    struct uuid id = msg_take_uuid(m->id);
    int begin = *at, of = rows_col(items, "transfer_id");
    for (; *at < rows_count(items); (*at)++) {
        struct uuid transfer = row_uuid(items, *at, of);
        if (!uuid_equal(&transfer, &id))
            break;
    }
    m->items = msg_list(c, *at - begin);
    for (int row = begin; row < *at; row++)
        m->items[m->n_items++] = take_item(c, items, row);
}

enum err transfer_list(struct call *c, const struct uuid *incident_id, const struct uuid *only_id,
                       Sokuo__V1__Transfer ***ret_list, size_t *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id), p_uuid(only_id)};
    struct db_stmt stmts[] = {{.query = Q_TRANSFER_LIST, .params = params},
                              {.query = Q_TRANSFER_ITEMS, .params = params}};
    TRY(db_read(c, stmts, 2));
    int count = rows_count(stmts[0].rows), at = 0;
    *ret_list = msg_list(c, count);
    *ret_count = (size_t)count;
    for (int i = 0; i < count; i++) {
        (*ret_list)[i] = take_transfer(c, stmts[0].rows, i);
        put_items(c, (*ret_list)[i], stmts[1].rows, &at);
    }
    return ERR_OK;
}

enum err transfer_add(struct call *c, const struct transfer *transfer, const struct operation *op,
                      bool *ret_done)
{
    const Sokuo__V1__Transfer *m = &transfer->m;
    struct param params[14 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&op->id),
        p_uuid(&transfer->incident_id),
        p_text(m->organisation),
        p_text(m->recipient),
        p_text(m->receipt_no),
        p_text(m->purpose),
        p_time(c, msg_take_time(m->occurred_at)),
        p_uuids(c, transfer->evidence_ids, transfer->count),
        p_i16s(c, transfer->forms, transfer->count),
        p_text(op->method),
        p_bytes(op->request_hash, 32),
        p_bytes(op->response, op->response_len),
        p_text(transfer->text),
    };
    note_who(c, params + 14);
    struct db_stmt add = {.query = Q_TRANSFER_ADD, .params = params};
    enum err err = note_write(c, &transfer->incident_id, &add, 1);
    *ret_done = err == ERR_OK && rows_count(add.rows) > 0;
    return err;
}
