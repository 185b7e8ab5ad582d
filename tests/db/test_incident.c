// SPDX-License-Identifier: Apache-2.0
// Incidents on a real database, through their handlers.
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/codec/codec.h"
#include "server/domain/access.h"
#include "server/rpc/methods.gen.h"
#include "server/store/incident_store.h"
#include "server/store/message.h"
#include "server/store/migrate.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

#define TENANT_TEXT "00000000-0000-7000-8000-000000000001"
#define TENANT "'" TENANT_TEXT "'"

// Persons 1 to 9 and sections 1 to 9 have ids that end in their number.
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
    db_test_admin("INSERT INTO sokuo.tenant (id, code, name) VALUES (" TENANT ", 'c', 'City')");
    for (int n = 1; n < 10; n++) {
        char sql[512], id[UUID_TEXT_SIZE];
        struct uuid person = PERSON(n);
        snprintf(sql, sizeof sql,
                 "INSERT INTO sokuo.person (tenant_id, id, code, name) VALUES (" TENANT
                 ", '%s', 'p%d', '職員%d')",
                 uuid_format(&person, id), n, n);
        db_test_admin(sql);
    }
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

typedef enum err (*handler)(struct call *c, const void *req, void *res);

// One call of a handler on a fiber of its own.
struct job {
    struct call c;
    handler fn;
    ProtobufCMessage *req;
    ProtobufCMessage *res;
    enum err err;
    bool is_done;
};

static struct job *job_new(void *fn, const ProtobufCMessageDescriptor *req,
                           const ProtobufCMessageDescriptor *res)
{
    struct job *job = calloc(1, sizeof *job);
    call_begin(&job->c, db_test_db, 0);
    memcpy(&job->fn, &fn, sizeof job->fn);
    job->req = call_alloc(&job->c, req->sizeof_message);
    job->res = call_alloc(&job->c, res->sizeof_message);
    protobuf_c_message_init(req, job->req);
    protobuf_c_message_init(res, job->res);
    job->c.method = req->name;
    job->c.actor = (struct actor){
        .tenant_id = id_of(0, 1),
        .person_id = PERSON(1),
        .section_id = SECTION(1),
        .person_name = "職員1",
        .post_name = "CSIRT責任者",
        .roles = ROLE_BIT(CSIRT_LEAD) | ROLE_BIT(CISO),
        .capacity = 1,
        .is_known = true,
        .reads_all = true,
    };
    return job;
}

#define JOB(method, type)                                                   \
    job_new((void *)rpc_##method, &sokuo__v1__##type##_request__descriptor, \
            &sokuo__v1__##type##_response__descriptor)

static void on_fiber(void *arg)
{
    struct job *job = arg;
    job->c.now_us = db_now_us(db_test_db);
    job->err = job->fn(&job->c, job->req, job->res);
    job->is_done = true;
}

static enum err run(struct job *job)
{
    db_test_run(on_fiber, job);
    return job->err;
}

static void job_free(struct job *job)
{
    call_end(&job->c);
    free(job);
}

static char *new_id(struct job *job)
{
    struct uuid id = uuid_v7();
    return msg_uuid(&job->c, &id);
}

static struct job *filing(const char *title, int mode)
{
    struct job *job = JOB(file_incident, file_incident);
    Sokuo__V1__FileIncidentRequest *req = (Sokuo__V1__FileIncidentRequest *)job->req;
    req->operation_id = new_id(job);
    req->title = msg_text(arena_strdup(&job->c.arena, title));
    req->mode = (Sokuo__V1__Mode)mode;
    return job;
}

static Sokuo__V1__Incident *filed(struct job *job)
{
    return ((Sokuo__V1__FileIncidentResponse *)job->res)->incident;
}

#define MANY 64

static void test_numbers_have_no_gaps_when_64_file_at_once_in_two_modes(void **state)
{
    struct job *jobs[MANY];
    for (int i = 0; i < MANY; i++) {
        jobs[i] = filing("同時", i % 2 ? MODE(EXERCISE) : MODE(REAL));
        fiber_spawn(on_fiber, jobs[i]);
    }
    db_test_drain();
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(jobs[i]->err, ERR_OK);
        job_free(jobs[i]);
    }
    assert_string_equal(
        db_test_admin(
            "SELECT string_agg(mode || ':' || n || ':' || lo || ':' || hi, ' ' ORDER BY mode) FROM ("
            "SELECT mode, count(*) n, min(right(number, 4)) lo, max(right(number, 4)) hi "
            "FROM sokuo.incident GROUP BY mode) x"),
        "1:32:0001:0032 2:32:0001:0032");
    assert_string_equal(
        db_test_admin("SELECT count(*) FROM sokuo.incident WHERE mode = 2 AND number NOT LIKE '訓-%'"), "0");
}

