// SPDX-License-Identifier: Apache-2.0
// Lists: places are found along narrow indexes, merged, and the rows of one page are read.
#include <stdlib.h>
#include <string.h>

#include "server/store/incident_store.h"
#include "server/store/message.h"

#define SOURCES_MAX 16 // ways to look, asked in one go
#define VALUES_MAX 8   // values of one filter that are worth a way each
#define LIST_PARAMS 16

struct source {
    enum query query;
    struct param whose; // $16
    bool has_whose;
};

struct plan {
    struct source sources[SOURCES_MAX];
    int count;
};

static void add(struct plan *plan, enum query query)
{
    plan->sources[plan->count++] = (struct source){.query = query};
}

static void add_person(struct plan *plan, enum query query, const struct uuid *id)
{
    if (!uuid_is_nil(id))
        plan->sources[plan->count++] =
            (struct source){.query = query, .whose = p_uuid(id), .has_whose = true};
}

static void add_values(struct call *c, struct plan *plan, enum query query, const int *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        plan->sources[plan->count++] =
            (struct source){.query = query, .whose = p_i16(c, (int16_t)values[i]), .has_whose = true};
}

// A reader with a narrow reach sees only what one of these can find (the policy of 0003_access.sql).
static void plan_own(struct call *c, struct plan *plan)
{
    const struct actor *actor = &c->actor;
    add(plan, Q_INCIDENT_LIST_PUBLIC);
    add_person(plan, Q_INCIDENT_LIST_HANDLER, &actor->person_id);
    add_person(plan, Q_INCIDENT_LIST_FILER, &actor->person_id);
    add_person(plan, Q_INCIDENT_LIST_COMMANDER, &actor->person_id);
    add_person(plan, Q_INCIDENT_LIST_NAMED, &actor->person_id);
    add_person(plan, Q_INCIDENT_LIST_FILER_SECTION, &actor->section_id);
    add_person(plan, Q_INCIDENT_LIST_SECTION, &actor->section_id);
}

// The narrowest way that the filter allows. The enums of protobuf-c are ints.
static void plan_all(struct call *c, const Sokuo__V1__IncidentFilter *f, const struct uuid *handler,
                     const struct uuid *section, struct plan *plan)
{
    if (!uuid_is_nil(handler))
        add_person(plan, Q_INCIDENT_LIST_HANDLER, handler);
    else if (!uuid_is_nil(section))
        add_person(plan, Q_INCIDENT_LIST_SECTION, section);
    else if (f->open_only)
        add(plan, Q_INCIDENT_LIST_OPEN);
    else if (f->n_states > 0 && f->n_states <= VALUES_MAX)
        add_values(c, plan, Q_INCIDENT_LIST_STATE, (const int *)f->states, f->n_states);
    else if (f->n_incident_types > 0 && f->n_incident_types <= VALUES_MAX)
        add_values(c, plan, Q_INCIDENT_LIST_TYPE, (const int *)f->incident_types, f->n_incident_types);
    else if (f->n_severities > 0 && f->n_severities <= VALUES_MAX)
        add_values(c, plan, Q_INCIDENT_LIST_SEVERITY, (const int *)f->severities, f->n_severities);
    else
        add(plan, Q_INCIDENT_LIST_ALL);
}

static struct param enum_param(struct call *c, const int *values, size_t count)
{
    if (count == 0)
        return p_null();
    int16_t *list = call_alloc(c, count * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (int16_t)values[i];
    return p_i16s(c, list, (int)count);
}

static void fill_params(struct call *c, const Sokuo__V1__IncidentFilter *f,
                        const struct incident_place *before, int limit, const struct uuid *ids,
                        struct param out[LIST_PARAMS])
{
    int64_t from = msg_take_time(f->filed_from);
    const struct param params[LIST_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_i16(c, (int16_t)(f->mode ? (int)f->mode : (int)MODE(REAL))),
        p_time(c, before->filed_at_us),
        p_bytes(before->id.bytes, 16),
        p_time(c, from == TIME_NULL ? 0 : from),
        p_i32(c, limit),
        enum_param(c, (const int *)f->states, f->n_states),
        enum_param(c, (const int *)f->severities, f->n_severities),
        enum_param(c, (const int *)f->incident_types, f->n_incident_types),
        p_bool(f->open_only),
        p_uuid(&ids[0]),
        p_bool(f->unassigned_only),
        p_uuid(&ids[1]),
        p_uuid(&ids[2]),
        f->zone ? p_i16(c, (int16_t)f->zone) : p_null(),
    };
    memcpy(out, params, sizeof params);
}

static int newest_first(const void *a, const void *b)
{
    const struct incident_place *x = a, *y = b;
    if (x->filed_at_us != y->filed_at_us)
        return x->filed_at_us > y->filed_at_us ? -1 : 1;
    return -memcmp(x->id.bytes, y->id.bytes, 16);
}

// Merges what the ways found; the same incident may have been found on several.
static int merge(struct call *c, const struct db_stmt *stmts, int count, int limit, struct uuid **ret_ids)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        total += rows_count(stmts[i].rows);
    struct incident_place *places = call_alloc(c, (size_t)total * sizeof *places + 1);
    int n = 0;
    for (int i = 0; i < count; i++) {
        for (int r = 0; r < rows_count(stmts[i].rows); r++, n++) {
            places[n].filed_at_us = row_time(stmts[i].rows, r, 0);
            places[n].id = row_uuid(stmts[i].rows, r, 1);
        }
    }
    qsort(places, (size_t)n, sizeof *places, newest_first);
    *ret_ids = call_alloc(c, (size_t)(limit + 1) * sizeof **ret_ids);
    int kept = 0;
    for (int i = 0; i < n && kept < limit; i++) {
        if (i == 0 || newest_first(&places[i - 1], &places[i]) != 0)
            (*ret_ids)[kept++] = places[i].id;
    }
    return kept;
}

