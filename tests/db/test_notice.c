// SPDX-License-Identifier: Apache-2.0
// The outbox on a real database: who leases what, what is not wanted any more, and what follows from each
// end.
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/store/migrate.h"
#include "server/store/notice_store.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

#define ID(n) "'00000000-0000-7000-8000-0000000000" n "'"
#define TENANT ID("01")
#define INCIDENT ID("02")
#define PERSON ID("03")
#define MAIL_POINT ID("04")
#define MAIL_CHANNEL ID("05")
#define CALL ID("06")
#define ORDER ID("07")
#define ADDRESSEE ID("08")

static int setup_database(void **state)
{
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return -1;
    db_test_admin("INSERT INTO sokuo.tenant (id, code, name) VALUES (" TENANT ", 'c', 'City')");
    db_test_admin("INSERT INTO sokuo.person (tenant_id, id, code, name, kind) VALUES (" TENANT ", " PERSON
                  ", '1', '佐藤', 1)");
    return 0;
}

static int setup(void **state)
{
    db_test_admin("TRUNCATE sokuo.incident, sokuo.journal, sokuo.notice, sokuo.channel, sokuo.contact_point, "
                  "sokuo.escalation,"
                  " sokuo.escalation_event, sokuo.command_order, sokuo.order_addressee CASCADE");
    db_test_admin("INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, confidentiality, "
                  "wall, state, title,"
                  " severity) VALUES (" TENANT ", " INCIDENT ", '2026-0001', 0, 1, 2, 1, 1, 't', 4)");
    db_test_admin("TRUNCATE sokuo.escalation CASCADE"); // what the filing began
    db_test_admin("INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address) VALUES (" TENANT
                  ", " MAIL_POINT ", " PERSON ", 3, 'sato@example.jp')");
    db_test_admin("INSERT INTO sokuo.channel (tenant_id, id, kind, name, reaches) VALUES (" TENANT
                  ", " MAIL_CHANNEL ", 1, 'mail', '{3}')");
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

// --- on a fiber

static struct {
    struct uuid owner;
    int most, cap;
    enum err err;
    int count;
    char seen[2000]; // dedup keys and fates, in order
    struct notice_end ends[20];
} run;

static struct call as_server(void)
{
    struct call c;
    call_begin(&c, db_test_db, 0);
    c.actor.is_known = c.actor.is_system = true;
    return c;
}

static void lease_on_fiber(void *arg)
{
    struct call c = as_server();
    struct notice *notices = NULL;
    run.seen[0] = '\0';
    run.err = notice_lease(&c, &run.owner, run.most, run.cap, &notices, &run.count);
    for (int i = 0; run.err == ERR_OK && i < run.count; i++) {
        char one[100];
        (void)snprintf(one, sizeof one, "%s%s:%d", i ? " " : "", notices[i].dedup_key, (int)notices[i].fate);
        strcat(run.seen, one); // NOLINT: short keys of ours
        run.ends[i] = (struct notice_end){.id = notices[i].id,
                                          .tenant_id = notices[i].tenant_id,
                                          .channel_id = notices[i].channel_id,
                                          .was_tried = true,
                                          .reason = ""};
    }
    call_end(&c);
}

static const char *lease(void)
{
    run.most = run.most ? run.most : 100;
    run.cap = run.cap ? run.cap : 100;
    db_test_run(lease_on_fiber, NULL);
    assert_int_equal(run.err, ERR_OK);
    return run.seen;
}

static const char *lease_anew(void)
{
    run.owner = uuid_v7();
    run.most = run.cap = 0;
    return lease();
}

static void finish_on_fiber(void *arg)
{
    struct call c = as_server();
    run.err = notice_finish(&c, &run.owner, run.ends, run.count);
    call_end(&c);
}

static void finish(enum notice_outcome outcome, const char *reason, bool is_channels_fault)
{
    for (int i = 0; i < run.count; i++) {
        run.ends[i].outcome = outcome;
        run.ends[i].reason = reason;
        run.ends[i].is_channels_fault = is_channels_fault;
        run.ends[i].wait_us = 60000000;
    }
    db_test_run(finish_on_fiber, NULL);
    assert_int_equal(run.err, ERR_OK);
}

// --- rows

static void add(const char *key, const char *columns, const char *values)
{
    char sql[1000];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, person_id, incident_id, contact_point_id,"
        " contact_kind%s) VALUES (" TENANT ", gen_random_uuid(), '%s', 2, " PERSON ", " INCIDENT
        ", " MAIL_POINT ", 3%s)",
        columns, key, values);
    db_test_admin(sql);
}

