// SPDX-License-Identifier: Apache-2.0
// Changes of steps as one unit with what follows from them: all that wait for one incident go together.
#include "server/store/db_lane.h"
#include "server/store/gather.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/step_store.h"

#define TOGETHER_MOST 32
#define FOLLOW_MOST 6 // statements that one change may bring besides those of all

// One change in a row of parameters; their order is that of step_save.
// clang-format off
#define COLUMNS(X)                                                                                        \
    X(operation, UUID) X(step, UUID) X(version, TEXT) X(state, TEXT) X(person, UUID) X(person_name, TEXT) \
    X(started_at, TIME) X(done_at, TIME) X(finished, TEXT) X(done_by, UUID) X(done_name, TEXT)            \
    X(done_post_id, UUID) X(done_post, TEXT) X(done_capacity, TEXT) X(reason, TEXT) X(note, TEXT)         \
    X(chosen_option, TEXT) X(basis, TEXT) X(by_default, TEXT) X(notice_to, TEXT) X(notice_text, TEXT)     \
    X(notice_receipt, TEXT) X(paper_location, TEXT) X(ratify_due_at, TIME) X(although_dropped, TEXT)      \
    X(journal, UUID) X(kind, TEXT) X(occurred_at, TIME) X(who, UUID) X(who_name, TEXT) X(post, UUID)      \
    X(post_name, TEXT) X(capacity, TEXT) X(text, TEXT) X(why, TEXT) X(changes, TEXT) X(outcome, TEXT)     \
    X(confirmation, UUID) X(remark, TEXT) X(method, TEXT) X(hash, BYTES) X(answer, BYTES) X(named, TEXT)  \
    X(named_capacity, TEXT)
// clang-format on
enum column {
#define X(name, type) COL_##name,
    COLUMNS(X)
#undef X
        COLUMN_COUNT
};
static const enum param_column column_types[COLUMN_COUNT] = {
#define X(name, type) COLUMN_##type,
    COLUMNS(X)
#undef X
};

// A change that waits to be written.
struct saved {
    struct gather_seat seat;
    const struct step_change *change;
    struct uuid journal_id;
    struct param row[COLUMN_COUNT];
    struct db_stmt follow[FOLLOW_MOST];
    int follow_count;
    enum err err;
    bool is_done;
};

static struct param *copy(struct call *c, const struct param *params, size_t size)
{
    return arena_memdup(&c->arena, params, size);
}

static bool finishes(const struct step_change *change)
{
    return change->outcome == (int)OUTCOME(CHANGED) && step_is_open((int)change->before->m.state) &&
           !step_is_open((int)change->after.m.state);
}

static bool closes_branch(const struct step_change *change)
{
    return change->option && change->option->n_closes > 0;
}

// --- one change ---

static void put_step(struct call *c, const struct step_change *change, struct param *row)
{
    const struct step *before = change->before, *after = &change->after;
    const Sokuo__V1__Step *m = &after->m;
    row[COL_step] = note_uuid(c, &before->id);
    row[COL_version] = p_i32(c, before->m.version);
    row[COL_state] = p_i16(c, (int16_t)m->state);
    row[COL_person] = note_uuid(c, &after->person_id);
    row[COL_person_name] = p_text(m->person ? m->person->name : "");
    row[COL_started_at] = p_time(c, after->started_at_us);
    row[COL_reason] = p_text(m->reason);
    row[COL_note] = p_text(m->note);
    row[COL_chosen_option] = p_text(m->chosen_option);
    row[COL_basis] = p_text(m->basis);
    row[COL_by_default] = p_bool(m->decided_by_default);
    row[COL_notice_to] = p_text(m->notice ? m->notice->to : "");
    row[COL_notice_text] = p_text(m->notice ? m->notice->text : "");
    row[COL_notice_receipt] = p_text(m->notice ? m->notice->receipt_no : "");
    row[COL_paper_location] = p_text(m->paper_location);
    row[COL_ratify_due_at] = p_time(c, msg_take_time(m->ratify_due_at));
    row[COL_although_dropped] = p_bool(m->done_although_dropped);
}

static void put_done(struct call *c, const struct step_change *change, struct param *row)
{
    const struct step *after = &change->after;
    const Sokuo__V1__Attribution *by = after->m.done_by;
    row[COL_done_at] = p_time(c, msg_take_time(after->m.done_at));
    row[COL_finished] = p_bool(finishes(change));
    row[COL_done_by] = note_uuid(c, &after->done_by);
    row[COL_done_name] = p_text(by ? by->person_name : "");
    row[COL_done_post_id] = note_uuid(c, &after->done_post_id);
    row[COL_done_post] = p_text(by ? by->post_name : "");
    row[COL_done_capacity] = p_i16(c, (int16_t)(by ? by->capacity : 0));
}

