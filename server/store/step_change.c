// SPDX-License-Identifier: Apache-2.0
// Changes of steps: what is decided in after, and the unit that writes it with what follows from it.
#include <string.h>

#include "server/codec/json_out.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/step_store.h"

#define MINUTE_US INT64_C(60000000)
#define SAVE_PARAMS 45
#define UNIT_MAX 7

const Sokuo__V1__PlaybookOption *step_option(const Sokuo__V1__PlaybookStep *definition, const char *id)
{
    const Sokuo__V1__PlaybookDecision *decision = definition->decision;
    for (size_t i = 0; decision && i < decision->n_options; i++) {
        if (strcmp(decision->options[i]->id, id) == 0)
            return decision->options[i];
    }
    return NULL;
}

// --- deciding ---

static void clear_outcome(struct step *after)
{
    Sokuo__V1__Step *m = &after->m;
    m->done_at = m->recorded_at = m->ratify_due_at = NULL;
    m->done_by = NULL;
    m->ratification = NULL;
    m->chosen_option = m->basis = m->reason = msg_text(NULL);
    m->decided_by_default = m->done_although_dropped = false;
    after->done_by = after->done_post_id = (struct uuid){0};
}

void step_change_begin(const struct call *c, struct step_change *change, const struct step *before, int act,
                       const char *option)
{
    struct step_view view = step_view_of(c, before);
    view.is_same_option = option && strcmp(before->m.chosen_option, option) == 0;
    struct step_verdict verdict = step_decide(&view, act);
    *change = (struct step_change){.before = before,
                                   .after = *before,
                                   .act = act,
                                   .outcome = verdict.outcome,
                                   .capacity = c->actor.capacity ? c->actor.capacity : (int)CAPACITY(SELF),
                                   .reason = "",
                                   .note = "",
                                   .occurred_at_us = TIME_NULL};
    change->after.m.state = (Sokuo__V1__StepState)verdict.to;
    if (act == (int)STEP_ACT(UNDO) && verdict.outcome == (int)OUTCOME(CHANGED))
        clear_outcome(&change->after);
    if (verdict.outcome == (int)OUTCOME(ALTHOUGH_DROPPED))
        change->after.m.done_although_dropped = true;
}

void step_change_finish(struct call *c, struct step_change *change)
{
    struct step *after = &change->after;
    Sokuo__V1__Step *m = &after->m;
    int64_t at_us = change->occurred_at_us == TIME_NULL ? c->now_us : change->occurred_at_us;
    m->done_at = msg_time(c, at_us);
    m->reason = msg_text(change->reason);
    after->done_by = c->actor.person_id;
    after->done_post_id = change->by_name ? (struct uuid){0} : c->actor.post_id;
    Sokuo__V1__Attribution *by = m->done_by = call_alloc(c, sizeof *by);
    sokuo__v1__attribution__init(by);
    by->person_name = msg_text(change->by_name ? change->by_name : c->actor.person_name);
    by->post_name = msg_text(change->by_name ? "" : c->actor.post_name);
    by->capacity = (Sokuo__V1__Capacity)change->capacity;
    if (m->state == STEP_STATE(DONE) && m->definition->ratify_min > 0)
        m->ratify_due_at = msg_time(c, at_us + m->definition->ratify_min * MINUTE_US);
}

void step_change_decide(struct call *c, struct step_change *change, const Sokuo__V1__PlaybookOption *option,
                        const char *basis)
{
    change->after.m.chosen_option = option->id;
    change->after.m.basis = msg_text(basis);
    change->option = option;
    step_change_finish(c, change);
}

// --- what the chronology says ---

