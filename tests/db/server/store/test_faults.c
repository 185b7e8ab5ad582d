// SPDX-License-Identifier: Apache-2.0
// Connections that break at every moment: nothing is done twice, and nothing is called done that is not.
#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fault.h"
#include "server/base/fiber.h"
#include "server/store/migrate.h"
#include "tests/support/db_test.h"

#define KILL_ALL \
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'test'"

#define KILL_ONE                                                                             \
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'" \
    " AND query LIKE '%written%' ORDER BY random() LIMIT 1"

static struct uuid stream;

static int setup(void **state)
{
    db_test_admin("TRUNCATE sokuo.written RESTART IDENTITY");
    stream = uuid_v7();
    db_test_begin(NULL);
    return 0;
}

static int teardown(void **state)
{
    db_test_end();
    return 0;
}

struct writing {
    int value;
    uint64_t timeout_us;
    enum err err;
    const char *reason;
    int64_t lock; // waits for this advisory lock first; 0 = none
};

static void add_value(void *arg)
{
    struct writing *w = arg;
    struct call c;
    call_begin(&c, db_test_db, 0);
    c.deadline_us = w->timeout_us ? uv_hrtime() / 1000 + w->timeout_us : 0;
    const struct param value[] = {p_i32(&c, w->value)}, lock[] = {p_i64(&c, w->lock)};
    struct db_stmt stmts[] = {
        {.query = Q_WRITTEN_ADD, .params = value},
        {.query = Q_LOCK_WAIT, .params = lock},
    };
    w->err = db_write(&c, &stream, stmts, w->lock ? 2 : 1);
    w->reason = c.error_reason;
    call_end(&c);
}

static int64_t written(void)
{
    return strtoll(db_test_admin("SELECT count(*) FROM sokuo.written"), NULL, 10);
}

static int64_t written_twice(void)
{
    return strtoll(db_test_admin("SELECT count(*) - count(DISTINCT value) FROM sokuo.written"), NULL, 10);
}

static void test_lost_before_the_sync_is_sent_again(void **state)
{
    struct writing w[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    fault_arm(FAULT_DB_LOST_BEFORE_SYNC, 1);
    for (int i = 0; i < 3; i++)
        fiber_spawn(add_value, &w[i]);
    db_test_drain();
    for (int i = 0; i < 3; i++)
        assert_int_equal(w[i].err, ERR_OK);
    assert_int_equal(written(), 3);
    assert_int_equal(db_stats(db_test_db).reconnects, 1);
}

static void test_lost_after_the_sync_is_unknown_for_each_of_the_batch(void **state)
{
    struct writing w[3] = {{.value = 1}, {.value = 2}, {.value = 3}}, next = {.value = 4};
    fault_arm(FAULT_DB_LOST_AFTER_SYNC, 1);
    for (int i = 0; i < 3; i++)
        fiber_spawn(add_value, &w[i]);
    db_test_drain();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(w[i].err, ERR_COMMIT_UNKNOWN);
        assert_string_equal(w[i].reason, "COMMIT_UNKNOWN");
    }
    db_test_run(add_value, &next);
    assert_int_equal(next.err, ERR_OK);
    assert_int_equal(db_stats(db_test_db).commits_unknown, 3);
    int64_t count = written();
    assert_true(count == 1 || count == 4); // all of the batch or none of it
}

// Backends whose connection we gave up may still be at their last unit.
static void wait_for_old_backends(void)
{
    while (strtoul(db_test_admin("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test'"),
                   NULL, 10) > db_stats(db_test_db).lanes)
        (void)uv_run(&db_test_loop, UV_RUN_NOWAIT);
}

// What libpq says when a connection breaks is no word of the server's: it may have kept it all.
static void test_an_answer_that_was_lost_is_unknown_and_nothing_is_sent_again(void **state)
{
    struct writing w[3] = {{.value = 1}, {.value = 2}, {.value = 3}}, next = {.value = 4};
    fault_arm(FAULT_DB_ANSWER_LOST, 1);
    for (int i = 0; i < 3; i++)
        fiber_spawn(add_value, &w[i]);
    db_test_drain();
    for (int i = 0; i < 3; i++)
        assert_int_equal(w[i].err, ERR_COMMIT_UNKNOWN);
    db_test_run(add_value, &next);
    assert_int_equal(next.err, ERR_OK);
    wait_for_old_backends();
    assert_int_equal(written_twice(), 0);
    int64_t count = written();
    assert_true(count == 1 || count == 4); // as it came to the server before it saw that nobody listens
}

