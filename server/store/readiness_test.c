// SPDX-License-Identifier: Apache-2.0
#include "server/store/readiness_test.h"

#include "server/store/escalation_store.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define TITLE "連絡体制の試験"
#define ROLES_MOST 64

enum { OF_ORDER = 1, OF_STATE }; // operations derived from the caller's

enum err readiness_places(struct call *c, const struct order_aim *aim, struct readiness_place **ret,
                          int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_i16s(c, aim->kinds, aim->count),
                                   p_i16s(c, aim->roles, aim->count), p_uuids(c, aim->unit_ids, aim->count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_READINESS_PLACES, params, &rows));
    *ret_count = rows_count(rows);
    *ret = call_alloc(c, (size_t)(*ret_count + 1) * sizeof **ret);
    for (int i = 0; i < *ret_count; i++)
        (*ret)[i] = (struct readiness_place){(int)row_i64(rows, i, 0), row_uuid(rows, i, 1)};
    return ERR_OK;
}

// --- beginning ---

void readiness_test_prepare(struct call *c, struct readiness_test *test, const struct operation *operation)
{
    Sokuo__V1__Incident *m = &test->filing.incident.m;
    sokuo__v1__incident__init(m);
    m->title = msg_text(TITLE);
    m->mode = MODE(EXERCISE);
    m->confidentiality = CLASS(INTERNAL);
    m->severity = SEVERITY(S1);
    m->severity_assessed = true;
    m->occurred_at = msg_time(c, c->now_us);
    test->filing.calls_nobody = true;
    incident_filing_begin(c, &test->filing);
    test->order_id = uuid_derive(&operation->id, OF_ORDER);
}

// There is nothing to triage: it is handled from the start, and closed from there.
static enum err handle(struct call *c, struct db_lease *lease, const struct incident *before,
                       const struct operation *operation)
{
    struct incident after = *before;
    const struct incident_note note = {
        .kind = "incident.state",
        .text = TITLE "を開始",
        .occurred_at_us = TIME_NULL,
        .entry_kind = ENTRY_KIND(CHANGE),
        .id = uuid_v7(),
    };
    struct uuid op_id = uuid_derive(&operation->id, OF_STATE);
    struct operation_facts facts;
    bool is_done = false;
    after.m.state = STATE(HANDLING_LOCAL);
    after.m.triage_due_at = NULL;
    return incident_save_leased(c, lease, before, &after, &note, NULL, &op_id, &facts, &is_done);
}

static enum err give(struct call *c, struct db_lease *lease, const struct readiness_test *test,
                     const struct operation *operation)
{
    struct operation of_order = *operation;
    of_order.id = test->order_id;
    const struct order_giving giving = {
        .incident_id = test->filing.incident.id,
        .text = test->text,
        .targets = test->targets,
        .aim = test->aim,
        .occurred_at_us = TIME_NULL,
        .send_at_us = TIME_NULL,
        .due_at_us = TIME_NULL,
        .capacity = c->actor.capacity ? c->actor.capacity : (int)CAPACITY(SELF),
        .addressees = test->place_count,
    };
    return order_add_leased(c, lease, &giving, &of_order);
}

// Places come by role.
static enum err limit_calls(struct call *c, struct db_lease *lease, const struct readiness_test *test)
{
    int16_t roles[ROLES_MOST];
    const char *policies[ROLES_MOST];
    int count = 0;
    for (int i = 0; i < test->place_count && count < ROLES_MOST; i++) {
        if (count > 0 && roles[count - 1] == test->places[i].role)
            continue;
        struct escalation_policy policy;
        escalation_policy_test(test->places[i].role, test->answer_within_min * 60, &policy);
        roles[count] = (int16_t)test->places[i].role;
        policies[count++] = esc_policy_hex(c, &policy);
    }
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&test->filing.incident.id),
                                   p_i16s(c, roles, count), p_texts(c, policies, count)};
    struct rows *rows = NULL;
    return db_lease_query(c, lease, Q_READINESS_TEST_POLICIES, params, &rows);
}

