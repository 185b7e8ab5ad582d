// SPDX-License-Identifier: Apache-2.0
// Two processes of one machine, and a notification as another machine sends it.
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/fiber.h"
#include "server/store/migrate.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

static char run_dir[] = "/tmp/sokuo-wake-XXXXXX";
static struct uuid tenant, other_tenant;
static int heard, heard_sessions;

static void on_wake(void *arg, const struct uuid *tenant_id, enum wake_kind kind)
{
    heard += kind == WAKE_FEED && uuid_equal(tenant_id, &tenant);
    heard_sessions += kind == WAKE_SESSIONS;
}

static int setup(void **state)
{
    heard = heard_sessions = 0;
    tenant = uuid_v7();
    other_tenant = uuid_v7();
    db_test_begin(NULL);
    wake_begin(&db_test_loop, db_test_db, run_dir);
    wake_subscribe(on_wake, NULL);
    return 0;
}

static int teardown(void **state)
{
    wake_end();
    db_test_end();
    return 0;
}

struct waiting {
    struct uuid tenant;
    uint64_t timeout_us;
    bool is_woken;
};

static void wait_for_wake(void *arg)
{
    struct waiting *w = arg;
    struct call c;
    call_begin(&c, db_test_db, 0);
    c.actor.tenant_id = w->tenant;
    w->is_woken = wake_wait(&c, w->timeout_us);
    call_end(&c);
}

static void test_who_waits_is_let_go_and_sending_goes_on(void **state)
{
    struct waiting first = {.tenant = tenant, .timeout_us = 5000000}, second = first;
    fiber_spawn(wait_for_wake, &first);
    wake_let_go();
    fiber_spawn(wait_for_wake, &second); // does not wait at all
    assert_true(wake_lets_go());
    wake_send(&tenant, WAKE_FEED);
    db_test_drain();
    assert_true(first.is_woken);
    assert_false(second.is_woken);
    assert_int_equal(heard, 1);
}

static void test_own_pulls_wake_and_a_burst_is_one(void **state)
{
    struct waiting w = {.tenant = tenant, .timeout_us = 5000000};
    fiber_spawn(wait_for_wake, &w);
    for (int i = 0; i < 1000; i++)
        wake_send(&tenant, WAKE_FEED);
    wake_send(&tenant, WAKE_SESSIONS);
    db_test_drain();
    assert_true(w.is_woken);
    assert_int_equal(heard, 1);
    assert_int_equal(heard_sessions, 1);
}

static void test_nothing_new_ends_with_the_time(void **state)
{
    struct waiting w = {.tenant = tenant, .timeout_us = 20000};
    db_test_run(wait_for_wake, &w);
    assert_false(w.is_woken);
}

// In a child: joins, sends, leaves. _exit, since the parent's loop is not ours to close.
static void send_as_another_process(void)
{
    uv_loop_t loop;
    if (uv_loop_init(&loop) != 0)
        _exit(1);
    wake_begin(&loop, NULL, run_dir);
    wake_send(&tenant, WAKE_FEED);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    wake_end();
    _exit(0);
}

static void test_another_process_of_this_machine_wakes_us(void **state)
{
    wake_end(); // the child must begin its own
    pid_t child = fork();
    if (child == 0) {
        char path[100]; // the parent's socket: it binds first
        (void)snprintf(path, sizeof path, "%s/wake.%d", run_dir, (int)getppid());
        while (access(path, F_OK) != 0)
            (void)usleep(1000);
        send_as_another_process();
    }
    (void)uv_run(&db_test_loop, UV_RUN_NOWAIT);
    wake_begin(&db_test_loop, db_test_db, run_dir);
    wake_subscribe(on_wake, NULL);
    struct waiting w = {.tenant = tenant, .timeout_us = 5000000};
    db_test_run(wait_for_wake, &w);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(w.is_woken);
    assert_int_equal(heard, 1);
}

static void test_another_machine_wakes_us_by_notification(void **state)
{
    char sql[200], id[UUID_TEXT_SIZE];
    struct waiting w = {.tenant = tenant, .timeout_us = 5000000};
    fiber_spawn(wait_for_wake, &w);
    (void)snprintf(sql, sizeof sql, "SELECT pg_notify('sokuo_wake', 'elsewhere 0%s')",
                   uuid_format(&tenant, id));
    db_test_admin(sql);
    db_test_drain();
    assert_true(w.is_woken);
}

static void test_a_notification_that_is_no_wake_is_passed_over(void **state)
{
    struct waiting w = {.tenant = tenant, .timeout_us = 50000};
    fiber_spawn(wait_for_wake, &w);
    db_test_admin("SELECT pg_notify('sokuo_wake', 'x 9'), pg_notify('sokuo_wake', 'x 0zz'), "
                  "pg_notify('sokuo_wake', '')");
    db_test_drain();
    assert_false(w.is_woken);
}

#define WAKE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAKE_TEST(test_own_pulls_wake_and_a_burst_is_one),
        WAKE_TEST(test_who_waits_is_let_go_and_sending_goes_on),
        WAKE_TEST(test_nothing_new_ends_with_the_time),
        WAKE_TEST(test_another_process_of_this_machine_wakes_us),
        WAKE_TEST(test_another_machine_wakes_us_by_notification),
        WAKE_TEST(test_a_notification_that_is_no_wake_is_passed_over),
    };
    if (mkdtemp(run_dir) == NULL || migrate_run(db_test_conninfo(), false) != ERR_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(run_dir);
    return failed;
}
