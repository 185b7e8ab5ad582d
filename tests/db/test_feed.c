// SPDX-License-Identifier: Apache-2.0
// The memory of the feed against the database: the same answer for everybody, or none.
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/codec/codec.h"
#include "server/rpc/methods.gen.h"
#include "server/store/feed_memory.h"
#include "server/store/message.h"
#include "server/store/migrate.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

#define TENANT "'00000000-0000-7000-8000-000000000001'"
#define PERSONS 9
#define SECTIONS 4

static struct uuid id_of(int kind, int n)
{
    struct uuid id = {{0}};
    id.bytes[3] = (uint8_t)kind;
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    id.bytes[15] = (uint8_t)n;
    return id;
}
#define PERSON(n) id_of(4, n)
#define SECTION(n) id_of(1, n)

static int setup_database(void **state)
{
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return -1;
    codec_begin();
    db_test_admin("INSERT INTO sokuo.tenant (id, code, name) VALUES (" TENANT ", 'c', 'City');"
                  "INSERT INTO sokuo.person (tenant_id, id, code, name) SELECT " TENANT
                  ", ('00000004-0000-7000-8000-00000000000' || n)::uuid, 'p' || n, '職員' || n FROM "
                  "generate_series(1, 9) n;"
                  "INSERT INTO sokuo.unit (tenant_id, id, kind, code, name) SELECT " TENANT
                  ", ('00000001-0000-7000-8000-00000000000' || n)::uuid, 3, 's' || n, '課' || n FROM "
                  "generate_series(1, 4) n");
    return 0;
}

