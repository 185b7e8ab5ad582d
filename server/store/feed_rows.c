// SPDX-License-Identifier: Apache-2.0
#include "server/store/feed_rows.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/db_lane.h"

#define ROWS_MOST 512                    // remembered
#define BYTES_MOST ((size_t)1024 * 1024) // likewise
#define PAGE_MOST 256                    // rows that one look takes; more begin anew
#define FOR_EVER INT64_MAX

// Calls that hold changes, and blocks that wait until there are none.
static unsigned holders;
static struct feed_block *left_over;

static void block_free(struct feed_block *b)
{
    call_end(&b->call);
    free(b);
}

static void free_left_over(void)
{
    while (left_over && holders == 0) {
        struct feed_block *b = left_over;
        left_over = b->next;
        block_free(b);
    }
}

static void let_go(void *arg)
{
    (void)arg;
    holders--;
    free_left_over();
}

void feed_rows_hold(struct call *c)
{
    holders++;
    call_defer(c, let_go, NULL);
}

int feed_place_compare(const struct feed_place *a, const struct feed_place *b)
{
    if (a->xid != b->xid)
        return a->xid < b->xid ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static void drop_oldest(struct feed_rows *r)
{
    struct feed_block *b = r->first;
    r->first = b->next;
    if (!r->first)
        r->end = &r->first;
    r->count -= b->count;
    r->bytes -= b->bytes;
    if (b->count > 0)
        r->floor = b->rows[b->count - 1].place;
    b->next = left_over;
    left_over = b;
    free_left_over();
}

// Nothing before this place is remembered.
static void begin_at(struct feed_rows *r, const struct feed_place *place)
{
    while (r->first)
        drop_oldest(r);
    r->floor = r->horizon = *place;
    r->is_known = true;
    r->has_undecided = false;
}

void feed_rows_clear(struct feed_rows *r)
{
    while (r->first)
        drop_oldest(r);
    r->is_known = false;
}

void feed_rows_init(struct feed_rows *r, struct db *db, const struct uuid *tenant_id)
{
    *r = (struct feed_rows){.db = db, .tenant_id = *tenant_id};
    r->end = &r->first;
}

static bool is_stream(const struct rows *rows, int row, const char *stream)
{
    return strcmp(row_text(rows, row, rows_col(rows, "stream")), stream) == 0;
}

static enum err take_row(struct call *c, const struct rows *rows, int row, struct feed_row *ret_row)
{
    bool is_incident = is_stream(rows, row, "incident");
    *ret_row = (struct feed_row){
        .place = feed_place_of(rows, row),
        .incident_id = row_uuid(rows, row, rows_col(rows, is_incident ? "stream_id" : "order_incident_id")),
        .is_intake = is_stream(rows, row, "intake_item"),
        .is_order = is_stream(rows, row, "order"),
        .wall = (int)row_i64(rows, row, rows_col(rows, "wall")),
    };
    ret_row->asked_count = row_uuids(c, rows, row, rows_col(rows, "asked"), &ret_row->asked);
    return feed_change(c, rows, row, &ret_row->change);
}

// Ids of incidents that must be read, each once.
struct wanted {
    struct uuid *ids;
    int count;
};

static void want(struct wanted *wanted, const struct uuid *id)
{
    for (int i = 0; i < wanted->count; i++) {
        if (uuid_equal(&wanted->ids[i], id))
            return;
    }
    wanted->ids[wanted->count++] = *id;
}

// A row past the horizon has changed its incident already: what is remembered of that is out of date.
static void want_overtaken(const struct feed_rows *r, struct wanted *wanted, const struct uuid *id,
                           int version)
{
    for (const struct feed_block *b = r->first; b; b = b->next) {
        for (int i = 0; i < b->count; i++) {
            const struct feed_row *row = &b->rows[i];
            if (row->state && row->state->incident.m.version < version && uuid_equal(&row->incident_id, id))
                want(wanted, id);
        }
    }
}

static void want_ended(const struct feed_rows *r, struct wanted *wanted, int64_t now_us)
{
    for (const struct feed_block *b = r->first; b; b = b->next) {
        for (int i = 0; i < b->count; i++) {
            const struct feed_row *row = &b->rows[i];
            if (row->state && row->state->until_us <= now_us)
                want(wanted, &row->incident_id);
        }
    }
}

static enum err take_page(struct feed_rows *r, struct feed_block *b, const struct rows *rows,
                          struct wanted *wanted)
{
    struct call *c = &b->call;
    int found = rows_count(rows);
    b->rows = call_alloc(c, (size_t)found * sizeof *b->rows + 1);
    wanted->ids = call_alloc(c, (size_t)(found + r->count) * sizeof *wanted->ids + 1);
    r->has_undecided = false;
    for (int i = 0; i < found; i++) {
        struct uuid id = row_uuid(rows, i, rows_col(rows, "stream_id"));
        bool is_incident = is_stream(rows, i, "incident");
        if (row_bool(rows, i, rows_col(rows, "is_decided"))) {
            const struct feed_row *row = &b->rows[b->count++];
            TRY(take_row(c, rows, i, &b->rows[b->count - 1]));
            if (!uuid_is_nil(&row->incident_id))
                want(wanted, &row->incident_id);
            continue;
        }
        r->has_undecided = true;
        if (is_incident)
            want_overtaken(r, wanted, &id, (int)row_i64(rows, i, rows_col(rows, "stream_seq")));
    }
    return ERR_OK;
}

static enum err take_state(struct call *c, const struct rows *rows, int row, struct feed_state *s)
{
    TRY(incident_row(c, rows, row, &s->incident));
    s->section_count = row_uuids(c, rows, row, rows_col(rows, "section_ids"), &s->sections);
    s->member_count = row_uuids(c, rows, row, rows_col(rows, "member_ids"), &s->members);
    (void)row_i16s(c, rows, row, rows_col(rows, "member_accesses"), &s->accesses);
    s->until_us = row_time(rows, row, rows_col(rows, "members_until"));
    if (s->until_us == TIME_NULL)
        s->until_us = FOR_EVER;
    return ERR_OK;
}

static enum err read_states(struct feed_rows *r, struct feed_block *b, const struct wanted *wanted)
{
    if (wanted->count == 0)
        return ERR_OK;
    struct call *c = &b->call;
    const struct param params[] = {p_uuid(&r->tenant_id), p_uuids(c, wanted->ids, wanted->count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_FEED_INCIDENTS, params, &rows));
    b->bytes += PQresultMemorySize(rows_result(rows));
    b->state_count = rows_count(rows);
    b->states = call_alloc(c, (size_t)b->state_count * sizeof *b->states + 1);
    for (int i = 0; i < b->state_count; i++)
        TRY(take_state(c, rows, i, &b->states[i]));
    return ERR_OK;
}

static void link_state(struct feed_rows *r, struct feed_state *s)
{
    for (struct feed_block *b = r->first; b; b = b->next) {
        for (int i = 0; i < b->count; i++) {
            struct feed_row *row = &b->rows[i];
            if (!uuid_equal(&row->incident_id, &s->incident.id))
                continue;
            row->state = s;
            if (row->change->entry)
                row->change->incident = &s->incident.m;
        }
    }
}

static void keep(struct feed_rows *r, struct feed_block *b)
{
    b->bytes += b->call.arena.used + sizeof *b;
    b->next = NULL;
    *r->end = b;
    r->end = &b->next;
    r->count += b->count;
    r->bytes += b->bytes;
    for (int i = 0; i < b->state_count; i++)
        link_state(r, &b->states[i]);
}

// Takes over what a look found; nothing sleeps in here. True when the block is kept.
static bool take_over(struct feed_rows *r, struct feed_block *b, const struct feed_place *horizon)
{
    bool is_kept = b->count > 0 || b->state_count > 0;
    if (b->count > 0) {
        r->horizon = b->rows[b->count - 1].place;
        r->news++;
    }
    if (feed_place_compare(&r->horizon, horizon) < 0)
        r->horizon = *horizon;
    if (is_kept)
        keep(r, b);
    while (r->first && (r->count > ROWS_MOST || r->bytes > BYTES_MOST))
        drop_oldest(r);
    return is_kept;
}

static enum err read_on(struct feed_rows *r, struct feed_block *b, bool *ret_kept)
{
    struct call *c = &b->call;
    const struct param params[] = {p_uuid(&r->tenant_id),
                                   p_text(call_printf(c, "%llu", (unsigned long long)r->horizon.xid)),
                                   p_i64(c, r->horizon.seq), p_i32(c, PAGE_MOST)};
    struct db_stmt stmts[] = {{.query = Q_FEED_HORIZON}, {.query = Q_FEED_LOOK, .params = params}};
    TRY(db_read(c, stmts, 2));
    struct feed_place horizon;
    int64_t now_us;
    feed_take_horizon(stmts[0].rows, &horizon, &now_us);
    const struct rows *rows = stmts[1].rows;
    if (horizon.xid < r->horizon.xid || rows_count(rows) == PAGE_MOST) {
        r->news++;
        begin_at(r, &horizon);
        return ERR_OK;
    }
    b->bytes = PQresultMemorySize(rows_result(stmts[1].rows));
    struct wanted wanted = {.count = 0};
    TRY(take_page(r, b, rows, &wanted));
    want_ended(r, &wanted, now_us);
    TRY(read_states(r, b, &wanted));
    r->now_us = now_us;
    *ret_kept = take_over(r, b, &horizon);
    return ERR_OK;
}

static enum err begin(struct feed_rows *r, struct call *c)
{
    struct feed_place horizon;
    TRY(feed_horizon(c, &horizon, &r->now_us));
    begin_at(r, &horizon);
    r->news++;
    return ERR_OK;
}

// A connection that broke may have led to another server, with less in it: what is remembered is forgotten.
static bool is_another(struct feed_rows *r)
{
    uint64_t reconnects = db_stats(r->db).reconnects;
    bool is_same = reconnects == r->reconnects;
    r->reconnects = reconnects;
    return !is_same;
}

enum err feed_rows_look(struct feed_rows *r)
{
    struct feed_block *b = calloc(1, sizeof *b);
    if (!b)
        abort(); // out of memory: restart beats half a state
    call_begin(&b->call, r->db, 0);
    b->call.method = "feed_look";
    b->call.actor = (struct actor){.tenant_id = r->tenant_id, .is_system = true};
    bool is_kept = false;
    r->is_known &= !is_another(r);
    enum err err = r->is_known ? read_on(r, b, &is_kept) : begin(r, &b->call);
    r->is_known &= !is_another(r);
    if (!is_kept)
        block_free(b);
    return err;
}
