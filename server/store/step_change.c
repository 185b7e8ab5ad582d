// SPDX-License-Identifier: Apache-2.0
// Changes of steps: what is decided in after, and what the chronology says of it.
#include <string.h>

#include "server/codec/json_out.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/step_store.h"

#define MINUTE_US INT64_C(60000000)

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

const char *step_change_kind(const struct step_change *change)
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

const char *step_change_text(struct call *c, const struct step_change *change)
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

const char *step_change_json(struct call *c, const struct step_change *change)
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
