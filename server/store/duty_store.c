// SPDX-License-Identifier: Apache-2.0
#include "server/store/duty_store.h"

#include <string.h>

#include "server/domain/duty.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/wake.h"

// --- chains ---

struct columns {
    int role, scope, rank, post, person, contact, points, stale;
};

static struct columns columns_of(const struct rows *rows)
{
    return (struct columns){
        rows_col(rows, "role"),    rows_col(rows, "scope_id"),  rows_col(rows, "rank"),
        rows_col(rows, "post_id"), rows_col(rows, "person_id"), rows_col(rows, "contact_kind"),
        rows_col(rows, "points"),  rows_col(rows, "stale"),
    };
}

static Sokuo__V1__Absence *take_absence_of_place(struct call *c, const struct rows *rows, int row)
{
    struct uuid id = row_uuid(rows, row, rows_col(rows, "absence_id"));
    if (uuid_is_nil(&id))
        return NULL;
    Sokuo__V1__Absence *absence = call_alloc(c, sizeof *absence);
    sokuo__v1__absence__init(absence);
    absence->id = msg_uuid(c, &id);
    absence->kind = (Sokuo__V1__AbsenceKind)row_i64(rows, row, rows_col(rows, "absence_kind"));
    absence->from = msg_time(c, row_time(rows, row, rows_col(rows, "from_at")));
    absence->until = msg_time(c, row_time(rows, row, rows_col(rows, "until_at")));
    absence->recorded_at = msg_time(c, row_time(rows, row, rows_col(rows, "absence_recorded_at")));
    return absence;
}

static Sokuo__V1__DutyPlace *take_place(struct call *c, const struct rows *rows, const struct columns *at,
                                        int row)
{
    Sokuo__V1__DutyPlace *place = call_alloc(c, sizeof *place);
    sokuo__v1__duty_place__init(place);
    place->on_duty = row_i64(rows, row, at->rank) == 0;
    place->rank = place->on_duty ? 1 : (int32_t)row_i64(rows, row, at->rank);
    place->post = msg_ref(c, row_uuid(rows, row, at->post), row_text(rows, row, rows_col(rows, "post_name")));
    place->person =
        msg_ref(c, row_uuid(rows, row, at->person), row_text(rows, row, rows_col(rows, "person_name")));
    place->tenure = (Sokuo__V1__TenureKind)row_i64(rows, row, rows_col(rows, "tenure"));
    place->absence = take_absence_of_place(c, rows, row);
    place->contact = (Sokuo__V1__ContactKind)row_i64(rows, row, at->contact);
    place->contact_count = (int32_t)row_i64(rows, row, at->points);
    place->stale_count = (int32_t)row_i64(rows, row, at->stale);
    return place;
}

static void judge(struct call *c, Sokuo__V1__Duty *duty)
{
    int count = (int)duty->n_places;
    struct duty_place *places = call_alloc(c, (size_t)count * sizeof *places);
    for (int i = 0; i < count; i++) {
        const Sokuo__V1__DutyPlace *place = duty->places[i];
        places[i] = (struct duty_place){
            .person_id = msg_take_uuid(place->person ? place->person->id : NULL),
            .is_absent = place->absence != NULL,
            .contact_count = place->contact_count,
        };
    }
    duty->reachable_count = duty_judge(places, count);
    duty->too_few = duty->reachable_count < DUTY_LEAST;
    for (int i = 0; i < count; i++)
        duty->places[i]->reach = (Sokuo__V1__Reach)places[i].reach;
}

static void take_succession(struct call *c, const struct rows *rows, int row, Sokuo__V1__Duty *duty)
{
    struct uuid person = row_uuid(rows, row, rows_col(rows, "by_person_id"));
    struct uuid post = row_uuid(rows, row, rows_col(rows, "by_post_id"));
    duty->succession_set = !row_is_null(rows, row, rows_col(rows, "succession_id"));
    duty->valid_from = msg_text(row_text(rows, row, rows_col(rows, "valid_from")));
    duty->override_reason = msg_text(row_text(rows, row, rows_col(rows, "override_reason")));
    if (*duty->override_reason)
        duty->override_by = msg_who(c, &person, row_text(rows, row, rows_col(rows, "by_person_name")), &post,
                                    row_text(rows, row, rows_col(rows, "by_post_name")),
                                    (int)row_i64(rows, row, rows_col(rows, "by_capacity")));
}

