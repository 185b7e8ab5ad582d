// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/supervisor/backoff.h"
#include "server/supervisor/paths.h"
#include "server/supervisor/pg.h"
#include "server/supervisor/pg_conf.h"
#include "server/supervisor/pg_log.h"
#include "server/supervisor/pg_template.h"
#include "server/supervisor/probe.h"

static void test_a_healthy_process_is_started_again_at_once(void **state)
{
    struct backoff b = {.delay_us = 800000};
    assert_int_equal(backoff_next(&b, 4 * 1000 * 1000), 0);
}

static void test_a_process_that_keeps_dying_waits_longer_each_time_but_never_a_second(void **state)
{
    struct backoff b = {0};
    assert_int_equal(backoff_next(&b, 1000), 50 * 1000);
    assert_int_equal(backoff_next(&b, 1000), 100 * 1000);
    for (int i = 0; i < 20; i++)
        backoff_next(&b, 1000);
    assert_int_equal(backoff_next(&b, 1000), 800 * 1000);
}

static void test_the_database_is_durable_private_and_silent(void **state)
{
    char text[8192];
    struct pg_conf conf = {.socket_dir = "/srv/run", .workers = 2, .engines = 1};
    assert_true(pg_conf_text(&conf, text, sizeof text) < (int)sizeof text);
    static const char *const wanted[] = {
        "\nfsync = on\n",
        "\nfull_page_writes = on\n",
        "\nsynchronous_commit = on\n",
        "\nlisten_addresses = ''\n",
        "\nunix_socket_directories = '/srv/run'\n",
        "\nlog_parameter_max_length = 0\n",
        "\njit = off\n",
        "\nmax_connections = 29\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!strstr(text, wanted[i]))
            fail_msg("missing: %s", wanted[i]);
}

static void test_a_quote_in_the_socket_directory_stays_inside_the_setting(void **state)
{
    char text[8192];
    struct pg_conf conf = {.socket_dir = "/srv/o'neil", .workers = 1, .engines = 1};
    pg_conf_text(&conf, text, sizeof text);
    assert_non_null(strstr(text, "unix_socket_directories = '/srv/o''neil'\n"));
}

static void test_connections_suffice_for_every_lane_of_every_process(void **state)
{
    struct pg_conf conf = {.socket_dir = "/", .workers = 3, .engines = 2};
    assert_int_equal(pg_conf_connections(&conf), 5 * PG_CONF_LANES + PG_CONF_SPARE);
}

static void test_what_postgresql_says_keeps_its_weight(void **state)
{
    assert_int_equal(pg_log_level("FATAL:  lock file \"postmaster.pid\" already exists"), LOG_ERROR);
    assert_int_equal(pg_log_level("ERROR:  deadlock detected"), LOG_WARN);
    assert_int_equal(pg_log_level("LOG:  redo starts at 0/1"), LOG_INFO);
    assert_int_equal(pg_log_level("initdb: error: cannot be run as root"), LOG_ERROR);
    assert_int_equal(pg_log_level("creating subdirectories ... ok"), LOG_DEBUG);
}

static void test_sockets_of_a_long_data_path_go_to_a_short_place(void **state)
{
    static struct paths paths;
    char data[200] = "/srv/";
    memset(data + 5, 'x', 150);
    assert_true(paths_resolve(&(struct config){.data = data, .db = ""}, &paths));
    assert_true(strncmp(paths.run, "/tmp/sokuo-", 11) == 0 && strlen(paths.run) <= PATHS_RUN_MAX);
    assert_true(paths_resolve(&(struct config){.data = "/srv/sokuo/", .db = ""}, &paths));
    assert_string_equal(paths.run, "/srv/sokuo/run");
}

static void test_the_embedded_database_is_reached_by_its_socket_and_a_given_one_as_given(void **state)
{
    static struct paths paths;
    struct config config = {.data = "/srv/o'neil", .db = ""};
    assert_true(paths_resolve(&config, &paths));
    assert_string_equal(paths_conninfo(&config, &paths),
                        "host='/srv/o\\'neil/run' port=5432 user=postgres dbname=postgres");
    config.db = "host=db1,db2";
    assert_string_equal(paths_conninfo(&config, &paths), "host=db1,db2");
}

static void test_the_newest_postgresql_is_found_or_the_one_asked_for(void **state)
{
    char top[] = "/tmp/sokuo-unit-XXXXXX", path[256], bin[256];
    assert_non_null(mkdtemp(top));
    static const int installed[] = {13, 15, 16};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%d", top, installed[i]);
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/%d/bin", top, installed[i]);
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/%d/bin/initdb", top, installed[i]);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fclose(file);
        chmod(path, 0700);
    }
    assert_true(pg_find(top, 0, bin, sizeof bin));
    assert_string_equal(strrchr(bin, '1'), "16/bin");
    assert_true(pg_find(top, 15, bin, sizeof bin));
    assert_false(pg_find(top, 17, bin, sizeof bin));
    assert_false(pg_find(top, 13, bin, sizeof bin)); // too old
}

