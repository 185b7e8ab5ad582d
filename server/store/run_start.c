// SPDX-License-Identifier: Apache-2.0
// Starting plans: one unit that freezes them and makes the rows that people work on.
#include <string.h>

#include "server/codec/codec.h"
#include "server/codec/json_out.h"
#include "server/domain/merging.h"
#include "server/domain/step.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/run_store.h"

#define STMTS_PER_PLAN 7
#define FAN_OUT_AT 4
#define PLANS_MAX 10
#define MAKE_PARAMS 14

// --- plans ---

static enum err no_plan(struct call *c, const char *code)
{
    return call_fail(c, ERR_NOT_FOUND, "PLAN_NOT_EFFECTIVE",
                     "計画 %s には、いま有効な版がありません。承認と施行日を確かめてください。",
                     "Plan %s has no effective revision now. Check its approval and its date.", code);
}

static enum err take_plan(struct call *c, const struct rows *rows, int row, struct run_plan *plan)
{
    int compiled = rows_col(rows, "compiled");
    *plan = (struct run_plan){
        .code = row_text(rows, row, rows_col(rows, "code")),
        .version = row_text(rows, row, rows_col(rows, "version")),
        .title_ja = row_text(rows, row, rows_col(rows, "title_ja")),
        .title_en = row_text(rows, row, rows_col(rows, "title_en")),
        .revision_id = row_uuid(rows, row, rows_col(rows, "revision_id")),
        .compiled = row_bytes(rows, row, compiled),
        .compiled_len = row_len(rows, row, compiled),
    };
    ProtobufCMessage *message = NULL;
    TRY(wire_to_message(c, &sokuo__v1__playbook__descriptor, plan->compiled, (size_t)plan->compiled_len,
                        &message));
    plan->plan = (Sokuo__V1__Playbook *)message;
    return ERR_OK;
}

static int row_of(const struct rows *rows, const char *code)
{
    int col = rows_col(rows, "code");
    for (int i = 0; i < rows_count(rows); i++) {
        if (strcmp(row_text(rows, i, col), code) == 0)
            return i;
    }
    return -1;
}

enum err run_plans(struct call *c, const struct incident *incident, char **codes, int count,
                   struct run_plan **ret_plans)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_texts(c, (const char *const *)codes, count),
                                   p_uuid(&incident->id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_RUN_PLANS, params, &rows));
    *ret_plans = call_alloc(c, (size_t)count * sizeof **ret_plans + 1);
    for (int i = 0; i < count; i++) {
        int row = row_of(rows, codes[i]);
        if (row < 0)
            return no_plan(c, codes[i]);
        TRY(take_plan(c, rows, row, &(*ret_plans)[i]));
    }
    return ERR_OK;
}

// --- steps as JSON, for jsonb_to_recordset ---

static void put_after(struct buf *out, const Sokuo__V1__PlaybookStep *step)
{
    buf_puts(out, ",\"after\":[");
    for (size_t i = 0; i < step->n_after; i++) {
        buf_puts(out, i ? "," : "");
        out_string(out, step->after[i]);
    }
    buf_putc(out, ']');
}

static void put_merging(struct buf *out, const Sokuo__V1__Playbook *plan, size_t at)
{
    const Sokuo__V1__PlaybookStep *step = plan->steps[at], *twin = merging_twin(plan, at);
    buf_puts(out, ",\"merge_key\":");
    out_string(out, step->merge_key);
    buf_puts(out, ",\"twin\":");
    out_string(out, twin ? twin->no : "");
    buf_printf(out, ",\"told\":%s,\"decision\":%s", merging_is_told_once(step) ? "true" : "false",
               step->decision ? "true" : "false");
}

