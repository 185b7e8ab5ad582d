// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/store/migrate.h"
#include "tests/support/db_test.h"

static struct uuid tenant, other_tenant, stream;

static int setup(void **state)
{
    db_test_admin("TRUNCATE sokuo.thing");
    tenant = uuid_v7();
    other_tenant = uuid_v7();
    stream = uuid_v7();
    db_test_begin(NULL);
    return 0;
}

static int teardown(void **state)
{
    db_test_end();
    return 0;
}

static void begin_as(struct call *c, const struct uuid *as_tenant)
{
    call_begin(c, db_test_db, 0);
    c->actor.tenant_id = *as_tenant;
}

// Adds one thing; value < 0 breaks a check.
struct adding {
    struct uuid tenant, row_tenant, id, stream, parent;
    int value, late; // late: unique, checked at commit; 0 = none
    uint64_t deadline_us;
    enum err err;
    const char *reason;
};

static struct adding adding(int value)
{
    return (struct adding){
        .tenant = tenant, .row_tenant = tenant, .id = uuid_v7(), .stream = stream, .value = value};
}

static void add(void *arg)
{
    struct adding *a = arg;
    struct call c;
    begin_as(&c, &a->tenant);
    c.deadline_us = a->deadline_us;
    const struct param params[] = {
        p_uuid(&a->row_tenant), p_uuid(&a->id),     p_uuid(&a->stream),
        p_i32(&c, a->value),    p_uuid(&a->parent), a->late ? p_i32(&c, a->late) : p_null(),
    };
    struct db_stmt stmt = {.query = Q_THING_ADD, .params = params};
    a->err = db_write(&c, &a->stream, &stmt, 1);
    if (a->err == ERR_OK && rows_count(stmt.rows) != 1)
        a->err = ERR_DATA_LOSS;
    a->reason = c.error_reason;
    call_end(&c);
}

static int64_t things(void)
{
    return strtoll(db_test_admin("SELECT count(*) FROM sokuo.thing"), NULL, 10);
}

struct whoami {
    struct actor actor;
    char text[400];
};

static void ask_whoami(void *arg)
{
    struct whoami *w = arg;
    struct call c;
    struct rows *rows;
    call_begin(&c, db_test_db, 0);
    c.actor = w->actor;
    if (db_query(&c, Q_WHOAMI, NULL, &rows) == ERR_OK) {
        char *at = w->text;
        for (int col = 0; col < 7; col++)
            at += snprintf(at, 60, "%s|", row_text(rows, 0, col));
    }
    call_end(&c);
}

static void test_a_lane_is_the_weak_role_with_an_empty_path_and_timeouts(void **state)
{
    struct whoami w = {.text = ""};
    db_test_run(ask_whoami, &w);
    assert_string_equal(w.text, "||own||sokuo_app||15s 3s|");
}

static void test_every_call_reads_as_itself_however_many_share_a_sync(void **state)
{
    enum { COUNT = 60 };
    static struct whoami asked[COUNT];
    struct uuid tenants[3] = {uuid_v7(), uuid_v7(), {{0}}};
    for (int i = 0; i < COUNT; i++) {
        asked[i] = (struct whoami){.actor.tenant_id = tenants[i % 3], .actor.person_id = tenants[i / 2 % 3]};
        asked[i].actor.reads_all = i % 5 == 0;
        asked[i].actor.is_system = i % 7 == 0;
        asked[i].actor.section_id = tenants[i / 3 % 2];
        fiber_spawn(ask_whoami, &asked[i]);
    }
    db_test_drain();
    for (int i = 0; i < COUNT; i++) {
        char t[UUID_TEXT_SIZE] = "", p[UUID_TEXT_SIZE] = "", s[UUID_TEXT_SIZE], want[400];
        if (i % 3 != 2)
            uuid_format(&tenants[i % 3], t);
        if (i / 2 % 3 != 2)
            uuid_format(&tenants[i / 2 % 3], p);
        uuid_format(&tenants[i / 3 % 2], s);
        (void)snprintf(want, sizeof want, "%s|%s|%s|%s|sokuo_app||15s 3s|", t, p,
                       i % 7 == 0   ? "system"
                       : i % 5 == 0 ? "all"
                                    : "own",
                       s);
        assert_string_equal(asked[i].text, want);
    }
    assert_true(db_stats(db_test_db).read_syncs < COUNT / 2);
}