// Filings wait for each other, so of two tests at once the second sees the first.
static enum err keep(struct call *c, struct db_lease *lease, const struct readiness_test *test,
                     bool *ret_kept)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&test->filing.incident.id),
                                   p_uuid(&test->order_id), p_i16(c, (int16_t)test->answer_within_min)};
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_READINESS_TEST_ADD, params, &rows));
    *ret_kept = rows_count(rows) > 0;
    return ERR_OK;
}

static enum err write(struct call *c, struct readiness_test *test, const struct operation *operation,
                      bool *ret_done, bool *ret_runs)
{
    struct db_lease *lease = NULL;
    struct operation_facts facts;
    bool is_kept = false;
    *ret_done = *ret_runs = false;
    TRY(db_begin(c, &lease));
    TRY(incident_file_leased(c, lease, &test->filing, operation, &facts, ret_done));
    if (!*ret_done)
        return ERR_OK;
    TRY(handle(c, lease, &test->filing.incident, operation));
    TRY(give(c, lease, test, operation));
    TRY(limit_calls(c, lease, test));
    TRY(keep(c, lease, test, &is_kept));
    *ret_done = is_kept;
    *ret_runs = !is_kept;
    if (is_kept)
        return db_commit(c, lease);
    db_rollback(lease);
    return ERR_OK;
}

// As the server itself: the caller was checked, and calls lie with others.
enum err readiness_test_begin(struct call *c, struct readiness_test *test, const struct operation *operation,
                              bool *ret_done, bool *ret_runs)
{
    bool was_system = c->actor.is_system;
    c->actor.is_system = true;
    enum err err = write(c, test, operation, ret_done, ret_runs);
    c->actor.is_system = was_system;
    if (err == ERR_ALREADY_EXISTS) { // the same operation in another process at the same time
        call_clear_error(c);
        *ret_done = false;
        return ERR_OK;
    }
    TRY(err);
    if (*ret_done) {
        wake_send(&c->actor.tenant_id, WAKE_FEED);
        wake_send(&c->actor.tenant_id, WAKE_ENGINE);
    }
    return ERR_OK;
}

// --- reading ---

static Sokuo__V1__ReadinessTest *take(struct call *c, const struct rows *rows)
{
    Sokuo__V1__ReadinessTest *m = call_alloc(c, sizeof *m);
    sokuo__v1__readiness_test__init(m);
    struct uuid incident = row_uuid(rows, 0, rows_col(rows, "incident_id"));
    struct uuid order = row_uuid(rows, 0, rows_col(rows, "order_id"));
    struct uuid by = row_uuid(rows, 0, rows_col(rows, "by_person_id"));
    struct uuid post = row_uuid(rows, 0, rows_col(rows, "by_post_id"));
    m->incident_id = msg_uuid(c, &incident);
    m->order_id = msg_uuid(c, &order);
    m->incident_number = msg_text(row_text(rows, 0, rows_col(rows, "number")));
    m->started_at = msg_time(c, row_time(rows, 0, rows_col(rows, "begun_at")));
    m->answer_within_min = (int32_t)row_i64(rows, 0, rows_col(rows, "answer_within_min"));
    m->asked = (int32_t)row_i64(rows, 0, rows_col(rows, "asked"));
    m->answered = (int32_t)row_i64(rows, 0, rows_col(rows, "answered"));
    m->answered_by_deputy = (int32_t)row_i64(rows, 0, rows_col(rows, "by_deputy"));
    m->not_reachable = (int32_t)row_i64(rows, 0, rows_col(rows, "not_reachable"));
    m->silent = m->asked - m->answered - m->not_reachable;
    m->is_running = row_bool(rows, 0, rows_col(rows, "is_running"));
    m->by = msg_who(c, &by, row_text(rows, 0, rows_col(rows, "by_person_name")), &post,
                    row_text(rows, 0, rows_col(rows, "by_post_name")),
                    (int)row_i64(rows, 0, rows_col(rows, "by_capacity")));
    return m;
}

enum err readiness_test_last(struct call *c, Sokuo__V1__ReadinessTest **ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct rows *rows = NULL;
    bool was_system = c->actor.is_system;
    c->actor.is_system = true;
    enum err err = db_query(c, Q_READINESS_TEST_LAST, params, &rows);
    c->actor.is_system = was_system;
    TRY(err);
    *ret = rows_count(rows) > 0 ? take(c, rows) : NULL;
    return ERR_OK;
}
