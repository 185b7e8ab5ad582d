// SPDX-License-Identifier: Apache-2.0
#include "server/store/playbook_store.h"

#include <openssl/sha.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/store/message.h"
#include "server/store/note.h"

#define KEPT_APPROVED 3
#define SHIP_PARAMS 18
#define KEEP_PARAMS 35

static enum err not_found(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_PLAYBOOK",
                     "その計画は見つかりません。一覧から選び直してください。",
                     "There is no such plan. Choose it from the list again.");
}

// What is shown: approved ones by their day.
static Sokuo__V1__RevisionState state_shown(int kept, const struct uuid *id, const struct uuid *effective_id,
                                            int64_t effective_us, int64_t now_us)
{
    if (kept != KEPT_APPROVED)
        return (Sokuo__V1__RevisionState)kept;
    if (uuid_equal(id, effective_id))
        return SOKUO__V1__REVISION_STATE__REVISION_STATE_EFFECTIVE;
    return effective_us > now_us ? SOKUO__V1__REVISION_STATE__REVISION_STATE_APPROVED
                                 : SOKUO__V1__REVISION_STATE__REVISION_STATE_SUPERSEDED;
}

static Sokuo__V1__Words *words(struct call *c, const char *ja, const char *en)
{
    Sokuo__V1__Words *made = call_alloc(c, sizeof *made);
    sokuo__v1__words__init(made);
    made->ja = msg_text(ja);
    made->en = msg_text(en);
    return made;
}

#define TEXT(name) msg_text(row_text(rows, i, rows_col(rows, name)))
#define NUMBER(name) ((int)row_i64(rows, i, rows_col(rows, name)))
#define ID(name) row_uuid(rows, i, rows_col(rows, name))
#define TIME(name) row_time(rows, i, rows_col(rows, name))

static Sokuo__V1__Attribution *who(struct call *c, const struct rows *rows, int i, const char *person,
                                   const char *name, const char *post, const char *capacity)
{
    struct uuid id = ID(person), no_post = {0};
    return msg_who(c, &id, row_text(rows, i, rows_col(rows, name)), &no_post,
                   row_text(rows, i, rows_col(rows, post)), NUMBER(capacity));
}

static void take_threats(struct call *c, const struct rows *rows, int i, struct revision *r)
{
    int16_t *list;
    r->type_count = row_i16s(c, rows, i, rows_col(rows, "incident_types"), &list);
    r->types = list;
    r->zone_count = row_i16s(c, rows, i, rows_col(rows, "zones"), &list);
    r->zones = list;
    r->group_count = row_i16s(c, rows, i, rows_col(rows, "threat_groups"), &list);
    r->groups = list;
    r->m.threat_groups = call_alloc(c, (size_t)(r->group_count + 1) * sizeof *r->m.threat_groups);
    r->m.n_threat_groups = (size_t)r->group_count;
    for (int k = 0; k < r->group_count; k++)
        r->m.threat_groups[k] = (Sokuo__V1__ThreatGroup)list[k];
}

static void take_dates(struct call *c, const struct rows *rows, int i, struct revision *r)
{
    int64_t now = TIME("now"), effective = TIME("effective_from"), due = TIME("review_due");
    struct uuid effective_id = ID("effective_id");
    r->m.state = state_shown(r->kept_state, &r->id, &effective_id, effective, now);
    r->m.effective_from = msg_time(c, effective);
    r->m.review_due = msg_time(c, due);
    r->m.review_overdue =
        r->m.state == SOKUO__V1__REVISION_STATE__REVISION_STATE_EFFECTIVE && due != TIME_NULL && due < now;
    r->m.written_at = msg_time(c, TIME("written_at"));
    r->m.approved_at = msg_time(c, TIME("approved_at"));
}

static void take_base(struct call *c, struct revision *r, struct uuid base, int number, struct uuid city)
{
    r->based_on = base;
    r->m.based_on_id = msg_uuid(c, &base);
    r->m.based_on_number = number;
    r->m.city_id = msg_uuid(c, &city);
}