static void put_journal(struct call *c, const struct saved *saved, struct param *row)
{
    const struct step_change *change = saved->change;
    const struct actor *a = &c->actor;
    row[COL_journal] = note_uuid(c, &saved->journal_id);
    row[COL_kind] = p_text(step_change_kind(change));
    row[COL_occurred_at] = p_time(c, change->occurred_at_us);
    row[COL_who] = p_uuid(&a->person_id);
    row[COL_who_name] = p_text(a->person_name ? a->person_name : "");
    row[COL_post] = p_uuid(&a->post_id);
    row[COL_post_name] = p_text(a->post_name ? a->post_name : "");
    row[COL_capacity] = row[COL_named_capacity] = p_i16(c, (int16_t)change->capacity);
    row[COL_text] = p_text(step_change_text(c, change));
    row[COL_why] = p_text(change->reason);
    row[COL_changes] = p_json(step_change_json(c, change));
}

static void put_confirmation(struct call *c, const struct step_change *change, struct param *row)
{
    bool is_kept = change->outcome != (int)OUTCOME(CHANGED) && change->outcome != (int)OUTCOME(UNCHANGED);
    struct uuid id = uuid_v7();
    row[COL_outcome] = p_i16(c, (int16_t)(is_kept ? change->outcome : 0));
    row[COL_confirmation] = note_uuid(c, &id);
    row[COL_remark] = p_text(change->note);
    row[COL_named] = change->by_name ? p_text(change->by_name) : row[COL_who_name];
}

static void put_operation(struct call *c, const struct operation *op, struct param *row)
{
    if (!op)
        return;
    row[COL_operation] = note_uuid(c, &op->id);
    row[COL_method] = p_text(op->method);
    row[COL_hash] = p_bytes(op->request_hash, 32);
    row[COL_answer] = p_bytes(op->response, op->response_len);
}

// --- what follows from one change ---

// Begins, or waits again. What closes or opened a branch may have had other places.
static struct db_stmt release_run_stmt(struct call *c, const struct step *step, bool may_hold)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, &step->run_id), p_null(),
                                   p_null(), p_bool(may_hold)};
    return (struct db_stmt){.query = Q_STEP_RELEASE_RUN, .params = copy(c, params, sizeof params)};
}

static struct db_stmt release_stmt(struct call *c, const struct step *const *steps, int count, bool may_hold)
{
    struct uuid *runs = call_alloc(c, 2 * (size_t)count * sizeof *runs + 1), *places = runs + count;
    const char **nos = msg_list(c, count);
    for (int i = 0; i < count; i++) {
        runs[i] = steps[i]->run_id;
        places[i] = steps[i]->place_id;
        nos[i] = steps[i]->no;
    }
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, runs, count),
                                   p_texts(c, nos, count), p_uuids(c, places, count), p_bool(may_hold)};
    return (struct db_stmt){.query = Q_STEP_RELEASE, .params = copy(c, params, sizeof params)};
}

static struct db_stmt close_stmt(struct call *c, const struct step_change *change,
                                 const struct uuid *journal_id)
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
    return (struct db_stmt){.query = Q_STEP_CLOSE_BRANCH, .params = copy(c, params, sizeof params)};
}

static struct db_stmt raise_stmt(struct call *c, const struct step_change *change,
                                 const struct uuid *journal_id)
{
    struct uuid id = uuid_v7();
    const struct step *step = change->before;
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), note_uuid(c, &step->incident_id),
        note_uuid(c, journal_id),    p_i16(c, (int16_t)change->option->severity),
        note_uuid(c, &id),           p_text(call_printf(c, "%s %s の決定による", step->m.code, step->no))};
    return (struct db_stmt){.query = Q_STEP_RAISE, .params = copy(c, params, sizeof params)};
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
    out[n++] = was_decided ? release_run_stmt(c, step, true) : release_stmt(c, &step, 1, true);
    return n;
}

// What only this change brings. What a step lets begin is asked for all of a go together.
static void put_follow(struct call *c, struct saved *saved)
{
    const struct step_change *change = saved->change;
    const struct uuid *journal_id = &saved->journal_id;
    struct db_stmt *out = saved->follow;
    int n = 0;
    if (change->evidence_count > 0)
        out[n++] = attach_stmt(c, change, journal_id);
    if (closes_branch(change))
        out[n++] = close_stmt(c, change, journal_id);
    if (closes_branch(change) && finishes(change))
        out[n++] = release_run_stmt(c, change->before, false);
    if (change->option && change->option->severity != SEVERITY(UNSPECIFIED))
        out[n++] = raise_stmt(c, change, journal_id);
    bool reopens = change->act == (int)STEP_ACT(UNDO) && !step_is_open((int)change->before->m.state) &&
                   step_is_open((int)change->after.m.state);
    saved->follow_count = reopens ? n + put_undo(c, change, journal_id, out + n) : n;
}