static void add_call(void)
{
    db_test_admin("INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, "
                  "role, generation, phase)"
                  " VALUES (" TENANT ", " CALL ", " INCIDENT ", 1, 1, 4, 3, 2, 1)");
}

static void add_order(void)
{
    db_test_admin("INSERT INTO sokuo.command_order (tenant_id, id, incident_id, no, mode, text, targets, "
                  "occurred_at) VALUES (" TENANT ", " ORDER ", " INCIDENT ", 1, 1, 'x', '', sokuo.now())");
    db_test_admin("INSERT INTO sokuo.order_addressee (tenant_id, id, order_id, incident_id, person_id, "
                  "remind_at) VALUES (" TENANT ", " ADDRESSEE ", " ORDER ", " INCIDENT ", " PERSON
                  ", sokuo.now() + interval '10 minutes')");
}

#define TOLD "SELECT coalesce(string_agg(act::text, ' ' ORDER BY id), '') FROM sokuo.escalation_event"

// --- the sentences

static void test_the_most_severe_goes_first_then_the_oldest_and_a_lease_keeps_others_out(void **state)
{
    add("old", ", priority, next_at", ", 2, sokuo.now() - interval '1 hour'");
    add("new", ", priority, next_at", ", 2, sokuo.now() - interval '1 minute'");
    add("severe", ", priority, next_at", ", 5, sokuo.now() - interval '1 second'");
    add("later", ", priority, next_at", ", 5, sokuo.now() + interval '1 minute'");
    assert_string_equal(lease_anew(), "severe:0 old:0 new:0");
    assert_string_equal(lease_anew(), "");
    db_test_admin(
        "UPDATE sokuo.notice SET lease_until = sokuo.now() WHERE dedup_key = 'old'"); // its engine was killed
    assert_string_equal(lease_anew(), "old:0");
    assert_string_equal(db_test_admin("SELECT attempts FROM sokuo.notice WHERE dedup_key = 'old'"), "2");
}

static void test_who_lost_the_lease_can_only_say_that_it_was_taken(void **state)
{
    add_call();
    add("a", ", escalation_id, generation", ", " CALL ", 2");
    lease_anew();
    struct uuid first = run.owner;
    db_test_admin("UPDATE sokuo.notice SET lease_until = sokuo.now()");
    lease_anew();
    run.owner = first;
    finish(NOTICE_DEAD, "BOUNCED: late", false);
    assert_string_equal(db_test_admin("SELECT state FROM sokuo.notice"), "1");
    assert_string_equal(db_test_admin(TOLD), ""); // nor does its call hear of it
    finish(NOTICE_TAKEN, "", false);
    assert_string_equal(db_test_admin("SELECT state || ' ' || (next_at IS NULL) FROM sokuo.notice"),
                        "2 true");
}

static void test_a_settled_call_is_not_wanted_and_a_later_generation_is(void **state)
{
    add_call();
    add("g1", ", escalation_id, generation", ", " CALL ", 1");
    add("g2", ", escalation_id, generation", ", " CALL ", 2");
    db_test_admin("UPDATE sokuo.escalation SET settled = 1");
    const char *seen = lease_anew();
    assert_non_null(strstr(seen, "g2:0"));
    assert_string_equal(
        db_test_admin(
            "SELECT state || ' ' || reason || ' ' || attempts FROM sokuo.notice WHERE dedup_key = 'g1'"),
        "4 SETTLED 0");
}

static void test_answered_withdrawn_and_closed_are_not_wanted(void **state)
{
    add_order();
    add("o", ", order_id, addressee_id", ", " ORDER ", " ADDRESSEE);
    db_test_admin("UPDATE sokuo.order_addressee SET state = 4"); // read is no answer
    assert_string_equal(lease_anew(), "o:0");
    db_test_admin("UPDATE sokuo.notice SET lease_until = NULL; UPDATE sokuo.order_addressee SET state = 5");
    lease_anew();
    assert_string_equal(db_test_admin("SELECT reason FROM sokuo.notice"), "ANSWERED");
    db_test_admin("UPDATE sokuo.notice SET state = 1, next_at = sokuo.now(); UPDATE sokuo.command_order SET "
                  "withdrawn_at = sokuo.now()");
    lease_anew();
    assert_string_equal(db_test_admin("SELECT reason FROM sokuo.notice"), "WITHDRAWN");
    db_test_admin(
        "UPDATE sokuo.notice SET state = 1, next_at = sokuo.now(), order_id = NULL, addressee_id = NULL;"
        " UPDATE sokuo.incident SET state = 10");
    lease_anew();
    assert_string_equal(db_test_admin("SELECT reason FROM sokuo.notice"), "CLOSED");
}

