// SPDX-License-Identifier: Apache-2.0
// What stands around steps: what is mine, neighbours, whom to telephone, who else reported, evidence.
#include <string.h>

#include "server/store/message.h"
#include "server/store/run_store.h"
#include "server/store/step_store.h"

#define CONTACTS_MAX 6

enum err step_mine(struct call *c, const struct uuid *incident_id, int most, struct uuid **ret_ids,
                   int *ret_count, int *ret_more)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&c->actor.person_id),
                                   p_uuid(incident_id), p_i32(c, most)};
    struct rows *rows = NULL;
    bool was_system = c->actor.is_system;
    c->actor.is_system = true; // ids only: the steps themselves are read under the reader's own reach
    enum err err = db_query(c, Q_STEP_MINE, params, &rows);
    c->actor.is_system = was_system;
    TRY(err);
    int found = rows_count(rows), open = 0;
    *ret_ids = call_alloc(c, (size_t)found * sizeof **ret_ids + 1);
    *ret_count = *ret_more = 0;
    for (int i = 0; i < found; i++) {
        open += row_bool(rows, i, 1);
        if (row_bool(rows, i, 1) && open > most)
            *ret_more = 1;
        else
            (*ret_ids)[(*ret_count)++] = row_uuid(rows, i, 0);
    }
    return ERR_OK;
}

// --- neighbours ---

static const struct run_step *find_step(const struct run_step *steps, int count, const struct uuid *run_id,
                                        const char *no)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(steps[i].no, no) == 0 && uuid_equal(&steps[i].run_id, run_id))
            return &steps[i];
    }
    return NULL;
}

// Over its places: closed when all are, else the one that is furthest along.
static Sokuo__V1__StepState state_over(const Sokuo__V1__Progress *p)
{
    if (p->total > 0 && p->done + p->dropped == p->total)
        return p->done > 0 ? STEP_STATE(DONE) : STEP_STATE(NOT_APPLICABLE);
    if (p->in_progress > 0 || p->done > 0)
        return STEP_STATE(IN_PROGRESS);
    if (p->ready > 0)
        return STEP_STATE(READY);
    return p->blocked > 0 ? STEP_STATE(BLOCKED) : STEP_STATE(PENDING);
}

// One that is done in another run stands as it stands there.
static const struct run_step *where_done(const struct run_step *steps, int count, const struct run_step *step)
{
    const struct run_step *there = uuid_is_nil(&step->merged_run_id)
                                       ? step
                                       : find_step(steps, count, &step->merged_run_id, step->merged_no);
    return there ? there : step;
}

static Sokuo__V1__StepNeighbour *neighbour(struct call *c, const struct run_step *step,
                                           const struct run_step *there)
{
    Sokuo__V1__StepNeighbour *n = call_alloc(c, sizeof *n);
    sokuo__v1__step_neighbour__init(n);
    n->no = msg_text(step->no);
    n->text = step->text;
    n->state = state_over(&there->progress);
    if (n->state == STEP_STATE(DONE))
        n->done_at = msg_time(c, there->last_done_at_us);
    const Sokuo__V1__PlaybookOption *option = n->state == STEP_STATE(DONE) && there->definition
                                                  ? step_option(there->definition, there->chosen_option)
                                                  : NULL;
    n->chosen = option ? option->text : NULL;
    return n;
}

static bool comes_after(const struct run_step *step, const struct run_step *before)
{
    if (!uuid_equal(&step->run_id, &before->run_id))
        return false;
    for (int i = 0; i < step->after_count; i++) {
        if (strcmp(step->after[i], before->no) == 0)
            return true;
    }
    return false;
}

// The step itself, or one of another plan that merged into it.
static bool is_member(const struct run_step *other, const struct step *step)
{
    bool is_own = uuid_equal(&other->run_id, &step->run_id) && strcmp(other->no, step->no) == 0;
    return is_own ||
           (uuid_equal(&other->merged_run_id, &step->run_id) && strcmp(other->merged_no, step->no) == 0);
}

// Steps on one side of another, each once, however many plans ask for it.
struct step_side {
    const struct run_step *step, *there;
};

static size_t side_add(struct step_side *side, size_t n, const struct step *of, const struct run_step *step,
                       const struct run_step *there)
{
    bool is_known = is_member(there, of);
    for (size_t i = 0; i < n && !is_known; i++)
        is_known = side[i].there == there;
    if (is_known)
        return n;
    side[n] = (struct step_side){step, there};
    return n + 1;
}

static size_t side_find(const struct step *of, bool is_before, const struct run_step *steps, int count,
                        struct step_side *side)
{
    size_t n = 0;
    for (int m = 0; m < count; m++) {
        for (int i = 0; is_member(&steps[m], of) && i < count; i++) {
            if (is_before ? comes_after(&steps[m], &steps[i]) : comes_after(&steps[i], &steps[m]))
                n = side_add(side, n, of, &steps[i], where_done(steps, count, &steps[i]));
        }
    }
    return n;
}