static void test_a_batch_that_fails_is_retried_unit_by_unit(void **state)
{
    struct writing w[10];
    fault_arm(FAULT_DB_BATCH_FAILS, 1);
    for (int i = 0; i < 10; i++) {
        w[i] = (struct writing){.value = i};
        fiber_spawn(add_value, &w[i]);
    }
    db_test_drain();
    for (int i = 0; i < 10; i++)
        assert_int_equal(w[i].err, ERR_OK);
    assert_int_equal(written(), 10);
    assert_int_equal(written_twice(), 0);
    assert_int_equal(db_stats(db_test_db).batch_retries, 1);
}

// The third asks a statement that its lane has yet to prepare.
static void test_a_failed_batch_keeps_the_order_of_a_stream(void **state)
{
    struct writing w[] = {{.value = 1}, {.value = 2}, {.value = 3, .lock = 4713}, {.value = 4}};
    fault_arm(FAULT_DB_BATCH_FAILS, 1);
    for (int i = 0; i < 4; i++)
        fiber_spawn(add_value, &w[i]);
    db_test_drain();
    for (int i = 0; i < 4; i++)
        assert_int_equal(w[i].err, ERR_OK);
    assert_int_equal(db_stats(db_test_db).batch_retries, 1);
    assert_string_equal(db_test_admin("SELECT string_agg(value::text, ' ' ORDER BY id) FROM sokuo.written"),
                        "1 2 3 4");
}

static bool stop;

static void kill_now_and_then(void *arg)
{
    for (int i = 0; i < 30; i++) {
        fiber_sleep_us(15000);
        db_test_admin(i % 10 == 9 ? KILL_ALL : KILL_ONE);
    }
    stop = true;
}

struct client {
    int number, done, unknown, refused;
};

// Each value is sent once; what is unknown is not sent again, so that a double would show.
static void write_until_stop(void *arg)
{
    struct client *client = arg;
    for (int i = 0; !stop; i++) {
        struct writing w = {.value = client->number * 1000000 + i};
        add_value(&w);
        client->done += w.err == ERR_OK;
        client->unknown += w.err == ERR_COMMIT_UNKNOWN;
        client->refused += w.err != ERR_OK && w.err != ERR_COMMIT_UNKNOWN;
        if (w.err != ERR_OK)
            fiber_sleep_us(1000);
    }
}

static void test_killed_connections_lose_nothing_and_double_nothing(void **state)
{
    struct client clients[8] = {{0}};
    int done = 0, unknown = 0;
    stop = false;
    for (int i = 0; i < 8; i++) {
        clients[i].number = i;
        fiber_spawn(write_until_stop, &clients[i]);
    }
    fiber_spawn(kill_now_and_then, NULL);
    db_test_drain();
    for (int i = 0; i < 8; i++) {
        done += clients[i].done;
        unknown += clients[i].unknown;
    }
    int64_t kept = written();
    (void)fprintf(stderr, "done %d, unknown %d, kept %d\n", done, unknown, (int)kept);
    assert_true(done > 0);
    assert_true(db_stats(db_test_db).reconnects >= 10);
    assert_true(kept >= done && kept <= done + unknown);
    assert_int_equal(written_twice(), 0);
}

static void wait_until_ready(void *arg)
{
    (void)db_wait_ready(db_test_db, 60000000);
}

// A killed backend stands among the living until PostgreSQL has seen it, ended all others and recovered.
static void wait_until_recovered(const char *pid)
{
    char sql[100];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid);
    while (strcmp(db_test_admin(sql), "0") != 0)
        fiber_sleep_us(5000);
}

// A backend that dies takes all others with it, and PostgreSQL recovers from its log.
static void crash_postgres(void *arg)
{
    for (int crashes = 0; crashes < 3;) {
        fiber_sleep_us(300000);
        const char *found =
            db_test_admin("SELECT pid FROM pg_stat_activity WHERE application_name = 'test' LIMIT 1");
        if (found[0] == '\0')
            continue; // nobody is back yet
        char pid[20];
        (void)snprintf(pid, sizeof pid, "%s", found);
        (void)kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
        wait_until_recovered(pid);
        crashes++;
    }
    fiber_sleep_us(300000);
    stop = true;
}