static void take(struct call *c, const struct rows *rows, int i, struct revision *r)
{
    sokuo__v1__revision__init(&r->m);
    r->id = ID("id");
    r->playbook_id = ID("playbook_id");
    r->organ_id = ID("organ_id");
    r->row_version = NUMBER("row_version");
    r->kept_state = NUMBER("state");
    r->is_author = row_bool(rows, i, rows_col(rows, "is_author"));
    r->severity_from = NUMBER("severity_from");
    r->severity_to = NUMBER("severity_to");
    r->review_months = NUMBER("review_months");
    r->created_us = TIME("created_at");
    r->m.id = msg_uuid(c, &r->id);
    r->m.playbook_id = msg_uuid(c, &r->playbook_id);
    r->m.code = TEXT("code");
    r->m.number = NUMBER("number");
    r->m.version = TEXT("version");
    r->m.title = words(c, TEXT("title_ja"), TEXT("title_en"));
    r->m.organ = msg_ref(c, r->organ_id, TEXT("organ_name"));
    r->m.step_count = NUMBER("step_count");
    r->m.fault_count = NUMBER("fault_count");
    r->m.written_by = who(c, rows, i, "written_by", "written_name", "written_post", "written_capacity");
    r->m.approved_by = who(c, rows, i, "approved_by", "approved_name", "approved_post", "approved_capacity");
    r->m.reason = TEXT("reason");
    struct uuid pending = ID("pending_id");
    r->m.pending_id = msg_uuid(c, &pending);
    take_base(c, r, ID("based_on"), NUMBER("based_on_number"), ID("city_id"));
    int sha = rows_col(rows, "source_sha256");
    r->m.source_sha256.data = (uint8_t *)row_bytes(rows, i, sha);
    r->m.source_sha256.len = (size_t)row_len(rows, i, sha);
    take_threats(c, rows, i, r);
    take_dates(c, rows, i, r);
}

enum err revision_list(struct call *c, const struct revision_pick *pick, struct revision **ret,
                       int *ret_count)
{
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id),
        pick->id ? p_uuid(pick->id) : p_null(),
        pick->playbook_id ? p_uuid(pick->playbook_id) : p_null(),
        pick->organ_id ? p_uuid(pick->organ_id) : p_null(),
        p_text(pick->code),
        p_bool(pick->heads),
    };
    struct rows *rows = NULL;
    TRY(db_query(c, Q_REVISION_LIST, params, &rows));
    *ret_count = rows_count(rows);
    *ret = call_alloc(c, (size_t)(*ret_count + 1) * sizeof **ret);
    for (int i = 0; i < *ret_count; i++)
        take(c, rows, i, &(*ret)[i]);
    return ERR_OK;
}

enum err revision_get(struct call *c, const char *id_or_code, struct revision **ret)
{
    struct uuid id;
    struct revision_pick pick = {0};
    int count;
    if (uuid_parse(id_or_code, &id))
        pick.id = &id;
    else
        pick.code = id_or_code;
    TRY(revision_list(c, &pick, ret, &count));
    return count == 0 ? not_found(c) : ERR_OK;
}

enum err revision_source(struct call *c, const struct uuid *id, struct revision_source *ret)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id)};
    TRY(db_query(c, Q_REVISION_SOURCE, params, &rows));
    if (rows_count(rows) == 0)
        return not_found(c);
    int source = rows_col(rows, "source"), original = rows_col(rows, "original"),
        compiled = rows_col(rows, "compiled");
    *ret = (struct revision_source){
        .source = row_bytes(rows, 0, source),
        .source_len = (size_t)row_len(rows, 0, source),
        .version = row_text(rows, 0, rows_col(rows, "version")),
    };
    if (!row_is_null(rows, 0, original)) {
        ret->original = row_bytes(rows, 0, original);
        ret->original_len = (size_t)row_len(rows, 0, original);
    }
    if (row_is_null(rows, 0, compiled))
        return ERR_OK;
    return wire_to_message(c, &sokuo__v1__playbook__descriptor, row_bytes(rows, 0, compiled),
                           (size_t)row_len(rows, 0, compiled), (ProtobufCMessage **)&ret->compiled);
}

enum err revision_before(struct call *c, const struct uuid *id, struct uuid *ret)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id)};
    TRY(db_query(c, Q_REVISION_BEFORE, params, &rows));
    *ret = rows_count(rows) ? row_uuid(rows, 0, rows_col(rows, "id")) : (struct uuid){0};
    return ERR_OK;
}

static int texts_of(struct call *c, const struct rows *rows, const char ***ret)
{
    int count = rows_count(rows);
    *ret = call_alloc(c, (size_t)(count + 1) * sizeof **ret);
    for (int i = 0; i < count; i++)
        (*ret)[i] = row_text(rows, i, rows_col(rows, "code"));
    return count;
}

