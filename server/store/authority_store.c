// SPDX-License-Identifier: Apache-2.0
#include "server/store/authority_store.h"

#include <stdlib.h>

#include "server/store/message.h"
#include "server/store/note.h"

static Sokuo__V1__Authority *shipped(struct call *c, const struct authority_rule *rule)
{
    Sokuo__V1__Authority *m = call_alloc(c, sizeof *m);
    sokuo__v1__authority__init(m);
    m->act = (Sokuo__V1__AuthorityAct)rule->act;
    m->role = (Sokuo__V1__Role)rule->role;
    m->level = (Sokuo__V1__AuthorityLevel)rule->level;
    m->level_s3 = (Sokuo__V1__AuthorityLevel)rule->level_s3;
    m->acts_first = authority_acts_first(rule->act);
    return m;
}

static Sokuo__V1__Authority *find(Sokuo__V1__Authority **list, int count, int act, int role)
{
    for (int i = 0; i < count; i++) {
        if ((int)list[i]->act == act && (int)list[i]->role == role)
            return list[i];
    }
    return NULL;
}

static void take(struct call *c, const struct rows *rows, int row, Sokuo__V1__Authority *m)
{
    struct uuid by = row_uuid(rows, row, rows_col(rows, "by_person_id"));
    struct uuid post = row_uuid(rows, row, rows_col(rows, "by_post_id"));
    m->level = (Sokuo__V1__AuthorityLevel)row_i64(rows, row, rows_col(rows, "level"));
    m->level_s3 = (Sokuo__V1__AuthorityLevel)row_i64(rows, row, rows_col(rows, "level_s3"));
    m->valid_from = msg_text(row_text(rows, row, rows_col(rows, "valid_from")));
    m->reason = msg_text(row_text(rows, row, rows_col(rows, "reason")));
    m->legal_basis = msg_text(row_text(rows, row, rows_col(rows, "legal_basis")));
    m->recorded_at = msg_time(c, row_time(rows, row, rows_col(rows, "recorded_at")));
    m->by = msg_who(c, &by, row_text(rows, row, rows_col(rows, "by_person_name")), &post,
                    row_text(rows, row, rows_col(rows, "by_post_name")),
                    (int)row_i64(rows, row, rows_col(rows, "by_capacity")));
}

static int compare_cells(const void *a, const void *b)
{
    const Sokuo__V1__Authority *x = *(Sokuo__V1__Authority *const *)a, *y = *(Sokuo__V1__Authority *const *)b;
    return x->act != y->act ? (x->act < y->act ? -1 : 1) : (x->role > y->role) - (x->role < y->role);
}

enum err authority_list(struct call *c, Sokuo__V1__Authority ***ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_bool(false)};
    struct rows *rows = NULL;
    size_t shipped_count = 0;
    const struct authority_rule *rules = authority_defaults(&shipped_count);
    TRY(db_query(c, Q_AUTHORITY_NOW, params, &rows));
    Sokuo__V1__Authority **list = msg_list(c, (int)shipped_count + rows_count(rows));
    int count = 0;
    for (size_t i = 0; i < shipped_count; i++)
        list[count++] = shipped(c, &rules[i]);
    for (int row = 0; row < rows_count(rows); row++) {
        int act = (int)row_i64(rows, row, rows_col(rows, "act")),
            role = (int)row_i64(rows, row, rows_col(rows, "role"));
        Sokuo__V1__Authority *cell = find(list, count, act, role);
        if (!cell)
            cell = list[count++] = shipped(c, &(struct authority_rule){.act = act, .role = role});
        take(c, rows, row, cell);
    }
    qsort(list, (size_t)count, sizeof(void *), compare_cells);
    *ret = list;
    *ret_count = count;
    return ERR_OK;
}

enum err authority_changes(struct call *c, Sokuo__V1__Authority ***ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_AUTHORITY_CHANGES, params, &rows));
    int count = rows_count(rows);
    Sokuo__V1__Authority **list = msg_list(c, count);
    for (int row = 0; row < count; row++) {
        const struct authority_rule rule = {.act = (int)row_i64(rows, row, rows_col(rows, "act")),
                                            .role = (int)row_i64(rows, row, rows_col(rows, "role"))};
        list[row] = shipped(c, &rule);
        take(c, rows, row, list[row]);
    }
    *ret = list;
    *ret_count = count;
    return ERR_OK;
}

enum err authority_of(struct call *c, int act, int severity, int *ret_level)
{
    Sokuo__V1__Authority **list = NULL;
    int count = 0;
    TRY(authority_list(c, &list, &count));
    struct authority_rule *rules = call_alloc(c, (size_t)(count + 1) * sizeof *rules);
    for (int i = 0; i < count; i++)
        rules[i] = (struct authority_rule){(int)list[i]->act, (int)list[i]->role, (int)list[i]->level,
                                           (int)list[i]->level_s3};
    *ret_level = authority_level(rules, (size_t)count, act, c->actor.roles, severity);
    return ERR_OK;
}

enum err authority_set(struct call *c, const struct authority_rule *rule,
                       const struct authority_ground *ground, const struct operation *operation,
                       bool *ret_done)
{
    struct param params[11 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_i16(c, (int16_t)rule->act),
        p_i16(c, (int16_t)rule->role),
        p_i16(c, (int16_t)rule->level),
        p_i16(c, (int16_t)rule->level_s3),
        p_text(ground->day),
        p_text(ground->reason),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 10);
    params[10 + NOTE_PARAMS] = p_text(ground->legal_basis);
    struct db_stmt stmt = {.query = Q_AUTHORITY_SET, .params = params};
    TRY(db_write(c, &operation->id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}
