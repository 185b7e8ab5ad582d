// SPDX-License-Identifier: Apache-2.0
// The engine's turns on a real database.
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/base/fiber.h"
#include "server/engine/due.h"
#include "server/engine/turn.h"
#include "server/store/migrate.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

#define TENANT "'00000000-0000-7000-8000-000000000001'"

static int setup_database(void **state)
{
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return -1;
    db_test_admin("INSERT INTO sokuo.tenant (id, code, name) VALUES (" TENANT ", 'c', 'City')");
    return 0;
}

static int setup(void **state)
{
    db_test_admin("TRUNCATE sokuo.incident, sokuo.journal, sokuo.operation, sokuo.session, "
                  "sokuo.login_throttle CASCADE");
    db_test_begin(NULL);
    wake_begin(&db_test_loop, db_test_db, "/tmp");
    return 0;
}

static int teardown(void **state)
{
    wake_end();
    db_test_end();
    return 0;
}

struct turn_run {
    enum err (*turn)(struct call *c);
    enum err err;
};

static void on_fiber(void *arg)
{
    struct turn_run *run = arg;
    struct call c;
    call_begin(&c, db_test_db, 0);
    c.actor.is_known = c.actor.is_system = true;
    run->err = run->turn(&c);
    call_end(&c);
}

static void take_turn(enum err (*turn)(struct call *c))
{
    struct turn_run run = {.turn = turn};
    db_test_run(on_fiber, &run);
    assert_int_equal(run.err, ERR_OK);
}

// One incident of severity S1, whose triage was or is due.
#define INCIDENT(number, severity, due)                                                                      \
    "INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, confidentiality, wall, state, " \
    "title, severity,"                                                                                       \
    " triage_due_at) VALUES (" TENANT ", gen_random_uuid(), '" number "', 0, 1, 2, 1, 1, 't', " severity     \
    ", " due ")"

static void test_an_incident_nobody_triaged_is_raised_once_and_the_journal_says_why(void **state)
{
    db_test_admin(INCIDENT("2026-0001", "2", "sokuo.now() - interval '1 second'"));
    take_turn(turn_triage_overdue);
    take_turn(turn_triage_overdue);
    assert_string_equal(
        db_test_admin("SELECT severity || ' ' || version || ' ' || severity_rules::text FROM sokuo.incident"),
        "3 2 {TRIAGE_OVERDUE}");
    assert_string_equal(
        db_test_admin(
            "SELECT count(*) || ' ' || min(kind) || ' ' || min(stream_seq) || ' ' || min(wall) || ' '"
            " || min(changes::text) FROM sokuo.journal"),
        "1 incident.severity 2 1 "
        "[{\"after\": \"SEVERITY_S2\", \"field\": \"severity\", \"before\": \"SEVERITY_S1\"}]");
}

static void test_an_incident_in_time_a_triaged_one_and_the_gravest_stay_as_they_are(void **state)
{
    db_test_admin(INCIDENT("2026-0001", "2", "sokuo.now() + interval '1 minute'"));
    db_test_admin(INCIDENT("2026-0002", "2", "NULL"));
    db_test_admin(INCIDENT("2026-0003", "5", "sokuo.now() - interval '1 minute'"));
    take_turn(turn_triage_overdue);
    assert_string_equal(
        db_test_admin(
            "SELECT string_agg(severity || '/' || version, ' ' ORDER BY number) FROM sokuo.incident"),
        "2/1 2/1 5/1");
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.journal"), "0");
}

static void test_an_incident_that_somebody_works_on_is_left_for_the_next_turn(void **state)
{
    PGconn *other = PQconnectdb(db_test_conninfo());
    db_test_admin(INCIDENT("2026-0001", "2", "sokuo.now() - interval '1 second'"));
    PQclear(PQexec(other, "BEGIN; SELECT FROM sokuo.incident FOR UPDATE"));
    take_turn(turn_triage_overdue);
    PQclear(PQexec(other, "COMMIT"));
    PQfinish(other);
    assert_string_equal(db_test_admin("SELECT severity FROM sokuo.incident"), "2");
    take_turn(turn_triage_overdue);
    assert_string_equal(db_test_admin("SELECT severity FROM sokuo.incident"), "3");
}

