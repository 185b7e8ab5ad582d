// SPDX-License-Identifier: Apache-2.0
#include "server/store/office_store.h"

#include "server/store/message.h"
#include "server/store/note.h"

// --- hours ---

static void take_days(struct call *c, const struct rows *rows, const struct uuid *tenant_id,
                      struct office_hours *ret)
{
    size_t room = (size_t)rows_count(rows) + 1;
    int32_t *closed = call_alloc(c, room * sizeof *closed), *opened = call_alloc(c, room * sizeof *opened);
    *ret = office_hours_default;
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid tenant = row_uuid(rows, row, rows_col(rows, "tenant_id"));
        int32_t day = (int32_t)row_i64(rows, row, rows_col(rows, "day"));
        if (!uuid_equal(&tenant, tenant_id))
            continue;
        if (row_i64(rows, row, rows_col(rows, "kind")) == OFFICE_DAY(OPEN))
            opened[ret->open_count++] = day;
        else
            closed[ret->closed_count++] = day;
    }
    ret->open_days = opened;
    ret->closed_days = closed;
}

enum err office_hours_read(struct call *c, struct db_lease *lease, const struct uuid *tenants, int count,
                           struct office_hours **ret)
{
    const struct param params[] = {p_uuids(c, tenants, count), p_null(), p_null()};
    struct rows *rows = NULL;
    TRY(lease ? db_lease_query(c, lease, Q_OFFICE_DAYS, params, &rows)
              : db_query(c, Q_OFFICE_DAYS, params, &rows));
    *ret = call_alloc(c, (size_t)(count + 1) * sizeof **ret);
    for (int i = 0; i < count; i++)
        take_days(c, rows, &tenants[i], &(*ret)[i]);
    return ERR_OK;
}

// --- days ---

static Sokuo__V1__OfficeDay *show_day(struct call *c, int32_t day, int kind, const char *name)
{
    Sokuo__V1__OfficeDay *m = call_alloc(c, sizeof *m);
    sokuo__v1__office_day__init(m);
    m->day = call_alloc(c, DATE_SIZE);
    day_text(day, m->day);
    m->kind = (Sokuo__V1__OfficeDayKind)kind;
    m->name = msg_text(name);
    return m;
}

static Sokuo__V1__OfficeDay *show_own(struct call *c, const struct rows *rows, int row, int32_t day)
{
    struct uuid by = row_uuid(rows, row, rows_col(rows, "by_person_id"));
    struct uuid post = row_uuid(rows, row, rows_col(rows, "by_post_id"));
    Sokuo__V1__OfficeDay *m = show_day(c, day, (int)row_i64(rows, row, rows_col(rows, "kind")),
                                       row_text(rows, row, rows_col(rows, "name")));
    m->is_own = true;
    m->by = msg_who(c, &by, row_text(rows, row, rows_col(rows, "by_person_name")), &post,
                    row_text(rows, row, rows_col(rows, "by_post_name")),
                    (int)row_i64(rows, row, rows_col(rows, "by_capacity")));
    return m;
}

// Own days come in order.
enum err office_days(struct call *c, int32_t from, int32_t count, Sokuo__V1__OfficeDay ***ret, int *ret_count)
{
    const struct param params[] = {p_uuids(c, &c->actor.tenant_id, 1), p_i32(c, from),
                                   p_i32(c, from + count - 1)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_OFFICE_DAYS, params, &rows));
    int n = 0, row = 0, at = rows_col(rows, "day");
    Sokuo__V1__OfficeDay **days = msg_list(c, count + 1);
    for (int32_t day = from; day < from + count; day++) {
        if (row < rows_count(rows) && row_i64(rows, row, at) == day)
            days[n++] = show_own(c, rows, row++, day);
        else if (!day_is_weekend(day) && !day_is_working(day))
            days[n++] =
                show_day(c, day, OFFICE_DAY(CLOSED),
                         day_is_holiday(day) ? (c->lang == LANG_JA ? "祝日" : "national holiday")
                                             : (c->lang == LANG_JA ? "年末年始" : "turn of the year"));
    }
    *ret = days;
    *ret_count = n;
    return ERR_OK;
}

enum err office_day_set(struct call *c, const char *day, int kind, const char *name,
                        const struct operation *operation, bool *ret_done)
{
    struct param params[7 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_text(day),
        p_i16(c, (int16_t)kind),
        p_text(name),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 7);
    struct db_stmt stmt = {.query = Q_OFFICE_DAY_SET, .params = params};
    TRY(db_write(c, &operation->id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}
