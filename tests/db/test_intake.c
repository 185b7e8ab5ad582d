// SPDX-License-Identifier: Apache-2.0
// Deliveries against a real database: folding, floods, rates, what is over, what people put aside.
#include "tests/support/cmocka_all.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/codec/codec.h"
#include "server/domain/intake.h"
#include "server/rpc/intake_app.h"
#include "server/store/intake_store.h"
#include "server/store/message.h"
#include "server/store/migrate.h"
#include "server/store/secret.h"
#include "server/store/sync_store.h"
#include "tests/support/db_test.h"

#define CROWD 32
#define TENANT "11111111-0000-7000-8000-000000000001"
#define SOURCE "22222222-0000-7000-8000-000000000001"
#define TOKEN "abcdefghijkmnpqrstuvwxyz23456789"

static struct integration source;

// The clock stands, so that no minute ends in the middle of a test.
static void set_clock(const char *time)
{
    char sql[300];
    (void)snprintf(
        sql, sizeof sql,
        "CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE "
        "AS $$ SELECT '%s'::timestamptz $$",
        time);
    db_test_admin(sql);
}

static int begin(void **state)
{
    db_test_admin("TRUNCATE sokuo.journal, sokuo.intake_item, sokuo.integration_rate, sokuo.operation, "
                  "sokuo.integration, sokuo.incident, sokuo.incident_counter, sokuo.search_text CASCADE");
    db_test_admin("DELETE FROM sokuo.tenant");
    db_test_admin("INSERT INTO sokuo.tenant (id, code, name) VALUES ('" TENANT "', 't', 'みどり市')");
    db_test_admin(
        "INSERT INTO sokuo.integration (tenant_id, id, name, kind, mode, token_hash, token_prefix) VALUES "
        "('" TENANT "', '" SOURCE "', '監視', 1, 1, sha256('" TOKEN "'), 'abcdef')");
    set_clock("2026-11-23 05:00:30+00");
    source = (struct integration){.name = "監視",
                                  .kind = SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_ALERTMANAGER,
                                  .mode = SOKUO__V1__MODE__MODE_REAL};
    uuid_parse(TENANT, &source.tenant_id);
    uuid_parse(SOURCE, &source.id);
    return 0;
}

static int number(const char *sql)
{
    return atoi(db_test_admin(sql));
}

struct report {
    enum alert_action action;
    const char *key; // "%d" makes count different ones
    int count;
    enum err err;
    bool is_over_rate;
    int folded;
};

static void act_for_source(struct call *c)
{
    call_begin(c, db_test_db, 0);
    c->actor = (struct actor){
        .tenant_id = source.tenant_id, .person_name = source.name, .is_system = true, .capacity = 5};
}

static void deliver(void *arg)
{
    struct report *report = arg;
    struct call c;
    act_for_source(&c);
    struct alert_batch batch = {.count = (size_t)report->count};
    batch.alerts = call_alloc(&c, batch.count * sizeof(struct alert));
    for (int i = 0; i < report->count; i++) {
        batch.alerts[i] = (struct alert){
            .action = report->action,
            .key = call_printf(&c, "%s%d", report->key, i),
            .title = call_printf(&c, "警報 %s%d", report->key, i),
            .description = "",
            .severity = "warning",
            .source_url = "",
            .started_at_us = ALERT_TIME_UNKNOWN,
            .ended_at_us = ALERT_TIME_UNKNOWN,
        };
    }
    struct intake_result result = {0};
    report->err = intake_deliver(&c, &source, &batch, "{}", 2, &result);
    report->is_over_rate = result.is_over_rate;
    report->folded = result.folded;
    call_end(&c);
}

static struct report tell(enum alert_action action, const char *key, int count)
{
    struct report report = {.action = action, .key = key, .count = count};
    db_test_run(deliver, &report);
    assert_int_equal(report.err, ERR_OK);
    return report;
}

static void spawn_crowd(void *arg)
{
    struct report *reports = arg;
    for (int i = 0; i < CROWD; i++)
        fiber_spawn(deliver, &reports[i]);
}

static void test_a_crowd_of_deliveries_of_one_alert_makes_one_item(void **state)
{
    struct report reports[CROWD];
    for (int i = 0; i < CROWD; i++)
        reports[i] = (struct report){.action = ALERT_FIRING, .key = "disk", .count = 1, .err = ERR_INTERNAL};
    db_test_run(spawn_crowd, reports);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(reports[i].err, ERR_OK);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item"), 1);
    assert_int_equal(number("SELECT count FROM sokuo.intake_item"), CROWD);
    assert_int_equal(number("SELECT requests FROM sokuo.integration_rate"), CROWD);
    // opened, the 2nd and the 10th
    assert_int_equal(number("SELECT count(*) FROM sokuo.journal"), 3);
}

