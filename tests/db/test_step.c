// SPDX-License-Identifier: Apache-2.0
// The statements that steps of plans are made of, as the role and under the reach that the server runs them
// with.
#include "tests/support/cmocka_all.h"

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/migrate.h"
#include "server/store/queries.gen.h"
#include "tests/support/db_test.h"

#define TENANT "00000000-0000-7000-8000-000000000001"
#define OTHER_TENANT "00000000-0000-7000-8000-000000000002"
#define INCIDENT "00000009-0000-7000-8000-000000000001"
#define RUN "00000018-0000-7000-8000-000000000001"
#define RUN2 "00000018-0000-7000-8000-000000000002"
#define SECTION1 "00000011-0000-7000-8000-000000000001"
#define SECTION2 "00000011-0000-7000-8000-000000000002"
#define HEAD1 "00000014-0000-7000-8000-000000000001"
#define STRANGER "00000014-0000-7000-8000-000000000009"
#define NIL "00000000-0000-0000-0000-000000000000"
#define PARAMS_MOST 16

static PGconn *conn;

// --- the city: two sections with a head each, who is the manager there ---

static const char city[] =
    "INSERT INTO sokuo.tenant (id, code, name) VALUES ('" TENANT "', 'c', 'City'), ('" OTHER_TENANT
    "', 'd', 'Other');"
    "CREATE FUNCTION t(kind text, n bigint) RETURNS uuid LANGUAGE sql AS "
    "$$ SELECT (lpad(kind, 8, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;"
    "INSERT INTO sokuo.unit (tenant_id, id, kind, code, name) SELECT '" TENANT
    "', t('11', n), 3, n, n || '課'"
    " FROM generate_series(1, 2) n;"
    "INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id) SELECT '" TENANT
    "', t('12', n), n, n || '課長', t('11', n)"
    " FROM generate_series(1, 2) n;"
    "INSERT INTO sokuo.role_assignment (tenant_id, id, post_id, role, scope_id, valid_from)"
    " SELECT '" TENANT "', t('13', n), t('12', n), 12, t('11', n), '2000-01-01' FROM generate_series(1, 2) n;"
    "INSERT INTO sokuo.person (tenant_id, id, code, name) SELECT '" TENANT "', t('14', n), n, '人' || n"
    " FROM unnest('{1,2,9}'::integer[]) n;"
    "INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, valid_from)"
    " SELECT '" TENANT "', t('15', n), t('14', n), t('12', n), '2000-01-01' FROM generate_series(1, 2) n;";

// 01 once; 02 and 03 at each section, one after the other; 04 once, when all have done 03.
static const char plan[] =
    "TRUNCATE sokuo.incident, sokuo.incident_member, sokuo.journal CASCADE;"
    "INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, confidentiality, wall, state, "
    "title, "
    "incident_type, filer_name)"
    " VALUES ('" TENANT "', '" INCIDENT "', '2026-0001', 2026000, 1, 3, 1, 4, '試験', 101, '人1');"
    "INSERT INTO sokuo.run (tenant_id, id, incident_id, incident_number, mode, code, t0)"
    " VALUES ('" TENANT "', '" RUN "', '" INCIDENT "', '2026-0001', 1, 'A', sokuo.now()),"
    "  ('" TENANT "', '" RUN2 "', '" INCIDENT "', '2026-0001', 1, 'B', sokuo.now());"
    "INSERT INTO sokuo.run_step (tenant_id, run_id, no, position, incident_id, phase, role, after, "
    "target_min, fan_out, text_ja,"
    "  definition, due_at)"
    " SELECT '" TENANT "', '" RUN "', no, position, '" INCIDENT
    "', 5, role, after, 10, fan_out, 'する', '', sokuo.now()"
    "  FROM (VALUES ('01', 1, 7, '{}'::text[], 1), ('02', 2, 12, '{01}', 2), ('03', 3, 12, '{02}', 2), "
    "('04', 4, 7, '{03}', 1))"
    "  p (no, position, role, after, fan_out);"
    "INSERT INTO sokuo.step (tenant_id, id, incident_id, run_id, no, state, role, place_id, place_kind, "
    "unit_id, due_at)"
    " SELECT '" TENANT "', t('19', r.position * 10 + coalesce(u.code::integer, 0)), '" INCIDENT
    "', r.run_id, r.no,"
    "  CASE r.no WHEN '01' THEN 2 ELSE 1 END, r.role, coalesce(u.id, '" NIL "'), r.fan_out, u.id, r.due_at"
    "  FROM sokuo.run_step r LEFT JOIN sokuo.unit u ON r.fan_out = 2 AND u.tenant_id = '" TENANT "';";

