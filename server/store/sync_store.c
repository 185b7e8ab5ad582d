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

static void take_horizon(const struct rows *rows, struct feed_place *ret_place, int64_t *ret_now_us)
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
    take_horizon(rows, ret_place, ret_now_us);
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

static enum err take_change(struct call *c, const struct rows *rows, int row,
                            Sokuo__V1__FeedChange **ret_change)
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

enum err feed_read(struct call *c, const struct feed_place *after, const struct uuid *incident_id,
                   bool with_intake, int limit, Sokuo__V1__FeedChange ***ret_changes, int *ret_count,
                   bool *ret_more, struct feed_place *ret_next, int64_t *ret_now_us)
{
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), p_text(call_printf(c, "%llu", (unsigned long long)after->xid)),
        p_i64(c, after->seq),        p_uuid(incident_id),
        p_bool(with_intake),         p_i32(c, limit),
    };
    // The horizon first: what commits between the two is not stepped over.
    struct db_stmt stmts[] = {{.query = Q_FEED_HORIZON}, {.query = Q_FEED_PAGE, .params = params}};
    TRY(db_read(c, stmts, 2));
    struct feed_place horizon;
    take_horizon(stmts[0].rows, &horizon, ret_now_us);
    *ret_next = horizon;
    *ret_count = 0;
    *ret_more = false;
    if (after->xid > horizon.xid + 1)
        return ERR_OK;

    const struct rows *rows = stmts[1].rows;
    int found = rows_count(rows), incident_count;
    Sokuo__V1__Incident **incidents;
    TRY(read_incidents(c, rows, found, &incidents, &incident_count));
    *ret_changes = msg_list(c, found);
    for (int i = 0; i < found; i++) {
        Sokuo__V1__FeedChange *change;
        TRY(take_change(c, rows, i, &change));
        if (change->entry && !(change->incident = find(incidents, incident_count, change->stream_id)))
            continue; // the first wall
        (*ret_changes)[(*ret_count)++] = change;
    }
    *ret_more = found == limit;
    *ret_next = *after;
    if (found > 0) {
        ret_next->xid = strtoull(row_text(rows, found - 1, rows_col(rows, "feed_xid")), NULL, 10);
        ret_next->seq = row_i64(rows, found - 1, rows_col(rows, "feed_seq"));
    }
    if (!*ret_more && horizon.xid > ret_next->xid) {
        ret_next->xid = horizon.xid;
        ret_next->seq = 0;
    }
    return ERR_OK;
}
