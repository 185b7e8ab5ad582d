// SPDX-License-Identifier: Apache-2.0
#include "server/store/operation_store.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/store/message.h"
#include "sokuo/v1/incident.pb-c.h"
#include "sokuo/v1/playbook.pb-c.h"

#define TRIAGE_US INT64_C(1800000000) // 受付から30分 (incident_file)

void operation_make(struct call *c, const char *id, const ProtobufCMessage *request,
                    struct operation *ret_operation)
{
    struct buf wire = buf_in(&c->arena);
    message_to_wire(c, request, &wire);
    *ret_operation = (struct operation){.id = msg_take_uuid(id), .method = c->method ? c->method : ""};
    SHA256((const unsigned char *)(wire.data ? wire.data : ""), wire.len, ret_operation->request_hash);
}

void operation_pack(struct call *c, struct operation *operation, const ProtobufCMessage *response)
{
    struct buf wire = buf_in(&c->arena);
    message_to_wire(c, response, &wire);
    operation->response = wire.data ? wire.data : "";
    operation->response_len = (int)wire.len;
}

static void complete_incident(struct call *c, Sokuo__V1__Incident *incident,
                              const struct operation_facts *facts)
{
    incident->updated_at = msg_time(c, facts->recorded_at_us);
    if (facts->number && !*incident->number) {
        incident->number = msg_text(facts->number);
        incident->filed_at = incident->updated_at;
        incident->triage_due_at = msg_time(c, facts->recorded_at_us + TRIAGE_US);
    }
}

static void complete_entry(struct call *c, Sokuo__V1__Entry *entry, const struct operation_facts *facts)
{
    entry->seq = facts->seq;
    entry->recorded_at = msg_time(c, facts->recorded_at_us);
    if (!entry->occurred_at)
        entry->occurred_at = entry->recorded_at;
}

void operation_complete(struct call *c, ProtobufCMessage *response, const struct operation_facts *facts)
{
    const ProtobufCMessageDescriptor *type = response->descriptor;
    if (type == &sokuo__v1__start_playbook_response__descriptor && facts->number)
        ((Sokuo__V1__StartPlaybookResponse *)response)->step_count = (int32_t)strtol(facts->number, NULL, 10);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        ProtobufCMessage *part = *(ProtobufCMessage **)((char *)response + field->offset);
        if (!part)
            continue;
        if (field->descriptor == &sokuo__v1__incident__descriptor)
            complete_incident(c, (Sokuo__V1__Incident *)part, facts);
        else if (field->descriptor == &sokuo__v1__entry__descriptor)
            complete_entry(c, (Sokuo__V1__Entry *)part, facts);
        else if (field->descriptor == &sokuo__v1__member__descriptor)
            ((Sokuo__V1__Member *)part)->since = msg_time(c, facts->recorded_at_us);
    }
}

struct db_stmt operation_find(struct call *c, const struct operation *operation, struct param *params)
{
    return operation_find_all(c, &operation->id, 1, params);
}

struct db_stmt operation_find_all(struct call *c, const struct uuid *ids, int count, struct param *params)
{
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_uuids(c, ids, count);
    return (struct db_stmt){.query = Q_OPERATION_GET, .params = params};
}

static int row_of(const struct rows *rows, const struct uuid *id)
{
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid found = row_uuid(rows, row, rows_col(rows, "id"));
        if (uuid_equal(&found, id))
            return row;
    }
    return -1;
}

enum err operation_replay(struct call *c, const struct operation *operation, const struct rows *rows,
                          ProtobufCMessage *response, bool *ret_found)
{
    int row = row_of(rows, &operation->id);
    *ret_found = row >= 0;
    if (!*ret_found)
        return ERR_OK;
    int hash = rows_col(rows, "request_hash"), kept = rows_col(rows, "response");
    struct uuid person = row_uuid(rows, row, rows_col(rows, "person_id"));
    bool is_same = uuid_equal(&person, &c->actor.person_id) && row_len(rows, row, hash) == 32 &&
                   memcmp(row_bytes(rows, row, hash), operation->request_hash, 32) == 0 &&
                   strcmp(row_text(rows, row, rows_col(rows, "method")), operation->method) == 0;
    if (!is_same)
        return call_fail(c, ERR_ALREADY_EXISTS, "OPERATION_ID_USED",
                         "操作番号が別の内容で使われています。新しい操作番号でもう一度送ってください。",
                         "This operation id was used for another request. Send it again with a new one.");

    ProtobufCMessage *first = NULL;
    TRY(wire_to_message(c, response->descriptor, row_bytes(rows, row, kept), (size_t)row_len(rows, row, kept),
                        &first));
    memcpy(response, first, response->descriptor->sizeof_message);
    int number = rows_col(rows, "number");
    const struct operation_facts facts = {
        .number = row_is_null(rows, row, number) ? NULL : row_text(rows, row, number),
        .seq = (int)row_i64(rows, row, rows_col(rows, "seq")),
        .recorded_at_us = row_time(rows, row, rows_col(rows, "recorded_at")),
    };
    operation_complete(c, response, &facts);
    return ERR_OK;
}

enum err operation_look_up(struct call *c, const struct operation *operation, ProtobufCMessage *response,
                           bool *ret_found)
{
    struct param params[2];
    struct db_stmt find = operation_find(c, operation, params);
    TRY(db_read(c, &find, 1));
    return operation_replay(c, operation, find.rows, response, ret_found);
}
