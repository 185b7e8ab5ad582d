// SPDX-License-Identifier: Apache-2.0
// From rows to steps.
#include <assert.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/store/message.h"
#include "server/store/step_store.h"

// Columns of step_get in their order: looked up once, not per row.
// clang-format off
#define COLUMNS(X)                                                                                        \
    X(id) X(version) X(incident_id) X(run_id) X(no) X(state) X(role) X(place_id) X(place_kind)            \
    X(place_name) X(unit_id) X(person_id) X(person_name) X(due_at) X(ready_at) X(started_at) X(closed_by) \
    X(done_at) X(recorded_at) X(done_by) X(done_name) X(done_post_id) X(done_post) X(done_capacity)       \
    X(reason) X(note) X(chosen_option) X(basis) X(by_default) X(default_at) X(notice_to) X(notice_text)   \
    X(notice_receipt) X(paper_location) X(ratify_due_at) X(ratified) X(ratified_at) X(ratified_by)        \
    X(ratified_name) X(ratified_post) X(ratified_capacity) X(ratify_reason) X(done_although_dropped)      \
    X(incident_number) X(mode) X(code) X(title_ja) X(title_en) X(definition) X(has_duty) X(may_read)      \
    X(title) X(incident_state) X(handler_id) X(commander_id)
// clang-format on
enum column {
#define X(name) COL_##name,
    COLUMNS(X)
#undef X
        COLUMN_COUNT
};
static const char *const column_names[] = {
#define X(name) #name,
    COLUMNS(X)
#undef X
};

static void check_columns(const struct rows *rows)
{
    static bool is_checked;
    for (int i = 0; !is_checked && i < COLUMN_COUNT; i++)
        assert(rows_col(rows, column_names[i]) == i);
    is_checked = true;
}

static char *text(const struct rows *rows, int row, enum column col)
{
    return msg_text(row_text(rows, row, (int)col));
}

static int number(const struct rows *rows, int row, enum column col)
{
    return (int)row_i64(rows, row, (int)col);
}

static Google__Protobuf__Timestamp *timestamp(struct call *c, const struct rows *rows, int row,
                                              enum column col)
{
    return msg_time(c, row_time(rows, row, (int)col));
}

static struct uuid id_of(const struct rows *rows, int row, enum column col)
{
    return row_uuid(rows, row, (int)col);
}

static void take_ids(const struct rows *rows, int row, struct step *step)
{
    step->id = id_of(rows, row, COL_id);
    step->incident_id = id_of(rows, row, COL_incident_id);
    step->run_id = id_of(rows, row, COL_run_id);
    step->place_id = id_of(rows, row, COL_place_id);
    step->unit_id = id_of(rows, row, COL_unit_id);
    step->person_id = id_of(rows, row, COL_person_id);
    step->done_by = id_of(rows, row, COL_done_by);
    step->done_post_id = id_of(rows, row, COL_done_post_id);
    step->handler_id = id_of(rows, row, COL_handler_id);
    step->commander_id = id_of(rows, row, COL_commander_id);
    step->no = text(rows, row, COL_no);
    step->closed_by = text(rows, row, COL_closed_by);
    step->place_kind = number(rows, row, COL_place_kind);
    step->incident_state = number(rows, row, COL_incident_state);
    step->started_at_us = row_time(rows, row, COL_started_at);
    step->default_at_us = row_time(rows, row, COL_default_at);
    step->was_ready = !row_is_null(rows, row, COL_ready_at);
    step->has_duty = row_bool(rows, row, COL_has_duty);
    step->may_read = row_bool(rows, row, COL_may_read);
}

static enum err take_definition(struct call *c, const struct rows *rows, int row, Sokuo__V1__Step *m)
{
    ProtobufCMessage *definition = NULL;
    TRY(wire_to_message(c, &sokuo__v1__playbook_step__descriptor, row_bytes(rows, row, COL_definition),
                        (size_t)row_len(rows, row, COL_definition), &definition));
    m->definition = (Sokuo__V1__PlaybookStep *)definition;
    return ERR_OK;
}

static void take_outcome(struct call *c, const struct rows *rows, int row, const struct step *step,
                         Sokuo__V1__Step *m)
{
    m->done_at = timestamp(c, rows, row, COL_done_at);
    m->recorded_at = timestamp(c, rows, row, COL_recorded_at);
    m->done_by = msg_who(c, &step->done_by, text(rows, row, COL_done_name), &step->done_post_id,
                         text(rows, row, COL_done_post), number(rows, row, COL_done_capacity));
    m->reason = text(rows, row, COL_reason);
    m->note = text(rows, row, COL_note);
    m->chosen_option = text(rows, row, COL_chosen_option);
    m->basis = text(rows, row, COL_basis);
    m->decided_by_default = row_bool(rows, row, COL_by_default);
    m->paper_location = text(rows, row, COL_paper_location);
    m->done_although_dropped = row_bool(rows, row, COL_done_although_dropped);
    if (*text(rows, row, COL_notice_to) || *text(rows, row, COL_notice_text)) {
        m->notice = call_alloc(c, sizeof *m->notice);
        sokuo__v1__sent_notice__init(m->notice);
        m->notice->to = text(rows, row, COL_notice_to);
        m->notice->text = text(rows, row, COL_notice_text);
        m->notice->receipt_no = text(rows, row, COL_notice_receipt);
    }
}

