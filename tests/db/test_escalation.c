// SPDX-License-Identifier: Apache-2.0
// What the engine's protocol asks of the store (decisions 0057, 0058, 0063), on a real database.
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/codec/codec.h"
#include "server/engine/escalation_batch.h"
#include "server/engine/turn.h"
#include "server/store/migrate.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

#define TENANT "00000000-0000-7000-8000-000000000001"
#define INCIDENT "00000009-0000-7000-8000-000000000001"
#define CALL "00000010-0000-7000-8000-000000000001"
#define CISO_CALL "00000010-0000-7000-8000-000000000002"
#define ORDER "00000020-0000-7000-8000-000000000001"
#define ADDRESSEE "00000021-0000-7000-8000-000000000001"

// Person n holds post n. PoC: 1, then 2 and 3. CISO: 4, then 5. CSIRT lead: 6. Head of section 1: 7. All but
// 7 have a telephone, 1 has mail besides.
static const char city[] =
    "INSERT INTO sokuo.tenant (id, code, name) VALUES ('" TENANT "', 'c', 'City');"
    "CREATE FUNCTION t(kind text, n bigint) RETURNS uuid LANGUAGE sql AS "
    "$$ SELECT (lpad(kind, 8, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;"
    "INSERT INTO sokuo.unit (tenant_id, id, kind, code, name) VALUES ('" TENANT
    "', t('11', 1), 3, '1', '情報課');"
    "INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id) SELECT '" TENANT
    "', t('12', n), n, '職' || n, t('11', 1) FROM generate_series(1, 7) n;"
    "INSERT INTO sokuo.person (tenant_id, id, code, name) SELECT '" TENANT
    "', t('14', n), n, '人' || n FROM generate_series(1, 7) n;"
    "INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, valid_from)"
    " SELECT '" TENANT "', t('15', n), t('14', n), t('12', n), '2000-01-01' FROM generate_series(1, 7) n;"
    "INSERT INTO sokuo.role_assignment (tenant_id, id, post_id, role, scope_id, valid_from) VALUES"
    " ('" TENANT "', t('13', 1), t('12', 1), 9, NULL, '2000-01-01'),"
    " ('" TENANT "', t('13', 4), t('12', 4), 2, NULL, '2000-01-01'),"
    " ('" TENANT "', t('13', 6), t('12', 6), 5, NULL, '2000-01-01'),"
    " ('" TENANT "', t('13', 7), t('12', 7), 12, t('11', 1), '2000-01-01');"
    "INSERT INTO sokuo.succession (tenant_id, id, role, valid_from) VALUES ('" TENANT
    "', t('16', 9), 9, '2000-01-01'),"
    " ('" TENANT "', t('16', 2), 2, '2000-01-01');"
    "INSERT INTO sokuo.succession_place (tenant_id, succession_id, rank, post_id) VALUES"
    " ('" TENANT "', t('16', 9), 2, t('12', 2)), ('" TENANT "', t('16', 9), 3, t('12', 3)),"
    " ('" TENANT "', t('16', 2), 2, t('12', 5));"
    "INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, priority)"
    " SELECT '" TENANT "', t('17', n), t('14', n), 1, '090-' || n, 1 FROM generate_series(1, 6) n;"
    "INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, priority) VALUES"
    " ('" TENANT "', t('17', 8), t('14', 1), 3, 'a@example.jp', 2);"
    "INSERT INTO sokuo.channel (tenant_id, id, kind, name, reaches, serves_exercises) VALUES ('" TENANT
    "', t('22', 1), 2, '電話', '{1,3}', false);";

// An incident of severity S3, and the call of its filing.
static const char night[] =
    "TRUNCATE sokuo.incident, sokuo.journal, sokuo.absence, sokuo.incident_member, sokuo.escalation_event,"
    " sokuo.escalation_effect, sokuo.notice CASCADE;"
    "UPDATE sokuo.engine_state SET suspect_since = NULL, suspect_until = NULL, jump_us = 0, overdue_since = "
    "NULL;"
    "INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, confidentiality, wall, state, "
    "title,"
    " severity, triage_due_at) VALUES ('" TENANT "', '" INCIDENT
    "', '2026-0001', 0, 1, 2, 1, 2, 't', 4, sokuo.now() + interval '30 minutes');"
    "INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, look_at, "
    "of_filing)"
    " VALUES ('" TENANT "', '" CALL "', '" INCIDENT "', 1, 1, 4, 0, sokuo.now(), true)";