static void test_a_flood_folds_into_one_item_that_counts(void **state)
{
    struct report report = tell(ALERT_FIRING, "host", 100);
    assert_int_equal(report.folded, 100 - INTAKE_NEW_PER_MINUTE);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item WHERE folded = 0"),
                     INTAKE_NEW_PER_MINUTE);
    assert_int_equal(number("SELECT folded FROM sokuo.intake_item WHERE folded > 0"), 70);
    assert_int_equal(number("SELECT count(*) FROM sokuo.journal"), INTAKE_NEW_PER_MINUTE + 1);
    report = tell(ALERT_FIRING, "other", 10);
    assert_int_equal(report.folded, 80);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item"), INTAKE_NEW_PER_MINUTE + 1);
}

static void test_the_next_minute_takes_new_items_again(void **state)
{
    tell(ALERT_FIRING, "host", 40);
    set_clock("2026-11-23 05:01:00+00");
    tell(ALERT_FIRING, "host", 40);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item WHERE folded = 0"), 40);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item WHERE count = 2 AND folded = 0"), 30);
}

static void test_requests_beyond_the_rate_are_refused_and_counted(void **state)
{
    db_test_admin("UPDATE sokuo.integration SET rate_per_minute = 2");
    tell(ALERT_FIRING, "a", 1);
    assert_false(tell(ALERT_FIRING, "a", 1).is_over_rate);
    struct report over = tell(ALERT_FIRING, "b", 3);
    assert_true(over.is_over_rate);
    assert_int_equal(over.folded, 3);
    assert_int_equal(number("SELECT count FROM sokuo.intake_item WHERE folded = 0"), 2);
    set_clock("2026-11-23 05:01:00+00");
    assert_false(tell(ALERT_FIRING, "b", 3).is_over_rate);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item WHERE folded = 0"), 4);
}

static void test_what_is_over_is_resolved_and_reopens_when_it_comes_again(void **state)
{
    tell(ALERT_FIRING, "disk", 1);
    tell(ALERT_RESOLVED, "disk", 1);
    assert_int_equal(number("SELECT state FROM sokuo.intake_item WHERE resolved_at IS NOT NULL"), 2);
    tell(ALERT_RESOLVED, "disk", 1);
    tell(ALERT_FIRING, "disk", 1);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item"), 1);
    assert_int_equal(number("SELECT state FROM sokuo.intake_item WHERE resolved_at IS NULL AND count = 2"),
                     1);
    assert_string_equal(db_test_admin("SELECT string_agg(kind, ' ' ORDER BY id) FROM sokuo.journal"),
                        "item.opened item.resolved item.reopened");
}

static void test_a_resolve_of_nothing_makes_nothing(void **state)
{
    tell(ALERT_RESOLVED, "never", 1);
    tell(ALERT_ACKNOWLEDGED, "never", 1);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item"), 0);
}

static void test_a_dismissed_alert_stays_dismissed_but_another_one_opens(void **state)
{
    tell(ALERT_FIRING, "disk", 1);
    db_test_admin("UPDATE sokuo.intake_item SET state = 4");
    tell(ALERT_FIRING, "disk", 1);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item WHERE state = 4 AND count = 2"), 1);
    source.kind = SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK;
    tell(ALERT_FIRING, "disk", 1);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item"), 2);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item WHERE state = 1"), 1);
}

struct over {
    size_t count;
    struct intake_over first;
};

static void look_over(void *arg)
{
    struct over *ret = arg;
    struct call c;
    act_for_source(&c);
    struct alert alert = {.action = ALERT_RESOLVED, .key = "disk0"};
    struct alert_batch batch = {.alerts = &alert, .count = 1};
    struct intake_over *over = NULL;
    if (intake_over(&c, &source, &batch, &over, &ret->count) == ERR_OK && ret->count > 0)
        ret->first = over[0];
    call_end(&c);
}

static void test_a_promoted_item_stays_promoted_when_it_is_over(void **state)
{
    tell(ALERT_FIRING, "disk", 1);
    db_test_admin("UPDATE sokuo.intake_item SET state = 3, incident_id = '" SOURCE "'");
    struct over over = {0};
    db_test_run(look_over, &over);
    assert_int_equal(over.count, 0);
    tell(ALERT_RESOLVED, "disk", 1);
    assert_int_equal(number("SELECT state FROM sokuo.intake_item WHERE resolved_at IS NOT NULL"), 3);
    db_test_run(look_over, &over);
    assert_int_equal(over.count, 1);
    assert_true(uuid_equal(&over.first.incident_id, &source.id));
    tell(ALERT_FIRING, "disk", 1);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item"), 2);
}