static int setup(void **state)
{
    db_test_admin(
        "TRUNCATE sokuo.incident, sokuo.journal, sokuo.operation, sokuo.search_text, sokuo.incident_counter, "
        "sokuo.incident_member, sokuo.incident_section, sokuo.incident_link CASCADE");
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

// Who calls.
struct viewer {
    int person, section; // 0 = none
    bool reads_all, with_intake;
    uint64_t roles;
};
static const struct viewer lead = {.person = 1,
                                   .section = 1,
                                   .reads_all = true,
                                   .with_intake = true,
                                   .roles = ROLE_BIT(CSIRT_LEAD) | ROLE_BIT(CISO)};
static const struct viewer stranger = {.person = 5, .section = 3};

static void begin_as(struct call *c, const struct viewer *v)
{
    call_begin(c, db_test_db, 0);
    c->method = "test";
    c->now_us = db_now_us(db_test_db);
    c->actor = (struct actor){
        .tenant_id = id_of(0, 1),
        .person_id = PERSON(v->person),
        .section_id = v->section ? SECTION(v->section) : (struct uuid){{0}},
        .person_name = "職員",
        .post_name = "担当",
        .roles = v->roles,
        .capacity = 1,
        .is_known = true,
        .reads_all = v->reads_all,
    };
}

static char *text_of(struct call *c, struct uuid id)
{
    return msg_uuid(c, &id);
}

static char *new_id(struct call *c)
{
    return text_of(c, uuid_v7());
}

// --- changes, through the handlers; what the rules refuse changes nothing, and that is fine too ---

static Sokuo__V1__IncidentFacts *concerning(struct call *c, int section)
{
    Sokuo__V1__IncidentFacts *facts = call_alloc(c, sizeof *facts);
    sokuo__v1__incident_facts__init(facts);
    if (section == 0)
        return facts;
    facts->section_ids = call_alloc(c, sizeof *facts->section_ids);
    facts->section_ids[0] = text_of(c, SECTION(section));
    facts->n_section_ids = 1;
    return facts;
}

static struct uuid file(const struct viewer *v, int mode, int class, int section)
{
    struct call c;
    begin_as(&c, v);
    Sokuo__V1__FileIncidentRequest req = SOKUO__V1__FILE_INCIDENT_REQUEST__INIT;
    Sokuo__V1__FileIncidentResponse res = SOKUO__V1__FILE_INCIDENT_RESPONSE__INIT;
    req.operation_id = new_id(&c);
    req.title = (char *)"届いた件";
    req.mode = (Sokuo__V1__Mode)mode;
    req.confidentiality = (Sokuo__V1__Confidentiality) class;
    req.facts = concerning(&c, section);
    struct uuid id = {{0}};
    if (rpc_file_incident(&c, &req, &res) == ERR_OK)
        id = msg_take_uuid(res.incident->id);
    call_end(&c);
    return id;
}

static void set_member(const struct viewer *v, struct uuid incident, int person, int access,
                       int64_t expires_us)
{
    struct call c;
    begin_as(&c, v);
    Sokuo__V1__SetMemberRequest req = SOKUO__V1__SET_MEMBER_REQUEST__INIT;
    Sokuo__V1__SetMemberResponse res = SOKUO__V1__SET_MEMBER_RESPONSE__INIT;
    req.operation_id = new_id(&c);
    req.id = text_of(&c, incident);
    req.person_id = text_of(&c, PERSON(person));
    req.access = (Sokuo__V1__MemberAccess)access;
    req.reason = (char *)"必要";
    req.expires_at = msg_time(&c, expires_us);
    (void)rpc_set_member(&c, &req, &res);
    call_end(&c);
}

static void set_class(const struct viewer *v, struct uuid incident, int class)
{
    struct call c;
    begin_as(&c, v);
    Sokuo__V1__SetConfidentialityRequest req = SOKUO__V1__SET_CONFIDENTIALITY_REQUEST__INIT;
    Sokuo__V1__SetConfidentialityResponse res = SOKUO__V1__SET_CONFIDENTIALITY_RESPONSE__INIT;
    req.operation_id = new_id(&c);
    req.id = text_of(&c, incident);
    req.confidentiality = (Sokuo__V1__Confidentiality) class;
    req.reason = (char *)"区分";
    (void)rpc_set_confidentiality(&c, &req, &res);
    call_end(&c);
}

static void assign(const struct viewer *v, struct uuid incident, int handler, int commander)
{
    struct call c;
    begin_as(&c, v);
    Sokuo__V1__AssignIncidentRequest req = SOKUO__V1__ASSIGN_INCIDENT_REQUEST__INIT;
    Sokuo__V1__AssignIncidentResponse res = SOKUO__V1__ASSIGN_INCIDENT_RESPONSE__INIT;
    req.operation_id = new_id(&c);
    req.id = text_of(&c, incident);
    req.handler_id = handler ? text_of(&c, PERSON(handler)) : msg_text(NULL);
    req.commander_id = commander ? text_of(&c, PERSON(commander)) : msg_text(NULL);
    req.reason = (char *)"交代";
    (void)rpc_assign_incident(&c, &req, &res);
    call_end(&c);
}

static void move_sections(const struct viewer *v, struct uuid incident, int section)
{
    struct call c;
    begin_as(&c, v);
    Sokuo__V1__UpdateIncidentRequest req = SOKUO__V1__UPDATE_INCIDENT_REQUEST__INIT;
    Sokuo__V1__UpdateIncidentResponse res = SOKUO__V1__UPDATE_INCIDENT_RESPONSE__INIT;
    char *mask[] = {(char *)"facts"};
    req.operation_id = new_id(&c);
    req.id = text_of(&c, incident);
    req.update_mask = mask;
    req.n_update_mask = 1;
    req.facts = concerning(&c, section);
    (void)rpc_update_incident(&c, &req, &res);
    call_end(&c);
}

static void add_entry(const struct viewer *v, struct uuid incident)
{
    struct call c;
    begin_as(&c, v);
    Sokuo__V1__AddEntryRequest req = SOKUO__V1__ADD_ENTRY_REQUEST__INIT;
    Sokuo__V1__AddEntryResponse res = SOKUO__V1__ADD_ENTRY_RESPONSE__INIT;
    req.operation_id = new_id(&c);
    req.incident_id = text_of(&c, incident);
    req.text = (char *)"現地を確認した";
    (void)rpc_add_entry(&c, &req, &res);
    call_end(&c);
}

// What has no incident: directory changes behind every wall, and intake items.
static void add_other(int wall, bool is_intake)
{
    char sql[400];
    snprintf(
        sql, sizeof sql,
        "INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at) "
        "VALUES (" TENANT ", gen_random_uuid(), '%s', gen_random_uuid(), 0, 'x.changed', %d, sokuo.now())",
        is_intake ? "intake_item" : "directory", wall);
    db_test_admin(sql);
}

static int below(int n)
{
    return (int)((unsigned)rand() % (unsigned)n); // NOLINT(concurrency-mt-unsafe): one thread
}

// Something about an order of the incident that asks one person: given, answered by another, or called off.
static void add_order(const struct viewer *v, struct uuid incident, int asked, int answers)
{
    static const char *const kinds[] = {"order.issued", "order.answered", "order.asked", "order.withdrawn"};
    struct call c;
    begin_as(&c, v);
    struct uuid id = uuid_v7();
    const char *order = text_of(&c, id), *sql;
    sql = call_printf(
        &c,
        "WITH o AS (INSERT INTO sokuo.command_order (tenant_id, id, incident_id, no, mode, text, targets, "
        "occurred_at, gone_at) SELECT tenant_id, '%1$s', id, version * 1000 + %3$d, mode, '待機', '', "
        "sokuo.now(), sokuo.now() FROM sokuo.incident WHERE id = '%2$s' RETURNING *), a AS (INSERT INTO "
        "sokuo.order_asked SELECT tenant_id, id, '%4$s' FROM o) INSERT INTO sokuo.journal (tenant_id, id, "
        "stream, stream_id, stream_seq, kind, wall, occurred_at, person_id) SELECT tenant_id, "
        "gen_random_uuid(), 'order', id, 0, '%5$s', 2, sokuo.now(), '%6$s' FROM o",
        order, text_of(&c, incident), below(1000), text_of(&c, PERSON(asked)), kinds[below(4)],
        text_of(&c, PERSON(answers)));
    db_test_admin(sql);
    call_end(&c);
}

// An older transaction that keeps what comes later from being told.
static PGconn *older;

static void hold_back(void)
{
    older = PQconnectdb(db_test_conninfo());
    PQclear(PQexec(older, "BEGIN"));
    PQclear(PQexec(older, "SELECT pg_current_xact_id()"));
}

static void let_on(void)
{
    PQfinish(older);
    older = NULL;
    while (*db_test_admin(
        "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"))
        continue;
}

// --- reading ---

static struct feed_place present(const struct viewer *v)
{
    struct call c;
    begin_as(&c, v);
    uint64_t epoch;
    int64_t now_us;
    struct feed_place place = {0};
    if (feed_epoch(&c, &epoch) != ERR_OK || feed_present(&c, &place, &now_us) != ERR_OK)
        abort();
    call_end(&c);
    return place;
}

static void write_page(struct call *c, const struct feed_page *page, struct buf *out)
{
    Sokuo__V1__PullResponse res = SOKUO__V1__PULL_RESPONSE__INIT;
    res.changes = page->changes;
    res.n_changes = (size_t)page->count;
    res.more = page->more;
    res.cursor = call_printf(c, "%llu.%lld", (unsigned long long)page->next.xid, (long long)page->next.seq);
    if (message_to_json(c, &res.base, out) != ERR_OK)
        abort();
}

struct compared {
    int known, unknown, changes, different;
    char first[400]; // what was different
};

static void compare(const struct viewer *v, const struct feed_place *after, const struct feed_wish *wish,
                    struct compared *ret)
{
    struct call c;
    begin_as(&c, v);
    struct feed_page remembered, read;
    bool is_known;
    if (feed_recall(&c, after, wish, &remembered, &is_known) != ERR_OK ||
        feed_read(&c, after, wish, &read) != ERR_OK)
        abort();
    ret->known += is_known;
    ret->unknown += !is_known;
    if (is_known) {
        struct buf one = buf_in(&c.arena), two = buf_in(&c.arena);
        write_page(&c, &remembered, &one);
        write_page(&c, &read, &two);
        bool is_same = one.len == two.len && memcmp(one.data, two.data, one.len) == 0;
        ret->changes += read.count;
        if (!is_same && ret->different++ == 0)
            snprintf(ret->first, sizeof ret->first, "person %d section %d all %d: %d of %d changes",
                     v->person, v->section, v->reads_all, remembered.count, read.count);
    }
    call_end(&c);
}

// --- the same answer ---

#define STEPS 150
#define INCIDENTS_MOST 40

struct story {
    struct uuid incidents[INCIDENTS_MOST];
    int incident_count;
    struct feed_place places[STEPS + 1];
    struct compared compared;
};

static struct viewer anybody(void)
{
    return (struct viewer){
        .person = 1 + below(PERSONS),
        .section = below(SECTIONS + 1),
        .reads_all = below(3) == 0,
        .with_intake = below(2) == 0,
        .roles = below(2) ? ROLE_BIT(CSIRT_LEAD) | ROLE_BIT(CISO) | ROLE_BIT(LEGAL) : 0,
    };
}

static void change_something(struct story *s)
{
    struct viewer v = below(3) ? lead : anybody();
    struct uuid incident = s->incidents[s->incident_count > 0 ? below(s->incident_count) : 0];
    int kind = s->incident_count < 3 ? 0 : below(13);
    if (kind <= 1 && s->incident_count < INCIDENTS_MOST) {
        struct uuid id = file(&v, 1 + below(3), 1 + below(5), below(SECTIONS + 1));
        if (!uuid_is_nil(&id))
            s->incidents[s->incident_count++] = id;
    } else if (kind <= 3) {
        set_member(&v, incident, 1 + below(PERSONS), below(3),
                   below(3) ? TIME_NULL : db_now_us(db_test_db) + INT64_C(3600000000));
    } else if (kind <= 4) {
        set_class(&v, incident, 1 + below(5));
    } else if (kind == 5) {
        assign(&v, incident, below(PERSONS + 1), below(PERSONS + 1));
    } else if (kind == 6) {
        move_sections(&v, incident, below(SECTIONS + 1));
    } else if (kind == 7) {
        add_other(below(3), below(2) == 0);
    } else if (kind <= 10) {
        add_order(&v, incident, 1 + below(PERSONS), 1 + below(PERSONS));
    } else {
        add_entry(&v, incident);
    }
}

static void compare_some(struct story *s, int step)
{
    for (int i = 0; i < 12; i++) {
        struct viewer v = anybody();
        int back = below(4) ? below(8) : below(step + 1);
        struct feed_wish wish = {.with_intake = v.with_intake, .limit = below(3) ? 100 : 1 + below(4)};
        if (below(4) == 0 && s->incident_count > 0)
            wish.incident_id = s->incidents[below(s->incident_count)];
        compare(&v, &s->places[back > step ? 0 : step - back], &wish, &s->compared);
    }
}

static void tell_story(void *arg)
{
    struct story *s = arg;
    for (int step = 0; step < STEPS; step++) {
        s->places[step] = present(&lead);
        change_something(s);
        if (!older && below(12) == 0)
            hold_back();
        else if (older && below(3) == 0)
            let_on();
        compare_some(s, step);
    }
    if (older)
        let_on();
    compare_some(s, STEPS - 1);
}

static void test_the_memory_answers_byte_for_byte_what_the_database_answers(void **state)
{
    const char *seed = getenv("SOKUO_TEST_SEED"); // NOLINT(concurrency-mt-unsafe)
    srand(seed ? (unsigned)strtoul(seed, NULL, 10) : 7);
    static struct story s;
    db_test_run(tell_story, &s);
    if (s.compared.different > 0)
        fail_msg("%d different, first: %s", s.compared.different, s.compared.first);
    assert_true(s.incident_count > 10);
    assert_true(s.compared.changes > 500);
    assert_true(s.compared.known > 10 * s.compared.unknown);
}

static const char *streams_of(enum query query)
{
    const char *list = strstr(query_table[query].text, "stream IN (");
    return list ? list : "";
}

static void test_the_memory_reads_the_streams_that_the_database_answers(void **state)
{
    static const char *const known[] = {"incident", "directory", "intake_item", "'order'"};
    int quotes[2] = {0};
    const char *lists[] = {streams_of(Q_FEED_PAGE), streams_of(Q_FEED_LOOK)};
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 4; k++)
            assert_non_null(strstr(lists[i], known[k]));
        for (const char *at = lists[i]; (at = strchr(at, '\'')) != NULL; at++)
            quotes[i]++;
    }
    assert_int_equal(quotes[0], 14); // four streams, and what of an order is for who reads the incident
    assert_int_equal(quotes[1],
                     8); // a new stream: teach may_see of feed_memory.c who sees it, then this test
}

