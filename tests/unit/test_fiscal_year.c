// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include "server/domain/fiscal_year.h"
#include "server/domain/words.h"

#define SECOND INT64_C(1000000)

static void test_the_year_turns_at_midnight_of_1_april_in_japan(void **state)
{
    (void)state;
    static const struct {
        int64_t unix_seconds;
        int year;
    } rows[] = {
        {1774969199, 2025}, // 2026-03-31 23:59:59 JST
        {1774969200, 2026}, // 2026-04-01 00:00:00 JST
        {1798729200, 2026}, // 2027-01-01 00:00 JST
        {1803826800, 2026}, // 2027-03-01 00:00 JST
        {1709132400, 2023}, // 2024-02-29 00:00 JST
        {1711897200, 2024}, // 2024-04-01 00:00 JST
        {-1, 1969},         // 1970-01-01 08:59:59 JST
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(fiscal_year_of(rows[i].unix_seconds * SECOND), rows[i].year);
}

static void test_numbers_of_drills_and_tests_say_so(void **state)
{
    (void)state;
    assert_string_equal(fiscal_year_prefix(MODE(REAL)), "");
    assert_string_equal(fiscal_year_prefix(MODE(EXERCISE)), "訓-");
    assert_string_equal(fiscal_year_prefix(MODE(TEST)), "試-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_year_turns_at_midnight_of_1_april_in_japan),
        cmocka_unit_test(test_numbers_of_drills_and_tests_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