// Minutes and seconds after Sunday 2026-07-05 02:10 in Japan.
static void clock_at(int minutes, int seconds)
{
    char sql[300];
    (void)snprintf(
        sql, sizeof sql,
        "CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE "
        "AS $$ SELECT '2026-07-05T02:10:00+09:00'::timestamptz + interval '%d minutes %d seconds' $$",
        minutes, seconds);
    (void)db_test_admin(sql);
}

static int setup_database(void **state)
{
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return -1;
    codec_begin();
    (void)db_test_admin("SET sokuo.reach = 'system'"); // for what is told
    (void)db_test_admin(city);
    return 0;
}

static int setup(void **state)
{
    clock_at(0, 0);
    (void)db_test_admin(night);
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

static enum err run_turn(enum err (*turn)(struct call *c))
{
    struct turn_run run = {.turn = turn};
    db_test_run(on_fiber, &run);
    return run.err;
}

static void engine_at(int minutes, int seconds)
{
    clock_at(minutes, seconds);
    assert_int_equal(run_turn(turn_escalations), ERR_OK);
}

static const char *ask(const char *sql)
{
    return db_test_admin(sql);
}

#define STATE_OF(id)                                                                                \
    ask("SELECT phase || ' ' || level || '/' || rank || '/' || contact || ' ' || person_name FROM " \
        "sokuo.escalation"                                                                          \
        " WHERE id = '" id "'")
#define TELL(id, act, person) \
    (void)ask("SELECT sokuo.escalation_tell('" TENANT "', '" id "', " act ", " person ")")
#define CALL_CISO                                                                                           \
    (void)ask("INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, " \
              "look_at)"                                                                                    \
              " VALUES ('" TENANT "', '" CISO_CALL "', '" INCIDENT "', 1, 1, 4, 2, sokuo.now())")

static void test_the_call_of_a_filing_goes_to_the_point_of_contact_with_effect_and_notice(void **state)
{
    engine_at(0, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人1");
    assert_string_equal(
        ask("SELECT e.generation || ' ' || f.kind || ' ' || f.why || ' ' || f.person_name || ' ' || "
            "n.dedup_key"
            "  FROM sokuo.escalation e JOIN sokuo.escalation_effect f ON f.escalation_id = e.id"
            "  JOIN sokuo.notice n ON n.escalation_id = e.id AND n.generation = f.generation"),
        "1 0 1 人1 esc:" CALL ":1:0");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.journal"), "0"); // the filing says that it begins
    assert_string_equal(
        ask("SELECT role || ' ' || level_role || ' ' || (due_at = look_at) FROM sokuo.escalation"),
        "9 9 true");
}

static void test_silence_goes_to_the_next_contact_point_then_to_the_deputy(void **state)
{
    engine_at(0, 0);
    engine_at(3, 59);
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人1");
    engine_at(4, 0);
    assert_string_equal(STATE_OF(CALL), "1 0/0/1 人1");
    engine_at(10, 0);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
    assert_string_equal(ask("SELECT text FROM sokuo.journal WHERE kind = 'call.deputy'"),
                        "統一的な窓口(PoC)不在、職2 人2が代理。根拠=無応答10分");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.notice"), "3");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.command"), "0"); // that duty does not command
}

static void test_an_answer_that_was_told_is_applied_before_the_tick_that_is_due(void **state)
{
    engine_at(0, 0);
    clock_at(9, 59);
    TELL(CALL, "7", "t('14', 1)");
    assert_string_equal(ask("SELECT settled >= 1 FROM sokuo.escalation"), "t"); // at once
    engine_at(12, 0);
    assert_string_equal(STATE_OF(CALL), "5 0/0/0 人1");
    assert_string_equal(ask("SELECT answer_person_name || ' ' || (look_at IS NULL) || ' ' || (due_at IS "
                            "NULL) FROM sokuo.escalation"),
                        "人1 true true");
    assert_string_equal(
        ask("SELECT count(*) FROM sokuo.notice n JOIN sokuo.escalation e ON e.id = n.escalation_id"
            " WHERE n.generation > e.settled"),
        "0");
    engine_at(60, 0);
    assert_string_equal(ask("SELECT count(*) FROM sokuo.notice"), "1");
}