static void admin(const char *sql)
{
    (void)db_test_admin(sql);
}

static int setup_database(void **state)
{
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return -1;
    admin(city);
    conn = PQconnectdb(db_test_conninfo());
    PQclear(PQexec(conn, "SET ROLE sokuo_app; SET search_path = ''"));
    return PQstatus(conn) == CONNECTION_OK ? 0 : -1;
}

static int teardown_database(void **state)
{
    PQfinish(conn);
    return 0;
}

static int setup(void **state)
{
    admin(plan);
    return 0;
}

// --- as the server does it ---

static void identify(const char *tenant, const char *person, const char *reach)
{
    const char *values[] = {tenant, person, reach, ""};
    PGresult *res = PQexecParams(conn, query_table[Q_SESSION_SET].text, 4, NULL, values, NULL, NULL, 0);
    assert_int_equal(PQresultStatus(res), PGRES_TUPLES_OK);
    PQclear(res);
}

// Runs a query in a transaction of its own; text parameters, NULL = null. The result is the caller's.
static PGresult *ask_as(const char *tenant, const char *person, const char *reach, enum query query, ...)
{
    const char *values[PARAMS_MOST];
    va_list list;
    va_start(list, query);
    for (int i = 0; i < query_table[query].params; i++)
        values[i] = va_arg(list, const char *);
    va_end(list);
    PQclear(PQexec(conn, "BEGIN"));
    identify(tenant, person, reach);
    PGresult *res =
        PQexecParams(conn, query_table[query].text, query_table[query].params, NULL, values, NULL, NULL, 0);
    PQclear(PQexec(conn, "COMMIT"));
    return res;
}

#define DO(query, ...)                                                        \
    do {                                                                      \
        PGresult *res_ = ask_as(TENANT, HEAD1, "system", query, __VA_ARGS__); \
        if (PQresultStatus(res_) == PGRES_FATAL_ERROR)                        \
            print_error("%s", PQresultErrorMessage(res_));                    \
        assert_int_not_equal(PQresultStatus(res_), PGRES_FATAL_ERROR);        \
        PQclear(res_);                                                        \
    } while (0)

// States over the places, step by step: "2 11 11 1".
static void assert_states(const char *wanted)
{
    assert_string_equal(
        db_test_admin(
            "SELECT string_agg(states, ' ' ORDER BY no) FROM (SELECT no, string_agg(state::text, '' ORDER BY"
            " place_id) AS states FROM sokuo.step WHERE run_id = '" RUN "' GROUP BY no) q"),
        wanted);
}

// done/dropped/in progress/ready/pending/blocked of a step, as the board counts them.
static void assert_progress(const char *no, const char *wanted)
{
    char sql[300];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT concat_ws('/', done, dropped, in_progress, ready, pending, blocked) FROM sokuo.run_step"
        " WHERE run_id = '" RUN "' AND no = '%s'",
        no);
    assert_string_equal(db_test_admin(sql), wanted);
}

