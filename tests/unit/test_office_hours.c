// SPDX-License-Identifier: Apache-2.0
// When the city hall is open: holidays as the law has them, and silence that is counted in office hours.
#include "tests/support/cmocka_all.h"

#include "server/domain/office_hours.h"

// Days since 1970 by counting, so that the calendar under test is not its own proof.
static int32_t day(int year, int month, int day_of_month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t days = 0;
    for (int y = 1970; y < year; y++)
        days += 365 + (y % 4 == 0);
    for (int m = 1; m < month; m++)
        days += lengths[m - 1] + (m == 2 && year % 4 == 0);
    return days + day_of_month - 1;
}

// A moment by Japan's clock.
static int64_t at(int32_t of_day, int hour, int minute)
{
    return ((int64_t)of_day * 86400 + (hour - 9) * 3600 + minute * 60) * 1000000;
}

static void test_the_holidays_of_2026_are_those_of_the_cabinet_office(void **state)
{
    static const int holidays[][2] = {{1, 1},  {1, 12}, {2, 11}, {2, 23},  {3, 20}, {4, 29},
                                      {5, 3},  {5, 4},  {5, 5},  {5, 6},   {7, 20}, {8, 11},
                                      {9, 21}, {9, 22}, {9, 23}, {10, 12}, {11, 3}, {11, 23}};
    size_t next = 0;
    for (int32_t d = day(2026, 1, 1); d <= day(2026, 12, 31); d++) {
        bool is_listed = next < sizeof holidays / sizeof holidays[0] &&
                         d == day(2026, holidays[next][0], holidays[next][1]);
        next += is_listed;
        if (day_is_holiday(d) != is_listed)
            fail_msg("day %d of 2026", d - day(2026, 1, 1) + 1);
    }
}

static void test_a_holiday_on_a_sunday_moves_past_the_holidays_that_follow(void **state)
{
    assert_true(day_is_holiday(day(2025, 2, 24)));
    assert_true(day_is_holiday(day(2025, 5, 6))); // 4 May was the Sunday
    assert_false(day_is_holiday(day(2025, 5, 7)));
    assert_true(day_is_holiday(day(2027, 3, 22)));
}

static void test_the_turn_of_the_year_is_no_working_time(void **state)
{
    assert_true(day_is_working(day(2026, 12, 28)));
    for (int d = 29; d <= 31; d++)
        assert_false(day_is_working(day(2026, 12, d)));
    assert_false(day_is_working(day(2030, 1, 2)));
    assert_true(day_is_working(day(2027, 1, 4)));
}

static void test_an_hour_of_silence_before_closing_ends_the_next_morning(void **state)
{
    int32_t monday = day(2026, 7, 6);
    assert_int_equal(office_add(&office_hours_default, at(monday, 16, 45), 3600), at(monday + 1, 9, 0));
    assert_int_equal(office_add(&office_hours_default, at(monday, 10, 0), 3600), at(monday, 11, 0));
    assert_int_equal(office_add(&office_hours_default, at(monday, 10, 0), 0), at(monday, 10, 0));
}

static void test_what_comes_at_night_waits_for_the_hall_to_open(void **state)
{
    int32_t sunday = day(2026, 7, 5);
    assert_int_equal(office_add(&office_hours_default, at(sunday, 2, 10), 0), at(sunday + 1, 8, 30));
    assert_false(office_is_open(&office_hours_default, at(sunday, 10, 0)));
    assert_true(office_is_open(&office_hours_default, at(sunday + 1, 8, 30)));
    assert_false(office_is_open(&office_hours_default, at(sunday + 1, 17, 15)));
}

static void test_the_citys_own_days_count(void **state)
{
    int32_t monday = day(2026, 7, 6), saturday = day(2026, 7, 11);
    struct office_hours office = office_hours_default;
    office.closed_days = &monday;
    office.open_days = &saturday;
    office.closed_count = office.open_count = 1;
    assert_false(office_is_open(&office, at(monday, 10, 0)));
    assert_true(office_is_open(&office, at(saturday, 10, 0)));
}

static void test_days_are_written_and_read_alike(void **state)
{
    for (int32_t d = day(1999, 12, 1); d <= day(2030, 3, 31); d++) {
        char text[DATE_SIZE];
        day_text(d, text);
        assert_int_equal(day_number(text), d);
    }
    assert_int_equal(day_number("2026-07-06"), day(2026, 7, 6));
    assert_int_equal(day_of(at(day(2026, 7, 6), 0, 0)), day(2026, 7, 6));
    assert_int_equal(day_number("Monday"), 0);
}

static void test_a_hall_that_never_opens_puts_no_call_off(void **state)
{
    struct office_hours never = {.open_min = 600, .close_min = 600};
    assert_int_equal(office_add(&never, at(20000, 10, 0), 60), at(20000, 10, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_holidays_of_2026_are_those_of_the_cabinet_office),
        cmocka_unit_test(test_a_holiday_on_a_sunday_moves_past_the_holidays_that_follow),
        cmocka_unit_test(test_the_turn_of_the_year_is_no_working_time),
        cmocka_unit_test(test_an_hour_of_silence_before_closing_ends_the_next_morning),
        cmocka_unit_test(test_what_comes_at_night_waits_for_the_hall_to_open),
        cmocka_unit_test(test_the_citys_own_days_count),
        cmocka_unit_test(test_days_are_written_and_read_alike),
        cmocka_unit_test(test_a_hall_that_never_opens_puts_no_call_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