// --- who may see it no longer ---

static int seen_by(const struct viewer *v, const struct feed_place *after)
{
    struct call c;
    begin_as(&c, v);
    struct feed_wish wish = {.limit = 100};
    struct feed_page page;
    bool is_known;
    int count = -1;
    if (feed_recall(&c, after, &wish, &page, &is_known) == ERR_OK && is_known)
        count = page.count;
    call_end(&c);
    return count;
}

struct circle {
    int before, after, hidden;
};

static void leave_circle(void *arg)
{
    struct circle *circle = arg;
    struct feed_place begin = present(&lead);
    struct uuid id = file(&lead, MODE(REAL), CLASS(CONFIDENTIAL), 0);
    set_member(&lead, id, stranger.person, MEMBER(NAMED), TIME_NULL);
    add_entry(&lead, id);
    circle->before = seen_by(&stranger, &begin);
    set_member(&lead, id, stranger.person, 0, TIME_NULL);
    circle->after = seen_by(&stranger, &begin);
}

static void test_who_is_taken_out_of_the_circle_sees_nothing_more_at_once(void **state)
{
    struct circle circle = {0};
    db_test_run(leave_circle, &circle);
    assert_int_equal(circle.before, 3);
    assert_int_equal(circle.after, 0);
}

static void leave_circle_behind_older(void *arg)
{
    struct circle *circle = arg;
    struct feed_place begin = present(&lead);
    struct uuid id = file(&lead, MODE(REAL), CLASS(INTERNAL), stranger.section);
    circle->before = seen_by(&stranger, &begin);
    hold_back();
    set_member(&lead, id, stranger.person, MEMBER(EXCLUDED), TIME_NULL);
    circle->after = seen_by(&stranger, &begin); // the change itself is not told yet
    circle->hidden = seen_by(&lead, &begin);
    let_on();
}