static void finish(const char *no, const char *place)
{
    char sql[400];
    (void)snprintf(
        sql, sizeof sql,
        "UPDATE sokuo.step SET state = 4, done_at = sokuo.now(), recorded_at = sokuo.now(), done_by = '" HEAD1
        "' WHERE run_id = '" RUN "' AND no = '%s' AND place_id = '%s'",
        no, place);
    admin(sql);
    char nos[20], places[50];
    (void)snprintf(nos, sizeof nos, "{%s}", no);
    (void)snprintf(places, sizeof places, "{%s}", place);
    DO(Q_STEP_RELEASE, TENANT, "{" RUN "}", nos, places, "f");
}

// --- what follows ---

static void test_a_place_waits_for_itself_and_a_step_of_the_city_for_all(void **state)
{
    assert_states("2 11 11 1");
    finish("01", NIL);
    assert_states("4 22 11 1");
    finish("02", SECTION1);
    assert_states("4 42 21 1");
    finish("03", SECTION1);
    assert_states("4 42 41 1");
    finish("02", SECTION2);
    finish("03", SECTION2);
    assert_states("4 44 44 2");
}

static void test_progress_is_counted_with_every_change(void **state)
{
    assert_progress("02", "0/0/0/0/2/0");
    finish("01", NIL);
    assert_progress("02", "0/0/0/2/0/0");
    finish("02", SECTION1);
    assert_progress("02", "1/0/0/1/0/0");
    admin("UPDATE sokuo.step SET state = 7 WHERE no = '02' AND place_id = '" SECTION2 "'");
    assert_progress("02", "1/0/0/0/0/1");
    admin("UPDATE sokuo.step SET state = 5 WHERE no = '02' AND place_id = '" SECTION2 "'");
    assert_progress("02", "1/1/0/0/0/0");
    admin("UPDATE sokuo.step SET note = 'x' WHERE false");
    assert_progress("02", "1/1/0/0/0/0");
}

static void test_what_may_not_begin_any_more_waits_again_unless_it_was_begun(void **state)
{
    finish("01", NIL);
    admin(
        "UPDATE sokuo.step SET state = 3, started_at = sokuo.now() WHERE no = '02' AND place_id = '" SECTION2
        "'");
    admin("UPDATE sokuo.step SET state = 2, done_at = NULL, done_by = NULL WHERE no = '01'");
    DO(Q_STEP_RELEASE, TENANT, "{" RUN "}", "{01}", "{" NIL "}", "t");
    assert_states("2 13 11 1");
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.step WHERE no = '02' AND ready_at IS NULL"),
                        "1");
}

static void test_a_step_waits_for_what_comes_before_it_in_every_plan(void **state)
{
    admin("INSERT INTO sokuo.run_step (tenant_id, run_id, no, position, incident_id, phase, role, after, "
          "fan_out, text_ja,"
          "  definition, merged_run_id, merged_no) VALUES"
          " ('" TENANT "', '" RUN2 "', '01', 1, '" INCIDENT "', 5, 7, '{}', 1, '', '', NULL, NULL),"
          " ('" TENANT "', '" RUN2 "', '02', 2, '" INCIDENT "', 5, 7, '{01}', 1, '', '', '" RUN "', '04');"
          "INSERT INTO sokuo.step (tenant_id, id, incident_id, run_id, no, state, role)"
          " VALUES ('" TENANT "', gen_random_uuid(), '" INCIDENT "', '" RUN2 "', '01', 2, 7);"
          "UPDATE sokuo.step SET state = 4 WHERE run_id = '" RUN "' AND no <> '04'");
    DO(Q_STEP_RELEASE_RUN, TENANT, RUN, NULL, NULL, "f");
    assert_states("4 44 44 1");
    admin("UPDATE sokuo.step SET state = 4 WHERE run_id = '" RUN2 "'");
    DO(Q_STEP_RELEASE, TENANT, "{" RUN2 "}", "{01}", "{" NIL "}", "f");
    assert_states("4 44 44 2");
}

