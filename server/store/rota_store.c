// SPDX-License-Identifier: Apache-2.0
#include "server/store/rota_store.h"

#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/secret.h"

// --- reading ---

static Sokuo__V1__Rota *take_message(struct call *c, const struct rows *rows, int row,
                                     const struct rota_row *r)
{
    Sokuo__V1__Rota *m = call_alloc(c, sizeof *m);
    const char **names = NULL;
    int names_count = row_texts(c, rows, row, rows_col(rows, "member_names"), &names);
    sokuo__v1__rota__init(m);
    m->id = msg_uuid(c, &r->id);
    m->version = (int32_t)row_i64(rows, row, rows_col(rows, "version"));
    m->role = (Sokuo__V1__Role)r->role;
    m->scope = msg_ref(c, r->scope_id, row_text(rows, row, rows_col(rows, "scope_name")));
    m->name = msg_text(row_text(rows, row, rows_col(rows, "name")));
    m->starts_at = msg_time(c, r->rota.starts_us);
    m->period_days = r->rota.period_days;
    m->members = msg_list(c, r->rota.member_count);
    for (int i = 0; i < r->rota.member_count; i++)
        m->members[m->n_members++] = msg_ref(c, r->rota.members[i], i < names_count ? names[i] : "");
    return m;
}

static void take_rota(struct call *c, const struct rows *rows, int row, struct rota_row *ret)
{
    struct uuid *members = NULL;
    int count = row_uuids(c, rows, row, rows_col(rows, "member_ids"), &members);
    *ret = (struct rota_row){
        .id = row_uuid(rows, row, rows_col(rows, "id")),
        .scope_id = row_uuid(rows, row, rows_col(rows, "scope_id")),
        .role = (int)row_i64(rows, row, rows_col(rows, "role")),
        .rota = {.starts_us = row_time(rows, row, rows_col(rows, "starts_at")),
                 .period_days = (int32_t)row_i64(rows, row, rows_col(rows, "period_days")),
                 .members = members,
                 .member_count = count},
    };
    ret->m = take_message(c, rows, row, ret);
}

static Sokuo__V1__RotaOverride *take_override_message(struct call *c, const struct rows *rows, int row,
                                                      const struct rota_override *o)
{
    Sokuo__V1__RotaOverride *m = call_alloc(c, sizeof *m);
    sokuo__v1__rota_override__init(m);
    struct uuid by = row_uuid(rows, row, rows_col(rows, "by_person_id"));
    struct uuid post = row_uuid(rows, row, rows_col(rows, "by_post_id"));
    m->id = msg_uuid(c, &o->id);
    m->person = msg_ref(c, o->person_id, row_text(rows, row, rows_col(rows, "person_name")));
    m->from = msg_time(c, o->from_us);
    m->until = msg_time(c, o->until_us);
    m->reason = msg_text(row_text(rows, row, rows_col(rows, "reason")));
    m->by = msg_who(c, &by, row_text(rows, row, rows_col(rows, "by_person_name")), &post,
                    row_text(rows, row, rows_col(rows, "by_post_name")),
                    (int)row_i64(rows, row, rows_col(rows, "by_capacity")));
    return m;
}

// The rows are the newest first; so are a rota's.
static void take_overrides(struct call *c, const struct rows *rows, struct rota_row *rota)
{
    struct rota_override *list = call_alloc(c, (size_t)rows_count(rows) * sizeof *list);
    rota->m->overrides = msg_list(c, rows_count(rows));
    for (int i = 0; i < rows_count(rows); i++) {
        struct uuid rota_id = row_uuid(rows, i, rows_col(rows, "rota_id"));
        if (!uuid_equal(&rota_id, &rota->id))
            continue;
        struct rota_override *o = &list[rota->rota.override_count++];
        *o = (struct rota_override){
            row_uuid(rows, i, rows_col(rows, "id")), row_uuid(rows, i, rows_col(rows, "person_id")),
            row_time(rows, i, rows_col(rows, "from_at")), row_time(rows, i, rows_col(rows, "until_at"))};
        rota->m->overrides[rota->m->n_overrides++] = take_override_message(c, rows, i, o);
    }
    rota->rota.overrides = list;
}

