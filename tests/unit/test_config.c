// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/config.h"

// An argument as main gets it: writable.
#define ARG(text) ((char[]){text})

static char message[512];
static char path[] = "/tmp/sokuo-config-XXXXXX";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum err load(struct config *config, int *argc, char **argv)
{
    message[0] = '\0';
    return config_load(config, argc, argv, message, sizeof message);
}

static void test_defaults_without_anything(void **state)
{
    struct config config;
    char *argv[] = {ARG("sokuo"), NULL};
    int argc = 1;
    assert_int_equal(load(&config, &argc, argv), ERR_OK);
    assert_string_equal(config.bind, "127.0.0.1");
    assert_int_equal(config.port, 8080);
    config_free(&config);
}

static void test_flag_beats_environment_beats_file_beats_default(void **state)
{
    struct config config;
    write_file("# a comment\n\n port = 1111 \nworkers=7\nhosts = a.example, b.example\nbind = ::1\n");
    (void)setenv("SOKUO_PORT", "2222", 1);
    (void)setenv("SOKUO_BIND", "::2", 1);
    char *argv[] = {ARG("sokuo"),       ARG("serve"), ARG("--config"),  path, ARG("--bind=::3"),
                    ARG("--log-level"), ARG("debug"), ARG("--dry-run"), NULL};
    int argc = 8;
    assert_int_equal(load(&config, &argc, argv), ERR_OK);
    (void)unsetenv("SOKUO_PORT");
    (void)unsetenv("SOKUO_BIND");
    assert_string_equal(config.bind, "::3");
    assert_int_equal(config.port, 2222);
    assert_int_equal(config.workers, 7);
    assert_string_equal(config.hosts, "a.example, b.example");
    assert_string_equal(config.log_level, "debug");
    assert_int_equal(argc, 3);
    assert_string_equal(argv[1], "serve");
    assert_string_equal(argv[2], "--dry-run");
    assert_null(argv[3]);
    config_free(&config);
}

static void test_mistakes_say_where_they_are(void **state)
{
    static const struct {
        const char *file, *want;
    } cases[] = {
        {"port = 80\nprot = 81\n", "line 2"},
        {"port = many\n", "not a number"},
        {"port = -1\n", "not a number"},
        {"port 80\n", "name = value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        char *argv[] = {ARG("sokuo"), ARG("--config"), path, NULL};
        int argc = 3;
        write_file(cases[i].file);
        assert_int_equal(load(&config, &argc, argv), ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(message, cases[i].want));
    }
}

static void test_a_flag_without_its_value_is_refused(void **state)
{
    struct config config;
    char *argv[] = {ARG("sokuo"), ARG("--port"), NULL};
    int argc = 2;
    assert_int_equal(load(&config, &argc, argv), ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(message, "--port needs a value"));
}

static void test_a_missing_file_is_refused(void **state)
{
    struct config config;
    char *argv[] = {ARG("sokuo"), ARG("--config"), ARG("/nowhere/sokuo.conf"), NULL};
    int argc = 3;
    assert_int_equal(load(&config, &argc, argv), ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(message, "/nowhere/sokuo.conf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_without_anything),
        cmocka_unit_test(test_flag_beats_environment_beats_file_beats_default),
        cmocka_unit_test(test_mistakes_say_where_they_are),
        cmocka_unit_test(test_a_flag_without_its_value_is_refused),
        cmocka_unit_test(test_a_missing_file_is_refused),
    };
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    (void)close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