static void test_what_another_engine_holds_is_left_to_it(void **state)
{
    PGconn *other = PQconnectdb(db_test_conninfo());
    PQclear(PQexec(other, "BEGIN; SELECT FROM sokuo.escalation FOR UPDATE"));
    engine_at(0, 1);
    assert_string_equal(STATE_OF(CALL), "0 0/0/0 ");
    PQclear(PQexec(other, "COMMIT"));
    PQfinish(other);
    engine_at(0, 2);
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人1");
}

static void test_whoever_writes_an_incident_is_waited_for_without_holding_its_calls(void **state)
{
    engine_at(0, 0);
    PGconn *other = PQconnectdb(db_test_conninfo());
    PQclear(PQexec(other, "BEGIN; UPDATE sokuo.incident SET version = 7"));
    clock_at(10, 0);
    assert_int_not_equal(run_turn(turn_escalations), ERR_OK); // lock timeout, and nothing was written
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人1");
    PQclear(PQexec(other, "COMMIT"));
    PQfinish(other);
    engine_at(10, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
    assert_string_equal(ask("SELECT stream_seq FROM sokuo.journal"), "8");
}

static enum err save_another_generation(struct call *c)
{
    struct db_lease *lease = NULL;
    struct esc_batch batch;
    const struct esc_bite bite = {.most = 10};
    TRY(db_begin(c, &lease));
    TRY(esc_claim(c, lease, &bite, &batch));
    esc_batch_step(c, &batch, batch.now_us);
    batch.calls[0].before.generation = 7;
    return esc_save(c, lease, &batch);
}

static void test_a_state_of_another_generation_is_never_saved(void **state)
{
    assert_int_equal(run_turn(save_another_generation), ERR_ABORTED);
    assert_string_equal(STATE_OF(CALL), "0 0/0/0 ");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.escalation_effect"), "0");
}

static void test_an_effect_that_is_there_takes_the_whole_step_back_and_holds_up_nobody_else(void **state)
{
    (void)ask(
        "INSERT INTO sokuo.escalation_effect (tenant_id, escalation_id, generation, position, kind, why, "
        "level, rank) VALUES ('" TENANT "', '" CALL "', 1, 0, 0, 1, 0, 0)");
    CALL_CISO;
    engine_at(0, 1);
    assert_string_equal(STATE_OF(CALL), "0 0/0/0 ");
    assert_string_equal(STATE_OF(CISO_CALL), "1 0/0/0 人4");
    assert_string_equal(ask("SELECT look_at > sokuo.now() FROM sokuo.escalation WHERE id = '" CALL "'"), "t");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.notice WHERE escalation_id = '" CALL "'"), "0");
}

static void test_a_silent_ciso_is_followed_in_command_by_the_deputy_with_a_ground(void **state)
{
    engine_at(0, 0);
    TELL(CALL, "7", "t('14', 1)");
    CALL_CISO;
    engine_at(0, 1);
    engine_at(10, 0);
    assert_string_equal(STATE_OF(CISO_CALL), "1 0/0/0 人4"); // called at 0:01: not yet
    engine_at(10, 1);
    assert_string_equal(STATE_OF(CISO_CALL), "1 0/1/0 人5");
    assert_string_equal(
        ask("SELECT person_name || ' ' || capacity || ' ' || role || ' ' || ground FROM sokuo.command"),
        "人5 2 2 最高情報セキュリティ責任者(CISO)不在、職5 人5が代理。根拠=無応答10分");
    assert_string_equal(ask("SELECT text || ' | ' || reason FROM sokuo.journal WHERE kind = 'command.taken'"),
                        "最高情報セキュリティ責任者(CISO)不在、職5 人5が代理。根拠=無応答10分 | 無応答10分");
    assert_string_equal(
        ask("SELECT i.commander_name || ' ' || (i.version = (SELECT max(stream_seq) FROM sokuo.journal))"
            " FROM sokuo.incident i"),
        "人5 true");
}

static void test_who_commands_and_stands_above_is_not_relieved_by_a_deputy(void **state)
{
    (void)ask(
        "UPDATE sokuo.incident SET commander_id = t('14', 7), commander_name = '市長', command_capacity = 1,"
        " commanded_since = sokuo.now()");
    (void)ask("UPDATE sokuo.command SET role = 1");
    CALL_CISO;
    engine_at(0, 1);
    engine_at(10, 1);
    assert_string_equal(STATE_OF(CISO_CALL), "1 0/1/0 人5");
    assert_string_equal(ask("SELECT string_agg(person_name, ' ') FROM sokuo.command"), "市長");
}

static void test_whoever_takes_the_incident_on_has_answered_the_call_of_its_filing(void **state)
{
    engine_at(0, 0);
    CALL_CISO;
    engine_at(0, 1);
    (void)ask("UPDATE sokuo.incident SET handler_id = t('14', 6), handler_name = '人6', state = 3");
    engine_at(1, 0);
    assert_string_equal(
        ask("SELECT phase || ' ' || answer_person_name FROM sokuo.escalation WHERE of_filing"), "5 人6");
    assert_string_equal(STATE_OF(CISO_CALL), "1 0/0/0 人4");
}

static void test_an_incident_that_ends_calls_nobody_any_more(void **state)
{
    engine_at(0, 0);
    CALL_CISO;
    (void)ask("UPDATE sokuo.incident SET state = 14");
    engine_at(30, 0);
    assert_string_equal(
        ask("SELECT string_agg(phase || '/' || (look_at IS NULL), ' ') FROM sokuo.escalation"),
        "6/true 6/true");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.notice"), "1");
}

static void test_another_severity_begins_the_call_anew_at_the_level_it_reached(void **state)
{
    engine_at(0, 0);
    for (int minute = 10; minute <= 30; minute += 10)
        engine_at(minute, 0);
    assert_string_equal(STATE_OF(CALL), "1 1/0/0 人6");
    (void)ask("UPDATE sokuo.incident SET severity = 5");
    engine_at(30, 1);
    assert_string_equal(ask("SELECT string_agg(phase || ' ' || severity || ' ' || role || ' ' || level, ', ' "
                            "ORDER BY severity)"
                            " FROM sokuo.escalation"),
                        "6 4 9 1, 1 5 5 0");
    assert_string_equal(
        ask("SELECT person_name || ' ' || (due_at - sokuo.now()) FROM sokuo.escalation WHERE severity = 5"),
        "人6 00:02:00");
}

static void test_an_excluded_person_hears_nothing_of_it(void **state)
{
    (void)ask("UPDATE sokuo.incident SET wall = 2");
    (void)ask("INSERT INTO sokuo.incident_member (tenant_id, incident_id, person_id, access) VALUES ('" TENANT
              "', '" INCIDENT "', t('14', 1), 2)");
    engine_at(0, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
}

static void test_who_is_away_is_left_at_once(void **state)
{
    engine_at(0, 1);
    (void)ask("INSERT INTO sokuo.absence (tenant_id, id, person_id, kind, from_at) VALUES ('" TENANT
              "', t('18', 1), t('14', 1), 1, sokuo.now())");
    engine_at(0, 5);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
}

static void test_who_is_on_duty_by_the_rota_is_called_before_the_holder(void **state)
{
    (void)ask("INSERT INTO sokuo.rota (tenant_id, id, role, name, starts_at, period_days, member_ids) VALUES "
              "('" TENANT "', t('23', 1), 9, '当番', sokuo.now() - interval '1 day', 7, ARRAY[t('14', 3)])");
    engine_at(0, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人3");
    engine_at(10, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人1");
    (void)ask("TRUNCATE sokuo.rota CASCADE");
}

static void test_a_backlog_is_stepped_once_each_by_several_claimers(void **state)
{
    (void)ask(
        "INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, look_at)"
        " SELECT '" TENANT "', t('19', n), '" INCIDENT
        "', 2, 1, 4, 2, sokuo.now() FROM generate_series(1, 2300) n");
    engine_at(0, 1);
    assert_string_equal(
        ask("SELECT count(*) || ' ' || min(generation) || ' ' || max(generation) FROM sokuo.escalation"),
        "2301 1 1");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.notice"), "2301");
}

static void test_a_clock_that_jumped_fires_only_what_is_due_by_both_clocks(void **state)
{
    engine_at(0, 1);
    (void)ask("UPDATE sokuo.engine_state SET suspect_since = sokuo.wall_clock(), suspect_until = "
              "sokuo.wall_clock() + "
              "interval '10 minutes', jump_us = 3600000000");
    engine_at(60, 0);
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人1");
    engine_at(70, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
}

static void test_the_auditor_says_once_that_calls_are_overdue_and_when_it_is_over(void **state)
{
    clock_at(1, 59);
    assert_int_equal(run_turn(turn_escalation_audit), ERR_OK);
    assert_string_equal(ask("SELECT overdue_since IS NULL FROM sokuo.engine_state"), "t");
    clock_at(2, 1);
    assert_int_equal(run_turn(turn_escalation_audit), ERR_OK);
    assert_int_equal(run_turn(turn_escalation_audit), ERR_OK);
    assert_string_equal(ask("SELECT string_agg(kind || ' ' || text, '') FROM sokuo.journal"),
                        "engine.overdue 呼出が1件、120秒以上遅れています");
    engine_at(2, 2);
    assert_int_equal(run_turn(turn_escalation_audit), ERR_OK);
    assert_string_equal(ask("SELECT overdue_since IS NULL FROM sokuo.engine_state"), "t");
}

#define ALARMS(key)                                                                                          \
    ask("SELECT string_agg(p.name || ' ' || n.contact_kind || ' ' || n.priority, ', ' ORDER BY n.dedup_key)" \
        " FROM sokuo.notice n JOIN sokuo.person p ON p.id = n.person_id WHERE n.kind = 6 AND n.dedup_key "   \
        "LIKE '" key "'")

static void test_an_alarm_is_told_once_by_each_way_and_again_every_half_hour(void **state)
{
    (void)ask(
        "INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, priority) VALUES ('" TENANT
        "', t('17', 60), t('14', 6), 3, 'lead@example.jp', 2)");
    clock_at(2, 1);
    assert_int_equal(run_turn(turn_escalation_audit), ERR_OK);
    clock_at(32, 0);
    assert_int_equal(run_turn(turn_escalation_audit), ERR_OK);
    assert_string_equal(ALARMS("alarm:overdue:%"), "人6 0 5, 人6 3 5"); // the lead of the CSIRT
    clock_at(32, 1);
    assert_int_equal(run_turn(turn_escalation_audit), ERR_OK);
    assert_string_equal(ALARMS("alarm:overdue:%:1:%"), "人6 0 5, 人6 3 5");
    (void)ask("DELETE FROM sokuo.contact_point WHERE id = t('17', 60)");
}

static void wall_clock_ahead(const char *by)
{
    char sql[250];
    (void)snprintf(sql, sizeof sql,
                   "CREATE OR REPLACE FUNCTION sokuo.wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE "
                   "AS $$ SELECT pg_catalog.clock_timestamp() + interval '%s' $$",
                   by);
    (void)ask(sql);
}

static enum err confirm_clock(struct call *c)
{
    bool is_done = false;
    c->actor.person_name = "佐藤";
    TRY(esc_clock_confirm(c, &is_done));
    return is_done ? ERR_OK : ERR_NOT_FOUND;
}

#define SUSPECT ask("SELECT coalesce(suspect_until > sokuo.wall_clock(), false) FROM sokuo.engine_state")

static void test_a_clock_that_jumped_is_told_and_trusted_again_when_somebody_confirms_it(void **state)
{
    engine_at(0, 1); // the guard has looked
    wall_clock_ahead("1 hour");
    engine_at(0, 2);
    assert_string_equal(SUSPECT, "t");
    assert_string_equal(ask("SELECT regexp_replace(text, '[0-9]+', '3600') FROM sokuo.journal WHERE kind = "
                            "'engine.clock_jumped'"),
                        "データベースの時計が3600秒進みました");
    assert_string_equal(ALARMS("alarm:clock:%:0:%"), "人6 0 5");
    engine_at(10, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人1"); // due by one clock only
    assert_int_equal(run_turn(confirm_clock), ERR_OK);
    assert_int_equal(run_turn(confirm_clock), ERR_NOT_FOUND); // nothing to confirm any more
    assert_string_equal(SUSPECT, "f");
    assert_string_equal(
        ask("SELECT person_name || ' ' || text FROM sokuo.journal WHERE kind = 'engine.clock_confirmed'"),
        "佐藤 データベースの時計が正しいことを確認しました");
    engine_at(10, 2);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
    wall_clock_ahead("0");
    engine_at(10, 3);
    assert_string_equal(ask("SELECT regexp_replace(text, '[0-9]+', '3600') FROM sokuo.journal WHERE kind = "
                            "'engine.clock_jumped' AND text LIKE '%戻り%'"),
                        "データベースの時計が3600秒戻りました");
}

static void test_after_ten_minutes_without_another_jump_a_clock_is_trusted_again(void **state)
{
    engine_at(0, 1);
    wall_clock_ahead("1 hour");
    engine_at(0, 2);
    (void)ask("UPDATE sokuo.engine_state SET suspect_until = suspect_until - interval '10 minutes'");
    assert_string_equal(SUSPECT, "f");
    engine_at(10, 1);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
    wall_clock_ahead("0");
    engine_at(10, 2);
}

static void test_what_no_channel_reaches_waits_in_the_client_and_for_a_telephone(void **state)
{
    (void)ask("UPDATE sokuo.escalation SET mode = 2"); // the channel serves no exercises
    engine_at(0, 0);
    assert_string_equal(STATE_OF(CALL), "1 0/0/0 人1");
    assert_string_equal(
        ask("SELECT contact_kind || ' ' || (contact_point_id IS NULL) || ' ' || mode FROM sokuo.notice"),
        "0 true 2");
    engine_at(4, 0);
    assert_string_equal(ask("SELECT why FROM sokuo.escalation_effect ORDER BY generation DESC LIMIT 1"),
                        "3"); // reminder
    engine_at(10, 0);
    assert_string_equal(STATE_OF(CALL), "1 0/1/0 人2");
}

// --- the same schedules in memory and through the store ---

static uint64_t dice_state;

static unsigned dice(unsigned sides)
{
    dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice_state >> 33) % sides;
}

// As the city stands: PoC 1, 2, 3; CSIRT lead 6; nobody; CISO 4, 5; nobody.
static const int people[ESC_LEVELS_MOST][3] = {{1, 2, 3}, {6}, {0}, {4, 5}, {0}};

static void place_of(int person, struct escalation_event *event)
{
    event->level = event->rank = ESC_OUTSIDE;
    for (int i = 0; i < ESC_LEVELS_MOST * 3; i++) {
        if (person != 0 && people[i / 3][i % 3] == person) {
            event->level = (uint8_t)(i / 3);
            event->rank = (uint8_t)(i % 3);
            return;
        }
    }
}

static const char *words_of(const struct escalation *e)
{
    static char text[200];
    (void)snprintf(text, sizeof text, "%u %d %d/%d/%d r%d f%d l%d b%d %lld", e->generation, e->phase,
                   e->level, e->rank, e->contact, e->round, e->flags, e->leaving, e->bounced,
                   e->due_us == ESC_NEVER ? -1LL : (long long)e->due_us);
    return text;
}

#define STORED                                                                                           \
    ask("SELECT generation || ' ' || phase || ' ' || level || '/' || rank || '/' || contact || ' r' || " \
        "round || ' f' ||"                                                                               \
        " flags || ' l' || leaving || ' b' || bounced || ' ' ||"                                         \
        " coalesce((extract(epoch FROM due_at) * 1000000)::bigint, -1) FROM sokuo.escalation")

struct model {
    struct escalation state;
    struct escalation_policy policy;
    struct escalation_reach reach;
};

static void model_step(struct model *m, const struct escalation_event *event, int64_t now_us)
{
    const struct escalation_facts facts = {&m->policy, &m->reach, NULL};
    struct escalation_turn turn;
    escalation_step(&m->state, &facts, event, now_us, &turn);
    if (turn.verdict == ESC_CHANGED)
        m->state = turn.after;
}

static void model_begin(struct model *m, int64_t now_us)
{
    *m = (struct model){.state = escalation_new()};
    escalation_policy_freeze(escalation_policy_default(ESC_UPWARD, 4), 9, &m->policy);
    for (int i = 0; i < ESC_LEVELS_MOST * 3; i++) {
        if (people[i / 3][i % 3] != 0)
            m->reach.people[i / 3][i % 3] =
                (struct escalation_person){ESC_PRESENT, people[i / 3][i % 3] == 1 ? 2 : 1};
    }
    const struct escalation_event arm = {.act = ESC_ARM};
    model_step(m, &arm, now_us);
}

// Tells what the dice say, to both; severity and people stay.
static void tell_something(struct model *m, int64_t now_us)
{
    static const int acts[] = {ESC_READ,        ESC_DELIVERED,   ESC_ACKNOWLEDGE, ESC_ACCEPT,
                               ESC_REFUSE,      ESC_ACK_EXPIRED, ESC_ESCALATE,    ESC_SNOOZE,
                               ESC_UNREACHABLE, ESC_ABSENT,      ESC_HANDED_OVER};
    int person = (int)dice(8); // 0: nobody; 7 stands in no duty of it
    struct escalation_event event = {.act = acts[dice(sizeof acts / sizeof *acts)],
                                     .contact = ESC_OUTSIDE,
                                     .until_us = now_us + 600000000};
    char sql[300];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT sokuo.escalation_tell('" TENANT "', '" CALL "', %d, %s%d%s, NULL, sokuo.now() + interval "
        "'10 minutes')",
        event.act, person ? "t('14', " : "nullif(", person ? person : 0, person ? ")" : "::text, '0')::uuid");
    (void)ask(sql);
    place_of(person, &event);
    model_step(m, &event, now_us);
}

static void test_random_schedules_end_in_the_same_state_in_memory_and_in_the_store(void **state)
{
    const char *wanted = getenv("SOKUO_SEEDS"); // 2,000 on demand
    int seeds = wanted ? (int)strtol(wanted, NULL, 10) : 3, steps = 0;
    for (int seed = 1; seed <= seeds; seed++) {
        struct model m;
        int seconds = 0;
        dice_state = (uint64_t)seed;
        clock_at(0, 0);
        (void)ask(night);
        engine_at(0, 0);
        model_begin(&m, INT64_C(1783185000000000)); // Sunday 2026-07-05 02:10 in Japan
        for (int turn = 0; turn < 14; turn++, steps++) {
            seconds += (int)dice(420);
            int64_t now_us = INT64_C(1783185000000000) + seconds * INT64_C(1000000);
            clock_at(0, seconds);
            for (unsigned told = dice(3); told > 0; told--)
                tell_something(&m, now_us);
            const struct escalation_event tick = {.act = ESC_TICK, .generation = m.state.generation};
            model_step(&m, &tick, now_us);
            engine_at(0, seconds);
            if (strcmp(STORED, words_of(&m.state)) != 0)
                print_message("seed %d, turn %d\n", seed, turn);
            assert_string_equal(STORED, words_of(&m.state));
        }
    }
    assert_true(steps > 0);
}

// --- orders ---

static void order(const char *role, const char *send_at)
{
    char sql[1200];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO sokuo.command_order (tenant_id, id, incident_id, no, mode, text, targets, occurred_at, "
        "send_at) VALUES ('" TENANT "', '" ORDER "', '" INCIDENT "', 1, 1, 'x', '', sokuo.now(), %s);"
        "INSERT INTO sokuo.order_addressee (tenant_id, id, order_id, incident_id, role, unit_id, "
        "escalation_id) VALUES ('" TENANT "', '" ADDRESSEE "', '" ORDER "', '" INCIDENT
        "', %s, t('11', 1), '" CISO_CALL "');"
        "INSERT INTO sokuo.escalation (tenant_id, id, incident_id, order_id, addressee_id, direction, mode,"
        " severity, role, scope_id, look_at) VALUES ('" TENANT "', '" CISO_CALL "', '" INCIDENT "', '" ORDER
        "', '" ADDRESSEE "', 2, 1, 4, %s, t('11', 1), coalesce(%s, sokuo.now()))",
        send_at, role, role, send_at);
    (void)ask("DELETE FROM sokuo.escalation");
    (void)ask(sql);
}

#define ADDRESSED                                                                                         \
    ask("SELECT a.state || ' ' || a.person_name || ' ' || a.is_deputy || ' ' || count(k.person_id) FROM " \
        "sokuo.order_addressee a LEFT JOIN sokuo.order_asked k ON k.order_id = a.order_id GROUP BY "      \
        "a.state, "                                                                                       \
        "a.person_name, a.is_deputy")

static void test_an_order_asks_its_addressee_then_the_deputy_who_may_read_it(void **state)
{
    order("2", "NULL::timestamptz");
    engine_at(0, 1);
    assert_string_equal(ADDRESSED, "1 人4 false 1");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.journal WHERE stream = 'incident'"),
                        "0"); // not each of many
    engine_at(10, 1);
    assert_string_equal(ADDRESSED, "1 人5 true 2");
    assert_string_equal(ask("SELECT text FROM sokuo.journal WHERE stream = 'incident'"),
                        "指示1: 最高情報セキュリティ責任者(CISO)不在、職5 人5が代理。根拠=無応答10分");
    assert_string_equal(ask("SELECT count(*) FROM sokuo.command"), "0");
}

static void test_an_order_that_goes_out_later_calls_nobody_before_whatever_is_told(void **state)
{
    order("2", "'2026-07-05T07:00:00+09:00'::timestamptz");
    clock_at(1, 0);
    TELL(CISO_CALL, "5", "t('14', 4)");
    engine_at(1, 1);
    assert_string_equal(STATE_OF(CISO_CALL), "0 0/0/0 ");
    assert_string_equal(ask("SELECT look_at = '2026-07-05T07:00:00+09:00' FROM sokuo.escalation"), "t");
    engine_at(290, 0);
    assert_string_equal(STATE_OF(CISO_CALL), "1 0/0/0 人4");
}

static void test_a_duty_of_a_section_is_called_there_and_a_hole_goes_up_in_red_letters(void **state)
{
    order("12", "NULL::timestamptz"); // its head has no contact point
    engine_at(0, 1);
    assert_string_equal(STATE_OF(CISO_CALL), "1 3/0/0 人4"); // ISM, ISO and SISO are holes
    assert_string_equal(ask("SELECT kind || ' ' || (text LIKE '指示1: %呼び出せる人がいません%') FROM "
                            "sokuo.journal WHERE stream = 'incident'"),
                        "call.gap true");
    assert_string_equal(ADDRESSED, "1 人4 true 1");
}

static void test_an_addressee_nobody_can_be_found_for_is_unreachable_and_red(void **state)
{
    (void)ask("DELETE FROM sokuo.contact_point");
    order("2", "NULL::timestamptz");
    engine_at(0, 1);
    assert_string_equal(
        ask("SELECT a.state || ' ' || (e.red_at IS NOT NULL) || ' ' || e.phase FROM sokuo.escalation e"
            " JOIN sokuo.order_addressee a ON a.escalation_id = e.id"),
        "10 true 2");
    (void)ask("INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, priority)"
              " SELECT '" TENANT "', t('17', n), t('14', n), 1, '090-' || n, 1 FROM generate_series(1, 6) n;"
              "INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, priority) VALUES"
              " ('" TENANT "', t('17', 8), t('14', 1), 3, 'a@example.jp', 2);");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_call_of_a_filing_goes_to_the_point_of_contact_with_effect_and_notice),
        TEST(test_silence_goes_to_the_next_contact_point_then_to_the_deputy),
        TEST(test_an_answer_that_was_told_is_applied_before_the_tick_that_is_due),
        TEST(test_what_another_engine_holds_is_left_to_it),
        TEST(test_whoever_writes_an_incident_is_waited_for_without_holding_its_calls),
        TEST(test_a_state_of_another_generation_is_never_saved),
        TEST(test_an_effect_that_is_there_takes_the_whole_step_back_and_holds_up_nobody_else),
        TEST(test_a_silent_ciso_is_followed_in_command_by_the_deputy_with_a_ground),
        TEST(test_who_commands_and_stands_above_is_not_relieved_by_a_deputy),
        TEST(test_whoever_takes_the_incident_on_has_answered_the_call_of_its_filing),
        TEST(test_an_incident_that_ends_calls_nobody_any_more),
        TEST(test_another_severity_begins_the_call_anew_at_the_level_it_reached),
        TEST(test_an_excluded_person_hears_nothing_of_it),
        TEST(test_who_is_away_is_left_at_once),
        TEST(test_who_is_on_duty_by_the_rota_is_called_before_the_holder),
        TEST(test_a_backlog_is_stepped_once_each_by_several_claimers),
        TEST(test_a_clock_that_jumped_fires_only_what_is_due_by_both_clocks),
        TEST(test_the_auditor_says_once_that_calls_are_overdue_and_when_it_is_over),
        TEST(test_an_alarm_is_told_once_by_each_way_and_again_every_half_hour),
        TEST(test_a_clock_that_jumped_is_told_and_trusted_again_when_somebody_confirms_it),
        TEST(test_after_ten_minutes_without_another_jump_a_clock_is_trusted_again),
        TEST(test_what_no_channel_reaches_waits_in_the_client_and_for_a_telephone),
        TEST(test_random_schedules_end_in_the_same_state_in_memory_and_in_the_store),
        TEST(test_an_order_asks_its_addressee_then_the_deputy_who_may_read_it),
        TEST(test_an_order_that_goes_out_later_calls_nobody_before_whatever_is_told),
        TEST(test_a_duty_of_a_section_is_called_there_and_a_hole_goes_up_in_red_letters),
        TEST(test_an_addressee_nobody_can_be_found_for_is_unreachable_and_red),
    };
    return cmocka_run_group_tests(tests, setup_database, NULL);
}