static void take_ratification(struct call *c, const struct rows *rows, int row, Sokuo__V1__Step *m)
{
    static const struct uuid none;
    m->ratify_due_at = timestamp(c, rows, row, COL_ratify_due_at);
    if (row_is_null(rows, row, COL_ratified))
        return;
    Sokuo__V1__Ratification *r = m->ratification = call_alloc(c, sizeof *r);
    sokuo__v1__ratification__init(r);
    struct uuid by = id_of(rows, row, COL_ratified_by);
    r->approved = row_bool(rows, row, COL_ratified);
    r->at = timestamp(c, rows, row, COL_ratified_at);
    r->reason = text(rows, row, COL_ratify_reason);
    r->by = msg_who(c, &by, text(rows, row, COL_ratified_name), &none, text(rows, row, COL_ratified_post),
                    number(rows, row, COL_ratified_capacity));
}

// A place that nobody has named yet has a name and no id.
static Sokuo__V1__Ref *place_ref(struct call *c, const struct step *step, const char *name)
{
    if (step->place_kind == 1)
        return NULL;
    Sokuo__V1__Ref *ref = call_alloc(c, sizeof *ref);
    sokuo__v1__ref__init(ref);
    ref->id = msg_uuid(c, &step->place_id);
    ref->name = msg_text(name);
    return ref;
}

static void show_acts(struct call *c, const struct step *step, Sokuo__V1__Step *m)
{
    struct step_actor actor = step_actor_of(c, step);
    struct step_view view = step_view_of(c, step);
    unsigned offers = step_offers(&actor, &view);
    m->mine = actor.is_own;
    m->allowed_acts = call_alloc(c, STEP_ACT_END * sizeof *m->allowed_acts);
    for (int act = 1; act < STEP_ACT_END; act++) {
        if (offers & 1u << act)
            m->allowed_acts[m->n_allowed_acts++] = msg_text(step_act_word(act));
    }
}

// known: how the actor stands to it, where the row does not tell (NULL: it does).
static enum err step_row(struct call *c, const struct rows *rows, int row, const struct step *known,
                         struct step *step)
{
    *step = (struct step){0};
    Sokuo__V1__Step *m = &step->m;
    sokuo__v1__step__init(m);
    take_ids(rows, row, step);
    if (known)
        step->has_duty = known->has_duty;
    TRY(take_definition(c, rows, row, m));
    if (!*m->definition->no) // added by hand
        m->definition->no = msg_text(step->no);
    m->id = msg_uuid(c, &step->id);
    m->version = number(rows, row, COL_version);
    m->incident_id = msg_uuid(c, &step->incident_id);
    m->incident_number = text(rows, row, COL_incident_number);
    m->incident_title = text(rows, row, COL_title);
    m->mode = (Sokuo__V1__Mode)number(rows, row, COL_mode);
    m->run_id = msg_uuid(c, &step->run_id);
    m->code = text(rows, row, COL_code);
    m->plan_title = call_alloc(c, sizeof *m->plan_title);
    sokuo__v1__words__init(m->plan_title);
    m->plan_title->ja = text(rows, row, COL_title_ja);
    m->plan_title->en = text(rows, row, COL_title_en);
    m->state = (Sokuo__V1__StepState)number(rows, row, COL_state);
    m->place = place_ref(c, step, text(rows, row, COL_place_name));
    m->due_at = timestamp(c, rows, row, COL_due_at);
    m->ready_at = timestamp(c, rows, row, COL_ready_at);
    m->person = msg_ref(c, step->person_id, text(rows, row, COL_person_name));
    take_outcome(c, rows, row, step, m);
    take_ratification(c, rows, row, m);
    show_acts(c, step, m);
    return ERR_OK;
}

static bool is_actor(const struct call *c, const struct uuid *person)
{
    return !uuid_is_nil(person) && uuid_equal(person, &c->actor.person_id);
}

struct step_actor step_actor_of(const struct call *c, const struct step *step)
{
    return (struct step_actor){
        .roles = c->actor.roles,
        .is_own = step->has_duty || is_actor(c, &step->person_id),
        .is_commander = is_actor(c, &step->handler_id) || is_actor(c, &step->commander_id),
        .may_read = step->may_read,
        .is_system = c->actor.is_system,
    };
}

