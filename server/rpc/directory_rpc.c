// SPDX-License-Identifier: Apache-2.0
// DirectoryService: organs, departments, sections, posts, duties, systems. People are in person_rpc.c.
#include "server/rpc/page.h"
#include "server/store/directory_store.h"

#include <stdlib.h>
#include <string.h>

#include "server/domain/date.h"
#include "server/rpc/directory_fill.h"
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/wake.h"

// --- shared with person_rpc.c

enum err directory_day(struct call *c, const char *field, const char *text, const char **ret_day)
{
    char day[DATE_SIZE];
    *ret_day = NULL;
    if (text[0] == '\0')
        return ERR_OK;
    if (!date_read(text, day))
        return call_fail_field(c, field, "BAD_DATE", "日付は 2026-04-01 のように書いてください。",
                               "Write a day as 2026-04-01.");
    *ret_day = arena_strdup(&c->arena, day);
    return ERR_OK;
}

enum err directory_number(struct call *c, const char *field, int value, int least, int most)
{
    if (value >= least && value <= most)
        return ERR_OK;
    return call_fail_field(c, field, "OUT_OF_RANGE", "%dから%dまでの番号で指定してください。",
                           "Give a number from %d to %d.", least, most);
}

void directory_changed(struct call *c)
{
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    wake_send(&c->actor.tenant_id, WAKE_SESSIONS); /* duties may have changed hands */
}

enum err directory_one(struct call *c, enum query query, const struct param *params, struct rows **ret_rows)
{
    TRY(db_query(c, query, params, ret_rows));
    if (rows_count(*ret_rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_THING", "見つかりません。", "Not found.");
    return ERR_OK;
}

// --- units

enum err rpc_list_units(struct call *c, const Sokuo__V1__ListUnitsRequest *req,
                        Sokuo__V1__ListUnitsResponse *res)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_bool(req->include_inactive), p_null()};
    TRY(db_query(c, Q_UNIT_LIST, params, &rows));
    res->units = msg_list(c, rows_count(rows));
    for (int i = 0; i < rows_count(rows); i++)
        res->units[res->n_units++] = fill_unit(c, rows, i);
    return ERR_OK;
}

enum err rpc_save_unit(struct call *c, const Sokuo__V1__SaveUnitRequest *req,
                       Sokuo__V1__SaveUnitResponse *res)
{
    const Sokuo__V1__UnitInput *unit = req->unit;
    TRY(directory_number(c, "unit.kind", (int)unit->kind, 1, 3));
    struct uuid id, parent_id = msg_take_uuid(unit->parent_id);
    const struct param values[] = {
        p_i16(c, (int16_t)unit->kind), p_text(unit->code),  p_text(unit->name), p_uuid(&parent_id),
        p_text(unit->phone),           p_bool(unit->active)};
    TRY(directory_save(c, Q_UNIT_SAVE, msg_take_uuid(unit->id), values, 6, &id));
    directory_changed(c);

    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_bool(true), p_uuid(&id)};
    TRY(directory_one(c, Q_UNIT_LIST, params, &rows));
    res->unit = fill_unit(c, rows, 0);
    return ERR_OK;
}

// --- posts

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

struct indexed_post {
    struct uuid id; // first, for compare_ids
    Sokuo__V1__Post *post;
};

// Posts of a page by id, so that holders and duties find theirs.
static struct indexed_post *index_posts(struct call *c, Sokuo__V1__Post **posts, int count)
{
    struct indexed_post *index = call_alloc(c, (size_t)count * sizeof *index);
    for (int i = 0; i < count; i++)
        index[i] = (struct indexed_post){msg_take_uuid(posts[i]->id), posts[i]};
    qsort(index, (size_t)count, sizeof *index, compare_ids);
    return index;
}

// The rows are sorted by post: those of one lie together.
static int rows_of_post(const struct rows *rows, int from, const struct uuid *post_id)
{
    int at = from, col = rows_col(rows, "post_id");
    while (at < rows_count(rows)) {
        struct uuid id = row_uuid(rows, at, col);
        if (!uuid_equal(&id, post_id))
            break;
        at++;
    }
    return at - from;
}

static void attach_holders(struct call *c, struct indexed_post *index, int count, const struct rows *rows)
{
    for (int at = 0; at < rows_count(rows);) {
        struct uuid id = row_uuid(rows, at, rows_col(rows, "post_id"));
        int n = rows_of_post(rows, at, &id);
        struct indexed_post *found = bsearch(&id, index, (size_t)count, sizeof *index, compare_ids);
        found->post->holders = msg_list(c, n);
        for (; n > 0; n--)
            found->post->holders[found->post->n_holders++] = fill_tenure(c, rows, at++);
    }
}

static void attach_duties(struct call *c, struct indexed_post *index, int count, const struct rows *rows)
{
    for (int at = 0; at < rows_count(rows);) {
        struct uuid id = row_uuid(rows, at, rows_col(rows, "post_id"));
        int n = rows_of_post(rows, at, &id);
        struct indexed_post *found = bsearch(&id, index, (size_t)count, sizeof *index, compare_ids);
        found->post->roles = msg_list(c, n);
        for (; n > 0; n--)
            found->post->roles[found->post->n_roles++] = fill_duty(c, rows, at++);
    }
}

