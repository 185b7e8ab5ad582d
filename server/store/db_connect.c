// SPDX-License-Identifier: Apache-2.0
// Connecting happens on the thread pool, since name resolution blocks: connect, check, prepare everything,
// hand over.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/store/db_lane.h"

#define BACKOFF_FIRST_MS 50
#define BACKOFF_MOST_MS 2000

// One role for the server, weaker than who logs in; see db.h for the rest. Plans are made once a connection
// and kept: made while a table is empty, they must not walk it when it has thousands of rows; nor must a
// read of a few rows start processes (decision 0034).
#define SETTINGS                                                                              \
    "-c role=sokuo_app -c search_path= -c statement_timeout=15000 -c lock_timeout=3000"       \
    " -c idle_in_transaction_session_timeout=10000 -c jit=off -c client_min_messages=warning" \
    " -c enable_seqscan=off -c max_parallel_workers_per_gather=0"

const enum query queries_of_lane[] = {Q_SESSION_SET,  Q_CLOCK_NOW,      Q_LEASE_BEGIN,
                                      Q_LEASE_COMMIT, Q_LEASE_ROLLBACK, Q_WAKE_LISTEN};
const int queries_of_lane_count = sizeof queries_of_lane / sizeof queries_of_lane[0];

static void complain(const struct lane *lane, const char *what, const char *why)
{
    bool is_news = lane->failures == 0 || lane->failures % 30 == 29;
    if (is_news)
        log_warn("db_connect_failed", LOG_S("what", what), LOG_S("why", why),
                 LOG_I("attempts", lane->failures + 1));
}

// What the conninfo itself says under "options", to be kept before ours. Malloc'd.
static char *settings_with(const char *conninfo)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    const char *theirs = "";
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "options") == 0 && o->val != NULL)
            theirs = o->val;
    }
    size_t size = strlen(theirs) + sizeof SETTINGS + 1;
    char *settings = malloc(size);
    if (settings == NULL)
        abort();
    (void)snprintf(settings, size, "%s %s", theirs, SETTINGS);
    PQconninfoFree(options);
    return settings;
}

// Before "dbname" stand defaults that the conninfo may overrule, after it what it may not.
static PGconn *connect_now(const struct db *db)
{
    char *settings = settings_with(db->conninfo);
    const char *const words[] = {"connect_timeout",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "tcp_user_timeout",
                                 "target_session_attrs",
                                 "dbname",
                                 "application_name",
                                 "client_encoding",
                                 "options",
                                 NULL};
    const char *const values[] = {"3",          "5",      "2",    "3",      "10000", "read-write",
                                  db->conninfo, db->name, "UTF8", settings, NULL};
    PGconn *conn = PQconnectdbParams(words, values, 1);
    free(settings);
    return conn;
}

static bool status_is(PGconn *conn, const char *name, const char *value)
{
    const char *status = PQparameterStatus(conn, name);
    return status != NULL && strcmp(status, value) == 0;
}

static const char *check(PGconn *conn)
{
    if (PQstatus(conn) != CONNECTION_OK)
        return PQerrorMessage(conn);
    if (status_is(conn, "in_hot_standby", "on"))
        return "the server is a standby";
    if (!status_is(conn, "is_superuser", "off"))
        return "role sokuo_app must not be a superuser: row-level security would not hold";
    return NULL;
}

// Reads up to the next sync. Returns the place of the first statement that failed, -1 when none did.
static int read_until_sync(PGconn *conn, char *why, size_t size)
{
    int failed = -1;
    int place = 0;
    for (;;) {
        PGresult *res = PQgetResult(conn);
        ExecStatusType status = res ? PQresultStatus(res) : PGRES_COMMAND_OK;
        if (status == PGRES_FATAL_ERROR && failed < 0) {
            failed = place;
            (void)snprintf(why, size, "%s", PQresultErrorMessage(res));
        }
        place += res == NULL;
        PQclear(res);
        if (status == PGRES_PIPELINE_SYNC || PQstatus(conn) == CONNECTION_BAD)
            return PQstatus(conn) == CONNECTION_BAD && failed < 0 ? 0 : failed;
    }
}