enum err playbook_codes(struct call *c, const char *const **ret, size_t *ret_count)
{
    struct rows *rows = NULL;
    const char **codes;
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    TRY(db_query(c, Q_PLAYBOOK_CODES, params, &rows));
    *ret_count = (size_t)texts_of(c, rows, &codes);
    *ret = codes;
    return ERR_OK;
}

enum err playbook_organ(struct call *c, const struct uuid *id, const char *code, struct uuid *ret_id,
                        const char **ret_name)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), id ? p_uuid(id) : p_null(), p_text(code)};
    TRY(db_query(c, Q_PLAYBOOK_ORGAN, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_ORGAN",
                         "その部局はありません。部局を選び直してください。",
                         "There is no such organ. Choose another.");
    *ret_id = row_uuid(rows, 0, rows_col(rows, "id"));
    *ret_name = row_text(rows, 0, rows_col(rows, "name"));
    return ERR_OK;
}

enum err playbook_find(struct call *c, const char *code, const struct uuid *organ_id, struct uuid *ret_id,
                       int *ret_number)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(code), p_uuid(organ_id)};
    TRY(db_query(c, Q_PLAYBOOK_FIND, params, &rows));
    bool is_there = rows_count(rows) > 0;
    *ret_id = is_there ? row_uuid(rows, 0, rows_col(rows, "id")) : (struct uuid){0};
    *ret_number = is_there ? (int)row_i64(rows, 0, rows_col(rows, "number")) : 0;
    return ERR_OK;
}

enum err playbook_base(struct call *c, struct revision *draft, const struct uuid *base, bool *ret_found)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(draft->m.code),
                                   p_uuid(&draft->playbook_id), p_uuid(base)};
    *ret_found = uuid_is_nil(base);
    if (uuid_is_nil(&draft->organ_id))
        return ERR_OK;
    TRY(db_query(c, Q_PLAYBOOK_BASE, params, &rows));
    if (rows_count(rows) == 0)
        return ERR_OK;
    take_base(c, draft, row_uuid(rows, 0, rows_col(rows, "id")),
              (int)row_i64(rows, 0, rows_col(rows, "number")), row_uuid(rows, 0, rows_col(rows, "city_id")));
    *ret_found = *ret_found || !uuid_is_nil(&draft->based_on);
    return ERR_OK;
}

enum err playbook_places(struct call *c, const struct uuid *incident_id, struct uuid **ret_units,
                         int *ret_unit_count, const char ***ret_running, int *ret_running_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id)};
    struct db_stmt stmts[] = {{.query = Q_PLAYBOOK_ORGANS_OF, .params = params},
                              {.query = Q_PLAYBOOK_RUNNING, .params = params}};
    TRY(db_read(c, stmts, 2));
    *ret_unit_count = rows_count(stmts[0].rows);
    *ret_units = call_alloc(c, (size_t)(*ret_unit_count + 1) * sizeof **ret_units);
    for (int i = 0; i < *ret_unit_count; i++)
        (*ret_units)[i] = row_uuid(stmts[0].rows, i, rows_col(stmts[0].rows, "id"));
    *ret_running_count = texts_of(c, stmts[1].rows, ret_running);
    return ERR_OK;
}

// --- writing

// Enums as smallint[].
static struct param numbers(struct call *c, const void *values, size_t count)
{
    int16_t *made = call_alloc(c, (count + 1) * sizeof *made);
    for (size_t i = 0; i < count; i++)
        made[i] = (int16_t)((const int *)values)[i];
    return p_i16s(c, made, (int)count);
}

static struct param sha256(struct call *c, const void *data, size_t len)
{
    uint8_t *digest = call_alloc(c, SHA256_DIGEST_LENGTH);
    SHA256(data, len, digest);
    return p_bytes(digest, SHA256_DIGEST_LENGTH);
}

static struct param packed(struct call *c, const struct revision_text *text)
{
    if (!text->is_sound)
        return p_null();
    struct buf out = buf_in(&c->arena);
    message_to_wire(c, &text->plan->base, &out);
    return p_bytes(out.data, (int)out.len);
}