static void test_units_that_arrive_together_commit_together(void **state)
{
    enum { COUNT = 100 };
    static struct adding added[COUNT];
    for (int i = 0; i < COUNT; i++) {
        added[i] = adding(i);
        fiber_spawn(add, &added[i]);
    }
    db_test_drain();
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(added[i].err, ERR_OK);
    assert_int_equal(things(), COUNT);
    assert_int_equal(db_stats(db_test_db).write_units, COUNT);
    assert_int_equal(db_stats(db_test_db).write_batches, 2); // 64 and the rest
    assert_string_equal(
        db_test_admin("SELECT string_agg(value::text, ',' ORDER BY added) = "
                      "(SELECT string_agg(n::text, ',' ORDER BY n) FROM generate_series(0, 99) n) "
                      "FROM sokuo.thing"),
        "t"); // one stream: none overtook another
}

static void test_a_failing_unit_hurts_only_itself(void **state)
{
    struct adding added[6];
    struct uuid nowhere = uuid_v7();
    for (int i = 0; i < 6; i++)
        added[i] = adding(i);
    added[1].value = -1;                // check
    added[2].id = added[0].id;          // unique
    added[3].parent = nowhere;          // foreign key
    added[4].row_tenant = other_tenant; // row-level security
    for (int i = 0; i < 6; i++)
        fiber_spawn(add, &added[i]);
    db_test_drain();
    const enum err want[6] = {
        ERR_OK, ERR_FAILED_PRECONDITION, ERR_ALREADY_EXISTS, ERR_FAILED_PRECONDITION, ERR_PERMISSION_DENIED,
        ERR_OK,
    };
    for (int i = 0; i < 6; i++)
        assert_int_equal(added[i].err, want[i]);
    assert_int_equal(things(), 2);
    assert_int_equal(db_stats(db_test_db).batch_retries, 1);
}

static void test_a_unit_that_fails_at_commit_hurts_only_itself(void **state)
{
    struct adding added[3];
    for (int i = 0; i < 3; i++) {
        added[i] = adding(i);
        added[i].late = i == 2 ? 2 : 1; // the second takes what the first has
        fiber_spawn(add, &added[i]);
    }
    db_test_drain();
    assert_int_equal(added[0].err, ERR_OK);
    assert_int_equal(added[1].err, ERR_ALREADY_EXISTS);
    assert_int_equal(added[2].err, ERR_OK);
    assert_int_equal(things(), 2);
}

static void test_the_identity_of_a_unit_does_not_leak_to_its_neighbours(void **state)
{
    struct adding added[4];
    for (int i = 0; i < 4; i++) {
        added[i] = adding(i);
        added[i].tenant = added[i].row_tenant = i % 2 ? tenant : other_tenant;
    }
    added[3].tenant = (struct uuid){{0}}; // nobody, right after somebody
    for (int i = 0; i < 4; i++)
        fiber_spawn(add, &added[i]);
    db_test_drain();
    for (int i = 0; i < 4; i++)
        assert_int_equal(added[i].err, i == 3 ? ERR_PERMISSION_DENIED : ERR_OK);
}

struct counting {
    struct uuid tenant;
    int64_t count;
    enum err err;
};

static void count_things(void *arg)
{
    struct counting *n = arg;
    struct call c;
    struct rows *rows;
    begin_as(&c, &n->tenant);
    n->err = db_query(&c, Q_THING_COUNT, NULL, &rows);
    n->count = n->err == ERR_OK ? row_i64(rows, 0, rows_col(rows, "count")) : -1;
    call_end(&c);
}