static const char *kind_of(const struct step_change *change)
{
    static const char *const kinds[STEP_ACT_END] = {
        [STEP_ACT(START)] = "step.started",    [STEP_ACT(DONE)] = "step.done",
        [STEP_ACT(SKIP)] = "step.skipped",     [STEP_ACT(NOT_APPLICABLE)] = "step.skipped",
        [STEP_ACT(BLOCK)] = "step.blocked",    [STEP_ACT(UNDO)] = "step.undone",
        [STEP_ACT(HAND_OVER)] = "step.handed", [STEP_ACT(TAKE)] = "step.handed",
        [STEP_ACT(NOTE)] = "step.noted",       [STEP_ACT_DECIDE] = "step.decided",
    };
    if (change->outcome == (int)OUTCOME(UNCHANGED))
        return "step.noted";
    return change->outcome == (int)OUTCOME(CHANGED) ? kinds[change->act] : "step.confirmed";
}

static const char *what_happened(const struct step_change *change)
{
    static const char *const acts[STEP_ACT_END] = {
        [STEP_ACT(START)] = "着手",       [STEP_ACT(DONE)] = "完了",
        [STEP_ACT(SKIP)] = "省略",        [STEP_ACT(NOT_APPLICABLE)] = "該当なし",
        [STEP_ACT(BLOCK)] = "できない",   [STEP_ACT(UNDO)] = "取消し",
        [STEP_ACT(HAND_OVER)] = "引継ぎ", [STEP_ACT(TAKE)] = "引受け",
        [STEP_ACT(NOTE)] = "追記",        [STEP_ACT_DECIDE] = "決定",
    };
    switch (change->outcome) {
    case OUTCOME(CONFIRMED):
        return "完了済みの手順に同じ報告";
    case OUTCOME(ALTHOUGH_DROPPED):
        return "対象外とされた後に、実施の報告";
    case OUTCOME(DIFFERED):
        return "済んだ手順に異なる報告";
    default:
        return change->outcome == (int)OUTCOME(UNCHANGED) ? "追記" : acts[change->act];
    }
}

static const char *entry_text(struct call *c, const struct step_change *change)
{
    const Sokuo__V1__Step *before = &change->before->m, *after = &change->after.m;
    struct buf text = buf_in(&c->arena);
    buf_printf(&text, "%s%s%s %s", before->code, *before->code ? " " : "", change->before->no,
               before->definition->text ? before->definition->text->ja : "");
    if (before->place)
        buf_printf(&text, " [%s]", before->place->name);
    buf_printf(&text, ": %s", what_happened(change));
    if (change->option && change->option->text)
        buf_printf(&text, "「%s」", change->option->text->ja);
    if (after->decided_by_default)
        buf_puts(&text, " (期限までに決定がなかったため、既定の選択肢を採用)");
    if (before->state == STEP_STATE(PENDING) && after->state == STEP_STATE(DONE))
        buf_puts(&text, " (先行実施)");
    if (change->act == (int)STEP_ACT(HAND_OVER) && after->person)
        buf_printf(&text, " → %s", after->person->name);
    if (change->by_name)
        buf_printf(&text, " (%s の記録を代筆)", change->by_name);
    if (*change->note)
        buf_printf(&text, "。%s", change->note);
    return buf_text(&text);
}

static const char *state_name(int state)
{
    return protobuf_c_enum_descriptor_get_value(&sokuo__v1__step_state__descriptor, state)->name;
}

static const char *changes_json(struct call *c, const struct step_change *change)
{
    const Sokuo__V1__Step *before = &change->before->m, *after = &change->after.m;
    struct buf out = buf_in(&c->arena);
    buf_puts(&out, "[{\"field\":\"stepId\",\"before\":\"\",\"after\":");
    out_string(&out, before->id);
    buf_putc(&out, '}');
    if (before->state != after->state)
        buf_printf(&out, ",{\"field\":\"state\",\"before\":\"%s\",\"after\":\"%s\"}",
                   state_name((int)before->state), state_name((int)after->state));
    if (strcmp(before->chosen_option, after->chosen_option) != 0) {
        buf_puts(&out, ",{\"field\":\"option\",\"before\":");
        out_string(&out, before->chosen_option);
        buf_puts(&out, ",\"after\":");
        out_string(&out, after->chosen_option);
        buf_putc(&out, '}');
    }
    buf_putc(&out, ']');
    return buf_text(&out);
}