static void test_the_same_operation_at_once_and_again_files_once(void **state)
{
    struct job *jobs[8];
    for (int i = 0; i < 8; i++) {
        jobs[i] = filing("一度だけ", MODE(REAL));
        ((Sokuo__V1__FileIncidentRequest *)jobs[i]->req)->operation_id =
            (char *)"01890000-0000-7000-8000-000000000001";
        if (i < 6)
            fiber_spawn(on_fiber, jobs[i]);
    }
    db_test_drain();
    assert_int_equal(run(jobs[6]), ERR_OK);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(jobs[i]->err, ERR_OK);
        assert_string_equal(filed(jobs[i])->id, filed(jobs[0])->id);
        assert_string_equal(filed(jobs[i])->number, filed(jobs[0])->number);
        assert_int_equal(msg_take_time(filed(jobs[i])->filed_at), msg_take_time(filed(jobs[0])->filed_at));
    }
    jobs[7]->c.actor.person_id = PERSON(2); // somebody else with the same id
    assert_int_equal(run(jobs[7]), ERR_ALREADY_EXISTS);
    assert_string_equal(jobs[7]->c.error_reason, "OPERATION_ID_USED");
    for (int i = 0; i < 8; i++)
        job_free(jobs[i]);
    assert_string_equal(
        db_test_admin("SELECT count(*) || ' ' || max(last) FROM sokuo.incident, sokuo.incident_counter"),
        "1 1");
}

static void test_a_stale_version_is_refused_and_nothing_changes(void **state)
{
    struct job *file = filing("版", MODE(REAL));
    assert_int_equal(run(file), ERR_OK);
    struct job *jobs[2];
    for (int i = 0; i < 2; i++) {
        jobs[i] = JOB(triage_incident, triage_incident);
        Sokuo__V1__TriageIncidentRequest *req = (Sokuo__V1__TriageIncidentRequest *)jobs[i]->req;
        req->operation_id = new_id(jobs[i]);
        req->id = filed(file)->id;
        req->version = 1;
        req->severity = SEVERITY(S3);
        fiber_spawn(on_fiber, jobs[i]);
    }
    db_test_drain();
    int done = (jobs[0]->err == ERR_OK) + (jobs[1]->err == ERR_OK);
    struct job *loser = jobs[0]->err == ERR_OK ? jobs[1] : jobs[0];
    assert_int_equal(done, 1);
    assert_int_equal(loser->err, ERR_ABORTED);
    assert_string_equal(loser->c.error_reason, "STALE_VERSION");
    assert_string_equal(
        db_test_admin("SELECT string_agg(stream_seq || kind, ' ' ORDER BY stream_seq) FROM sokuo.journal"),
        "1incident.filed 2incident.triaged");
    job_free(jobs[0]);
    job_free(jobs[1]);
    job_free(file);
}

// --- who may read: the policy alone, and the two walls against each other ---

struct relation {
    const char *name;
    int person, section; // of the reader
    bool reads_all;
    const char *sql; // done to the incident $I
};

#define ME "'00000004-0000-7000-8000-000000000005'"
#define MY_SECTION "'00000001-0000-7000-8000-000000000005'"
#define MEMBER_ROW(access, expires)                                                                     \
    "INSERT INTO sokuo.incident_member (tenant_id, incident_id, person_id, access, expires_at) SELECT " \
    "tenant_id, id, " ME ", " access ", " expires " FROM sokuo.incident"

static const struct relation relations[] = {
    {"nobody", 5, 5, false, "SELECT 1"},
    {"filer", 5, 5, false, "UPDATE sokuo.incident SET filer_person_id = " ME},
    {"filer's section", 5, 5, false, "UPDATE sokuo.incident SET filer_section_id = " MY_SECTION},
    {"section concerned", 5, 5, false,
     "UPDATE sokuo.incident SET section_ids = ARRAY[" MY_SECTION "]::uuid[]"},
    {"handler", 5, 5, false, "UPDATE sokuo.incident SET handler_id = " ME},
    {"commander", 5, 5, false, "UPDATE sokuo.incident SET commander_id = " ME},
    {"named", 5, 5, false, MEMBER_ROW("1", "NULL")},
    {"named until yesterday", 5, 5, false, MEMBER_ROW("1", "sokuo.now() - interval '1 day'")},
    {"excluded", 5, 5, false,
     "UPDATE sokuo.incident SET filer_person_id = " ME ", wall = 2;" MEMBER_ROW("2", "NULL")},
    {"duty that reads all", 5, 5, true, "SELECT 1"},
    {"excluded duty", 5, 5, true,
     "UPDATE sokuo.incident SET handler_id = " ME ", wall = 2;" MEMBER_ROW("2", "NULL")},
};

