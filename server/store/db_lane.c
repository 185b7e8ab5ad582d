// SPDX-License-Identifier: Apache-2.0
#include "server/store/db_lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fault.h"
#include "server/base/log.h"

void queue_push(struct queue *q, struct unit *unit)
{
    unit->next = NULL;
    if (q->last != NULL)
        q->last->next = unit;
    else
        q->first = unit;
    q->last = unit;
    q->count++;
}

void queue_push_front(struct queue *q, struct unit *unit)
{
    unit->next = q->first;
    q->first = unit;
    if (q->last == NULL)
        q->last = unit;
    q->count++;
}

struct unit *queue_pop(struct queue *q)
{
    struct unit *unit = q->first;
    if (unit == NULL)
        return NULL;
    q->first = unit->next;
    if (q->first == NULL)
        q->last = NULL;
    q->count--;
    unit->next = NULL;
    return unit;
}

unsigned lane_room(const struct lane *lane)
{
    return (LANE_SLOTS - (lane->tail - lane->head)) / 2;
}

static struct slot *slot_of(struct lane *lane, uint32_t place)
{
    return &lane->slots[place % LANE_SLOTS];
}

static void on_poll(uv_poll_t *poll, int status, int events);

// Waits for the socket to take more only while something is left to send.
static bool flush(struct lane *lane)
{
    int left = PQflush(lane->conn);
    if (left < 0)
        return false;
    int events = UV_READABLE | (left > 0 ? UV_WRITABLE : 0);
    if (events != lane->events) {
        lane->events = events;
        (void)uv_poll_start(&lane->poll, events, on_poll);
    }
    return true;
}