// --- the unit ---

static struct param *copy(struct call *c, const struct param *params, size_t size)
{
    return arena_memdup(&c->arena, params, size);
}

static bool finishes(const struct step_change *change)
{
    return change->outcome == (int)OUTCOME(CHANGED) && step_is_open((int)change->before->m.state) &&
           !step_is_open((int)change->after.m.state);
}

static struct db_stmt save_stmt(struct call *c, const struct step_change *change,
                                const struct uuid *journal_id)
{
    const struct step *before = change->before, *after = &change->after;
    const Sokuo__V1__Step *m = &after->m;
    const struct actor *a = &c->actor;
    const struct operation *op = change->operation;
    const Sokuo__V1__Attribution *by = m->done_by;
    bool is_kept = change->outcome != (int)OUTCOME(CHANGED) && change->outcome != (int)OUTCOME(UNCHANGED);
    struct uuid confirmation_id = uuid_v7();
    const char *name = a->person_name ? a->person_name : "", *post = a->post_name ? a->post_name : "";
    const struct param params[SAVE_PARAMS] = {
        p_uuid(&a->tenant_id),
        op ? note_uuid(c, &op->id) : p_null(),
        note_uuid(c, &before->id),
        p_i32(c, before->m.version),
        p_i16(c, (int16_t)m->state), // 5
        note_uuid(c, &after->person_id),
        p_text(m->person ? m->person->name : ""),
        p_time(c, after->started_at_us),
        p_time(c, msg_take_time(m->done_at)),
        p_bool(finishes(change)), // 10
        note_uuid(c, &after->done_by),
        p_text(by ? by->person_name : ""),
        note_uuid(c, &after->done_post_id),
        p_text(by ? by->post_name : ""),
        p_i16(c, (int16_t)(by ? by->capacity : 0)), // 15
        p_text(m->reason),
        p_text(m->note),
        p_text(m->chosen_option),
        p_text(m->basis),
        p_bool(m->decided_by_default), // 20
        p_text(m->notice ? m->notice->to : ""),
        p_text(m->notice ? m->notice->text : ""),
        p_text(m->notice ? m->notice->receipt_no : ""),
        p_text(m->paper_location),
        p_time(c, msg_take_time(m->ratify_due_at)), // 25
        p_bool(m->done_although_dropped),
        note_uuid(c, journal_id),
        p_text(kind_of(change)),
        p_time(c, change->occurred_at_us),
        p_uuid(&a->person_id), // 30
        p_text(name),
        p_uuid(&a->post_id),
        p_text(post),
        p_i16(c, (int16_t)change->capacity),
        p_text(entry_text(c, change)), // 35
        p_text(change->reason),
        p_json(changes_json(c, change)),
        p_i16(c, (int16_t)(is_kept ? change->outcome : 0)),
        note_uuid(c, &confirmation_id),
        p_text(change->note), // 40
        op ? p_text(op->method) : p_null(),
        op ? p_bytes(op->request_hash, 32) : p_null(),
        op ? p_bytes(op->response, op->response_len) : p_null(),
        p_text(change->by_name ? change->by_name : name),
        p_i16(c, (int16_t)change->capacity),
    };
    return (struct db_stmt){.query = Q_STEP_SAVE, .params = copy(c, params, sizeof params)};
}