struct look {
    struct call c;
    struct uuid id;
    int rows, entries, hits;
    unsigned acts;
    enum err err;
};

static enum err look_at(struct look *look)
{
    struct call *c = &look->c;
    struct param params[3];
    struct db_stmt get = incident_get_stmt(c, &look->id, params);
    TRY(db_read(c, &get, 1));
    look->rows = rows_count(get.rows);
    const struct param last[] = {p_uuid(&c->actor.tenant_id), p_uuid(&look->id), p_i32(c, 10)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ENTRY_LAST, last, &rows));
    look->entries = rows_count(rows);
    const struct param search[] = {
        p_text("'か'"),    p_texts(c, (const char *[]){"%"}, 1),           p_i16(c, 1),
        p_i32(c, 9999999), p_text("ffffffff-ffff-ffff-ffff-ffffffffffff"), p_i32(c, 10)};
    TRY(db_query(c, Q_SEARCH_PAGE, search, &rows));
    for (int i = 0; i < rows_count(rows); i++)
        look->hits += !row_is_null(rows, i, rows_col(rows, "folded"));
    struct incident incident;
    if (look->rows > 0) {
        TRY(incident_row(c, get.rows, 0, &incident));
        look->acts = incident.acts;
    }
    return ERR_OK;
}

static void look_on_fiber(void *arg)
{
    struct look *look = arg;
    look->err = look_at(look);
}

static bool may_read(const struct relation *r, int class)
{
    bool is_excluded = strstr(r->name, "excluded") != NULL, is_lapsed = strstr(r->name, "until") != NULL;
    struct access_incident i = {
        .confidentiality = class,
        .state = STATE(TRIAGE),
        .is_filer = strcmp(r->name, "filer") == 0,
        .is_filer_section = strstr(r->name, "filer's") != NULL,
        .is_concerned_section = strstr(r->name, "concerned") != NULL,
        .is_handler = strcmp(r->name, "handler") == 0,
        .is_commander = strcmp(r->name, "commander") == 0,
        .member = is_excluded                                   ? MEMBER(EXCLUDED)
                  : strcmp(r->name, "named") == 0 && !is_lapsed ? MEMBER(NAMED)
                                                                : 0,
    };
    return access_decide(&(struct access_actor){.reads_all = r->reads_all}, &i) & ACCESS_READ;
}

static void check_relation(const struct relation *r, int class)
{
    char sql[1024];
    db_test_admin(
        "DELETE FROM sokuo.journal; DELETE FROM sokuo.search_text; DELETE FROM sokuo.incident_member; "
        "DELETE FROM sokuo.command; DELETE FROM sokuo.incident");
    int wall = access_wall(class, false);
    snprintf(sql, sizeof sql,
             "INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, confidentiality, wall, "
             "state, title) "
             "VALUES (" TENANT ", '00000009-0000-7000-8000-000000000001', 'n', 1, 1, %d, %d, 3, 't');",
             class, wall);
    db_test_admin(sql);
    db_test_admin(r->sql);
    db_test_admin("INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, "
                  "occurred_at) SELECT "
                  "tenant_id, gen_random_uuid(), 'incident', id, 1, 'entry.added', wall, sokuo.now() FROM "
                  "sokuo.incident");
    db_test_admin(
        "INSERT INTO sokuo.search_text (tenant_id, incident_id, journal_id, bucket, mode, wall, folded, "
        "lexemes) "
        "SELECT tenant_id, id, id, 1, 1, wall, 'か', array_to_tsvector(ARRAY['か']) FROM sokuo.incident");
    struct look look = {.id = id_of(9, 1)};
    call_begin(&look.c, db_test_db, 0);
    look.c.actor = (struct actor){.tenant_id = id_of(0, 1),
                                  .person_id = PERSON(r->person),
                                  .section_id = SECTION(r->section),
                                  .reads_all = r->reads_all,
                                  .is_known = true};
    db_test_run(look_on_fiber, &look);
    int want = may_read(r, class);
    bool is_right = look.err == ERR_OK && look.rows == want && look.entries == want && look.hits == want &&
                    (look.acts & ACCESS_READ) == (unsigned)want;
    call_end(&look.c);
    if (!is_right)
        fail_msg("%s, class %d: want %d, rows %d entries %d hits %d acts %x", r->name, class, want, look.rows,
                 look.entries, look.hits, look.acts);
}