static void put_step(struct call *c, struct buf *out, const Sokuo__V1__Playbook *plan, size_t at)
{
    const Sokuo__V1__PlaybookStep *step = plan->steps[at];
    buf_printf(out, "%s{\"no\":", at > 0 ? "," : "");
    out_string(out, step->no);
    buf_printf(out, ",\"position\":%zu,\"phase\":%d,\"role\":%d,\"target\":%d,\"origin\":%d,\"fan_out\":%d",
               at + 1, (int)step->phase, (int)step->role, (int)step->target_min, (int)step->origin,
               step_fan_out((int)step->fan_out, (int)step->role));
    buf_printf(out, ",\"timeout\":%d", step->decision ? (int)step->decision->timeout_min : 0);
    put_merging(out, plan, at);
    buf_puts(out, ",\"ja\":");
    out_string(out, step->text ? step->text->ja : "");
    buf_puts(out, ",\"en\":");
    out_string(out, step->text ? step->text->en : "");
    put_after(out, step);
    struct buf wire = buf_in(&c->arena);
    message_to_wire(c, &step->base, &wire);
    buf_puts(out, ",\"definition\":");
    out_base64(out, (const uint8_t *)wire.data, wire.len);
    buf_putc(out, '}');
}

static const char *steps_json(struct call *c, const Sokuo__V1__Playbook *plan)
{
    struct buf out = buf_in(&c->arena);
    buf_putc(&out, '[');
    for (size_t i = 0; i < plan->n_steps; i++)
        put_step(c, &out, plan, i);
    buf_putc(&out, ']');
    return buf_text(&out);
}

// --- the unit ---

static struct param *copy(struct call *c, const struct param *params, size_t size)
{
    return arena_memdup(&c->arena, params, size);
}

static struct db_stmt make_run(struct call *c, const struct uuid *incident_id, const struct run_plan *plan,
                               const struct uuid *run_id, int64_t t0_us)
{
    const struct actor *a = &c->actor;
    const struct param params[MAKE_PARAMS] = {
        p_uuid(&a->tenant_id),
        note_uuid(c, run_id),
        p_uuid(incident_id),
        p_text(plan->code),
        p_uuid(&plan->revision_id),
        p_text(plan->version),
        p_text(plan->title_ja),
        p_text(plan->title_en),
        p_bytes(plan->compiled, plan->compiled_len),
        p_time(c, t0_us),
        p_uuid(&a->person_id),
        p_text(a->person_name ? a->person_name : ""),
        p_text(a->post_name ? a->post_name : ""),
        p_i16(c, (int16_t)(a->capacity ? a->capacity : 1)),
    };
    return (struct db_stmt){.query = Q_RUN_MAKE, .params = copy(c, params, sizeof params)};
}

// Freezes a plan, makes its rows, lets those begin that wait for nothing.
static void add_plan(struct call *c, const struct incident *incident, const struct run_plan *plan,
                     int64_t t0_us, const struct operation *op, struct db_stmt *out)
{
    struct uuid run_id = uuid_v7();
    const struct param tenant = p_uuid(&c->actor.tenant_id), incident_id = p_uuid(&incident->id);
    const struct param steps[] = {tenant, note_uuid(c, &run_id), p_json(steps_json(c, plan->plan))};
    const struct param fan_out[] = {tenant, incident_id, p_text(plan->code), p_text(msg_uuid(c, &op->id))};
    const struct param release[] = {tenant, p_null(), incident_id, p_text(plan->code), p_bool(true)};
    const struct param *of_run = copy(c, steps, sizeof steps), *of_plan = copy(c, fan_out, sizeof fan_out);
    out[0] = make_run(c, &incident->id, plan, &run_id, t0_us);
    out[1] = (struct db_stmt){.query = Q_RUN_MAKE_STEPS, .params = of_run};
    out[2] = (struct db_stmt){.query = Q_RUN_UNTIE, .params = of_run};
    out[3] = (struct db_stmt){.query = Q_RUN_HASTEN, .params = of_run};
    out[FAN_OUT_AT] = (struct db_stmt){.query = Q_RUN_FAN_OUT, .params = of_plan};
    out[5] = (struct db_stmt){.query = Q_RUN_SETTLE_UNKNOWN, .params = of_plan};
    out[6] = (struct db_stmt){.query = Q_STEP_RELEASE_RUN, .params = copy(c, release, sizeof release)};
}

static const char *start_text(struct call *c, const struct run_plan *plans, int count)
{
    struct buf text = buf_in(&c->arena);
    buf_puts(&text, "計画を開始: ");
    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s%s %s(第%s版)", i ? "、" : "", plans[i].code, plans[i].title_ja,
                   plans[i].version);
    return buf_text(&text);
}

