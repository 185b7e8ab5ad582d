// SPDX-License-Identifier: Apache-2.0
// Who a secret belongs to, and when it belongs to nobody; what slows logins down.
#include "tests/support/cmocka_all.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/rpc/rpc.h"
#include "server/rpc/session.h"
#include "server/store/bootstrap_store.h"
#include "server/store/login_store.h"
#include "server/store/migrate.h"
#include "tests/support/db_test.h"

#define BIT(role) (INT64_C(1) << (role))
#define ROLE_CISO 2
#define ROLE_ADMIN 26

// --- on the fiber

static struct {
    char secret[64];
    struct uuid tenant_id;
    char password[32];
    enum err err;
} made;

static void begin_call(struct call *c)
{
    call_begin(c, db_test_db, 64 << 20);
    c->actor = (struct actor){.is_known = true, .is_system = true};
    c->now_us = db_now_us(db_test_db);
}

static void make_tenant(void *arg)
{
    struct call c;
    struct bootstrap first;
    struct account account;
    struct token token;
    begin_call(&c);
    made.err = bootstrap_run(&c, "試験市", &first);
    if (made.err == ERR_OK && first.password) {
        made.tenant_id = c.actor.tenant_id = first.tenant_id;
        snprintf(made.password, sizeof made.password, "%s", first.password);
        made.err = account_find(&c, "admin", NULL, &account);
        if (made.err == ERR_OK)
            made.err = token_add(&c, &account.id, "test", TIME_NULL, &token);
        if (made.err == ERR_OK)
            snprintf(made.secret, sizeof made.secret, "%s", token.secret);
    }
    *(bool *)arg = made.err == ERR_OK && first.password;
    call_end(&c);
}

static struct {
    int count;
    int64_t roles, capacity;
    bool is_stale, is_token;
    char post[100], section[100], person[100];
} found;

static void find_session(void *arg)
{
    struct call c;
    struct rows *rows = NULL;
    uint8_t hash[SECRET_HASH_LEN];
    begin_call(&c);
    secret_hash(made.secret, hash);
    const struct param params[] = {p_bytes(hash, sizeof hash)};
    memset(&found, 0, sizeof found);
    found.count = db_query(&c, Q_SESSION_FIND, params, &rows) == ERR_OK ? rows_count(rows) : -1;
    if (found.count == 1) {
        found.roles = row_i64(rows, 0, rows_col(rows, "roles"));
        found.capacity = row_i64(rows, 0, rows_col(rows, "capacity"));
        found.is_stale = row_bool(rows, 0, rows_col(rows, "is_stale"));
        found.is_token = row_bool(rows, 0, rows_col(rows, "is_token"));
        snprintf(found.post, sizeof found.post, "%s", row_text(rows, 0, rows_col(rows, "post_name")));
        snprintf(found.section, sizeof found.section, "%s",
                 row_text(rows, 0, rows_col(rows, "section_name")));
        snprintf(found.person, sizeof found.person, "%s", row_text(rows, 0, rows_col(rows, "person_name")));
    }
    call_end(&c);
}

static struct actor caller;

static void authenticate(void *arg)
{
    struct call c;
    begin_call(&c);
    char bearer[80];
    snprintf(bearer, sizeof bearer, "Bearer %s", made.secret);
    const struct rpc_request request = {.path = "/sokuo.v1.AuthService/GetMe", .authorization = bearer};
    session_forget_all();
    made.err = rpc_authenticate(&c, &request);
    caller = c.actor;
    call_end(&c);
}

// Runs SQL, looks the session up, and puts everything back with the second SQL.
static int count_after(const char *change, const char *back)
{
    db_test_admin(change);
    db_test_run(find_session, NULL);
    int count = found.count;
    db_test_admin(back);
    return count;
}

// --- tests

static void test_the_first_start_makes_one_administrator_and_the_second_none(void **state)
{
    bool is_first = false;
    db_test_run(make_tenant, &is_first);
    assert_int_equal(made.err, ERR_OK);
    assert_true(is_first);
    assert_int_equal(strlen(made.password), 20);
    db_test_run(make_tenant, &is_first);
    assert_int_equal(made.err, ERR_OK);
    assert_false(is_first);
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.tenant"), "1");
}