struct dismissal {
    struct uuid operation;
    bool restore;
    uint8_t hash[32];
    enum err err;
    int changed;
};

static void dismiss(void *arg)
{
    struct dismissal *d = arg;
    struct call c;
    struct uuid id;
    act_for_source(&c);
    c.actor.is_system = false;
    uuid_parse(db_test_admin("SELECT id FROM sokuo.intake_item ORDER BY id LIMIT 1"), &id);
    d->err = intake_dismiss(&c, &d->operation, d->hash, &id, 1, "誤検知", d->restore, &d->changed);
    call_end(&c);
}

static void test_dismissing_twice_with_one_operation_answers_the_same(void **state)
{
    tell(ALERT_FIRING, "disk", 1);
    struct dismissal d = {.operation = uuid_v7()};
    for (int i = 0; i < 2; i++) {
        db_test_run(dismiss, &d);
        assert_int_equal(d.err, ERR_OK);
        assert_int_equal(d.changed, 1);
    }
    d.hash[0] = 1;
    db_test_run(dismiss, &d);
    assert_int_equal(d.err, ERR_ALREADY_EXISTS);
    assert_int_equal(number("SELECT count(*) FROM sokuo.journal WHERE kind = 'item.dismissed'"), 1);
}

static void test_a_dismissal_can_be_undone(void **state)
{
    tell(ALERT_FIRING, "disk", 1);
    struct dismissal d = {.operation = uuid_v7()}, undo = {.operation = uuid_v7(), .restore = true};
    db_test_run(dismiss, &d);
    db_test_run(dismiss, &undo);
    assert_int_equal(undo.changed, 1);
    assert_int_equal(number("SELECT state FROM sokuo.intake_item"), 1);
}

static void test_no_dismissal_is_undone_beside_a_living_item_of_its_key(void **state)
{
    source.kind = SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK;
    tell(ALERT_FIRING, "disk", 1);
    struct dismissal d = {.operation = uuid_v7()}, undo = {.operation = uuid_v7(), .restore = true};
    db_test_run(dismiss, &d);
    tell(ALERT_FIRING, "disk", 1);
    db_test_run(dismiss, &undo);
    assert_int_equal(undo.err, ERR_OK);
    assert_int_equal(undo.changed, 0);
    assert_int_equal(number("SELECT count(*) FROM sokuo.intake_item WHERE state = 1"), 1);
}

static void promote(void *arg)
{
    enum err *ret = arg;
    struct call c;
    struct uuid id, operation = uuid_v7(), incident = uuid_v7();
    act_for_source(&c);
    uuid_parse(db_test_admin("SELECT id FROM sokuo.intake_item"), &id);
    struct db_stmt stmt = intake_promote_stmt(&c, &operation, &incident, &id, 1);
    *ret = db_write(&c, &incident, &stmt, 1);
    call_end(&c);
}

static void test_an_item_is_promoted_once_only(void **state)
{
    tell(ALERT_FIRING, "disk", 1);
    enum err err = ERR_INTERNAL;
    db_test_run(promote, &err);
    assert_int_equal(err, ERR_OK);
    db_test_run(promote, &err);
    assert_int_equal(err, ERR_FAILED_PRECONDITION);
    assert_int_equal(number("SELECT state FROM sokuo.intake_item"), 3);
    assert_int_equal(number("SELECT count(*) FROM sokuo.journal WHERE kind = 'item.promoted'"), 1);
}

static void open_from_items(void *arg)
{
    enum err *ret = arg;
    struct call c;
    act_for_source(&c);
    c.now_us = db_now_us(db_test_db);
    Sokuo__V1__PromoteItemsRequest req = SOKUO__V1__PROMOTE_ITEMS_REQUEST__INIT;
    Sokuo__V1__PromoteItemsResponse res = SOKUO__V1__PROMOTE_ITEMS_RESPONSE__INIT;
    char *ids[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        char sql[80];
        (void)snprintf(sql, sizeof sql, "SELECT id FROM sokuo.intake_item ORDER BY id OFFSET %d LIMIT 1", i);
        ids[i] = arena_strdup(&c.arena, db_test_admin(sql));
    }
    struct uuid id = uuid_v7();
    req.operation_id = msg_uuid(&c, &id);
    req.item_ids = ids;
    req.n_item_ids = 2;
    struct operation operation;
    operation_make(&c, req.operation_id, &req.base, &operation);
    *ret = intake_promote(&c, &operation, &req, &res);
    if (*ret == ERR_OK && res.incident->version != number("SELECT version FROM sokuo.incident"))
        *ret = ERR_INTERNAL;
    call_end(&c);
}