static bool is_same_duty(const struct rows *rows, const struct columns *at, int a, int b)
{
    struct uuid scope_a = row_uuid(rows, a, at->scope), scope_b = row_uuid(rows, b, at->scope);
    return row_i64(rows, a, at->role) == row_i64(rows, b, at->role) && uuid_equal(&scope_a, &scope_b);
}

// Whether the person of row i is the one on duty, who stands first (rank 0).
static bool is_on_duty(const struct rows *rows, const struct columns *at, int first, int i)
{
    struct uuid on_duty = row_uuid(rows, first, at->person), other = row_uuid(rows, i, at->person);
    return row_i64(rows, first, at->rank) == 0 && uuid_equal(&on_duty, &other);
}

// The duty whose places begin at row; *ret_next is the first row of the next.
static Sokuo__V1__Duty *take_duty(struct call *c, const struct rows *rows, const struct columns *at, int row,
                                  int *ret_next)
{
    int end = row;
    while (end < rows_count(rows) && is_same_duty(rows, at, row, end))
        end++;
    Sokuo__V1__Duty *duty = call_alloc(c, sizeof *duty);
    sokuo__v1__duty__init(duty);
    duty->role = (Sokuo__V1__Role)row_i64(rows, row, at->role);
    duty->scope =
        msg_ref(c, row_uuid(rows, row, at->scope), row_text(rows, row, rows_col(rows, "scope_name")));
    duty->places = msg_list(c, end - row);
    for (int i = row; i < end; i++) {
        if (i == row || !is_on_duty(rows, at, row, i))
            duty->places[duty->n_places++] = take_place(c, rows, at, i);
    }
    take_succession(c, rows, row, duty);
    judge(c, duty);
    *ret_next = end;
    return duty;
}

enum err duty_list(struct call *c, const struct duty_wish *wish, Sokuo__V1__Duty ***ret_duties,
                   int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_i16(c, (int16_t)wish->role),
                                   p_uuid(&wish->scope_id), p_uuid(&wish->person_id),
                                   wish->post_ids ? p_uuids(c, wish->post_ids, wish->post_count) : p_null()};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_DUTY_CHAIN, params, &rows));
    struct columns at = columns_of(rows);
    Sokuo__V1__Duty **duties = msg_list(c, rows_count(rows));
    int count = 0;
    for (int row = 0; row < rows_count(rows);)
        duties[count++] = take_duty(c, rows, &at, row, &row);
    *ret_duties = duties;
    *ret_count = count;
    return ERR_OK;
}

// --- succession ---

enum err duty_scope_check(struct call *c, const struct uuid *scope_id)
{
    if (uuid_is_nil(scope_id))
        return ERR_OK;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(scope_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_SCOPE_FIND, params, &rows));
    if (rows_count(rows) > 0)
        return ERR_OK;
    return call_fail_field(c, "scopeId", "NO_SUCH_SCOPE", "その部局・課・システムはありません。",
                           "There is no such department, section or system.");
}

enum err succession_check_posts(struct call *c, const struct uuid *post_ids, int count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, post_ids, count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_POSTS_ACTIVE, params, &rows));
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < i; k++) {
            if (uuid_equal(&post_ids[i], &post_ids[k]))
                return call_fail_field(c, "postIds", "TWICE", "同じ職が2回あります。",
                                       "The same post stands there twice.");
        }
    }
    if (rows_count(rows) == count)
        return ERR_OK;
    return call_fail_field(c, "postIds", "NO_SUCH_POST", "ない職、または廃止された職が含まれています。",
                           "One of the posts does not exist or was abolished.");
}