static void add_then_count(void *arg)
{
    struct counting *n = arg;
    struct adding a = adding(1);
    a.stream = uuid_v7();
    add(&a);
    count_things(n);
}

static void test_a_read_after_a_write_sees_it_and_other_tenants_do_not(void **state)
{
    for (int i = 1; i <= 20; i++) {
        struct counting own = {.tenant = tenant}, others = {.tenant = other_tenant};
        db_test_run(add_then_count, &own);
        db_test_run(count_things, &others);
        assert_int_equal(own.count, i);
        assert_int_equal(others.count, 0);
    }
}

struct dividing {
    int by;
    int64_t result;
    enum err err;
};

static void divide(void *arg)
{
    struct dividing *d = arg;
    struct call c;
    struct rows *rows;
    call_begin(&c, db_test_db, 0);
    const struct param params[] = {p_i32(&c, d->by)};
    d->err = db_query(&c, Q_DIVIDE, params, &rows);
    d->result = d->err == ERR_OK ? row_i64(rows, 0, 0) : -1;
    call_end(&c);
}

static void test_a_failing_read_hurts_only_itself(void **state)
{
    struct dividing divided[30];
    for (int i = 0; i < 30; i++) {
        divided[i] = (struct dividing){.by = i % 10};
        fiber_spawn(divide, &divided[i]);
    }
    db_test_drain();
    for (int i = 0; i < 30; i++) {
        assert_int_equal(divided[i].err, i % 10 ? ERR_OK : ERR_INTERNAL);
        assert_int_equal(divided[i].result, i % 10 ? 100 / (i % 10) : -1);
    }
}

static void get_doubled(void *arg)
{
    struct dividing *d = arg;
    struct call c;
    struct rows *rows;
    call_begin(&c, db_test_db, 0);
    const struct param params[] = {p_i32(&c, d->by)};
    d->err = db_query(&c, Q_DOUBLED_GET, params, &rows);
    d->result = d->err == ERR_OK ? row_i64(rows, 0, rows_col(rows, "value")) : -1;
    call_end(&c);
}

static void test_a_query_that_cannot_be_prepared_hurts_only_itself(void **state)
{
    struct dividing bad[4], good[4], later = {.by = 3};
    db_test_admin("ALTER VIEW sokuo.doubled RENAME TO hidden");
    for (int i = 0; i < 4; i++) {
        bad[i] = good[i] = (struct dividing){.by = 5};
        fiber_spawn(get_doubled, &bad[i]);
        fiber_spawn(divide, &good[i]);
    }
    db_test_drain();
    db_test_admin("ALTER VIEW sokuo.hidden RENAME TO doubled");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(bad[i].err, ERR_INTERNAL);
        assert_int_equal(good[i].result, 20);
    }
    db_test_run(get_doubled, &later); // and works once the database has caught up
    assert_int_equal(later.result, 12);
}

struct napping {
    int ms;
    uint64_t deadline_us, took_us;
    bool is_gone;
    enum err err;
};

static void nap(void *arg)
{
    struct napping *n = arg;
    struct call c;
    struct rows *rows;
    call_begin(&c, db_test_db, 0);
    uint64_t begin_us = uv_hrtime() / 1000;
    c.deadline_us = n->deadline_us ? begin_us + n->deadline_us : 0;
    c.is_gone = n->is_gone;
    const struct param params[] = {p_i32(&c, n->ms)};
    n->err = db_query(&c, Q_NAP, params, &rows);
    n->took_us = uv_hrtime() / 1000 - begin_us;
    call_end(&c);
}

static void test_a_deadline_ends_the_wait(void **state)
{
    struct napping n = {.ms = 3000, .deadline_us = 100000};
    db_test_run(nap, &n);
    assert_int_equal(n.err, ERR_DEADLINE_EXCEEDED);
    assert_true(n.took_us < 1500000);
    struct dividing d = {.by = 4}; // another lane serves meanwhile
    db_test_run(divide, &d);
    assert_int_equal(d.result, 25);
}

