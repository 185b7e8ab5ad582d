// SPDX-License-Identifier: Apache-2.0
#include "server/store/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/log.h"
#include "server/store/db_lane.h"

#define READ_LANES 3
#define WRITE_LANES 2
#define LEASE_LANES 2
#define WRITE_TRIES 3 // each may wait for a lock for 3 s
#define CLOCK_EVERY_MS 5000
#define TICK_MS 100
#define CLOCK_TRIP_MOST_US 50000   // an answer that took longer says little
#define CLOCK_AGE_MOST_US 10000000 // but better than none for so long
#define DOWN_PATIENCE_US 2000000

uint64_t db_mono_us(void)
{
    return uv_hrtime() / 1000;
}

void unit_reset(struct unit *unit)
{
    for (int i = 0; i < unit->got; i++) {
        PQclear(rows_result(unit->stmts[i].rows));
        unit->stmts[i].rows = NULL;
    }
    unit->got = 0;
    unit->err = ERR_OK;
    unit->is_aborted = false;
}

void unit_finish(struct unit *unit, enum err err)
{
    if (err != ERR_OK)
        unit_reset(unit);
    unit->err = err;
    if (unit->done != NULL)
        unit->done(unit);
    else
        fiber_wake(unit->fiber);
}

static void on_tick(uv_timer_t *timer)
{
    struct db *db = timer->data;
    if (!db_expire(db) && !db->is_closing)
        (void)uv_timer_stop(timer);
}

void unit_queue(struct db *db, struct unit *unit, struct queue *queue)
{
    unit->queued_us = db_mono_us();
    unit->order = ++db->orders;
    queue_push(queue, unit);
    if (!uv_is_active((uv_handle_t *)&db->tick))
        (void)uv_timer_start(&db->tick, on_tick, TICK_MS, TICK_MS);
}

static void clear_rows(void *rows)
{
    PQclear(rows);
}

enum err unit_run(struct db *db, struct unit *unit, struct queue *queue)
{
    struct call *c = unit->call;
    bool is_down = db->down_since_us != 0 && db_mono_us() - db->down_since_us > DOWN_PATIENCE_US;
    if (db->is_closing || is_down)
        return db_error_fail(c, ERR_UNAVAILABLE);
    unit->fiber = fiber_self();
    assert(unit->fiber != NULL);
    unit_queue(db, unit, queue);
    fiber_sleep();
    if (unit->err != ERR_OK)
        return db_error_fail(c, unit->err);
    for (int i = 0; i < unit->count; i++)
        call_defer(c, clear_rows, unit->stmts[i].rows);
    return ERR_OK;
}

enum err db_read(struct call *c, struct db_stmt *stmts, int count)
{
    struct unit unit = {.call = c, .stmts = stmts, .count = count, .sets_caller = true};
    c->db->stats.reads++;
    return unit_run(c->db, &unit, &c->db->reads);
}

enum err db_query(struct call *c, enum query query, const struct param *params, struct rows **ret_rows)
{
    struct db_stmt stmt = {.query = query, .params = params};
    TRY(db_read(c, &stmt, 1));
    *ret_rows = stmt.rows;
    return ERR_OK;
}

// By the last bytes: of a version 7 uuid they are random.
static struct lane *lane_of(struct db *db, const struct uuid *stream)
{
    unsigned hash = stream->bytes[15] ^ (unsigned)stream->bytes[14] << 3;
    return &db->lanes[db->read_count + (int)(hash % (unsigned)db->write_count)];
}

static enum err write_once(struct call *c, const struct uuid *stream, struct db_stmt *stmts, int count)
{
    struct unit unit = {.call = c, .stmts = stmts, .count = count, .stream = stream, .sets_caller = true};
    return unit_run(c->db, &unit, &lane_of(c->db, stream)->writes);
}

enum err db_write(struct call *c, const struct uuid *stream, struct db_stmt *stmts, int count)
{
    c->db->stats.write_units++;
    enum err err = write_once(c, stream, stmts, count);
    for (int i = 1; i < WRITE_TRIES && err == ERR_ABORTED; i++) {
        call_clear_error(c);
        c->db->stats.write_retries++;
        err = write_once(c, stream, stmts, count);
    }
    return err;
}

static void clock_done(struct unit *unit)
{
    struct db *db = (struct db *)((char *)unit - offsetof(struct db, clock_unit));
    db->is_clock_asked = false;
    if (unit->err != ERR_OK)
        return;
    uint64_t now_us = db_mono_us();
    bool is_quick = now_us - db->clock_sent_us < CLOCK_TRIP_MOST_US;
    if (is_quick || !db->is_clock_known || now_us - db->clock_at_us > CLOCK_AGE_MOST_US) {
        db->clock_db_us = row_time(unit->stmts[0].rows, 0, 0);
        db->clock_at_us = db->clock_sent_us + (now_us - db->clock_sent_us) / 2;
        db->is_clock_known = true;
    }
    unit_reset(unit);
    db_lane_changed(db);
}

void db_ask_clock(struct db *db)
{
    if (db->is_clock_asked || db->is_closing)
        return;
    db->is_clock_asked = true;
    db->clock_sent_us = db_mono_us();
    db->clock_stmt = (struct db_stmt){.query = Q_CLOCK_NOW};
    db->clock_unit = (struct unit){.done = clock_done, .stmts = &db->clock_stmt, .count = 1};
    unit_queue(db, &db->clock_unit, &db->reads);
}

static void on_clock(uv_timer_t *timer)
{
    db_ask_clock(timer->data);
}

