// SPDX-License-Identifier: Apache-2.0
#include "server/store/evidence_store.h"

#include <string.h>

#include "server/store/message.h"
#include "server/store/note.h"

#define INCIDENT_BYTES_MAX (INT64_C(2) << 30)
#define INCIDENT_PIECES_MAX 1000

static enum err not_found(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_EVIDENCE", "その証拠はありません。",
                     "There is no such evidence.");
}

static void take_sha256(const struct rows *rows, int row, Sokuo__V1__Evidence *m)
{
    int col = rows_col(rows, "sha256");
    m->sha256.data = (uint8_t *)row_bytes(rows, row, col);
    m->sha256.len = row_is_null(rows, row, col) ? 0 : (size_t)row_len(rows, row, col);
}

static void take_who(struct call *c, const struct rows *rows, int row, struct evidence *evidence)
{
    struct uuid post = row_uuid(rows, row, rows_col(rows, "post_id"));
    evidence->person_id = row_uuid(rows, row, rows_col(rows, "person_id"));
    evidence->m.by = msg_who(c, &evidence->person_id, row_text(rows, row, rows_col(rows, "person_name")),
                             &post, row_text(rows, row, rows_col(rows, "post_name")),
                             (int)row_i64(rows, row, rows_col(rows, "capacity")));
}

static struct evidence *take_row(struct call *c, const struct rows *rows, int row)
{
    struct evidence *evidence = call_alloc(c, sizeof *evidence);
    Sokuo__V1__Evidence *m = &evidence->m;
    sokuo__v1__evidence__init(m);
    evidence->id = row_uuid(rows, row, rows_col(rows, "id"));
    evidence->incident_id = row_uuid(rows, row, rows_col(rows, "incident_id"));
    struct uuid step = row_uuid(rows, row, rows_col(rows, "step_id"));
    m->id = msg_uuid(c, &evidence->id);
    m->incident_id = msg_uuid(c, &evidence->incident_id);
    m->step_id = msg_uuid(c, &step);
    m->name = msg_text(row_text(rows, row, rows_col(rows, "name")));
    m->media_type = msg_text(row_text(rows, row, rows_col(rows, "media_type")));
    m->size = row_i64(rows, row, rows_col(rows, "size"));
    m->received = row_i64(rows, row, rows_col(rows, "received"));
    m->complete = row_bool(rows, row, rows_col(rows, "complete"));
    m->paper_location = msg_text(row_text(rows, row, rows_col(rows, "paper_location")));
    m->occurred_at = msg_time(c, row_time(rows, row, rows_col(rows, "occurred_at")));
    m->recorded_at = msg_time(c, row_time(rows, row, rows_col(rows, "recorded_at")));
    m->completed_at = msg_time(c, row_time(rows, row, rows_col(rows, "completed_at")));
    take_sha256(rows, row, m);
    take_who(c, rows, row, evidence);
    int digest = rows_col(rows, "digest_state");
    if (row_len(rows, row, digest) == (int)sizeof evidence->digest)
        memcpy(&evidence->digest, row_bytes(rows, row, digest), sizeof evidence->digest);
    else
        crypto_hash_sha256_init(&evidence->digest);
    return evidence;
}

enum err evidence_get(struct call *c, const struct uuid *id, struct evidence **ret_evidence)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_EVIDENCE_GET, params, &rows));
    if (rows_count(rows) == 0)
        return not_found(c);
    *ret_evidence = take_row(c, rows, 0);
    return ERR_OK;
}

enum err evidence_list(struct call *c, const struct uuid *incident_id, const struct uuid *step_id,
                       Sokuo__V1__Evidence ***ret_list, size_t *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id), p_uuid(step_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_EVIDENCE_LIST, params, &rows));
    int count = rows_count(rows);
    *ret_list = msg_list(c, count);
    *ret_count = (size_t)count;
    for (int i = 0; i < count; i++)
        (*ret_list)[i] = &take_row(c, rows, i)->m;
    return ERR_OK;
}

enum err evidence_begin(struct call *c, const struct evidence *evidence, const struct operation *op,
                        const char *text, struct operation_facts *ret_facts, bool *ret_done)
{
    const Sokuo__V1__Evidence *m = &evidence->m;
    struct uuid step = msg_take_uuid(m->step_id);
    struct param params[17 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&op->id),
        p_uuid(&evidence->incident_id),
        p_uuid(&evidence->id),
        p_uuid(&step),
        p_text(m->name),
        p_text(m->media_type),
        p_i64(c, m->size),
        m->sha256.len ? p_bytes(m->sha256.data, (int)m->sha256.len) : p_null(),
        p_text(m->paper_location),
        p_time(c, msg_take_time(m->occurred_at)),
        p_text(op->method),
        p_bytes(op->request_hash, 32),
        p_bytes(op->response, op->response_len),
        p_text(text),
        p_i64(c, INCIDENT_BYTES_MAX),
        p_i64(c, INCIDENT_PIECES_MAX),
    };
    note_who(c, params + 17);
    struct db_stmt begin = {.query = Q_EVIDENCE_BEGIN, .params = params};
    enum err err = note_write(c, &evidence->incident_id, &begin, 1);
    *ret_done = err == ERR_OK && rows_count(begin.rows) > 0;
    if (err == ERR_ALREADY_EXISTS) { // by another process at the same time
        call_clear_error(c);
        return ERR_OK;
    }
    TRY(err);
    if (*ret_done)
        *ret_facts = (struct operation_facts){
            .seq = (int)row_i64(begin.rows, 0, rows_col(begin.rows, "seq")),
            .recorded_at_us = row_time(begin.rows, 0, rows_col(begin.rows, "recorded_at")),
        };
    return ERR_OK;
}