static struct db_stmt note_stmt(struct call *c, const struct uuid *incident_id, const char *kind,
                                const char *text, const char *reason, const char *changes,
                                const struct operation *op)
{
    struct param params[10 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        note_uuid(c, &op->id),
        p_uuid(incident_id),
        p_text(op->method),
        p_bytes(op->request_hash, 32),
        p_bytes(op->response, op->response_len),
        p_text(text),
        p_text(reason),
    };
    note_who(c, params + 8);
    params[8 + NOTE_PARAMS] = p_text(kind);
    params[9 + NOTE_PARAMS] = p_json(changes);
    return (struct db_stmt){.query = Q_RUN_NOTE, .params = copy(c, params, sizeof params)};
}

// Writes as the server: rows of others; the caller was checked.
static enum err write_as_server(struct call *c, const struct uuid *incident_id, struct db_stmt *stmts,
                                int count)
{
    bool was_system = c->actor.is_system;
    c->actor.is_system = true;
    enum err err = db_write(c, incident_id, stmts, count);
    c->actor.is_system = was_system;
    return err;
}

enum err run_start(struct call *c, const struct incident *incident, const struct run_plan *plans, int count,
                   int64_t t0_us, const char *reason, const char *changes, const struct operation *operation,
                   int *ret_made, bool *ret_done)
{
    struct db_stmt stmts[2 + PLANS_MAX * STMTS_PER_PLAN];
    const struct param lock[] = {p_uuid(&c->actor.tenant_id), p_uuid(&incident->id)};
    int n = 0;
    stmts[n++] = (struct db_stmt){.query = Q_STEP_LOCK, .params = lock};
    for (int i = 0; i < count && i < PLANS_MAX; i++, n += STMTS_PER_PLAN)
        add_plan(c, incident, &plans[i], t0_us, operation, &stmts[n]);
    stmts[n++] =
        note_stmt(c, &incident->id, "run.started", start_text(c, plans, count), reason, changes, operation);
    TRY(write_as_server(c, &incident->id, stmts, n));
    *ret_made = 0;
    for (int i = 0; i < count; i++)
        *ret_made += (int)row_i64(stmts[1 + i * STMTS_PER_PLAN + FAN_OUT_AT].rows, 0, 0);
    *ret_done = rows_count(stmts[n - 1].rows) > 0;
    return ERR_OK;
}

static struct db_stmt add_stmt(struct call *c, const struct incident *incident, const struct added_step *step,
                               const struct operation *op)
{
    struct buf wire = buf_in(&c->arena);
    message_to_wire(c, &step->definition.base, &wire);
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   p_uuid(&incident->id),
                                   p_i16(c, (int16_t)step->definition.phase),
                                   p_i16(c, (int16_t)step->definition.role),
                                   p_text(step->definition.text->ja),
                                   p_bytes(wire.data, (int)wire.len),
                                   p_uuids(c, step->section_ids, step->section_count),
                                   note_uuid(c, &step->person_id),
                                   p_text(step->person_name),
                                   p_time(c, step->due_at_us),
                                   note_uuid(c, &op->id),
                                   p_uuids(c, step->ids, step->section_count > 0 ? step->section_count : 1)};
    return (struct db_stmt){.query = Q_STEP_ADD, .params = copy(c, params, sizeof params)};
}

enum err run_add_step(struct call *c, const struct incident *incident, const struct added_step *step,
                      const struct operation *op, bool *ret_done)
{
    static const struct run_plan by_hand = {.code = "",
                                            .version = "",
                                            .title_ja = "計画にない手順",
                                            .title_en = "Steps in no plan",
                                            .compiled = ""};
    const struct param lock[] = {p_uuid(&c->actor.tenant_id), p_uuid(&incident->id)};
    struct uuid run_id = uuid_v7();
    const char *text = call_printf(c, "手順を追加: %s", step->definition.text->ja);
    struct db_stmt stmts[] = {{.query = Q_STEP_LOCK, .params = lock},
                              make_run(c, &incident->id, &by_hand, &run_id, TIME_NULL),
                              add_stmt(c, incident, step, op),
                              note_stmt(c, &incident->id, "step.added", text, "", NULL, op)};
    TRY(write_as_server(c, &incident->id, stmts, 4));
    *ret_done = rows_count(stmts[3].rows) > 0;
    return ERR_OK;
}