static void test_a_secret_tells_person_post_and_duties(void **state)
{
    db_test_run(find_session, NULL);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.person, "Sokuo管理者");
    assert_string_equal(found.post, "Sokuo管理者");
    assert_string_equal(found.section, "Sokuo管理");
    assert_true(found.roles & BIT(ROLE_ADMIN));
    assert_true(found.roles & BIT(ROLE_CISO));
    assert_true(found.is_token);
    assert_false(found.is_stale);
    assert_int_equal(found.capacity, 1);
}

static void test_what_has_ended_is_nobody(void **state)
{
    assert_int_equal(count_after("UPDATE sokuo.session SET revoked_at = now()",
                                 "UPDATE sokuo.session SET revoked_at = NULL"),
                     0);
    assert_int_equal(count_after("UPDATE sokuo.session SET expires_at = now() - interval '1 s'",
                                 "UPDATE sokuo.session SET expires_at = now() + interval '1 d'"),
                     0);
    assert_int_equal(
        count_after("UPDATE sokuo.account SET enabled = false", "UPDATE sokuo.account SET enabled = true"),
        0);
    assert_int_equal(
        count_after("UPDATE sokuo.person SET active = false", "UPDATE sokuo.person SET active = true"), 0);
    db_test_run(find_session, NULL);
    assert_int_equal(found.count, 1);
}

static void test_a_browser_session_ends_when_idle_and_a_token_does_not(void **state)
{
    const char *idle = "UPDATE sokuo.session SET last_used_at = now() - interval '12 hours 1 minute'";
    assert_int_equal(count_after(idle, "SELECT 1"), 1);
    assert_true(found.is_stale);
    assert_int_equal(
        count_after("UPDATE sokuo.session SET is_token = false", "UPDATE sokuo.session SET is_token = true"),
        0);
    db_test_admin("UPDATE sokuo.session SET last_used_at = now()");
}

static void test_duties_begin_and_end_with_their_days(void **state)
{
    db_test_admin("UPDATE sokuo.tenure SET valid_from = sokuo.today() + 1");
    db_test_run(find_session, NULL);
    assert_int_equal(found.count, 1); /* may log in, but holds nothing yet */
    assert_int_equal(found.roles, 0);
    assert_string_equal(found.post, "");
    db_test_admin("UPDATE sokuo.tenure SET valid_from = sokuo.today() - 9, valid_until = sokuo.today()");
    db_test_run(find_session, NULL);
    assert_int_equal(found.roles, 0);
    db_test_admin("UPDATE sokuo.tenure SET valid_until = sokuo.today() + 1");
    db_test_run(find_session, NULL);
    assert_true(found.roles & BIT(ROLE_CISO));
    db_test_admin("UPDATE sokuo.role_assignment SET valid_from = sokuo.today() - 9, valid_until = "
                  "sokuo.today() WHERE role = 2");
    db_test_run(find_session, NULL);
    assert_false(found.roles & BIT(ROLE_CISO));
    assert_true(found.roles & BIT(ROLE_ADMIN));
    db_test_admin("UPDATE sokuo.post SET active = false");
    db_test_run(find_session, NULL);
    assert_int_equal(found.roles, 0);
    db_test_admin("UPDATE sokuo.post SET active = true");
}

static void test_a_duty_for_one_section_does_not_read_the_whole_city(void **state)
{
    db_test_run(authenticate, NULL);
    assert_int_equal(made.err, ERR_OK);
    assert_true(caller.reads_all);
    db_test_admin("UPDATE sokuo.role_assignment SET valid_until = NULL, scope_id = (SELECT id FROM "
                  "sokuo.unit LIMIT 1)");
    db_test_run(authenticate, NULL);
    assert_int_equal(made.err, ERR_OK);
    assert_true(caller.roles & BIT(ROLE_CISO)); /* the duty is held, and opens methods */
    assert_false(caller.reads_all);
    db_test_admin("UPDATE sokuo.role_assignment SET scope_id = NULL WHERE role = 2");
    db_test_run(authenticate, NULL);
    assert_true(caller.reads_all);
    db_test_admin("UPDATE sokuo.role_assignment SET scope_id = NULL");
}

static void test_the_regular_post_counts_before_that_of_a_deputy(void **state)
{
    db_test_admin("INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id, rank) "
                  "SELECT tenant_id, gen_random_uuid(), 'other', '副市長', unit_id, 1 FROM sokuo.post");
    db_test_admin("INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, kind, valid_from) "
                  "SELECT t.tenant_id, gen_random_uuid(), t.person_id, o.id, 2, sokuo.today() - 1 "
                  "  FROM sokuo.tenure t, sokuo.post o WHERE o.code = 'other'");
    db_test_run(find_session, NULL);
    assert_string_equal(found.post, "Sokuo管理者");
    assert_int_equal(found.capacity, 1);
    db_test_admin("UPDATE sokuo.tenure SET valid_until = sokuo.today() WHERE kind = 1");
    db_test_run(find_session, NULL);
    assert_string_equal(found.post, "副市長");
    assert_int_equal(found.capacity, 2);
    db_test_admin("UPDATE sokuo.tenure SET valid_until = NULL WHERE kind = 1");
}