// Nothing can come between the two, so a second try has nothing left to tell.
static void test_an_incident_is_filed_in_one_unit_with_what_its_items_say(void **state)
{
    tell(ALERT_FIRING, "disk", 2);
    enum err err = ERR_INTERNAL;
    db_test_run(open_from_items, &err);
    assert_int_equal(err, ERR_OK);
    assert_string_equal(db_test_admin("SELECT string_agg(kind, ' ' ORDER BY stream_seq) FROM sokuo.journal "
                                      " WHERE stream = 'incident'"),
                        "incident.filed entry.added entry.added");
    assert_int_equal(number("SELECT count(DISTINCT feed_xid) FROM sokuo.journal WHERE stream = 'incident'"),
                     1);
}

struct feed {
    bool with_intake;
    enum err err;
    int count;
};

static void read_feed(void *arg)
{
    struct feed *feed = arg;
    struct call c;
    act_for_source(&c);
    c.actor.is_system = c.actor.reads_all = false; /* a duty desk: reads no incident but its own */
    struct feed_place after;
    int64_t now_us;
    struct feed_wish wish = {.with_intake = feed->with_intake, .limit = 10};
    struct feed_page page = {.count = 0};
    feed->err = feed_horizon(&c, &after, &now_us);
    after.xid = 0;
    if (feed->err == ERR_OK)
        feed->err = feed_read(&c, &after, &wish, &page);
    feed->count = page.count;
    call_end(&c);
}

static void test_pull_tells_of_items_also_those_who_do_not_read_every_incident(void **state)
{
    tell(ALERT_FIRING, "disk", 1);
    tell(ALERT_RESOLVED, "disk", 1);
    struct feed desk = {.with_intake = true}, staff = {.with_intake = false};
    db_test_run(read_feed, &desk);
    assert_int_equal(desk.err, ERR_OK);
    assert_int_equal(desk.count, 2);
    db_test_run(read_feed, &staff);
    assert_int_equal(staff.err, ERR_OK);
    assert_int_equal(staff.count, 0);
}

struct lookup {
    const char *token;
    enum err err;
    char words[300];
    struct uuid tenant;
};

static void look_up(void *arg)
{
    struct lookup *l = arg;
    struct call c;
    struct integration found;
    call_begin(&c, db_test_db, 0);
    l->err = integration_by_token(&c, l->token, &found);
    (void)snprintf(l->words, sizeof l->words, "%s", c.error_en ? c.error_en : "");
    l->tenant = c.actor.tenant_id;
    call_end(&c);
}

static void test_unknown_tokens_and_disabled_integrations_are_answered_alike(void **state)
{
    struct lookup known = {.token = TOKEN}, unknown = {.token = "abcdefghijkmnpqrstuvwxyz23456788"};
    db_test_run(look_up, &known);
    assert_int_equal(known.err, ERR_OK);
    assert_true(uuid_equal(&known.tenant, &source.tenant_id));
    db_test_run(look_up, &unknown);
    assert_int_equal(unknown.err, ERR_NOT_FOUND);
    db_test_admin("UPDATE sokuo.integration SET enabled = false");
    db_test_run(look_up, &known);
    assert_int_equal(known.err, ERR_NOT_FOUND);
    assert_string_equal(known.words, unknown.words);
}

int main(void)
{
    if (sodium_init() < 0 || migrate_run(db_test_conninfo(), false) != ERR_OK)
        return 1;
    codec_begin();
    db_test_begin(NULL);
#define TEST(name) cmocka_unit_test_setup(name, begin)
    static const struct CMUnitTest tests[] = {
        TEST(test_a_crowd_of_deliveries_of_one_alert_makes_one_item),
        TEST(test_a_flood_folds_into_one_item_that_counts),
        TEST(test_the_next_minute_takes_new_items_again),
        TEST(test_requests_beyond_the_rate_are_refused_and_counted),
        TEST(test_what_is_over_is_resolved_and_reopens_when_it_comes_again),
        TEST(test_a_resolve_of_nothing_makes_nothing),
        TEST(test_a_dismissed_alert_stays_dismissed_but_another_one_opens),
        TEST(test_a_promoted_item_stays_promoted_when_it_is_over),
        TEST(test_dismissing_twice_with_one_operation_answers_the_same),
        TEST(test_a_dismissal_can_be_undone),
        TEST(test_no_dismissal_is_undone_beside_a_living_item_of_its_key),
        TEST(test_an_item_is_promoted_once_only),
        TEST(test_an_incident_is_filed_in_one_unit_with_what_its_items_say),
        TEST(test_pull_tells_of_items_also_those_who_do_not_read_every_incident),
        TEST(test_unknown_tokens_and_disabled_integrations_are_answered_alike),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    db_test_end();
    return failed;
}