static void test_nothing_is_sent_for_who_left_or_came_too_late(void **state)
{
    struct napping gone = {.ms = 0, .is_gone = true};
    db_test_run(nap, &gone);
    assert_int_equal(gone.err, ERR_CANCELED);
    struct adding late = adding(1);
    late.deadline_us = 1;
    db_test_run(add, &late);
    assert_int_equal(late.err, ERR_DEADLINE_EXCEEDED);
    assert_int_equal(things(), 0);
}

static void test_a_thousand_fibers_at_once(void **state)
{
    enum { COUNT = 1000 };
    static struct adding added[COUNT];
    static struct dividing divided[COUNT];
    for (int i = 0; i < COUNT; i++) {
        added[i] = adding(i);
        added[i].stream = uuid_derive(&stream, (uint32_t)(i % 50));
        divided[i] = (struct dividing){.by = 1 + i % 100};
        fiber_spawn(add, &added[i]);
        fiber_spawn(divide, &divided[i]);
    }
    db_test_drain();
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(added[i].err, ERR_OK);
        assert_int_equal(divided[i].result, 100 / (1 + i % 100));
    }
    assert_int_equal(things(), COUNT);
    assert_true(db_stats(db_test_db).write_batches < 50);
    assert_int_equal(db_stats(db_test_db).read_queue, 0);
}

struct leasing {
    bool commits, fails;
    enum err err, query_err;
};

static void use_lease(void *arg)
{
    struct leasing *l = arg;
    struct call c;
    struct db_lease *lease;
    struct rows *rows;
    begin_as(&c, &tenant);
    l->err = db_begin(&c, &lease);
    for (int i = 0; i < 3 && l->err == ERR_OK; i++) {
        struct uuid id = uuid_v7();
        const struct param params[] = {
            p_uuid(&tenant), p_uuid(&id), p_uuid(&stream), p_i32(&c, l->fails && i == 1 ? -1 : i),
            p_null(),        p_null(),
        };
        enum err err = db_lease_query(&c, lease, Q_THING_ADD, params, &rows);
        if (err != ERR_OK && l->query_err == ERR_OK)
            l->query_err = err;
    }
    if (l->commits && l->err == ERR_OK)
        l->err = db_commit(&c, lease);
    call_end(&c);
}

static void test_a_lease_is_rolled_back_unless_committed(void **state)
{
    struct leasing kept = {.commits = true}, dropped = {.commits = false},
                   failed = {.commits = true, .fails = true};
    db_test_run(use_lease, &dropped);
    assert_int_equal(dropped.err, ERR_OK);
    assert_int_equal(things(), 0);
    db_test_run(use_lease, &failed);
    assert_int_equal(failed.query_err, ERR_FAILED_PRECONDITION);
    assert_int_equal(failed.err, ERR_ABORTED);
    assert_int_equal(things(), 0);
    db_test_run(use_lease, &kept);
    assert_int_equal(kept.err, ERR_OK);
    assert_int_equal(things(), 3);
}

static void test_more_leases_than_lanes_take_turns(void **state)
{
    struct leasing leases[12];
    for (int i = 0; i < 12; i++) {
        leases[i] = (struct leasing){.commits = i % 3 != 0};
        fiber_spawn(use_lease, &leases[i]);
    }
    db_test_drain();
    for (int i = 0; i < 12; i++)
        assert_int_equal(leases[i].err, ERR_OK);
    assert_int_equal(things(), 8 * 3);
}

static char echoed[1000];