// --- a new password

static void change_password(void *arg)
{
    struct call c;
    struct account account;
    begin_call(&c);
    c.actor.tenant_id = made.tenant_id;
    (void)uuid_parse("00000000-0000-7000-8000-000000000001", &c.actor.session_id);
    made.err = account_find(&c, "admin", NULL, &account);
    if (made.err == ERR_OK)
        made.err = *(bool *)arg ? account_reset(&c, &account.id, "another", false)
                                : account_change_password(&c, &account, account.password_hash);
    call_end(&c);
}

// Ids of the browsers' sessions that live afterwards, by their last digit.
static const char *living_after(bool is_reset)
{
    db_test_admin("INSERT INTO sokuo.session (tenant_id, id, account_id, secret_hash, expires_at) "
                  "SELECT tenant_id, ('00000000-0000-7000-8000-00000000000' || n)::uuid, id, "
                  "       sha256(n::text::bytea), now() + interval '1 d' "
                  "  FROM sokuo.account, generate_series(1, 2) n "
                  "ON CONFLICT (tenant_id, id) DO UPDATE SET revoked_at = NULL");
    db_test_run(change_password, &is_reset);
    assert_int_equal(made.err, ERR_OK);
    return db_test_admin("SELECT coalesce(string_agg(right(id::text, 1), ','), '') FROM sokuo.session "
                         " WHERE NOT is_token AND revoked_at IS NULL");
}

static void test_a_new_password_ends_the_other_sessions_in_the_same_moment(void **state)
{
    assert_string_equal(living_after(false), "1");
    db_test_run(find_session, NULL);
    assert_int_equal(found.count, 1); /* one's own API token lives on */
    assert_string_equal(living_after(true), "");
    db_test_run(find_session, NULL);
    assert_int_equal(found.count, 0); /* an administrator shuts every way in */
    db_test_admin("UPDATE sokuo.session SET revoked_at = NULL WHERE is_token");
}

// --- throttle

static struct {
    const char *login, *address;
    int tries;
    int passed;
    enum err last;
    int64_t retry_at_us, now_us;
} tries;

// So many tries in a row that all fail.
static void fail_logins(void *arg)
{
    tries.passed = 0;
    for (int i = 0; i < tries.tries; i++) {
        struct call c;
        struct login_try try;
        begin_call(&c);
        tries.last = login_begin(&c, tries.login, tries.address, &try);
        if (tries.last == ERR_OK)
            tries.last = login_charge(&c, &try);
        tries.retry_at_us = c.error_retry_at_us;
        tries.now_us = c.now_us;
        if (tries.last == ERR_OK && login_failed(&c, &try, "password") == ERR_OK)
            tries.passed++;
        call_end(&c);
    }
}