// What follows: begins, or (may_hold) waits again. What closes or opened a branch may have had other places.
static struct db_stmt release_stmt(struct call *c, const struct step *step, bool has_branch, bool may_hold)
{
    const struct param tenant = p_uuid(&c->actor.tenant_id), run = note_uuid(c, &step->run_id);
    if (has_branch) {
        const struct param params[] = {tenant, run, p_null(), p_null(), p_bool(may_hold)};
        return (struct db_stmt){.query = Q_STEP_RELEASE_RUN, .params = copy(c, params, sizeof params)};
    }
    const struct param params[] = {tenant, run, p_texts(c, (const char *const[]){step->no}, 1),
                                   p_bytes(&step->place_id, sizeof step->place_id), p_bool(may_hold)};
    return (struct db_stmt){.query = Q_STEP_RELEASE, .params = copy(c, params, sizeof params)};
}

static void put_close(struct call *c, const struct step_change *change, const struct uuid *journal_id,
                      struct db_stmt *out)
{
    const struct step *step = change->before;
    const Sokuo__V1__PlaybookOption *option = change->option;
    const char *why = call_printf(c, "%s の決定「%s」により該当なし", step->no,
                                  option->text ? option->text->ja : option->id);
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   note_uuid(c, &step->run_id),
                                   p_texts(c, (const char *const *)option->closes, (int)option->n_closes),
                                   p_text(step->no),
                                   note_uuid(c, journal_id),
                                   p_text(why)};
    *out = (struct db_stmt){.query = Q_STEP_CLOSE_BRANCH, .params = copy(c, params, sizeof params)};
}

static void put_raise(struct call *c, const struct step_change *change, const struct uuid *journal_id,
                      struct db_stmt *out)
{
    struct uuid id = uuid_v7();
    const struct step *step = change->before;
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), note_uuid(c, &step->incident_id),
        note_uuid(c, journal_id),    p_i16(c, (int16_t)change->option->severity),
        note_uuid(c, &id),           p_text(call_printf(c, "%s %s の決定による", step->m.code, step->no))};
    *out = (struct db_stmt){.query = Q_STEP_RAISE, .params = copy(c, params, sizeof params)};
}

static struct db_stmt attach_stmt(struct call *c, const struct step_change *change,
                                  const struct uuid *journal_id)
{
    const struct step *step = change->before;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, &step->id),
                                   note_uuid(c, journal_id),
                                   p_uuids(c, change->evidence_ids, change->evidence_count),
                                   step->may_read ? p_null() : p_uuid(&c->actor.person_id)};
    return (struct db_stmt){.query = Q_STEP_ATTACH, .params = copy(c, params, sizeof params)};
}

static int put_undo(struct call *c, const struct step_change *change, const struct uuid *journal_id,
                    struct db_stmt *out)
{
    const struct step *step = change->before;
    bool was_decided = *step->m.chosen_option != '\0';
    int n = 0;
    if (was_decided) {
        const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, &step->run_id),
                                       note_uuid(c, journal_id), p_text(step->no)};
        out[n++] = (struct db_stmt){.query = Q_STEP_OPEN_BRANCH, .params = copy(c, params, sizeof params)};
    }
    out[n++] = release_stmt(c, step, was_decided, true);
    return n;
}

static int put_unit(struct call *c, const struct step_change *change, struct db_stmt *stmts)
{
    struct uuid journal_id = uuid_v7();
    const struct param lock[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, &change->before->incident_id)};
    int n = 0;
    stmts[n++] = (struct db_stmt){.query = Q_STEP_LOCK, .params = copy(c, lock, sizeof lock)};
    stmts[n++] = save_stmt(c, change, &journal_id);
    if (change->evidence_count > 0)
        stmts[n++] = attach_stmt(c, change, &journal_id);
    bool has_branch = change->option && change->option->n_closes > 0;
    if (has_branch)
        put_close(c, change, &journal_id, &stmts[n++]);
    if (finishes(change))
        stmts[n++] = release_stmt(c, change->before, has_branch, false);
    if (change->option && change->option->severity != SEVERITY(UNSPECIFIED))
        put_raise(c, change, &journal_id, &stmts[n++]);
    bool reopens = change->act == (int)STEP_ACT(UNDO) && !step_is_open((int)change->before->m.state) &&
                   step_is_open((int)change->after.m.state);
    return reopens ? n + put_undo(c, change, &journal_id, &stmts[n]) : n;
}

