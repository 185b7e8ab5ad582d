// SPDX-License-Identifier: Apache-2.0
#include "server/store/sync_store.h"

#include <stdlib.h>
#include <string.h>

#include "server/store/message.h"

// The database does not change under a process: asked once.
static uint64_t known_epoch;

enum err feed_epoch(struct call *c, uint64_t *ret_epoch)
{
    if (known_epoch == 0) {
        struct rows *rows = NULL;
        TRY(db_query(c, Q_FEED_EPOCH, NULL, &rows));
        known_epoch = (uint64_t)row_i64(rows, 0, 0);
    }
    *ret_epoch = known_epoch;
    return ERR_OK;
}

void feed_take_horizon(const struct rows *rows, struct feed_place *ret_place, int64_t *ret_now_us)
{
    *ret_place = (struct feed_place){.epoch = known_epoch, .xid = strtoull(row_text(rows, 0, 0), NULL, 10)};
    *ret_now_us = row_time(rows, 0, 1);
}

enum err feed_horizon(struct call *c, struct feed_place *ret_place, int64_t *ret_now_us)
{
    uint64_t epoch;
    TRY(feed_epoch(c, &epoch));
    struct rows *rows = NULL;
    TRY(db_query(c, Q_FEED_HORIZON, NULL, &rows));
    feed_take_horizon(rows, ret_place, ret_now_us);
    return ERR_OK;
}

static bool is_incident(const struct rows *rows, int row)
{
    return strcmp(row_text(rows, row, rows_col(rows, "stream")), "incident") == 0;
}

// The incidents of the rows as they are now, each once.
static enum err read_incidents(struct call *c, const struct rows *rows, int count,
                               Sokuo__V1__Incident ***ret_incidents, int *ret_count)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids + 1);
    int n = 0, col = rows_col(rows, "stream_id");
    for (int i = 0; i < count; i++) {
        struct uuid id = row_uuid(rows, i, col);
        bool is_known = !is_incident(rows, i);
        for (int k = 0; k < n && !is_known; k++)
            is_known = uuid_equal(&ids[k], &id);
        if (!is_known)
            ids[n++] = id;
    }
    return incident_many(c, ids, n, ret_incidents, ret_count);
}

static Sokuo__V1__Incident *find(Sokuo__V1__Incident **incidents, int count, const char *id)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(incidents[i]->id, id) == 0)
            return incidents[i];
    }
    return NULL;
}

struct feed_place feed_place_of(const struct rows *rows, int row)
{
    return (struct feed_place){.epoch = known_epoch,
                               .xid = strtoull(row_text(rows, row, rows_col(rows, "feed_xid")), NULL, 10),
                               .seq = row_i64(rows, row, rows_col(rows, "feed_seq"))};
}

enum err feed_change(struct call *c, const struct rows *rows, int row, Sokuo__V1__FeedChange **ret_change)
{
    Sokuo__V1__FeedChange *change = *ret_change = call_alloc(c, sizeof *change);
    sokuo__v1__feed_change__init(change);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "stream_id"));
    change->stream = msg_text(row_text(rows, row, rows_col(rows, "stream")));
    change->stream_id = msg_uuid(c, &id);
    change->kind = msg_text(row_text(rows, row, rows_col(rows, "kind")));
    change->version = (int32_t)row_i64(rows, row, rows_col(rows, "stream_seq"));
    change->mode = (Sokuo__V1__Mode)row_i64(rows, row, rows_col(rows, "mode"));
    if (is_incident(rows, row))
        TRY(entry_row(c, rows, row, &change->entry));
    return ERR_OK;
}

// The rows with their incidents, without those that the first wall hides.
static enum err take_changes(struct call *c, const struct rows *rows, struct feed_page *page)
{
    int found = rows_count(rows), incident_count;
    Sokuo__V1__Incident **incidents;
    TRY(read_incidents(c, rows, found, &incidents, &incident_count));
    page->changes = msg_list(c, found);
    for (int i = 0; i < found; i++) {
        Sokuo__V1__FeedChange *change;
        TRY(feed_change(c, rows, i, &change));
        if (change->entry && !(change->incident = find(incidents, incident_count, change->stream_id)))
            continue;
        page->changes[page->count++] = change;
    }
    return ERR_OK;
}

enum err feed_read(struct call *c, const struct feed_place *after, const struct feed_wish *wish,
                   struct feed_page *ret_page)
{
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), p_text(call_printf(c, "%llu", (unsigned long long)after->xid)),
        p_i64(c, after->seq),        p_uuid(&wish->incident_id),
        p_bool(wish->with_intake),   p_i32(c, wish->limit),
    };
    // The horizon first: what commits between the two is not stepped over.
    struct db_stmt stmts[] = {{.query = Q_FEED_HORIZON}, {.query = Q_FEED_PAGE, .params = params}};
    TRY(db_read(c, stmts, 2));
    struct feed_place horizon;
    *ret_page = (struct feed_page){.count = 0};
    feed_take_horizon(stmts[0].rows, &horizon, &ret_page->now_us);
    ret_page->next = horizon;
    if (after->xid > horizon.xid + 1)
        return ERR_OK;

    const struct rows *rows = stmts[1].rows;
    TRY(take_changes(c, rows, ret_page));
    int found = rows_count(rows);
    ret_page->more = found == wish->limit;
    ret_page->next = found > 0 ? feed_place_of(rows, found - 1) : *after;
    if (!ret_page->more && horizon.xid > ret_page->next.xid)
        ret_page->next = horizon;
    return ERR_OK;
}