static void test_an_exclusion_holds_before_the_feed_may_tell_of_it(void **state)
{
    struct circle circle = {0};
    db_test_run(leave_circle_behind_older, &circle);
    assert_int_equal(circle.before, 1);
    assert_int_equal(circle.after, 0);
    assert_int_equal(circle.hidden, 1);
}

static void end_membership(void *arg)
{
    struct circle *circle = arg;
    struct feed_place begin = present(&lead);
    struct uuid id = file(&lead, MODE(REAL), CLASS(CONFIDENTIAL), 0);
    int64_t now_us = db_now_us(db_test_db);
    set_member(&lead, id, stranger.person, MEMBER(NAMED), now_us + INT64_C(1800000000));
    circle->before = seen_by(&stranger, &begin);
    db_test_admin(
        "CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS "
        "$$ SELECT pg_catalog.now() + interval '1 hour' $$");
    circle->after = seen_by(&stranger, &begin);
    db_test_admin(
        "CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS "
        "$$ SELECT pg_catalog.now() $$");
}

static void test_a_membership_ends_with_its_time(void **state)
{
    struct circle circle = {0};
    db_test_run(end_membership, &circle);
    assert_int_equal(circle.before, 2);
    assert_int_equal(circle.after, 0);
}

// --- nothing is lost ---