static void test_a_crash_of_postgres_loses_nothing_and_doubles_nothing(void **state)
{
    struct client clients[8] = {{0}};
    int done = 0, unknown = 0;
    stop = false;
    for (int i = 0; i < 8; i++) {
        clients[i].number = i;
        fiber_spawn(write_until_stop, &clients[i]);
    }
    fiber_spawn(crash_postgres, NULL);
    db_test_drain();
    for (int i = 0; i < 8; i++) {
        done += clients[i].done;
        unknown += clients[i].unknown;
    }
    int64_t kept = written();
    (void)fprintf(stderr, "crashes: done %d, unknown %d, kept %d\n", done, unknown, (int)kept);
    assert_true(done > 0);
    assert_true(kept >= done && kept <= done + unknown);
    assert_int_equal(written_twice(), 0);
    struct writing after = {.value = 9};
    db_test_run(wait_until_ready, NULL); // recovery takes as long as the disk does
    db_test_run(add_value, &after);
    assert_int_equal(after.err, ERR_OK);
}

struct reading {
    enum err err;
};

static void nap_300_ms(void *arg)
{
    struct reading *r = arg;
    struct call c;
    struct rows *rows;
    call_begin(&c, db_test_db, 0);
    const struct param params[] = {p_i32(&c, 300)};
    r->err = db_query(&c, Q_NAP, params, &rows);
    call_end(&c);
}

static void kill_in_100_ms(void *arg)
{
    fiber_sleep_us(100000);
    db_test_admin(KILL_ALL);
}

static void test_a_read_whose_connection_breaks_is_asked_again(void **state)
{
    struct reading r[5];
    for (int i = 0; i < 5; i++)
        fiber_spawn(nap_300_ms, &r[i]);
    fiber_spawn(kill_in_100_ms, NULL);
    db_test_drain();
    for (int i = 0; i < 5; i++)
        assert_int_equal(r[i].err, ERR_OK);
}

struct leasing {
    enum err first, second, commit;
};

static void lease_over_a_break(void *arg)
{
    struct leasing *l = arg;
    struct call c;
    struct db_lease *lease;
    struct rows *rows;
    call_begin(&c, db_test_db, 0);
    const struct param params[] = {p_i32(&c, 7)};
    if (db_begin(&c, &lease) == ERR_OK) {
        l->first = db_lease_query(&c, lease, Q_WRITTEN_ADD, params, &rows);
        db_test_admin(KILL_ALL);
        fiber_sleep_us(50000);
        l->second = db_lease_query(&c, lease, Q_WRITTEN_ADD, params, &rows);
        l->commit = db_commit(&c, lease);
    }
    call_end(&c);
}

static void test_a_lease_does_not_outlive_its_connection(void **state)
{
    struct leasing l = {.first = ERR_UNKNOWN, .second = ERR_UNKNOWN, .commit = ERR_UNKNOWN};
    db_test_run(lease_over_a_break, &l);
    assert_int_equal(l.first, ERR_OK);
    assert_int_equal(l.second, ERR_UNAVAILABLE);
    assert_int_equal(l.commit, ERR_UNAVAILABLE);
    assert_int_equal(written(), 0);
}

// Waits until a backend of ours is in this state, then does that to it.
static void act_on_waiting(const char *event, const char *action)
{
    char sql[300];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT count(%s(pid)) FROM pg_stat_activity WHERE application_name = 'test' AND wait_event = '%s'",
        action, event);
    while (strtol(db_test_admin(sql), NULL, 10) == 0)
        fiber_sleep_us(5000);
}

static void cancel_sync_wait(void *arg)
{
    act_on_waiting("SyncRep", "pg_cancel_backend");
}

static void kill_sync_wait(void *arg)
{
    act_on_waiting("SyncRep", "pg_terminate_backend");
}

// The standby named here never comes.
static void set_standby(const char *name)
{
    char sql[100];
    (void)snprintf(sql, sizeof sql, "ALTER SYSTEM SET synchronous_standby_names = '%s'", name);
    db_test_admin(sql);
    db_test_admin("SELECT pg_reload_conf()");
    (void)snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = '%s'", name);
    while (strtol(db_test_admin(sql), NULL, 10) == 0)
        continue;
}