static enum err complete_posts(struct call *c, Sokuo__V1__Post **posts, int count, const char *day)
{
    struct indexed_post *index = index_posts(c, posts, count);
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids);
    for (int i = 0; i < count; i++)
        ids[i] = index[i].id;
    const struct param holder_params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count), p_text(day)};
    const struct param duty_params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count), p_text(day),
                                        p_null()};
    struct db_stmt stmts[] = {{.query = Q_POST_HOLDERS, .params = holder_params},
                              {.query = Q_POST_DUTIES, .params = duty_params}};
    TRY(db_read(c, stmts, 2));
    attach_holders(c, index, count, stmts[0].rows);
    attach_duties(c, index, count, stmts[1].rows);
    return ERR_OK;
}

enum err rpc_list_posts(struct call *c, const Sokuo__V1__ListPostsRequest *req,
                        Sokuo__V1__ListPostsResponse *res)
{
    int size = page_size_of(req->page_size);
    const char *after = "", *day = NULL;
    TRY(page_token_read(c, req->page_token, &after));
    TRY(directory_day(c, "asOf", req->as_of, &day));
    struct uuid unit_id = msg_take_uuid(req->unit_id);
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   p_text(after),
                                   p_i32(c, size + 1),
                                   p_text(req->query),
                                   p_uuid(&unit_id),
                                   p_text(day),
                                   p_bool(req->vacant_only),
                                   p_i16(c, (int16_t)req->role),
                                   p_null()};
    TRY(db_query(c, Q_POST_LIST, params, &rows));
    int count = rows_count(rows) > size ? size : rows_count(rows);
    res->posts = msg_list(c, count);
    for (int i = 0; i < count; i++)
        res->posts[res->n_posts++] = fill_post(c, rows, i);
    if (rows_count(rows) > size)
        res->next_page_token = page_token_make(c, res->posts[count - 1]->code);
    return complete_posts(c, res->posts, count, day);
}

enum err rpc_save_post(struct call *c, const Sokuo__V1__SavePostRequest *req,
                       Sokuo__V1__SavePostResponse *res)
{
    int rank = req->rank == 0 ? 5 : req->rank;
    TRY(directory_number(c, "rank", rank, 1, 5));
    struct uuid id, unit_id = msg_take_uuid(req->unit_id);
    const struct param values[] = {p_text(req->code), p_text(req->name), p_uuid(&unit_id),
                                   p_i16(c, (int16_t)rank), p_bool(req->active)};
    TRY(directory_save(c, Q_POST_SAVE, msg_take_uuid(req->id), values, 5, &id));
    directory_changed(c);

    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   p_text(""),
                                   p_i32(c, 1),
                                   p_text(""),
                                   p_null(),
                                   p_null(),
                                   p_bool(false),
                                   p_i16(c, 0),
                                   p_uuid(&id)};
    TRY(directory_one(c, Q_POST_LIST, params, &rows));
    res->post = fill_post(c, rows, 0);
    return complete_posts(c, &res->post, 1, NULL);
}

enum err rpc_save_role_assignment(struct call *c, const Sokuo__V1__SaveRoleAssignmentRequest *req,
                                  Sokuo__V1__SaveRoleAssignmentResponse *res)
{
    const char *from = NULL, *until = NULL;
    TRY(directory_number(c, "role", (int)req->role, 1, SOKUO__V1__ROLE__ROLE_COMMITTEE));
    TRY(directory_day(c, "validFrom", req->valid_from, &from));
    TRY(directory_day(c, "validUntil", req->valid_until, &until));
    struct uuid id, post_id = msg_take_uuid(req->post_id), scope_id = msg_take_uuid(req->scope_id);
    const struct param values[] = {p_uuid(&post_id), p_i16(c, (int16_t)req->role), p_uuid(&scope_id),
                                   p_text(from), p_text(until)};
    TRY(directory_save(c, Q_DUTY_SAVE, msg_take_uuid(req->id), values, 5, &id));
    directory_changed(c);

    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, &post_id, 1), p_null(),
                                   p_uuid(&id)};
    TRY(directory_one(c, Q_POST_DUTIES, params, &rows));
    res->role_assignment = fill_duty(c, rows, 0);
    return ERR_OK;
}

// --- systems

enum err rpc_list_systems(struct call *c, const Sokuo__V1__ListSystemsRequest *req,
                          Sokuo__V1__ListSystemsResponse *res)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_null()};
    TRY(db_query(c, Q_SYSTEM_LIST, params, &rows));
    res->systems = msg_list(c, rows_count(rows));
    for (int i = 0; i < rows_count(rows); i++)
        res->systems[res->n_systems++] = fill_system(c, rows, i);
    return ERR_OK;
}

enum err rpc_save_system(struct call *c, const Sokuo__V1__SaveSystemRequest *req,
                         Sokuo__V1__SaveSystemResponse *res)
{
    TRY(directory_number(c, "zone", req->zone, 0, 9));
    TRY(directory_number(c, "availabilityLevel", req->availability_level, 0, 2));
    struct uuid id, section_id = msg_take_uuid(req->section_id);
    const struct param values[] = {p_text(req->code),
                                   p_text(req->name),
                                   p_uuid(&section_id),
                                   p_i16(c, (int16_t)req->zone),
                                   p_i16(c, (int16_t)req->availability_level),
                                   p_bool(req->active)};
    TRY(directory_save(c, Q_SYSTEM_SAVE, msg_take_uuid(req->id), values, 6, &id));
    directory_changed(c);

    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&id)};
    TRY(directory_one(c, Q_SYSTEM_LIST, params, &rows));
    res->system = fill_system(c, rows, 0);
    return ERR_OK;
}