static void test_the_template_is_for_one_postgresql_only(void **state)
{
    char bin[64];
    snprintf(bin, sizeof bin, "/usr/lib/postgresql/%d/bin", pg_template.major);
    assert_int_equal(pg_template_fits(bin), pg_template.major > 0);
    snprintf(bin, sizeof bin, "/usr/lib/postgresql/%d/bin", pg_template.major + 1);
    assert_false(pg_template_fits(bin));
}

static void test_the_template_fills_a_new_directory_and_touches_no_old_one(void **state)
{
    char top[] = "/tmp/sokuo-unit-XXXXXX", path[64], command[64];
    assert_non_null(mkdtemp(top));
    if (pg_template.major == 0)
        skip(); // no PostgreSQL at build time
    struct pg_template_place place = {.directory = top};
    pg_template_unpack(&place);
    assert_int_equal(place.error, EEXIST);
    snprintf(path, sizeof path, "%s/pg", top);
    place.directory = path;
    pg_template_unpack(&place);
    assert_int_equal(place.error, 0);
    struct stat st;
    for (const struct pg_template_file *file = pg_template.files; file->path; file++) {
        char name[256];
        snprintf(name, sizeof name, "%s/%s", path, file->path);
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode & 0777, S_ISDIR(st.st_mode) ? 0700 : 0600);
        assert_true(S_ISDIR(st.st_mode) || st.st_size == file->size);
    }
    snprintf(command, sizeof command, "rm -r %s", top);
    assert_int_equal(system(command), 0);
}

static void test_the_address_shown_is_one_that_a_browser_can_open(void **state)
{
    char url[128];
    struct config config = {.bind = "0.0.0.0", .public_url = "", .tls_cert = ""};
    probe_url(&config, 8080, url, sizeof url);
    assert_string_equal(url, "http://127.0.0.1:8080");
    config = (struct config){.bind = "::1", .public_url = "", .tls_cert = "/cert.pem"};
    probe_url(&config, 443, url, sizeof url);
    assert_string_equal(url, "https://[::1]:443");
    config.public_url = "https://sokuo.city.example.jp";
    probe_url(&config, 443, url, sizeof url);
    assert_string_equal(url, "https://sokuo.city.example.jp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_healthy_process_is_started_again_at_once),
        cmocka_unit_test(test_a_process_that_keeps_dying_waits_longer_each_time_but_never_a_second),
        cmocka_unit_test(test_the_database_is_durable_private_and_silent),
        cmocka_unit_test(test_a_quote_in_the_socket_directory_stays_inside_the_setting),
        cmocka_unit_test(test_connections_suffice_for_every_lane_of_every_process),
        cmocka_unit_test(test_what_postgresql_says_keeps_its_weight),
        cmocka_unit_test(test_sockets_of_a_long_data_path_go_to_a_short_place),
        cmocka_unit_test(test_the_embedded_database_is_reached_by_its_socket_and_a_given_one_as_given),
        cmocka_unit_test(test_the_newest_postgresql_is_found_or_the_one_asked_for),
        cmocka_unit_test(test_the_template_is_for_one_postgresql_only),
        cmocka_unit_test(test_the_template_fills_a_new_directory_and_touches_no_old_one),
        cmocka_unit_test(test_the_address_shown_is_one_that_a_browser_can_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