static unsigned lanes_up(const struct db *db, enum lane_kind kind)
{
    unsigned up = 0;
    for (int i = 0; i < db->lane_count; i++)
        up += db->lanes[i].kind == kind && db->lanes[i].state == LANE_UP;
    return up;
}

bool db_ready(const struct db *db)
{
    return lanes_up(db, LANE_READ) > 0 && lanes_up(db, LANE_WRITE) > 0 && db->is_clock_known &&
           !db->is_closing;
}

void db_lane_changed(struct db *db)
{
    bool is_up = lanes_up(db, LANE_READ) > 0 && lanes_up(db, LANE_WRITE) > 0;
    if (is_up)
        db->down_since_us = 0;
    else if (db->down_since_us == 0)
        db->down_since_us = db_mono_us();
    if (is_up && !db->is_clock_known)
        db_ask_clock(db);
    if (db_ready(db))
        fiber_cond_broadcast(&db->ready);
}

bool db_wait_ready(struct db *db, uint64_t timeout_us)
{
    uint64_t until_us = db_mono_us() + timeout_us;
    while (!db_ready(db)) {
        uint64_t now_us = db_mono_us();
        if (db->is_closing || now_us >= until_us || !fiber_cond_wait(&db->ready, until_us - now_us))
            return db_ready(db);
    }
    return true;
}

int64_t db_now_us(const struct db *db)
{
    if (db->is_clock_known)
        return db->clock_db_us + (int64_t)(db_mono_us() - db->clock_at_us);
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct db_stats db_stats(const struct db *db)
{
    struct db_stats stats = db->stats;
    stats.read_queue = db->reads.count;
    stats.lanes = (unsigned)db->lane_count;
    for (int i = 0; i < db->lane_count; i++) {
        stats.write_queue += db->lanes[i].kind == LANE_WRITE ? db->lanes[i].writes.count : 0;
        stats.lanes_up += db->lanes[i].state == LANE_UP;
    }
    return stats;
}

void db_on_notify(struct db *db, void (*fn)(void *arg, const char *payload), void *arg)
{
    db->on_notify = fn;
    db->on_notify_arg = arg;
}

bool db_is_local(const struct db *db)
{
    for (int i = 0; i < db->lane_count; i++) {
        const char *host =
            db->lanes[i].conn && db->lanes[i].state == LANE_UP ? PQhost(db->lanes[i].conn) : NULL;
        if (host != NULL)
            return host[0] == '/';
    }
    return false;
}

static void lanes_add(struct db *db, enum lane_kind kind, int wanted, int usual)
{
    int count = wanted > 0 ? wanted : usual;
    for (int i = 0; i < count && db->lane_count < LANES_MOST; i++) {
        struct lane *lane = &db->lanes[db->lane_count++];
        lane->db = db;
        lane->kind = kind;
        lane->listens = kind == LANE_READ && i == 0;
        (void)uv_timer_init(db->loop, &lane->retry);
        lane->retry.data = lane;
        db->handles++;
    }
}

static char *copy(const char *text)
{
    char *copied = strdup(text ? text : "sokuo");
    if (copied == NULL)
        abort();
    return copied;
}

struct db *db_open(struct uv_loop_s *loop, const struct db_options *options)
{
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL)
        abort();
    db->loop = loop;
    db->conninfo = copy(options->conninfo);
    db->name = copy(options->name);
    db->down_since_us = db_mono_us();
    lanes_add(db, LANE_READ, options->read_lanes, READ_LANES);
    db->read_count = db->lane_count;
    lanes_add(db, LANE_WRITE, options->write_lanes, WRITE_LANES);
    db->write_count = db->lane_count - db->read_count;
    lanes_add(db, LANE_LEASE, options->lease_lanes, LEASE_LANES);
    db->pump.data = db->tick.data = db->clock.data = db;
    (void)uv_prepare_init(loop, &db->pump);
    (void)uv_prepare_start(&db->pump, db_pump);
    (void)uv_timer_init(loop, &db->tick);
    (void)uv_timer_init(loop, &db->clock);
    (void)uv_timer_start(&db->clock, on_clock, CLOCK_EVERY_MS, CLOCK_EVERY_MS);
    db->handles += 3;
    for (int i = 0; i < db->lane_count; i++)
        lane_connect(&db->lanes[i]);
    return db;
}

void db_handle_closed(struct db *db)
{
    if (--db->handles > 0 || !db->is_closing)
        return;
    free(db->conninfo);
    free(db->name);
    free(db);
}

static void handle_closed(uv_handle_t *handle)
{
    db_handle_closed(handle->data);
}

static void retry_closed(uv_handle_t *handle)
{
    struct lane *lane = handle->data;
    db_handle_closed(lane->db);
}

static void finish_queue(struct queue *q)
{
    for (struct unit *unit = queue_pop(q); unit != NULL; unit = queue_pop(q))
        unit_finish(unit, ERR_UNAVAILABLE);
}

void db_close(struct db *db)
{
    db->is_closing = true;
    fiber_cond_broadcast(&db->ready);
    for (int i = 0; i < db->lane_count; i++) {
        lane_lost(&db->lanes[i], "closing");
        finish_queue(&db->lanes[i].writes);
        uv_close((uv_handle_t *)&db->lanes[i].retry, retry_closed);
    }
    finish_queue(&db->reads);
    finish_queue(&db->leases);
    uv_close((uv_handle_t *)&db->pump, handle_closed);
    uv_close((uv_handle_t *)&db->tick, handle_closed);
    uv_close((uv_handle_t *)&db->clock, handle_closed);
}