enum err revision_keep(struct call *c, const struct revision *draft, const struct revision_text *text,
                       const struct revision *replaces, const struct operation *operation, bool *ret_done)
{
    const Sokuo__V1__Playbook *plan = text->plan;
    bool writes_over = replaces && uuid_equal(&replaces->id, &draft->id);
    const Sokuo__V1__Words *title = draft->m.title;
    struct param params[KEEP_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&draft->id),
        p_uuid(&draft->playbook_id),
        p_i32(c, draft->m.number),
        p_text(draft->m.version),
        p_text(title->ja),
        p_text(title->en),
        p_bytes(text->source, (int)text->source_len),
        sha256(c, text->source, text->source_len),
        text->original ? p_bytes(text->original, (int)text->original_len) : p_null(),
        packed(c, text),
        p_i32(c, (int32_t)plan->n_steps),
        p_i32(c, text->fault_count),
        numbers(c, plan->incident_types, plan->n_incident_types),
        numbers(c, plan->threat_groups, plan->n_threat_groups),
        numbers(c, plan->zones, plan->n_zones),
        p_i16(c, (int16_t)plan->severity_from),
        p_i16(c, (int16_t)plan->severity_to),
        p_i32(c, plan->review_months),
        p_text(text->reason),
        replaces ? p_uuid(&replaces->id) : p_null(),
        p_i32(c, replaces ? replaces->row_version : 0),
        p_time(c, msg_take_time(draft->m.written_at)),
        p_uuid(&operation->id),
        p_text(operation->method),
        p_bytes(operation->request_hash, 32),
        p_bytes(operation->response, operation->response_len),
        p_text(draft->m.code),
    };
    note_who(c, params + KEEP_PARAMS - 1 - NOTE_PARAMS);
    params[KEEP_PARAMS - 1] = p_uuid(&draft->based_on);
    const struct param plan_params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&draft->playbook_id),
                                        p_text(draft->m.code), p_uuid(&draft->organ_id)};
    struct db_stmt stmts[] = {
        {.query = Q_PLAYBOOK_ADD, .params = plan_params},
        {.query = writes_over ? Q_REVISION_EDIT : Q_REVISION_ADD, .params = params},
    };
    TRY(db_write(c, &draft->playbook_id, stmts, 2));
    *ret_done = rows_count(stmts[1].rows) == 1;
    return ERR_OK;
}

enum err revision_change(struct call *c, const struct revision *revision,
                         const struct revision_change *change, const struct operation *operation,
                         bool *ret_done)
{
    enum { PARAMS = 22 };
    struct param params[PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&revision->id),
        p_i32(c, revision->row_version),
        p_i16(c, (int16_t)revision->kept_state),
        p_i16(c, (int16_t)change->to),
        p_time(c, change->effective_us),
        p_time(c, change->review_due_us),
        p_bool(change->approves),
        p_text(change->reason),
        p_time(c, c->now_us),
        p_uuid(&operation->id),
        p_text(operation->method),
        p_bytes(operation->request_hash, 32),
        p_bytes(operation->response, operation->response_len),
        p_text(change->kind),
        p_text(call_printf(c, "%s #%d", revision->m.code, revision->m.number)),
    };
    note_who(c, params + PARAMS - NOTE_PARAMS);
    struct db_stmt stmt = {.query = Q_REVISION_MOVE, .params = params};
    TRY(db_write(c, &revision->playbook_id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) == 1;
    return ERR_OK;
}

struct db_stmt playbook_ship_stmt(struct call *c, const struct revision_text *text)
{
    const Sokuo__V1__Playbook *plan = text->plan;
    struct uuid plan_id = uuid_v7(), revision_id = uuid_v7(), note_id = uuid_v7();
    struct param *params = call_alloc(c, SHIP_PARAMS * sizeof *params);
    const struct param values[SHIP_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        note_uuid(c, &plan_id),
        note_uuid(c, &revision_id),
        p_text(plan->code),
        p_text(plan->version),
        p_text(plan->title->ja),
        p_text(plan->title->en),
        p_bytes(text->source, (int)text->source_len),
        sha256(c, text->source, text->source_len),
        packed(c, text),
        p_i32(c, (int32_t)plan->n_steps),
        numbers(c, plan->incident_types, plan->n_incident_types),
        numbers(c, plan->threat_groups, plan->n_threat_groups),
        numbers(c, plan->zones, plan->n_zones),
        p_i16(c, (int16_t)plan->severity_from),
        p_i16(c, (int16_t)plan->severity_to),
        p_i32(c, plan->review_months),
        note_uuid(c, &note_id),
    };
    memcpy(params, values, sizeof values);
    return (struct db_stmt){.query = Q_PLAYBOOK_SHIP, .params = params};
}