static Sokuo__V1__StepNeighbour **neighbours(struct call *c, const struct step_side *side, size_t n)
{
    Sokuo__V1__StepNeighbour **list = msg_list(c, (int)n + 1);
    for (size_t i = 0; i < n; i++)
        list[i] = neighbour(c, side[i].step, side[i].there);
    return list;
}

static void take_neighbours(struct call *c, struct step *step, const struct run_step *steps, int count,
                            struct step_side *side)
{
    Sokuo__V1__Step *m = &step->m;
    m->n_before = side_find(step, true, steps, count, side);
    m->before = neighbours(c, side, m->n_before);
    m->n_next = side_find(step, false, steps, count, side);
    m->next = neighbours(c, side, m->n_next);
}

// --- whom to telephone ---

// The contact desk where the plan names nobody.
static uint64_t roles_to_call(const struct step *step)
{
    const Sokuo__V1__PlaybookStep *definition = step->m.definition;
    uint64_t roles = 0;
    for (size_t i = 0; i < definition->n_call; i++)
        roles |= UINT64_C(1) << definition->call[i];
    return roles ? roles : ROLE_BIT(POC);
}

static struct db_stmt contacts_stmt(struct call *c, struct step *const *steps, int count,
                                    struct param *params)
{
    uint64_t all = 0;
    struct uuid *places = call_alloc(c, 2 * (size_t)count * sizeof *places + 1);
    int16_t *roles = call_alloc(c, 64 * sizeof *roles);
    int place_count = 0, role_count = 0;
    for (int i = 0; i < count; i++) {
        all |= roles_to_call(steps[i]);
        if (!uuid_is_nil(&steps[i]->place_id))
            places[place_count++] = steps[i]->place_id;
        if (!uuid_is_nil(&steps[i]->unit_id) && !uuid_equal(&steps[i]->unit_id, &steps[i]->place_id))
            places[place_count++] = steps[i]->unit_id;
    }
    for (int16_t role = 1; role < 63; role++) {
        if (all >> role & 1)
            roles[role_count++] = role;
    }
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_i16s(c, roles, role_count);
    params[2] = p_uuids(c, places, place_count);
    params[3] = p_bool((c->actor.roles & ROLES_CALL) != 0);
    return (struct db_stmt){.query = Q_STEP_CONTACTS, .params = params};
}

static void take_contacts(struct call *c, struct step *step, const struct rows *rows)
{
    uint64_t wanted = roles_to_call(step);
    Sokuo__V1__Step *m = &step->m;
    m->contacts = msg_list(c, CONTACTS_MAX);
    int role_col = rows_col(rows, "role"), place_col = rows_col(rows, "place_id");
    for (int i = 0; i < rows_count(rows) && m->n_contacts < CONTACTS_MAX; i++) {
        int role = (int)row_i64(rows, i, role_col);
        struct uuid place = row_uuid(rows, i, place_col);
        bool is_there =
            uuid_is_nil(&place) || uuid_equal(&place, &step->place_id) || uuid_equal(&place, &step->unit_id);
        if (!(wanted >> role & 1) || !is_there)
            continue;
        Sokuo__V1__StepContact *contact = m->contacts[m->n_contacts++] = call_alloc(c, sizeof *contact);
        sokuo__v1__step_contact__init(contact);
        contact->role = (Sokuo__V1__Role)role;
        contact->person_name = msg_text(row_text(rows, i, rows_col(rows, "person_name")));
        contact->post_name = msg_text(row_text(rows, i, rows_col(rows, "post_name")));
        contact->phone = msg_text(row_text(rows, i, rows_col(rows, "phone")));
    }
}

enum err step_person(struct call *c, const char *field, const struct uuid *id, const struct uuid *incident_id,
                     const char **ret_name)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id), p_uuid(incident_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_STEP_PERSON, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail_field(
            c, field, "UNKNOWN_PERSON",
            "その人は登録されていないか、在籍していないか、この事案の手順を引き受けられません。"
            "別の人を選んでください。",
            "This person is not registered, has left, or cannot take steps of this incident. Choose somebody "
            "else.");
    *ret_name = row_text(rows, 0, rows_col(rows, "name"));
    return ERR_OK;
}

// --- who else reported, and evidence ---

