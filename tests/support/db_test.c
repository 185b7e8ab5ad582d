// SPDX-License-Identifier: Apache-2.0
#include "tests/support/db_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fiber.h"

uv_loop_t db_test_loop;
struct db *db_test_db;

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

const char *db_test_conninfo(void)
{
    const char *conninfo = getenv("SOKUO_TEST_DB");
    if (conninfo == NULL)
        die("SOKUO_TEST_DB", "run me under tests/support/with_pg.py");
    return conninfo;
}

// PostgreSQL is starting again: no answer, or one that says so.
static bool is_away(PGconn *conn, const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    bool is_error = PQresultStatus(res) == PGRES_FATAL_ERROR;
    return PQstatus(conn) == CONNECTION_BAD || (is_error && (state == NULL || strncmp(state, "57P", 3) == 0));
}

const char *db_test_admin(const char *sql)
{
    static PGconn *conn;
    static char value[1000];
    if (conn == NULL)
        conn = PQconnectdb(db_test_conninfo());
    PGresult *res = PQexec(conn, sql);
    while (is_away(conn, res)) {
        PQclear(res);
        (void)usleep(20000);
        PQreset(conn);
        res = PQexec(conn, sql);
    }
    if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK)
        die(sql, PQerrorMessage(conn));
    (void)snprintf(value, sizeof value, "%s", PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    return value;
}

static void wait_ready(void *is_ready)
{
    *(bool *)is_ready = db_wait_ready(db_test_db, 10000000);
}

void db_test_begin(const struct db_options *options)
{
    struct db_options usual = {.name = "test"};
    struct db_options used = options ? *options : usual;
    if (used.conninfo == NULL)
        used.conninfo = db_test_conninfo();
    if (uv_loop_init(&db_test_loop) != 0)
        die("loop", "cannot begin");
    fiber_runtime_begin(&db_test_loop);
    db_test_db = db_open(&db_test_loop, &used);
    bool is_ready = false;
    db_test_run(wait_ready, &is_ready);
    if (!is_ready)
        die("db", "does not get ready");
    while (db_stats(db_test_db).lanes_up < db_stats(db_test_db).lanes)
        (void)uv_run(&db_test_loop, UV_RUN_ONCE);
}

void db_test_drain(void)
{
    while (fiber_count() > 0)
        (void)uv_run(&db_test_loop, UV_RUN_ONCE);
}

void db_test_run(void (*fn)(void *arg), void *arg)
{
    fiber_spawn(fn, arg);
    db_test_drain();
}

void db_test_end(void)
{
    db_close(db_test_db);
    (void)uv_run(&db_test_loop, UV_RUN_DEFAULT);
    fiber_runtime_end();
    if (uv_loop_close(&db_test_loop) != 0)
        die("loop", "a handle was left open");
}