static void test_the_database_alone_shows_what_the_rules_say_and_nothing_else(void **state)
{
    for (size_t r = 0; r < sizeof relations / sizeof relations[0]; r++) {
        for (int class = CLASS(PUBLIC); class <= (int)CLASS(SEALED); class ++)
            check_relation(&relations[r], class);
    }
}

// --- exclusion through the handlers ---

static enum err exclude(struct job *file, int person)
{
    struct job *job = JOB(set_member, set_member);
    Sokuo__V1__SetMemberRequest *req = (Sokuo__V1__SetMemberRequest *)job->req;
    struct uuid id = PERSON(person);
    req->operation_id = new_id(job);
    req->id = filed(file)->id;
    req->person_id = msg_uuid(&job->c, &id);
    req->access = MEMBER(EXCLUDED);
    req->reason = (char *)"対象者";
    enum err err = run(job);
    job_free(job);
    return err;
}

static void test_an_excluded_duty_sees_it_nowhere(void **state)
{
    struct job *file = filing("内部調査の件", MODE(REAL));
    assert_int_equal(run(file), ERR_OK);
    assert_int_equal(exclude(file, 2), ERR_OK);

    struct job *list = JOB(list_incidents, list_incidents);
    struct job *count = JOB(count_incidents, count_incidents);
    struct job *search = JOB(search_incidents, search_incidents);
    struct job *get = JOB(get_incident, get_incident);
    struct job *random = JOB(get_incident, get_incident);
    struct job *pull = JOB(pull, pull);
    ((Sokuo__V1__SearchIncidentsRequest *)search->req)->query = (char *)"内部調査";
    ((Sokuo__V1__GetIncidentRequest *)get->req)->id = filed(file)->id;
    ((Sokuo__V1__GetIncidentRequest *)random->req)->id = new_id(random);
    struct job *jobs[] = {list, count, search, get, random, pull};
    for (size_t i = 0; i < 6; i++) {
        jobs[i]->c.actor.person_id = PERSON(2);
        run(jobs[i]);
    }
    assert_int_equal(((Sokuo__V1__ListIncidentsResponse *)list->res)->n_incidents, 0);
    assert_int_equal(((Sokuo__V1__CountIncidentsResponse *)count->res)->n_states, 0);
    assert_int_equal(search->err, ERR_OK);
    assert_int_equal(((Sokuo__V1__SearchIncidentsResponse *)search->res)->n_hits, 0);
    assert_int_equal(get->err, ERR_NOT_FOUND);
    assert_int_equal(random->err, ERR_NOT_FOUND);
    assert_string_equal(get->c.error_ja, random->c.error_ja);
    assert_string_equal(get->c.error_reason, random->c.error_reason);
    for (size_t i = 0; i < 6; i++)
        job_free(jobs[i]);
    assert_string_equal(
        db_test_admin(
            "SELECT string_agg(DISTINCT wall::text, ' ') FROM (SELECT wall FROM sokuo.journal UNION ALL "
            "SELECT wall FROM sokuo.search_text UNION ALL SELECT wall FROM sokuo.incident) w"),
        "2");
    job_free(file);
}

// --- pages while filings go on ---

static void test_pages_lose_and_double_nothing_while_filings_go_on(void **state)
{
    for (int i = 0; i < 30; i++) {
        struct job *job = filing("頁", MODE(REAL));
        assert_int_equal(run(job), ERR_OK);
        job_free(job);
    }
    char token[256] = "", seen[64][UUID_TEXT_SIZE];
    int count = 0;
    do {
        struct job *list = JOB(list_incidents, list_incidents);
        ((Sokuo__V1__ListIncidentsRequest *)list->req)->page_token = token;
        ((Sokuo__V1__ListIncidentsRequest *)list->req)->page_size = 7;
        assert_int_equal(run(list), ERR_OK);
        Sokuo__V1__ListIncidentsResponse *res = (Sokuo__V1__ListIncidentsResponse *)list->res;
        for (size_t i = 0; i < res->n_incidents; i++) {
            for (int k = 0; k < count; k++)
                assert_string_not_equal(seen[k], res->incidents[i]->id);
            snprintf(seen[count++], UUID_TEXT_SIZE, "%s", res->incidents[i]->id);
        }
        snprintf(token, sizeof token, "%s", res->next_page_token);
        job_free(list);
        struct job *more = filing("後から", MODE(REAL)); // newer than the page: does not move what is to come
        assert_int_equal(run(more), ERR_OK);
        job_free(more);
    } while (*token);
    assert_int_equal(count, 30);
}