static void test_orders_that_cross_are_untied_in_the_plan_that_joins(void **state)
{
    admin("INSERT INTO sokuo.run_step (tenant_id, run_id, no, position, incident_id, phase, role, after, "
          "fan_out, text_ja,"
          "  definition, merged_run_id, merged_no) VALUES"
          " ('" TENANT "', '" RUN2 "', 'x', 1, '" INCIDENT "', 5, 7, '{}', 1, '', '', '" RUN "', '04'),"
          " ('" TENANT "', '" RUN2 "', 'y', 2, '" INCIDENT "', 5, 7, '{x}', 1, '', '', NULL, NULL),"
          " ('" TENANT "', '" RUN2 "', 'z', 3, '" INCIDENT "', 5, 7, '{y,w}', 1, '', '', '" RUN "', '01'),"
          " ('" TENANT "', '" RUN2 "', 'w', 4, '" INCIDENT "', 5, 7, '{}', 1, '', '', NULL, NULL)");
    DO(Q_RUN_UNTIE, TENANT, RUN2);
    assert_string_equal(
        db_test_admin("SELECT string_agg(no || after::text, ' ' ORDER BY no) FROM sokuo.run_step"
                      " WHERE run_id = '" RUN2 "'"),
        "w{} x{} y{x} z{w}");
}

static void test_only_the_server_releases_and_only_in_the_tenant_it_names(void **state)
{
    admin("UPDATE sokuo.step SET state = 4 WHERE no = '01'");
    PGresult *res = ask_as(TENANT, HEAD1, "all", Q_STEP_RELEASE_RUN, TENANT, RUN, NULL, NULL, "f");
    assert_int_equal(PQresultStatus(res), PGRES_FATAL_ERROR);
    assert_string_equal(PQresultErrorField(res, PG_DIAG_SQLSTATE), "42501");
    PQclear(res);
    DO(Q_STEP_RELEASE_RUN, OTHER_TENANT, RUN, NULL, NULL, "f");
    assert_states("4 11 11 1");
    DO(Q_STEP_RELEASE_RUN, TENANT, NULL, INCIDENT, "A", "f");
    assert_states("4 22 11 1");
}

// --- branches ---

static void decide(const char *journal_id)
{
    char sql[500];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, "
                   "occurred_at, person_id,"
                   "  person_name) VALUES ('" TENANT "', '%s', 'incident', '" INCIDENT
                   "', 1 + (SELECT count(*) FROM sokuo.journal),"
                   "  'step.decided', sokuo.now(), '" HEAD1 "', '人1')",
                   journal_id);
    admin(sql);
}

static void test_a_branch_is_closed_with_who_decided_and_opened_as_it_was(void **state)
{
    static const char taken[] = "00000020-0000-7000-8000-000000000001",
                      back[] = "00000020-0000-7000-8000-000000000002";
    finish("01", NIL);
    decide(taken);
    DO(Q_STEP_CLOSE_BRANCH, TENANT, RUN, "{02,03}", "01", taken, "不要");
    assert_states("4 66 66 1");
    assert_string_equal(
        db_test_admin("SELECT DISTINCT reason || done_name || closed_by FROM sokuo.step WHERE state = 6"),
        "不要人101");
    decide(back);
    DO(Q_STEP_OPEN_BRANCH, TENANT, RUN, back, "01");
    assert_states("4 22 11 1");
    DO(Q_STEP_CLOSE_BRANCH, TENANT, RUN, "{02}", "01", "00000020-0000-7000-8000-000000000003",
       "誰も決めていない");
    assert_states("4 22 11 1");
}

// --- what is mine, and who sees what ---

static int count_mine(const char *person, const char *most, int *ret_closed)
{
    PGresult *res = ask_as(TENANT, person, "system", Q_STEP_MINE, TENANT, person, NULL, most);
    assert_int_equal(PQresultStatus(res), PGRES_TUPLES_OK);
    int open = 0;
    for (int i = 0; i < PQntuples(res); i++)
        open += *PQgetvalue(res, i, 1) == 't';
    if (ret_closed)
        *ret_closed = PQntuples(res) - open;
    PQclear(res);
    return open;
}