enum err step_save(struct call *c, const struct step_change *change, bool *ret_done)
{
    struct db_stmt stmts[UNIT_MAX];
    int n = put_unit(c, change, stmts);
    bool was_system = c->actor.is_system;
    c->actor.is_system = true; // what follows lies with others; the caller was checked
    enum err err = db_write(c, &change->before->incident_id, stmts, n);
    c->actor.is_system = was_system;
    if (err == ERR_ALREADY_EXISTS) { // the same operation in another process at the same time
        call_clear_error(c);
        *ret_done = false;
        return ERR_OK;
    }
    TRY(err);
    *ret_done = rows_count(stmts[1].rows) > 0;
    return ERR_OK;
}

enum err step_keep_answer(struct call *c, const struct operation *op)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id),   note_uuid(c, &op->id),
                                   p_uuid(&c->actor.person_id),   p_text(op->method),
                                   p_bytes(op->request_hash, 32), p_bytes(op->response, op->response_len)};
    struct db_stmt stmt = {.query = Q_STEP_KEEP_ANSWER, .params = params};
    return db_write(c, &op->id, &stmt, 1);
}

// --- approval afterwards ---

enum err step_ratify(struct call *c, const struct step *step, bool approved, const char *reason,
                     const struct operation *op, bool *ret_done)
{
    const char *text = call_printf(c, "%s %s %s: %s", step->m.code, step->no,
                                   step->m.definition->text ? step->m.definition->text->ja : "",
                                   approved ? "事後承認" : "事後承認せず、異議あり");
    struct param params[12 + 3] = {p_uuid(&c->actor.tenant_id), note_uuid(c, &op->id),
                                   note_uuid(c, &step->id), p_bool(approved), p_text(reason)};
    note_who(c, params + 5);
    params[11] = p_text(text);
    params[12] = p_text(op->method);
    params[13] = p_bytes(op->request_hash, 32);
    params[14] = p_bytes(op->response, op->response_len);
    const struct param lock[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, &step->incident_id)};
    struct db_stmt stmts[] = {{.query = Q_STEP_LOCK, .params = lock},
                              {.query = Q_STEP_RATIFY, .params = params}};
    bool was_system = c->actor.is_system;
    c->actor.is_system = true; // the caller was checked
    enum err err = db_write(c, &step->incident_id, stmts, 2);
    c->actor.is_system = was_system;
    TRY(err);
    *ret_done = rows_count(stmts[1].rows) > 0;
    return ERR_OK;
}

enum err step_due_defaults(struct call *c, int most, struct uuid **ret_tenants, struct uuid **ret_ids,
                           int *ret_count)
{
    const struct param params[] = {p_i32(c, most)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_STEP_DUE_DEFAULTS, params, &rows));
    *ret_count = rows_count(rows);
    *ret_tenants = call_alloc(c, (size_t)*ret_count * sizeof **ret_tenants + 1);
    *ret_ids = call_alloc(c, (size_t)*ret_count * sizeof **ret_ids + 1);
    for (int i = 0; i < *ret_count; i++) {
        (*ret_tenants)[i] = row_uuid(rows, i, 0);
        (*ret_ids)[i] = row_uuid(rows, i, 1);
    }
    return ERR_OK;
}

enum err step_disarm(struct call *c, const struct step *step)
{
    const struct param lock[] = {p_uuid(&c->actor.tenant_id), p_uuid(&step->incident_id)};
    const struct param disarm[] = {p_uuid(&c->actor.tenant_id), p_uuid(&step->id)};
    struct db_stmt stmts[] = {{.query = Q_STEP_LOCK, .params = lock},
                              {.query = Q_STEP_DISARM, .params = disarm}};
    return db_write(c, &step->incident_id, stmts, 2);
}