static void test_a_call_hears_that_it_arrived_or_that_the_contact_point_does_not_work(void **state)
{
    add_call();
    add("g2", ", escalation_id, generation", ", " CALL ", 2");
    lease_anew();
    finish(NOTICE_TAKEN, "", false);
    assert_string_equal(db_test_admin(TOLD), "2");
    db_test_admin(
        "TRUNCATE sokuo.escalation_event; UPDATE sokuo.notice SET state = 1, next_at = sokuo.now()");
    lease_anew();
    finish(NOTICE_DEAD, "BOUNCED: 550", false);
    assert_string_equal(db_test_admin(TOLD), "3");
    assert_string_equal(
        db_test_admin("SELECT count(*) || ' ' || min(kind) || ' ' || min(text) FROM sokuo.journal"),
        "1 notice.dead 届かなかった通知: 1件。電話で伝えてください");
}

static void test_a_call_moves_on_after_three_tries_while_the_message_is_tried_further(void **state)
{
    add_call();
    add("g2", ", escalation_id, generation", ", " CALL ", 2");
    for (int i = 1; i <= 4; i++) {
        db_test_admin("UPDATE sokuo.notice SET next_at = sokuo.now(); UPDATE sokuo.channel SET open_until = "
                      "NULL, failures = 0");
        lease_anew();
        finish(NOTICE_LATER, "FAILED: away", true);
        assert_string_equal(db_test_admin(TOLD), i < 3 ? "" : "3");
    }
    assert_string_equal(db_test_admin("SELECT state || ' ' || attempts FROM sokuo.notice"), "1 4");
}

static void test_what_no_channel_reaches_is_said_and_without_any_channel_the_client_tells(void **state)
{
    add("tel", "", "");
    db_test_admin("UPDATE sokuo.contact_point SET kind = 2");
    assert_string_equal(lease_anew(), "tel:4");
    db_test_admin("UPDATE sokuo.notice SET lease_until = NULL; UPDATE sokuo.channel SET enabled = false");
    assert_string_equal(lease_anew(), "tel:1");
    db_test_admin("UPDATE sokuo.notice SET lease_until = NULL; DELETE FROM sokuo.contact_point");
    assert_string_equal(lease_anew(), "tel:3");
}

static void test_an_exercise_goes_only_by_channels_that_serve_them(void **state)
{
    db_test_admin("UPDATE sokuo.channel SET serves_exercises = false");
    add("real", "", "");
    add("drill", ", mode", ", 2");
    const char *seen = lease_anew();
    assert_true(strstr(seen, "real:0") && strstr(seen, "drill:4"));
}

static void test_an_order_marks_its_addressee_sent_or_unreachable(void **state)
{
    add_order();
    add("o", ", order_id, addressee_id", ", " ORDER ", " ADDRESSEE);
    lease_anew();
    finish(NOTICE_DEAD, "BOUNCED: 550", false);
    assert_string_equal(db_test_admin("SELECT state || ' ' || (sent_at IS NULL) FROM sokuo.order_addressee"),
                        "10 true");
    db_test_admin("UPDATE sokuo.notice SET state = 1, next_at = sokuo.now()");
    lease_anew();
    finish(NOTICE_TAKEN, "", false);
    assert_string_equal(db_test_admin("SELECT state || ' ' || (sent_at IS NULL) FROM sokuo.order_addressee"),
                        "2 false");
}

static void test_a_person_with_another_contact_point_is_asked_there_at_once(void **state)
{
    add_order();
    db_test_admin("INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address) VALUES (" TENANT
                  ", gen_random_uuid(), " PERSON ", 1, '090')");
    add("o", ", order_id, addressee_id", ", " ORDER ", " ADDRESSEE);
    lease_anew();
    finish(NOTICE_DEAD, "BOUNCED: 550", false);
    assert_string_equal(
        db_test_admin("SELECT state || ' ' || (remind_at <= sokuo.now()) FROM sokuo.order_addressee"),
        "1 true");
}