struct step_view step_view_of(const struct call *c, const struct step *step)
{
    const Sokuo__V1__PlaybookStep *definition = step->m.definition;
    bool did_it = is_actor(c, &step->done_by);
    return (struct step_view){
        .state = (int)step->m.state,
        .is_decision = definition->decision != NULL,
        .needs_notice = definition->notice != NULL,
        .needs_evidence = definition->evidence,
        .was_ready = step->was_ready,
        .was_started = step->started_at_us != TIME_NULL,
        .is_same_person = did_it,
        .is_waiting_for_ratification = step->m.ratify_due_at && !step->m.ratification,
        .did_it = did_it,
    };
}

// The first wall: the actor's own, or the incident may be read.
static bool is_visible(const struct call *c, const struct step *step)
{
    return step->may_read || step_actor_of(c, step).is_own || is_actor(c, &step->done_by) ||
           c->actor.is_system;
}

enum err step_not_found(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "STEP_NOT_FOUND", "手順が見つかりません。番号を確かめてください。",
                     "There is no such step. Check its id.");
}

// Whoever only stands in the plan does not see what became of the incident.
static enum err look_at_incident(struct call *c, struct step *step)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&step->incident_id)};
    struct rows *rows = NULL;
    bool was_system = c->actor.is_system;
    c->actor.is_system = true;
    enum err err = db_query(c, Q_STEP_INCIDENT_STATE, params, &rows);
    c->actor.is_system = was_system;
    if (err == ERR_OK && rows_count(rows) > 0)
        step->incident_state = (int)row_i64(rows, 0, 0);
    return err;
}

enum err step_permit(struct call *c, struct step *step, int act)
{
    struct step_actor actor = step_actor_of(c, step);
    if (!step_may(&actor, act))
        return call_fail(
            c, ERR_PERMISSION_DENIED, "NOT_PERMITTED",
            "この手順を進められる役割ではありません。担当の人か、指揮者に依頼してください。",
            "Your duties do not allow this for the step. Ask the person it is for, or who commands.");
    if (!step->may_read)
        TRY(look_at_incident(c, step));
    if (step->incident_state == (int)STATE(MERGED) || step->incident_state == (int)STATE(ARCHIVED))
        return call_fail(
            c, ERR_FAILED_PRECONDITION, "INCIDENT_SETTLED",
            "この事案は保管または統合されていて、手順を進められません。統合先の事案に記録してください。",
            "This incident is archived or merged. Write into the one that goes on.");
    return ERR_OK;
}

struct db_stmt step_get_stmt(struct call *c, const struct uuid *ids, int count, struct param *params)
{
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_uuids(c, ids, count);
    return (struct db_stmt){.query = Q_STEP_GET, .params = params};
}

enum err step_take(struct call *c, const struct rows *rows, struct step **ret_step)
{
    if (rows_count(rows) == 0)
        return step_not_found(c);
    check_columns(rows);
    struct step *step = *ret_step = call_alloc(c, sizeof *step);
    TRY(step_row(c, rows, 0, NULL, step));
    return is_visible(c, step) ? ERR_OK : step_not_found(c);
}

enum err step_take_known(struct call *c, const struct rows *rows, const struct step *known,
                         struct step **ret_step)
{
    int row = rows_count(rows);
    check_columns(rows);
    for (int i = 0; i < rows_count(rows) && row == rows_count(rows); i++) {
        struct uuid id = id_of(rows, i, COL_id);
        row = uuid_equal(&id, &known->id) ? i : row;
    }
    if (row == rows_count(rows))
        return step_not_found(c);
    struct step *step = *ret_step = call_alloc(c, sizeof *step);
    TRY(step_row(c, rows, row, known, step));
    return is_visible(c, step) ? ERR_OK : step_not_found(c);
}

enum err step_get(struct call *c, const struct uuid *id, struct step **ret_step)
{
    struct param params[2];
    struct db_stmt stmt = step_get_stmt(c, id, 1, params);
    TRY(db_read(c, &stmt, 1));
    return step_take(c, stmt.rows, ret_step);
}

static struct step *find(struct step **steps, int count, const struct uuid *id)
{
    for (int i = 0; i < count; i++) {
        if (uuid_equal(&steps[i]->id, id))
            return steps[i];
    }
    return NULL;
}

enum err step_many(struct call *c, const struct uuid *ids, int count, struct step ***ret_steps,
                   int *ret_count)
{
    struct param params[2];
    struct db_stmt stmt = step_get_stmt(c, ids, count, params);
    *ret_count = 0;
    if (count == 0)
        return ERR_OK;
    TRY(db_read(c, &stmt, 1));
    check_columns(stmt.rows);
    int found = rows_count(stmt.rows);
    struct step **steps = msg_list(c, found + 1);
    for (int i = 0; i < found; i++) {
        steps[i] = call_alloc(c, sizeof *steps[i]);
        TRY(step_row(c, stmt.rows, i, NULL, steps[i]));
    }
    *ret_steps = msg_list(c, found + 1);
    for (int i = 0; i < count; i++) {
        struct step *step = find(steps, found, &ids[i]);
        if (step && is_visible(c, step))
            (*ret_steps)[(*ret_count)++] = step;
    }
    return ERR_OK;
}
