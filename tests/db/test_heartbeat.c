// SPDX-License-Identifier: Apache-2.0
// The heartbeat, over a real socket: what is sent, and when there is silence.
#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/fiber.h"
#include "server/engine/turn.h"
#include "server/notify/notify.h"
#include "server/store/migrate.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

#define TENANT "'00000000-0000-7000-8000-000000000001'"
#define INCIDENT "'00000000-0000-7000-8000-000000000009'"

// Whoever waits for the heartbeat: answers each request with a status, and keeps the last one.
static struct listener {
    int fd;
    pthread_t thread;
    int status;
    int heard;
    char request[2000];
    char url[100];
} listener;

static void *listen_on(void *arg)
{
    for (int fd; (fd = accept(listener.fd, NULL, NULL)) >= 0; close(fd)) {
        size_t len = 0;
        char answer[100];
        ssize_t got;
        while (len < sizeof listener.request - 1 && !strstr(listener.request, "\r\n\r\nok") &&
               (got = read(fd, listener.request + len, sizeof listener.request - 1 - len)) > 0) {
            len += (size_t)got;
            listener.request[len] = '\0';
        }
        listener.heard++;
        int size =
            snprintf(answer, sizeof answer, "HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     listener.status);
        if (write(fd, answer, (size_t)size) != size)
            abort();
    }
    return NULL;
}

static void listener_begin(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    listener = (struct listener){.fd = socket(AF_INET, SOCK_STREAM, 0), .status = 204};
    assert_int_equal(bind(listener.fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener.fd, 8), 0);
    assert_int_equal(getsockname(listener.fd, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(listener.url, sizeof listener.url, "http://127.0.0.1:%d/alive", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&listener.thread, NULL, listen_on, NULL), 0);
}

static void listener_end(void)
{
    (void)shutdown(listener.fd, SHUT_RDWR);
    (void)pthread_join(listener.thread, NULL);
    (void)close(listener.fd);
}

static int setup_database(void **state)
{
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        return -1;
    (void)db_test_admin("INSERT INTO sokuo.tenant (id, code, name) VALUES (" TENANT ", 'c', 'City');"
                        "INSERT INTO sokuo.person (tenant_id, id, code, name) VALUES (" TENANT ", " TENANT
                        ", '1', '佐藤');"
                        "INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, "
                        "confidentiality, wall, state, title, severity) VALUES (" TENANT ", " INCIDENT
                        ", '2026-0001', 0, 1, 2, 1, 3, 't', 4)");
    return 0;
}

static int setup(void **state)
{
    (void)db_test_admin("TRUNCATE sokuo.escalation, sokuo.notice CASCADE;"
                        "UPDATE sokuo.engine_state SET suspect_until = NULL, jump_us = 0");
    db_test_begin(NULL);
    wake_begin(&db_test_loop, db_test_db, "/tmp");
    notify_begin(&(struct notify_settings){.public_url = "", .ca_file = "", .hosts = "127.0.0.1"});
    listener_begin();
    turn_heartbeat_begin(listener.url);
    return 0;
}

static void end_sending(void *arg)
{
    notify_end();
}

static int teardown(void **state)
{
    db_test_run(end_sending, NULL);
    listener_end();
    wake_end();
    db_test_end();
    return 0;
}

static void on_fiber(void *arg)
{
    struct call c;
    call_begin(&c, db_test_db, 0);
    c.actor.is_known = c.actor.is_system = true;
    *(enum err *)arg = turn_heartbeat(&c);
    call_end(&c);
}

// How many heartbeats arrive by one turn; a turn never fails by what is outside.
static int beats(void)
{
    enum err err = ERR_INTERNAL;
    int before = listener.heard;
    memset(listener.request, 0, sizeof listener.request);
    db_test_run(on_fiber, &err);
    assert_int_equal(err, ERR_OK);
    return listener.heard - before;
}

#define CALL(look_at)                                                                                 \
    (void)db_test_admin("INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, " \
                        "severity, role, look_at) VALUES (" TENANT ", gen_random_uuid(), " INCIDENT   \
                        ", 1, 1, 4, 5, " look_at ")")
#define NOTICE(priority, next_at)                                                                         \
    (void)db_test_admin("INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, priority, person_id, " \
                        "next_at) VALUES (" TENANT ", gen_random_uuid(), 'x', 2, " priority ", " TENANT   \
                        ", " next_at ")")

static void test_while_all_is_well_each_turn_posts_ok_and_nothing_of_the_city(void **state)
{
    assert_int_equal(beats(), 1);
    assert_ptr_equal(strstr(listener.request, "POST /alive HTTP/1.1\r\n"), listener.request);
    assert_non_null(strstr(listener.request, "\r\nContent-Type: text/plain\r\n"));
    assert_non_null(strstr(listener.request, "\r\n\r\nok"));
    assert_null(strstr(listener.request, "City"));
    assert_int_equal(beats(), 1);
}

static void test_a_call_that_is_overdue_by_120_seconds_is_silence_until_it_is_made(void **state)
{
    CALL("sokuo.now() - interval '110 seconds'");
    assert_int_equal(beats(), 1);
    (void)db_test_admin("UPDATE sokuo.escalation SET look_at = sokuo.now() - interval '121 seconds'");
    assert_int_equal(beats(), 0);
    (void)db_test_admin("UPDATE sokuo.escalation SET look_at = NULL");
    assert_int_equal(beats(), 1);
}

static void test_a_severe_message_that_waits_for_120_seconds_is_silence_another_is_not(void **state)
{
    NOTICE("3", "sokuo.now() - interval '1 hour'");
    assert_int_equal(beats(), 1);
    (void)db_test_admin("UPDATE sokuo.notice SET priority = 4");
    assert_int_equal(beats(), 0);
    (void)db_test_admin("UPDATE sokuo.notice SET next_at = NULL, state = 2");
    assert_int_equal(beats(), 1);
}

static void test_a_clock_that_is_not_trusted_is_silence(void **state)
{
    (void)db_test_admin(
        "UPDATE sokuo.engine_state SET suspect_until = sokuo.wall_clock() + interval '1 minute'");
    assert_int_equal(beats(), 0);
    (void)db_test_admin(
        "UPDATE sokuo.engine_state SET suspect_until = sokuo.wall_clock() - interval '1 second'");
    assert_int_equal(beats(), 1);
}

static void test_a_listener_that_complains_is_told_again_the_next_time(void **state)
{
    listener.status = 500;
    assert_int_equal(beats(), 1);
    listener.status = 204;
    assert_int_equal(beats(), 1);
}

static void test_a_listener_that_is_away_stops_no_turn(void **state)
{
    char url[100];
    int fd = socket(AF_INET, SOCK_STREAM, 0); // a port that is bound, and nobody listens
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/alive", ntohs(address.sin_port));
    turn_heartbeat_begin(url);
    assert_int_equal(beats(), 0);
    turn_heartbeat_begin(listener.url);
    assert_int_equal(beats(), 1);
    (void)close(fd);
}

static void test_http_to_a_host_that_is_not_set_is_not_sent(void **state)
{
    notify_begin(&(struct notify_settings){.public_url = "", .ca_file = "", .hosts = ""});
    assert_int_equal(beats(), 0);
}

static void test_without_an_address_nothing_is_sent(void **state)
{
    turn_heartbeat_begin("");
    assert_int_equal(beats(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_while_all_is_well_each_turn_posts_ok_and_nothing_of_the_city),
        TEST(test_a_call_that_is_overdue_by_120_seconds_is_silence_until_it_is_made),
        TEST(test_a_severe_message_that_waits_for_120_seconds_is_silence_another_is_not),
        TEST(test_a_clock_that_is_not_trusted_is_silence),
        TEST(test_a_listener_that_complains_is_told_again_the_next_time),
        TEST(test_a_listener_that_is_away_stops_no_turn),
        TEST(test_http_to_a_host_that_is_not_set_is_not_sent),
        TEST(test_without_an_address_nothing_is_sent),
    };
    return cmocka_run_group_tests(tests, setup_database, NULL);
}