static void test_mine_is_by_duty_at_the_place_or_by_name_and_one_more_than_the_page(void **state)
{
    int closed;
    assert_int_equal(count_mine(HEAD1, "100", &closed), 2);
    assert_int_equal(closed, 0);
    assert_int_equal(count_mine(HEAD1, "1", NULL), 2);
    assert_int_equal(count_mine(STRANGER, "100", NULL), 0);
    admin("UPDATE sokuo.step SET person_id = '" STRANGER "' WHERE no = '04'");
    assert_int_equal(count_mine(STRANGER, "100", NULL), 1);
    finish("02", SECTION1);
    assert_int_equal(count_mine(HEAD1, "100", &closed), 1);
    assert_int_equal(closed, 1);
}

static void test_what_is_over_is_not_to_do_but_closing_and_review_go_on(void **state)
{
    admin("UPDATE sokuo.incident SET state = 10");
    assert_int_equal(count_mine(HEAD1, "100", NULL), 0);
    admin("UPDATE sokuo.run_step SET phase = 9 WHERE no = '03'");
    assert_int_equal(count_mine(HEAD1, "100", NULL), 1);
    admin("INSERT INTO sokuo.incident_member (tenant_id, incident_id, person_id, access)"
          " VALUES ('" TENANT "', '" INCIDENT "', '" HEAD1 "', 2)");
    assert_int_equal(count_mine(HEAD1, "100", NULL), 0);
}

static void assert_sees(const char *person, const char *reach, const char *wanted)
{
    identify(TENANT, person, reach);
    PGresult *res = PQexec(
        conn, "SELECT (SELECT count(*) FROM sokuo.step) || '/' || (SELECT count(*) FROM sokuo.run_step)");
    assert_string_equal(PQgetvalue(res, 0, 0), wanted);
    PQclear(res);
}

// Reads of several callers share a transaction: what is remembered of one is not the other's.
static void test_callers_in_one_transaction_see_their_own_steps_only(void **state)
{
    PQclear(PQexec(conn, "BEGIN"));
    assert_sees(HEAD1, "all", "6/4");
    assert_sees(HEAD1, "own", "2/4");
    assert_sees(STRANGER, "own", "0/0");
    assert_sees(STRANGER, "all", "6/4");
    identify(OTHER_TENANT, STRANGER, "all");
    PGresult *res = PQexec(conn, "SELECT count(*) FROM sokuo.step");
    assert_string_equal(PQgetvalue(res, 0, 0), "0");
    PQclear(res);
    PQclear(PQexec(conn, "COMMIT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_place_waits_for_itself_and_a_step_of_the_city_for_all, setup),
        cmocka_unit_test_setup(test_progress_is_counted_with_every_change, setup),
        cmocka_unit_test_setup(test_what_may_not_begin_any_more_waits_again_unless_it_was_begun, setup),
        cmocka_unit_test_setup(test_a_step_waits_for_what_comes_before_it_in_every_plan, setup),
        cmocka_unit_test_setup(test_orders_that_cross_are_untied_in_the_plan_that_joins, setup),
        cmocka_unit_test_setup(test_only_the_server_releases_and_only_in_the_tenant_it_names, setup),
        cmocka_unit_test_setup(test_a_branch_is_closed_with_who_decided_and_opened_as_it_was, setup),
        cmocka_unit_test_setup(test_mine_is_by_duty_at_the_place_or_by_name_and_one_more_than_the_page,
                               setup),
        cmocka_unit_test_setup(test_what_is_over_is_not_to_do_but_closing_and_review_go_on, setup),
        cmocka_unit_test_setup(test_callers_in_one_transaction_see_their_own_steps_only, setup),
    };
    return cmocka_run_group_tests(tests, setup_database, teardown_database);
}
