// SPDX-License-Identifier: Apache-2.0
// Lines of iCalendar as RFC 5545 wants them.
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/codec/ical.h"

static struct arena arena;

static const char *made(void (*make)(struct buf *, const char *, const char *), const char *name,
                        const char *value)
{
    struct buf out = buf_in(&arena);
    make(&out, name, value);
    return buf_text(&out);
}

static void test_a_short_line_ends_with_crlf(void **state)
{
    assert_string_equal(made(ical_line, "VERSION", "2.0"), "VERSION:2.0\r\n");
}

static void test_exactly_75_octets_are_one_line_and_76_are_two(void **state)
{
    char text[100] = {0};
    memset(text, 'a', 73);
    assert_string_equal(made(ical_line, "X", text) + 75, "\r\n");
    text[73] = 'b';
    assert_string_equal(made(ical_line, "X", text) + 75, "\r\n b\r\n");
}

static void test_no_line_is_longer_than_75_octets_and_none_begins_within_a_character(void **state)
{
    char text[3 * 400 + 1] = {0};
    for (int i = 0; i < 400; i++)
        strcat(text, i % 7 ? "当" : "a");
    const char *out = made(ical_line, "SUMMARY", text);
    char joined[sizeof text + 10] = {0};
    for (const char *line = out; *line;) {
        const char *end = strstr(line, "\r\n");
        assert_non_null(end);
        assert_true(end - line <= 75);
        const char *begin = line + (line != out);
        assert_true(line == out || *line == ' ');
        assert_int_not_equal((unsigned char)*begin & 0xC0, 0x80);
        strncat(joined, begin, (size_t)(end - begin));
        line = end + 2;
    }
    assert_memory_equal(joined, "SUMMARY:", 8);
    assert_string_equal(joined + 8, text);
}

// The example of 3.3.11.
static void test_texts_are_escaped_as_in_the_rfc(void **state)
{
    assert_string_equal(
        made(ical_text, "DESCRIPTION", "Project XYZ Final Review\nConference Room - 3B\nCome Prepared."),
        "DESCRIPTION:Project XYZ Final Review\\nConference Room - 3B\\nCome Prepared.\r\n");
    assert_string_equal(made(ical_text, "X", "a;b,c\\d:e\"f\r\ng"), "X:a\\;b\\,c\\\\d:e\"f\\ng\r\n");
    assert_string_equal(made(ical_text, "X", "no\x01 controls\x7f"), "X:no controls\r\n");
}

static void test_a_moment_is_utc(void **state)
{
    struct buf out = buf_in(&arena);
    ical_time(&out, "DTSTART", INT64_C(1798761600) * 1000000); /* 2027-01-01 00:00 UTC */
    assert_string_equal(buf_text(&out), "DTSTART:20270101T000000Z\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_short_line_ends_with_crlf),
        cmocka_unit_test(test_exactly_75_octets_are_one_line_and_76_are_two),
        cmocka_unit_test(test_no_line_is_longer_than_75_octets_and_none_begins_within_a_character),
        cmocka_unit_test(test_texts_are_escaped_as_in_the_rfc),
        cmocka_unit_test(test_a_moment_is_utc),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