static void test_a_given_up_wait_for_the_standby_is_unknown(void **state)
{
    struct writing canceled = {.value = 1}, killed = {.value = 2}, after = {.value = 3};
    set_standby("nobody");
    fiber_spawn(add_value, &canceled);
    db_test_run(cancel_sync_wait, NULL);
    fiber_spawn(add_value, &killed);
    db_test_run(kill_sync_wait, NULL);
    set_standby("");
    assert_int_equal(canceled.err, ERR_COMMIT_UNKNOWN);
    assert_int_equal(killed.err, ERR_COMMIT_UNKNOWN);
    db_test_run(add_value, &after);
    assert_int_equal(after.err, ERR_OK);
    assert_int_equal(written(), 3); // they were committed here after all
}

static void test_a_deadline_in_the_middle_of_a_write_is_unknown(void **state)
{
    struct writing w = {.value = 1, .lock = 4711, .timeout_us = 150000};
    db_test_admin("SELECT pg_advisory_lock(4711)");
    db_test_run(add_value, &w);
    db_test_admin("SELECT pg_advisory_unlock(4711)");
    assert_int_equal(w.err, ERR_COMMIT_UNKNOWN);
}

static void test_a_lock_held_for_too_long_aborts(void **state)
{
    struct writing w = {.value = 1, .lock = 4712};
    db_test_admin("SELECT pg_advisory_lock(4712)");
    db_test_run(add_value, &w);
    db_test_admin("SELECT pg_advisory_unlock(4712)");
    assert_int_equal(w.err, ERR_ABORTED);
    assert_int_equal(written(), 0);
}

static void test_without_a_database_calls_end_soon(void **state)
{
    const struct db_options options = {.conninfo = "host=/nonexistent dbname=none", .name = "test"};
    struct db *usual = db_test_db;
    struct writing w = {.value = 1}, again = {.value = 2};
    struct reading r;
    db_test_db = db_open(&db_test_loop, &options);
    fiber_spawn(nap_300_ms, &r);
    db_test_run(add_value, &w);
    uint64_t begin_us = uv_hrtime() / 1000;
    db_test_run(add_value, &again);
    uint64_t took_us = uv_hrtime() / 1000 - begin_us;
    assert_false(db_ready(db_test_db));
    db_close(db_test_db);
    db_test_db = usual;
    assert_int_equal(w.err, ERR_UNAVAILABLE);
    assert_int_equal(r.err, ERR_UNAVAILABLE);
    assert_int_equal(again.err, ERR_UNAVAILABLE);
    assert_true(took_us < 100000);
}

static void close_soon(void *arg)
{
    fiber_sleep_us(50000);
    *(bool *)arg = true;
}

static void test_closing_answers_those_who_wait(void **state)
{
    struct reading r;
    bool is_time = false;
    fiber_spawn(nap_300_ms, &r);
    fiber_spawn(close_soon, &is_time);
    while (!is_time)
        (void)uv_run(&db_test_loop, UV_RUN_ONCE);
    db_close(db_test_db);
    db_test_drain();
    assert_int_equal(r.err, ERR_UNAVAILABLE);
    const struct db_options options = {.conninfo = db_test_conninfo(), .name = "test"};
    db_test_db = db_open(&db_test_loop, &options); // for the teardown
}

#define FAULT_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAULT_TEST(test_lost_before_the_sync_is_sent_again),
        FAULT_TEST(test_lost_after_the_sync_is_unknown_for_each_of_the_batch),
        FAULT_TEST(test_an_answer_that_was_lost_is_unknown_and_nothing_is_sent_again),
        FAULT_TEST(test_a_batch_that_fails_is_retried_unit_by_unit),
        FAULT_TEST(test_a_failed_batch_keeps_the_order_of_a_stream),
        FAULT_TEST(test_killed_connections_lose_nothing_and_double_nothing),
        FAULT_TEST(test_a_crash_of_postgres_loses_nothing_and_doubles_nothing),
        FAULT_TEST(test_a_read_whose_connection_breaks_is_asked_again),
        FAULT_TEST(test_a_lease_does_not_outlive_its_connection),
        FAULT_TEST(test_a_given_up_wait_for_the_standby_is_unknown),
        FAULT_TEST(test_a_deadline_in_the_middle_of_a_write_is_unknown),
        FAULT_TEST(test_a_lock_held_for_too_long_aborts),
        FAULT_TEST(test_without_a_database_calls_end_soon),
        FAULT_TEST(test_closing_answers_those_who_wait),
    };
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