enum err rota_list(struct call *c, const struct rota_wish *wish, struct rota_row **ret_rotas, int *ret_count)
{
    const struct param list_params[] = {p_uuid(&c->actor.tenant_id), p_i16(c, (int16_t)wish->role),
                                        p_uuid(&wish->scope_id), p_uuid(&wish->id)};
    const struct param override_params[] = {p_uuid(&c->actor.tenant_id), p_time(c, wish->since_us)};
    struct db_stmt stmts[] = {{.query = Q_ROTA_LIST, .params = list_params},
                              {.query = Q_ROTA_OVERRIDES, .params = override_params}};
    TRY(db_read(c, stmts, 2));
    int count = rows_count(stmts[0].rows);
    struct rota_row *rotas = call_alloc(c, (size_t)(count + 1) * sizeof *rotas);
    for (int i = 0; i < count; i++) {
        take_rota(c, stmts[0].rows, i, &rotas[i]);
        take_overrides(c, stmts[1].rows, &rotas[i]);
    }
    *ret_rotas = rotas;
    *ret_count = count;
    return ERR_OK;
}

// --- changing ---

enum err rota_save(struct call *c, const struct rota_edit *edit, const struct operation *operation,
                   bool *ret_done)
{
    const struct uuid *id = uuid_is_nil(&edit->id) ? &operation->id : &edit->id;
    struct param params[20] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(id),
        p_uuid(&operation->id),
        p_i16(c, (int16_t)edit->role),
        p_uuid(&edit->scope_id),
        p_text(edit->name),
        p_text(edit->starts_on),
        p_i32(c, edit->hand_over_minute),
        p_i16(c, (int16_t)edit->period_days),
        p_uuids(c, edit->members, edit->member_count),
        p_bool(edit->is_end),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 13);
    params[19] = p_i32(c, edit->version);
    struct db_stmt stmt = {.query = Q_ROTA_SAVE, .params = params};
    TRY(db_write(c, id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

enum err rota_override_add(struct call *c, const struct uuid *rota_id, const struct rota_override *override,
                           const char *reason, const struct operation *operation, bool *ret_done)
{
    struct param params[9 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_uuid(rota_id),
        p_uuid(&override->person_id),
        p_time(c, override->from_us),
        p_time(c, override->until_us),
        p_text(reason),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 9);
    struct db_stmt stmt = {.query = Q_ROTA_OVERRIDE_ADD, .params = params};
    TRY(db_write(c, rota_id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

enum err rota_override_take_back(struct call *c, const struct uuid *rota_id, const struct uuid *id,
                                 const struct operation *operation, bool *ret_done)
{
    struct param params[6 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_uuid(id),
        p_uuid(rota_id),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 6);
    struct db_stmt stmt = {.query = Q_ROTA_OVERRIDE_TAKE_BACK, .params = params};
    TRY(db_write(c, rota_id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

// --- calendars ---

static struct param hash_of(struct call *c, const char *secret)
{
    uint8_t *hash = call_alloc(c, SECRET_HASH_LEN);
    secret_hash(secret, hash);
    return p_bytes(hash, SECRET_HASH_LEN);
}

enum err calendar_make(struct call *c, const struct uuid *operation_id, const char **ret_secret)
{
    char *secret = call_alloc(c, SECRET_TEXT_SIZE);
    secret_make(secret);
    struct param params[4 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(&c->actor.person_id),
                                            hash_of(c, secret), p_uuid(operation_id)};
    note_who(c, params + 4);
    struct db_stmt stmt = {.query = Q_CALENDAR_MAKE, .params = params};
    *ret_secret = secret;
    return db_write(c, &c->actor.person_id, &stmt, 1);
}

enum err calendar_revoke(struct call *c, const struct uuid *operation_id)
{
    struct param params[3 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(&c->actor.person_id),
                                            p_uuid(operation_id)};
    note_who(c, params + 3);
    struct db_stmt stmt = {.query = Q_CALENDAR_REVOKE, .params = params};
    return db_write(c, &c->actor.person_id, &stmt, 1);
}

enum err calendar_enter(struct call *c, const char *secret)
{
    const struct param params[] = {hash_of(c, secret)};
    struct rows *rows = NULL;
    c->actor = (struct actor){.is_system = true};
    enum err err = db_query(c, Q_CALENDAR_FIND, params, &rows);
    c->actor = (struct actor){0};
    TRY(err);
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_CALENDAR",
                         "この予定表はありません。アドレスが取り消されたか、新しくなっています。",
                         "There is no such calendar. Its address was revoked or replaced.");
    c->actor.tenant_id = row_uuid(rows, 0, rows_col(rows, "tenant_id"));
    c->actor.person_id = row_uuid(rows, 0, rows_col(rows, "person_id"));
    c->actor.person_name = row_text(rows, 0, rows_col(rows, "person_name"));
    return ERR_OK;
}