static void take_confirmations(struct call *c, struct step *step, const struct rows *rows)
{
    int count = rows_count(rows), col = rows_col(rows, "step_id");
    Sokuo__V1__Step *m = &step->m;
    for (int i = 0; i < count; i++) {
        struct uuid id = row_uuid(rows, i, col);
        if (!uuid_equal(&id, &step->id))
            continue;
        m->confirmations = m->confirmations ? m->confirmations : msg_list(c, count);
        Sokuo__V1__Confirmation *k = m->confirmations[m->n_confirmations++] = call_alloc(c, sizeof *k);
        sokuo__v1__confirmation__init(k);
        struct uuid person = row_uuid(rows, i, rows_col(rows, "person_id")),
                    post = row_uuid(rows, i, rows_col(rows, "post_id"));
        k->by = msg_who(c, &person, row_text(rows, i, rows_col(rows, "person_name")), &post,
                        row_text(rows, i, rows_col(rows, "post_name")),
                        (int)row_i64(rows, i, rows_col(rows, "capacity")));
        k->occurred_at = msg_time(c, row_time(rows, i, rows_col(rows, "occurred_at")));
        k->recorded_at = msg_time(c, row_time(rows, i, rows_col(rows, "recorded_at")));
        k->note = msg_text(row_text(rows, i, rows_col(rows, "note")));
    }
}

static void take_evidence(struct call *c, struct step *step, const struct rows *rows)
{
    int count = rows_count(rows);
    Sokuo__V1__Step *m = &step->m;
    for (int i = 0; i < count; i++) {
        struct uuid id = row_uuid(rows, i, rows_col(rows, "step_id"));
        if (!uuid_equal(&id, &step->id))
            continue;
        m->evidence = m->evidence ? m->evidence : msg_list(c, count);
        m->evidence[m->n_evidence++] =
            msg_ref(c, row_uuid(rows, i, rows_col(rows, "id")), row_text(rows, i, rows_col(rows, "name")));
    }
}

enum err step_has_evidence(struct call *c, const struct step *step, bool *ret_has)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&step->id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_STEP_HAS_EVIDENCE, params, &rows));
    *ret_has = row_bool(rows, 0, 0);
    return ERR_OK;
}

static int runs_of(struct step *const *steps, int count, struct uuid *ids)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        bool is_known = false;
        for (int k = 0; k < n && !is_known; k++)
            is_known = uuid_equal(&ids[k], &steps[i]->run_id);
        if (!is_known)
            ids[n++] = steps[i]->run_id;
    }
    return n;
}

void step_around_ask(struct call *c, struct step *const *steps, int count, struct step_around *around)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids);
    struct uuid *run_ids = call_alloc(c, (size_t)count * sizeof *run_ids);
    for (int i = 0; i < count; i++)
        ids[i] = steps[i]->id;
    int run_count = runs_of(steps, count, run_ids);
    around->of_steps[0] = p_uuid(&c->actor.tenant_id);
    around->of_steps[1] = p_uuids(c, ids, count);
    struct db_stmt *stmts = around->stmts;
    stmts[0] = (struct db_stmt){.query = Q_STEP_CONFIRMATIONS, .params = around->of_steps};
    stmts[1] = (struct db_stmt){.query = Q_STEP_EVIDENCE, .params = around->of_steps};
    stmts[2] = contacts_stmt(c, steps, count, around->of_contacts);
    stmts[3] = run_steps_stmt(c, run_ids, run_count, false, around->of_plans);
    stmts[4] = run_many_stmt(c, run_ids, run_count, around->of_runs);
}

enum err step_around_take(struct call *c, struct step_around *around)
{
    TRY(run_steps_take(c, around->stmts[3].rows, &around->run_steps, &around->run_step_count));
    around->side = call_alloc(c, (size_t)around->run_step_count * sizeof *around->side + 1);
    return ERR_OK;
}

void step_around_put(struct call *c, const struct step_around *around, struct step *step)
{
    take_confirmations(c, step, around->stmts[0].rows);
    take_evidence(c, step, around->stmts[1].rows);
    take_contacts(c, step, around->stmts[2].rows);
    take_neighbours(c, step, around->run_steps, around->run_step_count, around->side);
}

// All in one go.
enum err step_around(struct call *c, struct step **steps, int count, Sokuo__V1__Run ***ret_runs,
                     int *ret_run_count)
{
    struct step_around around;
    if (count == 0)
        return ERR_OK;
    step_around_ask(c, steps, count, &around);
    TRY(db_read(c, around.stmts, ret_runs ? STEP_AROUND : STEP_AROUND - 1));
    TRY(step_around_take(c, &around));
    for (int i = 0; i < count; i++)
        step_around_put(c, &around, steps[i]);
    if (!ret_runs)
        return ERR_OK;
    run_many_take(c, around.stmts[4].rows, ret_runs, ret_run_count);
    run_add_up(c, *ret_runs, *ret_run_count, around.run_steps, around.run_step_count);
    return ERR_OK;
}