// The bytes that came are not those that were announced.
static enum err drop(struct call *c, struct evidence *evidence)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&evidence->id)};
    struct db_stmt stmt = {.query = Q_EVIDENCE_DROP_CHUNKS, .params = params};
    TRY(note_write(c, &evidence->incident_id, &stmt, 1));
    return call_fail(
        c, ERR_DATA_LOSS, "DIGEST_DIFFERS",
        "届いた内容が端末のものと違います。端末の写しは残っています。最初から送り直してください。",
        "What arrived is not what the device has. The device keeps its copy: send it again from the "
        "beginning.");
}

static struct db_stmt complete_stmt(struct call *c, struct evidence *evidence, struct param *params)
{
    crypto_hash_sha256_state digest = evidence->digest;
    uint8_t *sha256 = call_alloc(c, crypto_hash_sha256_BYTES);
    crypto_hash_sha256_final(&digest, sha256);
    evidence->m.sha256.data = sha256;
    evidence->m.sha256.len = crypto_hash_sha256_BYTES;
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_uuid(&evidence->id);
    params[2] = p_bytes(sha256, crypto_hash_sha256_BYTES);
    params[3] = p_text(call_printf(c, "証拠 %s を受け取りました", evidence->m.name));
    note_who(c, params + 4);
    return (struct db_stmt){.query = Q_EVIDENCE_COMPLETE, .params = params};
}

static bool agrees(const struct evidence *evidence)
{
    crypto_hash_sha256_state digest = evidence->digest;
    uint8_t sha256[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&digest, sha256);
    const ProtobufCBinaryData *announced = &evidence->m.sha256;
    return announced->len == 0 ||
           (announced->len == sizeof sha256 && memcmp(announced->data, sha256, sizeof sha256) == 0);
}

enum err evidence_put(struct call *c, struct evidence *evidence, const void *data, size_t len, bool *ret_done)
{
    crypto_hash_sha256_update(&evidence->digest, data, len);
    bool is_last = evidence->m.received + (int64_t)len == evidence->m.size;
    if (is_last && !agrees(evidence))
        return drop(c, evidence);
    const struct param put[] = {p_uuid(&c->actor.tenant_id), p_uuid(&evidence->id),
                                p_i64(c, evidence->m.received), p_bytes(data, (int)len),
                                p_bytes(&evidence->digest, sizeof evidence->digest)};
    struct param complete[4 + NOTE_PARAMS];
    struct db_stmt stmts[2] = {{.query = Q_EVIDENCE_PUT, .params = put}};
    if (is_last)
        stmts[1] = complete_stmt(c, evidence, complete);
    TRY(note_write(c, &evidence->incident_id, stmts, is_last ? 2 : 1));
    *ret_done = rows_count(stmts[0].rows) > 0;
    if (!*ret_done)
        return ERR_OK;
    evidence->m.received += (int64_t)len;
    evidence->m.complete = is_last && rows_count(stmts[1].rows) > 0;
    if (evidence->m.complete)
        evidence->m.completed_at =
            msg_time(c, row_time(stmts[1].rows, 0, rows_col(stmts[1].rows, "completed_at")));
    return ERR_OK;
}

static enum err not_whole(struct call *c)
{
    return call_fail(c, ERR_DATA_LOSS, "SIZE_DIFFERS",
                     "保管された内容が欠けています。管理者に連絡してください。",
                     "What is kept is not whole. Tell an administrator.");
}

enum err evidence_take(struct call *c, const struct evidence *evidence, const char **ret_data)
{
    struct param taken[3 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id), p_uuid(&evidence->id),
        p_text(call_printf(c, "証拠 %s の写しを取り出しました", evidence->m.name))};
    note_who(c, taken + 3);
    struct db_stmt note = {.query = Q_EVIDENCE_TAKEN, .params = taken};
    TRY(note_write(c, &evidence->incident_id, &note, 1));
    struct rows *rows = NULL;
    TRY(db_query(c, Q_EVIDENCE_CHUNKS, taken, &rows));
    char *data = call_alloc(c, (size_t)evidence->m.size + 1);
    int64_t len = 0;
    for (int i = 0; i < rows_count(rows); i++) {
        int piece = row_len(rows, i, 0);
        if (len + piece > evidence->m.size)
            return not_whole(c);
        memcpy(data + len, row_bytes(rows, i, 0), (size_t)piece);
        len += piece;
    }
    if (len != evidence->m.size)
        return not_whole(c);
    *ret_data = data;
    return ERR_OK;
}