static void take_notifications(struct lane *lane)
{
    for (PGnotify *n = PQnotifies(lane->conn); n != NULL; n = PQnotifies(lane->conn)) {
        if (lane->db->on_notify != NULL)
            lane->db->on_notify(lane->db->on_notify_arg, n->extra);
        PQfreemem(n);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct lane *lane = poll->data;
    bool is_well = status == 0;
    if (is_well && (events & UV_READABLE)) {
        is_well = PQconsumeInput(lane->conn) == 1;
        lane_results(lane); // also what came just before the end
        if (lane->state != LANE_UP)
            return;
        if (lane->listens)
            take_notifications(lane);
        is_well = is_well && PQstatus(lane->conn) == CONNECTION_OK && !lane->is_stale;
    }
    if (!is_well || !flush(lane))
        lane_lost(lane, "connection lost");
}

// PostgreSQL gave up waiting for the standby: committed here, perhaps not there. It says so in a warning
// only.
static void on_notice(void *arg, const PGresult *res)
{
    struct lane *lane = arg;
    const char *function = PQresultErrorField(res, PG_DIAG_SOURCE_FUNCTION);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    bool is_given_up = (function != NULL && strcmp(function, "SyncRepWaitForLSN") == 0) ||
                       (message != NULL && strstr(message, "wait for synchronous replication") != NULL);
    if (is_given_up)
        lane->group_unknown = true;
    log_warn("db_notice", LOG_S("message", message),
             LOG_S("sqlstate", PQresultErrorField(res, PG_DIAG_SQLSTATE)));
}

void lane_up(struct lane *lane)
{
    struct db *db = lane->db;
    (void)PQsetNoticeReceiver(lane->conn, on_notice, lane);
    if (uv_poll_init(db->loop, &lane->poll, PQsocket(lane->conn)) != 0)
        abort();
    lane->poll.data = lane;
    db->handles++;
    lane->events = UV_READABLE;
    (void)uv_poll_start(&lane->poll, lane->events, on_poll);
    lane->state = LANE_UP;
    memset(lane->is_prepared, 0, sizeof lane->is_prepared);
    for (int i = 0; i < queries_of_lane_count; i++)
        lane->is_prepared[queries_of_lane[i]] = true;
    if (lane->listens && db->on_notify != NULL)
        db->on_notify(db->on_notify_arg, NULL);
    db_lane_changed(db);
}

static void poll_closed(uv_handle_t *poll)
{
    struct lane *lane = poll->data;
    if (!lane->db->is_closing)
        lane_connect(lane);
    db_handle_closed(lane->db);
}

// Where a unit goes whose connection broke; NULL: it gets unit->err as its outcome.
static struct queue *fate(struct lane *lane, struct unit *unit, bool may_be_committed)
{
    bool is_commit = unit->stmts[0].query == Q_LEASE_COMMIT;
    unit_reset(unit);
    unit->attempts++;
    if (may_be_committed && (lane->kind == LANE_WRITE || is_commit)) {
        unit->err = ERR_COMMIT_UNKNOWN;
        return NULL;
    }
    unit->err = ERR_UNAVAILABLE;
    if (lane->kind == LANE_LEASE || unit->attempts >= ATTEMPTS_MOST || lane->db->is_closing)
        return NULL;
    return lane->kind == LANE_READ ? &lane->db->reads : &lane->writes;
}

// Empties the ring, back to front so that queues keep their order. Returns those who get their outcome now.
static struct queue take_back(struct lane *lane)
{
    struct queue over = {0};
    uint32_t first_end = lane->head; // end of the group that is getting results
    while (first_end != lane->tail && !slot_of(lane, first_end)->ends_group)
        first_end++;
    for (uint32_t i = lane->tail; i-- != lane->head;) {
        struct unit *unit = slot_of(lane, i)->unit;
        if (unit == NULL)
            continue;
        bool is_synced = (int32_t)(i - lane->synced) < 0;
        bool is_failed = lane->group_failed && (int32_t)(i - first_end) <= 0;
        struct queue *again = fate(lane, unit, is_synced && !is_failed);
        queue_push_front(again ? again : &over, unit);
    }
    // A new connection knows nothing of the transaction that these belonged to.
    for (struct unit *unit = NULL; lane->kind == LANE_LEASE && (unit = queue_pop(&lane->writes)) != NULL;) {
        unit->err = ERR_UNAVAILABLE;
        queue_push(&over, unit);
    }
    lane->head = lane->at = lane->synced = lane->tail;
    lane->groups = 0;
    lane->group_failed = lane->group_unknown = lane->is_stale = false;
    lane->caller = NULL;
    return over;
}

void lane_lost(struct lane *lane, const char *why)
{
    struct db *db = lane->db;
    if (lane->state != LANE_UP)
        return;
    if (!db->is_closing) {
        log_warn("db_lane_lost", LOG_S("why", why), LOG_S("message", PQerrorMessage(lane->conn)));
        db->stats.reconnects++;
    }
    lane->state = LANE_DOWN;
    uv_close((uv_handle_t *)&lane->poll, poll_closed);
    PQfinish(lane->conn);
    lane->conn = NULL;
    struct queue over = take_back(lane);
    if (lane->is_leased)
        lease_lost(lane);
    db_lane_changed(db);
    for (struct unit *unit = queue_pop(&over); unit != NULL; unit = queue_pop(&over)) {
        db->stats.commits_unknown += unit->err == ERR_COMMIT_UNKNOWN;
        unit_finish(unit, unit->err);
    }
}

static bool is_same_caller(const struct call *a, const struct call *b)
{
    return a != NULL && uuid_equal(&a->actor.tenant_id, &b->actor.tenant_id) &&
           uuid_equal(&a->actor.person_id, &b->actor.person_id) &&
           uuid_equal(&a->actor.section_id, &b->actor.section_id) &&
           a->actor.reads_all == b->actor.reads_all && a->actor.is_system == b->actor.is_system;
}

static bool send_query(struct lane *lane, enum query query, const struct param *params)
{
    const char *values[QUERY_PARAMS_MOST];
    int lengths[QUERY_PARAMS_MOST], formats[QUERY_PARAMS_MOST];
    int count = query_table[query].params;
    for (int i = 0; i < count; i++) {
        values[i] = params[i].data;
        lengths[i] = params[i].len;
        formats[i] = params[i].format;
    }
    return PQsendQueryPrepared(lane->conn, query_table[query].name, count, values, lengths, formats, 1) == 1;
}

static const char *id_text(const struct uuid *id, char out[UUID_TEXT_SIZE])
{
    return uuid_is_nil(id) ? "" : uuid_format(id, out);
}

static bool send_caller(struct lane *lane, const struct call *c)
{
    char tenant[UUID_TEXT_SIZE], person[UUID_TEXT_SIZE], section[UUID_TEXT_SIZE];
    const char *reach = c->actor.is_system ? "system" : c->actor.reads_all ? "all" : "own";
    const struct param params[] = {
        p_text(id_text(&c->actor.tenant_id, tenant)),
        p_text(id_text(&c->actor.person_id, person)),
        p_text(reach),
        p_text(id_text(&c->actor.section_id, section)),
    };
    lane->caller = c;
    return send_query(lane, Q_SESSION_SET, params);
}

static bool prepare_query(struct lane *lane, enum query query)
{
    lane->is_prepared[query] = true;
    return PQsendPrepare(lane->conn, query_table[query].name, query_table[query].text, 0, NULL) == 1;
}

// Prepared statements cost every backend some 70 kB each, so a lane prepares what it is asked, when it is
// asked first: in a group of its own, which no neighbour can make fail. A query that cannot be prepared fails
// when it runs.
bool lane_prepare(struct lane *lane, struct unit *const *units, int count)
{
    int prepared = 0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < units[i]->count; j++) {
            enum query query = units[i]->stmts[j].query;
            if (lane->is_prepared[query])
                continue;
            if (prepared == 0)
                lane_end_group(lane);
            if (lane->state != LANE_UP || !prepare_query(lane, query))
                return false;
            prepared++;
        }
    }
    if (prepared == 0)
        return true;
    *slot_of(lane, lane->tail++) = (struct slot){.results_left = prepared};
    lane_end_group(lane);
    return lane->state == LANE_UP;
}