static void test_a_channel_rests_after_five_failures_and_one_success_wakes_it(void **state)
{
    for (int i = 0; i < 5; i++) {
        char key[8] = {(char)('a' + i), 0};
        add(key, "", "");
    }
    lease_anew();
    assert_int_equal(run.count, 5);
    finish(NOTICE_LATER, "FAILED: refused", true);
    assert_string_equal(
        db_test_admin(
            "SELECT failures || ' ' || (open_until > sokuo.now()) || ' ' || last_fault FROM sokuo.channel"),
        "5 true FAILED: refused");
    db_test_admin("UPDATE sokuo.notice SET next_at = sokuo.now()");
    lease_anew(); // waits for the channel
    assert_string_equal(db_test_admin("SELECT min(attempts) || ' ' || max(attempts) FROM sokuo.notice"),
                        "1 1");
    db_test_admin(
        "UPDATE sokuo.channel SET open_until = sokuo.now(); UPDATE sokuo.notice SET next_at = sokuo.now()");
    lease_anew(); // one is a trial
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.notice WHERE lease_until IS NOT NULL"),
                        "1");
    for (int i = 0; i < run.count; i++)
        run.ends[i].was_tried = i == 0;
    run.count = 1;
    finish(NOTICE_TAKEN, "", false);
    assert_string_equal(
        db_test_admin("SELECT failures || ' ' || (open_until IS NULL) || last_fault FROM sokuo.channel"),
        "0 true");
}

static void test_a_rate_lets_ten_seconds_worth_out_and_the_rest_in_its_time(void **state)
{
    db_test_admin("UPDATE sokuo.channel SET per_minute = 12");
    for (int i = 0; i < 8; i++) {
        char key[8] = {(char)('a' + i), 0};
        add(key, "", "");
    }
    lease_anew();
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.notice WHERE lease_until IS NOT NULL"),
                        "2");
    assert_string_equal(
        db_test_admin("SELECT round(max(extract(epoch FROM next_at - sokuo.now()))) FROM sokuo.notice"),
        "30");
    db_test_admin("UPDATE sokuo.notice SET next_at = sokuo.now() WHERE lease_until IS NULL");
    lease_anew(); // none is free yet
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.notice WHERE lease_until IS NOT NULL"),
                        "2");
}

static void test_above_the_cap_it_is_a_digest_and_what_is_given_back_was_not_tried(void **state)
{
    for (int i = 0; i < 3; i++) {
        char key[8] = {(char)('a' + i), 0};
        add(key, ", next_at", ", sokuo.now() - interval '1 second'");
    }
    run.owner = uuid_v7();
    run.most = 100;
    run.cap = 1;
    lease();
    int collected = 0;
    for (const char *at = run.seen; (at = strstr(at, ":2")) != NULL; at++)
        collected++;
    assert_int_equal(collected, 2);
    finish(NOTICE_GIVEN_BACK, "", false);
    assert_string_equal(
        db_test_admin("SELECT count(*) FROM sokuo.notice WHERE state = 1 AND lease_until IS NULL"), "3");
}

static void test_the_same_key_stands_once_in_the_outbox(void **state)
{
    add("esc:x:1:0", "", "");
    PGconn *conn = PQconnectdb(db_test_conninfo());
    PGresult *again =
        PQexec(conn, "INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, person_id) VALUES (" TENANT
                     ", gen_random_uuid(), 'esc:x:1:0', 2, " PERSON ")");
    assert_string_equal(PQresultErrorField(again, PG_DIAG_SQLSTATE), "23505");
    PQclear(again);
    PQfinish(conn);
}

#define SENTENCE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SENTENCE(test_the_most_severe_goes_first_then_the_oldest_and_a_lease_keeps_others_out),
        SENTENCE(test_who_lost_the_lease_can_only_say_that_it_was_taken),
        SENTENCE(test_a_settled_call_is_not_wanted_and_a_later_generation_is),
        SENTENCE(test_answered_withdrawn_and_closed_are_not_wanted),
        SENTENCE(test_a_call_hears_that_it_arrived_or_that_the_contact_point_does_not_work),
        SENTENCE(test_a_call_moves_on_after_three_tries_while_the_message_is_tried_further),
        SENTENCE(test_what_no_channel_reaches_is_said_and_without_any_channel_the_client_tells),
        SENTENCE(test_an_exercise_goes_only_by_channels_that_serve_them),
        SENTENCE(test_an_order_marks_its_addressee_sent_or_unreachable),
        SENTENCE(test_a_person_with_another_contact_point_is_asked_there_at_once),
        SENTENCE(test_a_channel_rests_after_five_failures_and_one_success_wakes_it),
        SENTENCE(test_a_rate_lets_ten_seconds_worth_out_and_the_rest_in_its_time),
        SENTENCE(test_above_the_cap_it_is_a_digest_and_what_is_given_back_was_not_tried),
        SENTENCE(test_the_same_key_stands_once_in_the_outbox),
    };
    return cmocka_run_group_tests(tests, setup_database, NULL);
}
