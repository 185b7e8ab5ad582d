// SPDX-License-Identifier: Apache-2.0
#include "server/store/readiness_store.h"

#include <stdlib.h>
#include <string.h>

#include "server/store/duty_store.h"
#include "server/store/message.h"

// --- looking ---

static int compare_reach(const void *a, const void *b)
{
    const Sokuo__V1__Duty *x = *(Sokuo__V1__Duty *const *)a, *y = *(Sokuo__V1__Duty *const *)b;
    if (x->reachable_count != y->reachable_count)
        return x->reachable_count < y->reachable_count ? -1 : 1;
    return x->role < y->role ? -1 : x->role > y->role;
}

// A person who stands in one of the chains.
struct stander {
    struct uuid id; // first, for compare_standers
    bool has_contact, has_fresh_contact;
};

static int compare_standers(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

static int collect(Sokuo__V1__Duty *const *duties, int count, struct stander *standers)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        for (size_t k = 0; k < duties[i]->n_places; k++) {
            const Sokuo__V1__DutyPlace *place = duties[i]->places[k];
            if (place->person)
                standers[n++] = (struct stander){msg_take_uuid(place->person->id), place->contact_count > 0,
                                                 place->contact_count > place->stale_count};
        }
    }
    qsort(standers, (size_t)n, sizeof *standers, compare_standers);
    return n;
}

static void count_contacts(struct call *c, Sokuo__V1__Duty *const *duties, int count,
                           Sokuo__V1__GetReadinessResponse *res)
{
    size_t places = 0;
    for (int i = 0; i < count; i++)
        places += duties[i]->n_places;
    struct stander *standers = call_alloc(c, (places + 1) * sizeof *standers);
    int n = collect(duties, count, standers);
    for (int i = 0; i < n; i++) {
        if (i > 0 && uuid_equal(&standers[i].id, &standers[i - 1].id))
            continue;
        res->without_contact_count += !standers[i].has_contact;
        res->stale_count += standers[i].has_contact && !standers[i].has_fresh_contact;
    }
}

static enum err list_broken(struct call *c, Sokuo__V1__GetReadinessResponse *res)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_READINESS_BROKEN_CHANNELS, params, &rows));
    res->broken_channels = msg_list(c, rows_count(rows));
    for (int i = 0; i < rows_count(rows); i++)
        res->broken_channels[res->n_broken_channels++] = msg_text(row_text(rows, i, 0));
    return ERR_OK;
}

enum err readiness_read(struct call *c, bool holes_only, Sokuo__V1__GetReadinessResponse *res)
{
    static const struct duty_wish all;
    Sokuo__V1__Duty **duties = NULL;
    int count = 0;
    TRY(duty_list(c, &all, &duties, &count));
    qsort(duties, (size_t)count, sizeof(void *), compare_reach);
    res->as_of = msg_time(c, c->now_us);
    res->duty_count = count;
    res->duties = msg_list(c, count);
    for (int i = 0; i < count; i++) {
        res->empty_count += duties[i]->reachable_count == 0;
        res->thin_count += duties[i]->reachable_count > 0 && duties[i]->too_few;
        if (duties[i]->too_few || !holes_only)
            res->duties[res->n_duties++] = duties[i];
    }
    count_contacts(c, duties, count, res);
    return list_broken(c, res);
}

// --- telling ---

// What is wrong, a line each; "" when nothing is.
static const char *digest_of(struct call *c, const Sokuo__V1__GetReadinessResponse *ready)
{
    struct buf out = buf_in(&c->arena);
    if (ready->empty_count > 0)
        buf_printf(&out, "\n・今呼べる人がいない役割: %d", ready->empty_count);
    if (ready->thin_count > 0)
        buf_printf(&out, "\n・呼べる人が3人に満たない役割: %d", ready->thin_count);
    if (ready->without_contact_count > 0)
        buf_printf(&out, "\n・連絡先が登録されていない人: %d", ready->without_contact_count);
    if (ready->stale_count > 0)
        buf_printf(&out, "\n・連絡先を90日以上確かめていない人: %d", ready->stale_count);
    if (ready->n_broken_channels > 0)
        buf_printf(&out, "\n・使えない送信経路: %zu", ready->n_broken_channels);
    if (out.len == 0)
        return "";
    return call_printf(c, "連絡体制に穴があります。「備え」の画面で確かめて塞いでください。%s",
                       buf_text(&out));
}

enum err readiness_tell(struct call *c, int *ret_told)
{
    Sokuo__V1__GetReadinessResponse ready = SOKUO__V1__GET_READINESS_RESPONSE__INIT;
    TRY(readiness_read(c, true, &ready));
    const char *text = digest_of(c, &ready);
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(text),
                                   p_i32(c, ready.empty_count + ready.thin_count)};
    struct db_stmt stmt = {.query = Q_READINESS_TELL, .params = params};
    TRY(db_write(c, &c->actor.tenant_id, &stmt, 1));
    *ret_told = rows_count(stmt.rows);
    return ERR_OK;
}

enum err readiness_due(struct call *c, struct uuid **ret_tenants, int *ret_count)
{
    static const struct uuid any_stream;
    struct db_stmt enroll = {.query = Q_READINESS_ENROLL};
    struct rows *rows = NULL;
    TRY(db_write(c, &any_stream, &enroll, 1));
    TRY(db_query(c, Q_READINESS_DUE, NULL, &rows));
    *ret_count = rows_count(rows);
    *ret_tenants = call_alloc(c, (size_t)(*ret_count + 1) * sizeof **ret_tenants);
    for (int i = 0; i < *ret_count; i++)
        (*ret_tenants)[i] = row_uuid(rows, i, 0);
    return ERR_OK;
}
