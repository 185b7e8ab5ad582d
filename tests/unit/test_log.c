// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/log.h"

static char line[8192];

// Runs the statement with standard error going into `line`.
#define CAPTURE(statement)                                 \
    do {                                                   \
        int fds[2], saved = dup(STDERR_FILENO);            \
        assert_int_equal(pipe(fds), 0);                    \
        assert_true(dup2(fds[1], STDERR_FILENO) >= 0);     \
        (void)close(fds[1]);                               \
        statement;                                         \
        assert_true(dup2(saved, STDERR_FILENO) >= 0);      \
        (void)close(saved);                                \
        ssize_t len = read(fds[0], line, sizeof line - 1); \
        line[len > 0 ? len : 0] = '\0';                    \
        (void)close(fds[0]);                               \
    } while (0)

static void test_a_line_cannot_be_forged(void **state)
{
    CAPTURE(log_info("login", LOG_S("login", "a\r\n{\"x\":\"\x7f\\\"\xff訓"), LOG_I("tries", -3)));
    assert_non_null(strstr(line, "\"login\":\"a\\u000d\\u000a{\\\"x\\\":\\\"\\u007f\\\\\\\"\\ufffd訓\""));
    assert_non_null(strstr(line, "\"tries\":-3}\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_null(strchr(line, '\r'));
}

static void test_levels_below_the_least_are_silent(void **state)
{
    CAPTURE(log_debug("noise", LOG_I("n", 1)));
    assert_string_equal(line, "");
    log_set_level(LOG_DEBUG);
    CAPTURE(log_debug("noise", LOG_I("n", 1)));
    log_set_level(LOG_INFO);
    assert_non_null(strstr(line, "\"level\":\"debug\",\"event\":\"noise\",\"n\":1}"));
}

static void test_a_long_field_is_cut_at_a_whole_field(void **state)
{
    static char text[6000];
    memset(text, 'x', sizeof text - 1);
    CAPTURE(log_warn("long", LOG_I("n", 1), LOG_S("text", text)));
    assert_non_null(strstr(line, "\"n\":1,\"truncated\":true}\n"));
    assert_true(strlen(line) < 4096);
}

static void test_journald_learns_the_level(void **state)
{
    (void)setenv("JOURNAL_STREAM", "8:1", 1);
    log_set_process("edge1");
    CAPTURE(log_error("bad", LOG_S("why", NULL)));
    (void)unsetenv("JOURNAL_STREAM");
    log_set_process("edge1");
    assert_memory_equal(line, "<3>{\"time\":\"", 12);
    assert_non_null(strstr(line, "\"process\":\"edge1\",\"event\":\"bad\",\"why\":\"\"}"));
}

static int count_lines(void)
{
    int count = 0;
    for (const char *at = line; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

static void test_gathered_lines_wait_for_the_flush_and_a_warning_takes_them_along(void **state)
{
    log_gather();
    CAPTURE(log_info("one", LOG_I("n", INT64_MIN)));
    assert_string_equal(line, "");
    CAPTURE(log_warn("two"));
    assert_int_equal(count_lines(), 2);
    assert_true(strstr(line, "\"one\",\"n\":-9223372036854775808}") < strstr(line, "\"two\"}"));
    log_info("three");
    CAPTURE(log_flush());
    assert_int_equal(count_lines(), 1);
    CAPTURE(log_flush());
    assert_string_equal(line, "");
}

static void test_more_than_fits_is_written_in_whole_lines(void **state)
{
    char text[1500] = "";
    memset(text, 'x', sizeof text - 1);
    CAPTURE(for (int i = 0; i < 4; i++) log_info("long", LOG_S("text", text)));
    assert_int_equal(count_lines(), 2);
    assert_ptr_equal(strrchr(line, '\n'), line + strlen(line) - 1);
    CAPTURE(log_flush());
    assert_int_equal(count_lines(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_cannot_be_forged),
        cmocka_unit_test(test_levels_below_the_least_are_silent),
        cmocka_unit_test(test_a_long_field_is_cut_at_a_whole_field),
        cmocka_unit_test(test_journald_learns_the_level),
        cmocka_unit_test(test_gathered_lines_wait_for_the_flush_and_a_warning_takes_them_along),
        cmocka_unit_test(test_more_than_fits_is_written_in_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