static void test_the_sixth_try_waits_also_for_a_name_that_does_not_exist(void **state)
{
    static const char *const logins[] = {"admin", "nobody-of-that-name", " ADMIN "};
    for (int i = 0; i < 2; i++) {
        tries.login = logins[i];
        tries.address = i == 0 ? "192.0.2.1" : "192.0.2.2";
        tries.tries = 6;
        db_test_run(fail_logins, NULL);
        assert_int_equal(tries.passed, 5);
        assert_int_equal(tries.last, ERR_RESOURCE_EXHAUSTED);
        assert_true(tries.retry_at_us > tries.now_us);
        /* a second from the fifth; the call's clock is the database's as carried forward */
        assert_true(tries.retry_at_us <= tries.now_us + 1500000);
    }
    tries.login = logins[2]; /* the same name, typed otherwise, from elsewhere */
    tries.address = "198.51.100.9";
    tries.tries = 1;
    db_test_run(fail_logins, NULL);
    assert_int_equal(tries.last, ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(
        db_test_admin("SELECT count(*) FROM sokuo.journal WHERE kind = 'account.login_failed'"), "5");
}

static void test_a_known_network_has_a_line_of_its_own(void **state)
{
    db_test_admin("INSERT INTO sokuo.login_throttle (key) VALUES ('known:admin@203.0.113.5')");
    tries.login = "admin";
    tries.address = "203.0.113.5";
    tries.tries = 1;
    db_test_run(fail_logins, NULL);
    assert_int_equal(tries.passed, 1);
}

static void test_a_name_made_of_name_and_network_slows_nobody_down_there(void **state)
{
    tries.login = "admin@203.0.113.5";
    tries.address = "198.51.100.77";
    tries.tries = 7;
    db_test_run(fail_logins, NULL);
    assert_int_equal(tries.last, ERR_RESOURCE_EXHAUSTED);
    tries.login = "admin"; /* its known network, see the test before */
    tries.address = "203.0.113.5";
    tries.tries = 1;
    db_test_run(fail_logins, NULL);
    assert_int_equal(tries.last, ERR_OK);
}

static void test_a_network_waits_after_twenty_failures_of_whatever_names(void **state)
{
    char login[32];
    tries.address = "2001:db8::1";
    tries.tries = 1;
    for (int i = 0; i < 21; i++) {
        snprintf(login, sizeof login, "guess-%d", i);
        tries.login = login;
        db_test_run(fail_logins, NULL);
        assert_int_equal(tries.last, i < 20 ? ERR_OK : ERR_RESOURCE_EXHAUSTED);
    }
    tries.address = "2001:db8::ffff"; /* the same /64 */
    db_test_run(fail_logins, NULL);
    assert_int_equal(tries.last, ERR_RESOURCE_EXHAUSTED);
    tries.address = "2001:db8:0:1::1";
    db_test_run(fail_logins, NULL);
    assert_int_equal(tries.last, ERR_OK);
}

// --- sealed values

static bool sealed_right;

static void seal_and_open(void *arg)
{
    struct call c;
    begin_call(&c);
    struct uuid row = uuid_v7(), other = uuid_v7();
    size_t len = 0, plain_len = 0;
    uint8_t *sealed = (uint8_t *)secret_seal(&c, "test.secret", &row, "0123456789", 10, &len);
    const char *plain = secret_open(&c, "test.secret", &row, sealed, len, &plain_len);
    sealed_right = plain && plain_len == 10 && memcmp(plain, "0123456789", 10) == 0 &&
                   !secret_open(&c, "test.secret", &other, sealed, len, &plain_len) &&
                   !secret_open(&c, "test.other", &row, sealed, len, &plain_len) &&
                   !secret_open(&c, "test.secret", &row, sealed, len - 1, &plain_len) &&
                   !secret_open(&c, "test.secret", &row, sealed, 3, &plain_len);
    sealed[len - 1] ^= 1;
    sealed_right = sealed_right && !secret_open(&c, "test.secret", &row, sealed, len, &plain_len);
    call_end(&c);
}

static void test_a_sealed_value_opens_only_for_its_row(void **state)
{
    db_test_run(seal_and_open, NULL);
    assert_true(sealed_right);
}

static int begin(void **state)
{
    static char key_path[64];
    snprintf(key_path, sizeof key_path, "/tmp/sokuo-test-key-%ld", (long)getpid());
    bool good =
        migrate_run(db_test_conninfo(), false) == ERR_OK && secret_begin(key_path) && secret_begin(key_path);
    unlink(key_path);
    db_test_begin(NULL);
    return good ? 0 : -1;
}

static int end(void **state)
{
    db_test_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_start_makes_one_administrator_and_the_second_none),
        cmocka_unit_test(test_a_secret_tells_person_post_and_duties),
        cmocka_unit_test(test_what_has_ended_is_nobody),
        cmocka_unit_test(test_a_browser_session_ends_when_idle_and_a_token_does_not),
        cmocka_unit_test(test_duties_begin_and_end_with_their_days),
        cmocka_unit_test(test_a_duty_for_one_section_does_not_read_the_whole_city),
        cmocka_unit_test(test_the_regular_post_counts_before_that_of_a_deputy),
        cmocka_unit_test(test_a_new_password_ends_the_other_sessions_in_the_same_moment),
        cmocka_unit_test(test_the_sixth_try_waits_also_for_a_name_that_does_not_exist),
        cmocka_unit_test(test_a_known_network_has_a_line_of_its_own),
        cmocka_unit_test(test_a_name_made_of_name_and_network_slows_nobody_down_there),
        cmocka_unit_test(test_a_network_waits_after_twenty_failures_of_whatever_names),
        cmocka_unit_test(test_a_sealed_value_opens_only_for_its_row),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