bool lane_send(struct lane *lane, struct unit *unit)
{
    assert(lane_room(lane) > 0 && unit->count > 0);
    if (!lane_prepare(lane, &unit, 1)) {
        struct queue *again = fate(lane, unit, false);
        if (again != NULL)
            queue_push_front(again, unit); // first: those that were sent before it go before it again
        lane_lost(lane, "preparing failed");
        if (again == NULL)
            unit_finish(unit, unit->err);
        return false;
    }
    bool sets_caller = unit->sets_caller && !is_same_caller(lane->caller, unit->call);
    *slot_of(lane, lane->tail++) = (struct slot){
        .unit = unit,
        .results_left = unit->count + sets_caller,
        .first_is_caller = sets_caller,
    };
    bool ok = !sets_caller || send_caller(lane, unit->call);
    for (int i = 0; i < unit->count && ok; i++)
        ok = send_query(lane, unit->stmts[i].query, unit->stmts[i].params);
    if (!ok)
        lane_lost(lane, "sending failed");
    return ok;
}

// A statement that does not exist makes the whole group fail.
static bool spoil_group(struct lane *lane)
{
    if (lane->kind != LANE_WRITE || lane->tail - lane->synced < 2 || !FAULT(DB_BATCH_FAILS))
        return true;
    slot_of(lane, lane->tail - 1)->results_left++;
    return PQsendQueryPrepared(lane->conn, "fault", 0, NULL, NULL, NULL, 1) == 1;
}

void lane_end_group(struct lane *lane)
{
    if (lane->state != LANE_UP || lane->synced == lane->tail)
        return;
    bool is_batch = lane->kind == LANE_WRITE && slot_of(lane, lane->tail - 1)->unit != NULL;
    if (!spoil_group(lane) || (is_batch && FAULT(DB_LOST_BEFORE_SYNC))) {
        lane_lost(lane, "lost before the sync");
        return;
    }
    slot_of(lane, lane->tail - 1)->ends_group = true;
    lane->synced = lane->tail; // from here on it may reach the server, whatever happens
    lane->groups++;
    lane->caller = NULL;
    bool is_cut = is_batch && FAULT(DB_LOST_AFTER_SYNC);
    if (PQpipelineSync(lane->conn) != 1 || !flush(lane) || is_cut)
        lane_lost(lane, "lost after the sync");
}