enum err incident_many(struct call *c, const struct uuid *ids, int count,
                       Sokuo__V1__Incident ***ret_incidents, int *ret_count)
{
    *ret_incidents = msg_list(c, count);
    *ret_count = 0;
    if (count == 0)
        return ERR_OK;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_MANY, params, &rows));
    int found = rows_count(rows);
    struct incident *incidents = call_alloc(c, (size_t)found * sizeof *incidents + 1);
    for (int i = 0; i < found; i++)
        TRY(incident_row(c, rows, i, &incidents[i]));
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < found; i++) {
            if (!uuid_equal(&incidents[i].id, &ids[k]) || !(incidents[i].acts & ACCESS_READ))
                continue;
            (*ret_incidents)[(*ret_count)++] = &incidents[i].m;
            break;
        }
    }
    return ERR_OK;
}

enum err incident_list(struct call *c, const Sokuo__V1__IncidentFilter *f,
                       const struct incident_place *before, int limit, Sokuo__V1__Incident ***ret_incidents,
                       int *ret_count)
{
    const struct uuid ids[] = {msg_take_uuid(f->handler_id), msg_take_uuid(f->section_id),
                               msg_take_uuid(f->system_id)};
    struct plan plan = {.count = 0};
    if (c->actor.reads_all || c->actor.is_system)
        plan_all(c, f, &ids[0], &ids[1], &plan);
    else
        plan_own(c, &plan);

    struct db_stmt stmts[SOURCES_MAX];
    for (int i = 0; i < plan.count; i++) {
        struct param *params = call_alloc(c, LIST_PARAMS * sizeof *params);
        fill_params(c, f, before, limit, ids, params);
        if (plan.sources[i].has_whose)
            params[15] = plan.sources[i].whose;
        stmts[i] = (struct db_stmt){.query = plan.sources[i].query, .params = params};
    }
    TRY(db_read(c, stmts, plan.count));
    struct uuid *found;
    int count = merge(c, stmts, plan.count, limit, &found);
    return incident_many(c, found, count, ret_incidents, ret_count);
}

// A narrow reader's numbers are counted over what the list would show: at most 201 of each source are looked
// at.
static enum err count_own(struct call *c, const Sokuo__V1__IncidentFilter *f, int states[15],
                          int severities[6], Sokuo__V1__CountIncidentsResponse *res)
{
    struct incident_place before = {.filed_at_us = INT64_C(253402300799000000)};
    memset(before.id.bytes, 0xff, 16);
    Sokuo__V1__Incident **list;
    int count;
    TRY(incident_list(c, f, &before, 201, &list, &count));
    for (int i = 0; i < count; i++) {
        states[list[i]->state]++;
        if (!state_is_open((int)list[i]->state))
            continue;
        severities[list[i]->severity]++;
        res->unassigned += list[i]->handler == NULL;
        res->triage_overdue += list[i]->triage_due_at && msg_take_time(list[i]->triage_due_at) < c->now_us;
    }
    return ERR_OK;
}

static enum err count_all(struct call *c, const Sokuo__V1__IncidentFilter *f, int states[15],
                          int severities[6], Sokuo__V1__CountIncidentsResponse *res)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   p_i16(c, (int16_t)(f->mode ? (int)f->mode : (int)MODE(REAL)))};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_COUNTS, params, &rows));
    int kind = rows_col(rows, "kind"), value = rows_col(rows, "value"), count = rows_col(rows, "count");
    for (int i = 0; i < rows_count(rows); i++) {
        int v = (int)row_i64(rows, i, value), n = (int)row_i64(rows, i, count);
        switch (row_i64(rows, i, kind)) {
        case 1:
            states[v] = n;
            break;
        case 2:
            severities[v] = n;
            break;
        case 3:
            res->unassigned = n;
            break;
        default:
            res->triage_overdue = n;
        }
    }
    return ERR_OK;
}

enum err incident_counts(struct call *c, const Sokuo__V1__IncidentFilter *f,
                         Sokuo__V1__CountIncidentsResponse *res)
{
    int states[15] = {0}, severities[6] = {0};
    bool is_plain = f->n_states + f->n_severities + f->n_incident_types == 0 && !f->open_only &&
                    !f->unassigned_only && !*f->handler_id && !*f->section_id && !*f->system_id && !f->zone &&
                    !f->filed_from && !f->filed_before;
    if (is_plain && (c->actor.reads_all || c->actor.is_system))
        TRY(count_all(c, f, states, severities, res));
    else
        TRY(count_own(c, f, states, severities, res));

    res->states = msg_list(c, 15);
    for (int s = 1; s < 15; s++) {
        if (states[s] == 0)
            continue;
        Sokuo__V1__StateCount *row = res->states[res->n_states++] = call_alloc(c, sizeof *row);
        sokuo__v1__state_count__init(row);
        row->state = (Sokuo__V1__IncidentState)s;
        row->count = states[s];
    }
    res->severities = msg_list(c, 6);
    for (int s = 0; s < 6; s++) {
        if (severities[s] == 0)
            continue;
        Sokuo__V1__SeverityCount *row = res->severities[res->n_severities++] = call_alloc(c, sizeof *row);
        sokuo__v1__severity_count__init(row);
        row->severity = (Sokuo__V1__Severity)s;
        row->count = severities[s];
    }
    return ERR_OK;
}
