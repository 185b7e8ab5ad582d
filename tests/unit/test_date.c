// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include "server/domain/date.h"

static void test_days_are_read_as_people_write_them(void **state)
{
    static const char *const want[][2] = {
        {"2026-04-01", "2026-04-01"}, {"2026/4/1", "2026-04-01"},       {"2026.4.1", "2026-04-01"},
        {"20260401", "2026-04-01"},   {"2026年4月1日", "2026-04-01"},   {"令和8年4月1日", "2026-04-01"},
        {"R8.4.1", "2026-04-01"},     {"令和元年5月1日", "2019-05-01"}, {"H31.4.30", "2019-04-30"},
        {"S64/1/7", "1989-01-07"},    {"2024-02-29", "2024-02-29"},     {"2000/2/29", "2000-02-29"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        char out[DATE_SIZE] = "";
        assert_true(date_read(want[i][0], out));
        assert_string_equal(out, want[i][1]);
    }
}

static void test_what_is_no_day_is_refused(void **state)
{
    static const char *const bad[] = {
        "",           "2026",       "2026-04",     "2026-13-01",   "2026-00-10",   "2026-04-31",
        "2025-02-29", "1900-02-29", "2026-04-01x", "26-04-01",     "x2026-4-1",    "2026--4-1",
        "4/1/2026",   "2026040",    "202604011",   "R.4.1",        "令和年4月1日", "-2026-4-1",
        "2026-4-",    "9999-01-01", "2026-4-1 ",   "２０２６-4-1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char out[DATE_SIZE] = "untouched";
        assert_false(date_read(bad[i], out));
        assert_string_equal(out, "untouched");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_are_read_as_people_write_them),
        cmocka_unit_test(test_what_is_no_day_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