struct pull {
    char cursor[100];
    int wait_ms, changes, answers;
    bool is_done;
    enum err err;
};

static void pull_until_something_comes(void *arg)
{
    struct pull *pull = arg;
    do {
        struct call c;
        begin_as(&c, &lead);
        Sokuo__V1__PullRequest req = SOKUO__V1__PULL_REQUEST__INIT;
        Sokuo__V1__PullResponse res = SOKUO__V1__PULL_RESPONSE__INIT;
        req.after = pull->cursor;
        req.wait_ms = pull->wait_ms;
        pull->err = rpc_pull(&c, &req, &res);
        if (pull->err == ERR_OK)
            snprintf(pull->cursor, sizeof pull->cursor, "%s", res.cursor);
        pull->changes += (int)res.n_changes;
        pull->answers++;
        pull->is_done = pull->wait_ms == 0 || pull->changes > 0;
        if (pull->err == ERR_OK && res.more)
            pull->is_done = false;
        call_end(&c);
    } while (!pull->is_done);
}

static void test_a_waiting_pull_finds_what_no_wake_told(void **state)
{
    struct pull pull = {.wait_ms = 0};
    db_test_run(pull_until_something_comes, &pull);
    pull.wait_ms = 20000;
    fiber_spawn(pull_until_something_comes, &pull);
    while (db_stats(db_test_db).reads < 6)
        (void)uv_run(&db_test_loop, UV_RUN_ONCE);
    add_other(0, false); // as from another machine whose notification was lost
    db_test_drain();
    assert_int_equal(pull.err, ERR_OK);
    assert_int_equal(pull.changes, 1);
    assert_int_equal(pull.answers, 2);
}