static void echo(void *arg)
{
    struct call c;
    struct rows *rows;
    call_begin(&c, db_test_db, 0);
    struct uuid id;
    (void)uuid_parse("00000000-0000-7000-8000-0000000000ff", &id);
    const struct uuid ids[] = {id, id};
    const char *const texts[] = {"対策", "", "b,\"c"};
    const int16_t numbers[] = {-1, 2};
    bool is_null = arg != NULL;
    const struct param given[] = {
        p_text("障害"),
        p_bytes("\0\1", 2),
        p_bool(true),
        p_i16(&c, -5),
        p_i32(&c, -70000),
        p_i64(&c, INT64_MIN),
        p_time(&c, 1700000000123456),
        p_uuid(&id),
        p_json("{\"a\": 1}"),
        p_texts(&c, texts, 3),
        p_uuids(&c, ids, 2),
        p_i16s(&c, numbers, 2),
    };
    struct param nothing[12] = {{0}};
    nothing[9] = p_texts(&c, NULL, 0);
    if (db_query(&c, Q_ECHO, is_null ? nothing : given, &rows) == ERR_OK) {
        const char **back_texts;
        struct uuid *back_ids;
        int16_t *back_numbers;
        char id_text[UUID_TEXT_SIZE];
        struct uuid back = row_uuid(rows, 0, rows_col(rows, "a_uuid"));
        int text_count = row_texts(&c, rows, 0, rows_col(rows, "some_texts"), &back_texts);
        int id_count = row_uuids(&c, rows, 0, rows_col(rows, "some_uuids"), &back_ids);
        int number_count = row_i16s(&c, rows, 0, rows_col(rows, "some_smallints"), &back_numbers);
        (void)snprintf(echoed, sizeof echoed,
                       "%s %d %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s %s/%d %d%s%s %d %d%d",
                       row_text(rows, 0, 0), row_len(rows, 0, 1), row_bool(rows, 0, 2), row_i64(rows, 0, 3),
                       row_i64(rows, 0, 4), row_i64(rows, 0, 5), row_time(rows, 0, 6),
                       uuid_format(&back, id_text), row_text(rows, 0, 8), row_len(rows, 0, 8), text_count,
                       text_count ? back_texts[0] : "", text_count ? back_texts[2] : "", id_count,
                       number_count, number_count ? back_numbers[0] : 0);
    }
    call_end(&c);
}

static void test_values_of_every_type_come_back_as_they_went(void **state)
{
    db_test_run(echo, NULL);
    assert_string_equal(echoed, "障害 2 1 -5 -70000 -9223372036854775808 1700000000123456 "
                                "00000000-0000-7000-8000-0000000000ff {\"a\": 1}/8 3対策b,\"c 2 2-1");
    db_test_run(echo, echoed);
    assert_string_equal(echoed,
                        " 0 0 0 0 0 -9223372036854775808 00000000-0000-0000-0000-000000000000 /0 0 0 00");
}

static void test_the_clock_is_that_of_the_database(void **state)
{
    int64_t theirs =
        strtoll(db_test_admin("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"), NULL, 10);
    int64_t ours = db_now_us(db_test_db);
    assert_true(llabs(ours - theirs) < 200000);
}

#define STORE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_a_lane_is_the_weak_role_with_an_empty_path_and_timeouts),
        STORE_TEST(test_every_call_reads_as_itself_however_many_share_a_sync),
        STORE_TEST(test_units_that_arrive_together_commit_together),
        STORE_TEST(test_a_failing_unit_hurts_only_itself),
        STORE_TEST(test_a_unit_that_fails_at_commit_hurts_only_itself),
        STORE_TEST(test_the_identity_of_a_unit_does_not_leak_to_its_neighbours),
        STORE_TEST(test_a_read_after_a_write_sees_it_and_other_tenants_do_not),
        STORE_TEST(test_a_failing_read_hurts_only_itself),
        STORE_TEST(test_a_query_that_cannot_be_prepared_hurts_only_itself),
        STORE_TEST(test_a_deadline_ends_the_wait),
        STORE_TEST(test_nothing_is_sent_for_who_left_or_came_too_late),
        STORE_TEST(test_a_thousand_fibers_at_once),
        STORE_TEST(test_a_lease_is_rolled_back_unless_committed),
        STORE_TEST(test_more_leases_than_lanes_take_turns),
        STORE_TEST(test_values_of_every_type_come_back_as_they_went),
        STORE_TEST(test_the_clock_is_that_of_the_database),
    };
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
