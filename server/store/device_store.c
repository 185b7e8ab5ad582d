// SPDX-License-Identifier: Apache-2.0
#include "server/store/device_store.h"

#include "server/codec/codec.h"
#include "server/store/message.h"
#include "server/store/note.h"

static enum err take_refusals(struct call *c, const struct rows *rows, const struct uuid *operation_ids,
                              int count, Sokuo__V1__PushResult **ret_refusals)
{
    int id_col = rows_col(rows, "id"), person_col = rows_col(rows, "person_id"),
        col = rows_col(rows, "result");
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid id = row_uuid(rows, row, id_col), person = row_uuid(rows, row, person_col);
        if (!uuid_equal(&person, &c->actor.person_id))
            continue;
        ProtobufCMessage *result = NULL;
        TRY(wire_to_message(c, &sokuo__v1__push_result__descriptor, row_bytes(rows, row, col),
                            (size_t)row_len(rows, row, col), &result));
        for (int i = 0; i < count; i++) {
            if (uuid_equal(&operation_ids[i], &id))
                ret_refusals[i] = (Sokuo__V1__PushResult *)result;
        }
    }
    return ERR_OK;
}

enum err device_get(struct call *c, const struct uuid *operation_ids, int count, struct device *device,
                    Sokuo__V1__PushResult **ret_refusals)
{
    const struct param place[] = {p_uuid(&c->actor.tenant_id), p_uuid(&device->client_id),
                                  p_uuid(&c->actor.person_id)};
    const struct param ids[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, operation_ids, count)};
    struct db_stmt stmts[] = {{.query = Q_DEVICE_GET, .params = place},
                              {.query = Q_DEVICE_REFUSALS, .params = ids}};
    TRY(db_read(c, stmts, 2));
    const struct rows *found = stmts[0].rows;
    device->last_seq = rows_count(found) > 0 ? row_i64(found, 0, rows_col(found, "last_seq")) : 0;
    device->is_shut = rows_count(found) > 0 && row_bool(found, 0, rows_col(found, "is_shut"));
    return take_refusals(c, stmts[1].rows, operation_ids, count, ret_refusals);
}

enum err device_refuse(struct call *c, const struct device *device, const struct uuid *operation_id,
                       const Sokuo__V1__PushOperation *operation, const Sokuo__V1__PushResult *result)
{
    struct buf request = buf_in(&c->arena), answer = buf_in(&c->arena);
    message_to_wire(c, &operation->base, &request);
    message_to_wire(c, &result->base, &answer);
    struct param params[9 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(operation_id),
        p_uuid(&device->client_id),
        p_uuid(&c->actor.person_id),
        p_i64(c, operation->seq),
        p_bytes(request.data, (int)request.len),
        p_bytes(answer.data, (int)answer.len),
        p_bool(device->is_shut),
        p_uuid(&c->actor.account_id),
    };
    note_who(c, params + 9);
    struct db_stmt refuse = {.query = Q_DEVICE_REFUSE, .params = params};
    return db_write(c, &device->client_id, &refuse, 1);
}

enum err device_advance(struct call *c, const struct uuid *client_id, int64_t last_seq, int64_t clock_off_ms)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(client_id),
                                   p_uuid(&c->actor.person_id), p_i64(c, last_seq),
                                   p_i64(c, clock_off_ms),      p_uuid(&c->actor.session_id)};
    struct db_stmt advance = {.query = Q_DEVICE_ADVANCE, .params = params};
    return db_write(c, client_id, &advance, 1);
}