// --- the feed ---

static void test_pull_loses_and_doubles_nothing_under_concurrent_writers(void **state)
{
    struct job *first = JOB(pull, pull);
    assert_int_equal(run(first), ERR_OK);
    char cursor[128];
    snprintf(cursor, sizeof cursor, "%s", ((Sokuo__V1__PullResponse *)first->res)->cursor);
    job_free(first);
    struct job *files[MANY];
    for (int i = 0; i < MANY; i++) {
        files[i] = filing("並行", i % 2 ? MODE(TEST) : MODE(REAL));
        fiber_spawn(on_fiber, files[i]);
    }
    int seen = 0;
    char ids[MANY][UUID_TEXT_SIZE];
    uint64_t patience_ns = uv_hrtime() + 60 * UINT64_C(1000000000);
    while (seen < MANY && uv_hrtime() < patience_ns) {
        struct job *pull = JOB(pull, pull);
        ((Sokuo__V1__PullRequest *)pull->req)->after = cursor;
        ((Sokuo__V1__PullRequest *)pull->req)->max_changes = 5;
        ((Sokuo__V1__PullRequest *)pull->req)->wait_ms = 20; // a slow machine has not filed anything yet
        fiber_spawn(on_fiber, pull);
        while (!pull->is_done)
            uv_run(&db_test_loop, UV_RUN_ONCE);
        assert_int_equal(pull->err, ERR_OK);
        Sokuo__V1__PullResponse *res = (Sokuo__V1__PullResponse *)pull->res;
        for (size_t k = 0; k < res->n_changes; k++) {
            for (int i = 0; i < seen; i++)
                assert_string_not_equal(ids[i], res->changes[k]->stream_id);
            snprintf(ids[seen++], UUID_TEXT_SIZE, "%s", res->changes[k]->stream_id);
        }
        snprintf(cursor, sizeof cursor, "%s", res->cursor);
        job_free(pull);
    }
    db_test_drain();
    assert_int_equal(seen, MANY);
    for (int i = 0; i < MANY; i++)
        job_free(files[i]);
}

// --- search ---

static void test_two_characters_find_whatever_the_width_and_the_kana(void **state)
{
    static const char *const titles[] = {"ｻｰﾊﾞｰ障害", "ランサムウェアのおそれ", "ＶＰＮの切断", "書類の紛失"};
    static const struct {
        const char *query;
        int hits;
    } rows[] = {{"サー", 1}, {"さーば", 1}, {"らん", 1},      {"ランサム", 1},  {"vpn", 1},
                {"ＶＰ", 1}, {"紛失", 1},   {"書類 紛失", 1}, {"書類 切断", 0}, {"百%", 0},
                {"'x", 0},   {"の", -1},    {" ", -1}};
    for (size_t i = 0; i < 4; i++) {
        struct job *job = filing(titles[i], MODE(REAL));
        assert_int_equal(run(job), ERR_OK);
        job_free(job);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct job *job = JOB(search_incidents, search_incidents);
        ((Sokuo__V1__SearchIncidentsRequest *)job->req)->query = (char *)rows[i].query;
        enum err err = run(job);
        int hits = err == ERR_OK ? (int)((Sokuo__V1__SearchIncidentsResponse *)job->res)->n_hits : -1;
        job_free(job);
        if (hits != rows[i].hits)
            fail_msg("%s: %d hits, err %d", rows[i].query, hits, err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers_have_no_gaps_when_64_file_at_once_in_two_modes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_same_operation_at_once_and_again_files_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_stale_version_is_refused_and_nothing_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_database_alone_shows_what_the_rules_say_and_nothing_else,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_excluded_duty_sees_it_nowhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages_lose_and_double_nothing_while_filings_go_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_pull_loses_and_doubles_nothing_under_concurrent_writers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_two_characters_find_whatever_the_width_and_the_kana, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, setup_database, NULL);
}