static void test_housekeeping_drops_what_is_old_and_nothing_else(void **state)
{
    db_test_admin("INSERT INTO sokuo.operation (tenant_id, id, method, request_hash, recorded_at)"
                  " SELECT " TENANT ", gen_random_uuid(), 'm', '', sokuo.now() - make_interval(days => d)"
                  " FROM generate_series(0, 2400, 80) d, generate_series(1, 40)");
    db_test_admin("INSERT INTO sokuo.login_throttle (key, not_before, updated_at) VALUES"
                  " ('old', sokuo.now() - interval '2 days', sokuo.now() - interval '2 days'), ('new', "
                  "sokuo.now(), sokuo.now()),"
                  " ('known:a@1', sokuo.now() - interval '80 days', sokuo.now() - interval '80 days'),"
                  " ('known:b@1', sokuo.now() - interval '91 days', sokuo.now() - interval '91 days')");
    take_turn(turn_housekeeping); // 1,160 operations: more than one statement drops
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.operation"), "80");
    assert_string_equal(db_test_admin("SELECT string_agg(key, ' ' ORDER BY key) FROM sokuo.login_throttle"),
                        "known:a@1 new");
}

// --- the look of the engine

static struct due_look look;

static enum err take_look(struct call *c)
{
    return due_read(c, &look);
}

// Minutes from now until this kind of work is due; -1: nothing waits.
static int minutes_until(enum due due)
{
    take_turn(take_look);
    if (look.at_us[due] == INT64_MAX)
        return -1;
    return (int)((look.at_us[due] - look.clocks.now_us + 30000000) / 60000000);
}

static void test_one_look_says_when_each_turn_has_something_to_do(void **state)
{
    db_test_admin("INSERT INTO sokuo.readiness_digest (tenant_id, next_at) VALUES (" TENANT
                  ", sokuo.now() + interval '7 days')");
    for (int due = 0; due < DUE_COUNT; due++)
        assert_int_equal(minutes_until((enum due)due), due == DUE_READINESS ? 7 * 24 * 60 : -1);
    db_test_admin(INCIDENT("2026-0001", "2", "sokuo.now() + interval '30 minutes'"));
    db_test_admin(
        "INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, look_at)"
        " SELECT tenant_id, gen_random_uuid(), id, 1, 1, s, 9, sokuo.now() + (10 + s) * interval '1 minute'"
        " FROM sokuo.incident, generate_series(0, 5) s");
    db_test_admin("INSERT INTO sokuo.command_order (tenant_id, id, incident_id, no, text, targets, "
                  "occurred_at, send_at, mode)"
                  " SELECT tenant_id, gen_random_uuid(), id, 1, 't', '', sokuo.now(), "
                  "sokuo.now() + interval '40 minutes', 1 FROM sokuo.incident");
    assert_int_equal(minutes_until(DUE_CALLS), 10);
    assert_int_equal(minutes_until(DUE_TRIAGES), 30);
    assert_int_equal(minutes_until(DUE_ORDERS), 40);
    assert_int_equal(minutes_until(DUE_NOTICES), -1);
}

static void test_an_incident_that_was_raised_already_is_not_looked_at_again(void **state)
{
    db_test_admin(INCIDENT("2026-0001", "2", "sokuo.now() - interval '30 minutes'"));
    take_turn(take_look);
    assert_true(look.at_us[DUE_TRIAGES] < look.clocks.now_us);
    take_turn(turn_triage_overdue);
    assert_int_equal(minutes_until(DUE_TRIAGES), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_an_incident_nobody_triaged_is_raised_once_and_the_journal_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_an_incident_in_time_a_triaged_one_and_the_gravest_stay_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_incident_that_somebody_works_on_is_left_for_the_next_turn,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_look_says_when_each_turn_has_something_to_do, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_incident_that_was_raised_already_is_not_looked_at_again,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_housekeeping_drops_what_is_old_and_nothing_else, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, setup_database, NULL);
}