static bool prepare_own(const struct lane *lane, PGconn *conn)
{
    bool ok = PQenterPipelineMode(conn) == 1;
    for (int i = 0; i < queries_of_lane_count && ok; i++) {
        const struct query_text *query = &query_table[queries_of_lane[i]];
        ok = PQsendPrepare(conn, query->name, query->text, 0, NULL) == 1;
    }
    ok = ok && PQpipelineSync(conn) == 1;
    char why[300] = "";
    int failed = ok ? read_until_sync(conn, why, sizeof why) : 0;
    if (!ok || failed >= 0) {
        complain(lane, "prepare", ok ? why : PQerrorMessage(conn));
        return false;
    }
    if (!lane->listens)
        return true;
    ok = PQsendQueryPrepared(conn, query_table[Q_WAKE_LISTEN].name, 0, NULL, NULL, NULL, 1) == 1 &&
         PQpipelineSync(conn) == 1;
    return ok && read_until_sync(conn, why, sizeof why) < 0;
}

// On a thread of the pool. Touches of the lane only conn, which nobody else looks at meanwhile.
static void connect_work(uv_work_t *work)
{
    struct lane *lane = work->data;
    PGconn *conn = connect_now(lane->db);
    const char *wrong = check(conn);
    if (wrong != NULL)
        complain(lane, "connect", wrong);
    if (wrong != NULL || !prepare_own(lane, conn) || PQsetnonblocking(conn, 1) != 0) {
        PQfinish(conn);
        conn = NULL;
    }
    lane->conn = conn;
}

static void retry_now(uv_timer_t *timer)
{
    lane_connect(timer->data);
}

// Half of the delay is by chance, so that many processes do not come at the same moment.
static void retry_later(struct lane *lane)
{
    int shift = lane->failures < 6 ? lane->failures : 6;
    uint64_t most = BACKOFF_FIRST_MS << shift;
    if (most > BACKOFF_MOST_MS)
        most = BACKOFF_MOST_MS;
    uint64_t delay = most / 2 + (uv_hrtime() / 1000 * 2654435761u >> 8) % (most / 2 + 1);
    (void)uv_timer_start(&lane->retry, retry_now, delay, 0);
}

// Somebody got through: the others need not wait any longer.
static void hurry_others(struct db *db)
{
    for (int i = 0; i < db->lane_count; i++) {
        struct lane *lane = &db->lanes[i];
        lane->failures = 0;
        if (lane->state == LANE_DOWN && uv_is_active((uv_handle_t *)&lane->retry))
            (void)uv_timer_start(&lane->retry, retry_now, 0, 0);
    }
}

static void connect_done(uv_work_t *work, int status)
{
    struct lane *lane = work->data;
    struct db *db = lane->db;
    db->connecting--;
    lane->state = LANE_DOWN;
    if (db->is_closing) {
        if (status == 0)
            PQfinish(lane->conn);
        lane->conn = NULL;
    } else if (lane->conn == NULL) {
        lane->failures++;
        retry_later(lane);
    } else {
        if (lane->failures > 0)
            hurry_others(db);
        lane->failures = 0;
        lane_up(lane);
    }
    db_handle_closed(db);
}

void lane_connect(struct lane *lane)
{
    struct db *db = lane->db;
    // While nothing answers, one at a time knocks: the pool has other work.
    if (db->connecting > 0 && lane->failures > 0) {
        retry_later(lane);
        return;
    }
    db->connecting++;
    db->handles++;
    lane->state = LANE_CONNECTING;
    lane->conn = NULL;
    lane->connect.data = lane;
    if (uv_queue_work(db->loop, &lane->connect, connect_work, connect_done) != 0)
        abort(); // fails only without a function
}