static void put(struct call *c, struct saved *saved)
{
    saved->journal_id = uuid_v7();
    put_step(c, saved->change, saved->row);
    put_done(c, saved->change, saved->row);
    put_journal(c, saved, saved->row);
    put_confirmation(c, saved->change, saved->row);
    put_operation(c, saved->change->operation, saved->row);
    put_follow(c, saved);
}

// --- all that go together ---

static struct db_stmt save_stmt(struct call *whole, struct saved *const *all, int count)
{
    const struct param **rows = msg_list(whole, count);
    struct param *params = call_alloc(whole, (2 + COLUMN_COUNT) * sizeof *params);
    for (int i = 0; i < count; i++)
        rows[i] = all[i]->row;
    params[0] = p_uuid(&whole->actor.tenant_id);
    params[1] = note_uuid(whole, &all[0]->change->before->incident_id);
    for (int col = 0; col < COLUMN_COUNT; col++)
        params[2 + col] = p_column(whole, column_types[col], rows, count, col);
    return (struct db_stmt){.query = Q_STEP_SAVE, .params = params};
}

static int put_release(struct call *whole, struct saved *const *all, int count, struct db_stmt *out)
{
    const struct step **steps = msg_list(whole, count);
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (finishes(all[i]->change) && !closes_branch(all[i]->change))
            steps[n++] = all[i]->change->before;
    }
    if (n > 0)
        *out = release_stmt(whole, steps, n, false);
    return n > 0;
}

static enum err write_all(struct call *whole, struct saved *const *all, int count)
{
    const struct uuid *incident_id = &all[0]->change->before->incident_id;
    const struct param lock[] = {p_uuid(&whole->actor.tenant_id), note_uuid(whole, incident_id)};
    struct db_stmt *stmts = call_alloc(whole, (size_t)(3 + count * FOLLOW_MOST) * sizeof *stmts);
    int n = 0;
    stmts[n++] = (struct db_stmt){.query = Q_STEP_LOCK, .params = lock};
    stmts[n++] = save_stmt(whole, all, count);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < all[i]->follow_count; k++)
            stmts[n++] = all[i]->follow[k];
    }
    n += put_release(whole, all, count, &stmts[n]);
    TRY(db_write(whole, incident_id, stmts, n));
    for (int i = 0; i < rows_count(stmts[1].rows); i++)
        all[row_i64(stmts[1].rows, i, 0) - 1]->is_done = true;
    return ERR_OK;
}

// The same step or operation twice in one go: the second is read and decided again.
static bool is_twice(struct saved *const *all, int count, const struct saved *one)
{
    for (int i = 0; i < count; i++) {
        const struct operation *a = all[i]->change->operation, *b = one->change->operation;
        if (uuid_equal(&all[i]->change->before->id, &one->change->before->id) ||
            (a && b && uuid_equal(&a->id, &b->id)))
            return true;
    }
    return false;
}

// What one of them brought is no fault of the others.
static bool is_of_one(enum err err)
{
    return err == ERR_ALREADY_EXISTS || err == ERR_FAILED_PRECONDITION || err == ERR_INVALID_ARGUMENT;
}

static enum err serve(struct call *whole, struct gather_seat *const *seats, int count)
{
    struct saved **all = msg_list(whole, count);
    int n = 0;
    for (int i = 0; i < count; i++) {
        struct saved *saved = (struct saved *)seats[i];
        if (!is_twice(all, n, saved))
            all[n++] = saved;
    }
    enum err err = write_all(whole, all, n);
    if (count == 1 || !is_of_one(err))
        return err;
    for (int i = 0; i < n; i++) {
        call_clear_error(whole);
        all[i]->err = write_all(whole, &all[i], 1);
    }
    return ERR_OK;
}

static const struct gather_kind saved_together = {TOGETHER_MOST, serve};

enum err step_save(struct call *c, const struct step_change *change, bool *ret_done)
{
    struct saved saved = {.change = change};
    put(c, &saved);
    enum err err = gather(c, &saved_together, &change->before->incident_id, &saved.seat);
    if (err == ERR_OK && saved.err != ERR_OK)
        err = db_error_fail(c, saved.err);
    if (err == ERR_ALREADY_EXISTS) { // the same operation in another process at the same time
        call_clear_error(c);
        err = ERR_OK;
    }
    *ret_done = saved.is_done;
    return err;
}