enum err succession_add(struct call *c, const struct succession *s, const struct operation *operation,
                        bool *ret_done)
{
    struct param params[9 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_i16(c, (int16_t)s->role),
        p_uuid(&s->scope_id),
        p_text(s->day),
        p_text(s->override_reason),
        p_uuids(c, s->post_ids, s->post_count),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 9);
    struct db_stmt stmt = {.query = Q_SUCCESSION_ADD, .params = params};
    TRY(db_write(c, &operation->id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

// --- absences ---

enum err absence_whom(struct call *c, const struct uuid *person_id, bool *ret_is_head)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(person_id),
                                   p_uuid(&c->actor.person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ABSENCE_WHOM, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail_field(c, "personId", "NO_SUCH_PERSON", "その人は登録されていません。",
                               "There is no such person.");
    *ret_is_head = row_bool(rows, 0, rows_col(rows, "is_head"));
    return ERR_OK;
}

enum err absence_add(struct call *c, const struct absence *a, const struct operation *operation,
                     bool *ret_done)
{
    struct param params[9 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_uuid(&a->person_id),
        p_i16(c, (int16_t)a->kind),
        p_time(c, a->from_us),
        p_time(c, a->until_us),
        p_text(a->reason),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 9);
    struct db_stmt stmt = {.query = Q_ABSENCE_ADD, .params = params};
    TRY(db_write(c, &a->person_id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    if (*ret_done)
        wake_send(&c->actor.tenant_id, WAKE_ENGINE); // calls leave them at once
    return ERR_OK;
}

enum err absence_end(struct call *c, const struct uuid *id, const struct operation *operation, bool *ret_done)
{
    struct param params[5 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_uuid(id),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 5);
    struct db_stmt stmt = {.query = Q_ABSENCE_END, .params = params};
    TRY(db_write(c, id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

static Sokuo__V1__Absence *take_absence(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Absence *absence = call_alloc(c, sizeof *absence);
    sokuo__v1__absence__init(absence);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    struct uuid by = row_uuid(rows, row, rows_col(rows, "by_person_id"));
    struct uuid post = row_uuid(rows, row, rows_col(rows, "by_post_id"));
    absence->id = msg_uuid(c, &id);
    absence->person = msg_ref(c, row_uuid(rows, row, rows_col(rows, "person_id")),
                              row_text(rows, row, rows_col(rows, "person_name")));
    absence->kind = (Sokuo__V1__AbsenceKind)row_i64(rows, row, rows_col(rows, "kind"));
    absence->from = msg_time(c, row_time(rows, row, rows_col(rows, "from_at")));
    absence->until = msg_time(c, row_time(rows, row, rows_col(rows, "until_at")));
    absence->reason = msg_text(row_text(rows, row, rows_col(rows, "reason")));
    absence->by = msg_who(c, &by, row_text(rows, row, rows_col(rows, "by_person_name")), &post,
                          row_text(rows, row, rows_col(rows, "by_post_name")),
                          (int)row_i64(rows, row, rows_col(rows, "by_capacity")));
    absence->recorded_at = msg_time(c, row_time(rows, row, rows_col(rows, "recorded_at")));
    return absence;
}

enum err absence_list(struct call *c, const struct uuid *person_id, const struct uuid *id,
                      Sokuo__V1__Absence ***ret, int *ret_count)
{
    bool sees_reasons = c->actor.roles & ROLES_LEAD || actor_has_role(&c->actor, ROLE(HR));
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(person_id), p_uuid(id),
                                   p_uuid(&c->actor.person_id), p_bool(sees_reasons)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ABSENCE_LIST, params, &rows));
    Sokuo__V1__Absence **absences = msg_list(c, rows_count(rows));
    for (int row = 0; row < rows_count(rows); row++)
        absences[row] = take_absence(c, rows, row);
    *ret = absences;
    *ret_count = rows_count(rows);
    return ERR_OK;
}