static void test_losing_every_connection_loses_no_row(void **state)
{
    struct pull pull = {.wait_ms = 0};
    db_test_run(pull_until_something_comes, &pull);
    for (int i = 0; i < 5; i++) {
        add_other(0, false);
        db_test_admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'");
        add_other(0, false);
        pull.wait_ms = 20000;
        int before = pull.changes;
        while (pull.changes < before + 2)
            db_test_run(pull_until_something_comes, &pull);
    }
    assert_int_equal(pull.changes, 10);
}

static void test_more_than_the_memory_holds_comes_from_the_database(void **state)
{
    struct pull pull = {.wait_ms = 0};
    db_test_run(pull_until_something_comes, &pull);
    for (int i = 0; i < 700; i++) {
        add_other(0, i % 2);
        if (i % 100 == 0) {
            struct pull other = pull; // looks, so that the memory fills and overflows
            db_test_run(pull_until_something_comes, &other);
        }
    }
    db_test_run(pull_until_something_comes, &pull);
    assert_int_equal(pull.err, ERR_OK);
    assert_int_equal(pull.changes, 700);
    assert_int_equal(pull.answers, 1 + 8); // the last of them is empty
}

static void test_a_thousand_pulls_at_once_share_a_few_looks(void **state)
{
    struct pull first = {.wait_ms = 0};
    db_test_run(pull_until_something_comes, &first);
    add_other(0, false);
    uint64_t reads = db_stats(db_test_db).reads;
    static struct pull pulls[1000];
    for (int i = 0; i < 1000; i++) {
        pulls[i] = first;
        pulls[i].changes = 0;
        fiber_spawn(pull_until_something_comes, &pulls[i]);
    }
    db_test_drain();
    for (int i = 0; i < 1000; i++)
        assert_int_equal(pulls[i].changes, 1);
    assert_true(db_stats(db_test_db).reads - reads < 20);
}

static void test_a_thousand_waiting_pulls_look_as_one(void **state)
{
    struct pull first = {.wait_ms = 0};
    db_test_run(pull_until_something_comes, &first);
    static struct pull pulls[1000];
    for (int i = 0; i < 1000; i++) {
        pulls[i] = first;
        pulls[i].wait_ms = 20000;
        fiber_spawn(pull_until_something_comes, &pulls[i]);
    }
    // One look by the clock comes within, or one in 20 ms while any older transaction of the cluster runs (an
    // ANALYZE of autovacuum is one); each by itself they would be a thousand at least.
    uint64_t until_ns = uv_hrtime() + UINT64_C(2500000000);
    uint64_t reads = db_stats(db_test_db).reads;
    while (uv_hrtime() < until_ns)
        (void)uv_run(&db_test_loop, UV_RUN_NOWAIT);
    assert_true(db_stats(db_test_db).reads - reads < 200);
    struct uuid tenant = id_of(0, 1);
    add_other(0, false);
    wake_send(&tenant, WAKE_FEED);
    db_test_drain();
    for (int i = 0; i < 1000; i++)
        assert_int_equal(pulls[i].changes, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_memory_answers_byte_for_byte_what_the_database_answers),
        TEST(test_the_memory_reads_the_streams_that_the_database_answers),
        TEST(test_who_is_taken_out_of_the_circle_sees_nothing_more_at_once),
        TEST(test_an_exclusion_holds_before_the_feed_may_tell_of_it),
        TEST(test_a_membership_ends_with_its_time),
        TEST(test_a_waiting_pull_finds_what_no_wake_told),
        TEST(test_losing_every_connection_loses_no_row),
        TEST(test_more_than_the_memory_holds_comes_from_the_database),
        TEST(test_a_thousand_pulls_at_once_share_a_few_looks),
        TEST(test_a_thousand_waiting_pulls_look_as_one),
    };
    return cmocka_run_group_tests(tests, setup_database, NULL);
}
