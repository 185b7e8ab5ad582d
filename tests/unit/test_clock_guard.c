// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include "server/domain/clock_guard.h"

#define S INT64_C(1000000)
#define WALL_US (INT64_C(1783185000) * S)
#define BOOT_US (5000 * S)

// Both clocks so many seconds after the first look.
static int64_t look(struct clock_guard *guard, int wall_s, int boot_s)
{
    return clock_guard_look(guard, WALL_US + wall_s * S, BOOT_US + boot_s * S, INT64_MIN);
}

static struct clock_guard looked_at(void)
{
    struct clock_guard guard = {0};
    assert_int_equal(look(&guard, 0, 0), 0);
    return guard;
}

static void test_clocks_that_go_together_are_trusted_however_long_nobody_looked(void **state)
{
    struct clock_guard guard = looked_at();
    assert_int_equal(look(&guard, 1, 1), 0);
    assert_int_equal(look(&guard, 86400, 86400), 0);
}

static void test_a_jump_forward_is_told_by_its_length_once(void **state)
{
    struct clock_guard guard = looked_at();
    assert_int_equal(look(&guard, 3601, 1), 3600 * S);
    assert_int_equal(look(&guard, 3602, 2), 0);
}

static void test_a_jump_back_is_told_by_its_length_once(void **state)
{
    struct clock_guard guard = looked_at();
    assert_int_equal(look(&guard, -600, 10), -610 * S);
    assert_int_equal(look(&guard, -590, 20), 0);
}

static void test_setting_a_clock_that_jumped_right_again_is_a_jump_too(void **state)
{
    struct clock_guard guard = looked_at();
    assert_int_equal(look(&guard, 3601, 1), 3600 * S);
    assert_int_equal(look(&guard, 2, 2), -3600 * S);
}

static void test_half_a_minute_is_no_jump_and_a_little_more_is(void **state)
{
    struct clock_guard guard = looked_at();
    assert_int_equal(look(&guard, 31, 1), 0);
    assert_int_equal(clock_guard_look(&guard, WALL_US + 62 * S + 1, BOOT_US + 2 * S, INT64_MIN), 30 * S + 1);
    guard = looked_at();
    assert_int_equal(look(&guard, -29, 1), 0);
    assert_int_equal(clock_guard_look(&guard, WALL_US - 58 * S - 1, BOOT_US + 2 * S, INT64_MIN), -30 * S - 1);
}

// What a time server corrects bit by bit, however much it is in a day.
static void test_a_slow_drift_is_no_jump(void **state)
{
    struct clock_guard guard = looked_at();
    for (int minute = 1; minute <= 24 * 60; minute++)
        assert_int_equal(look(&guard, minute * 61, minute * 60), 0);
}

// A machine that was asleep: CLOCK_BOOTTIME went on.
static void test_a_machine_that_slept_did_not_jump(void **state)
{
    struct clock_guard guard = looked_at();
    assert_int_equal(look(&guard, 8 * 3600, 8 * 3600), 0);
}

static void test_the_first_look_tells_only_a_clock_that_went_back_since_anybody_looked(void **state)
{
    struct clock_guard fresh = {0};
    assert_int_equal(clock_guard_look(&fresh, WALL_US, BOOT_US, WALL_US - 86400 * S), 0); // switched off
    fresh = (struct clock_guard){0};
    assert_int_equal(clock_guard_look(&fresh, WALL_US, BOOT_US, WALL_US + 86400 * S), -86400 * S);
    fresh = (struct clock_guard){0};
    assert_int_equal(clock_guard_look(&fresh, WALL_US, BOOT_US, WALL_US + 30 * S), 0);
    fresh = (struct clock_guard){0};
    assert_int_equal(clock_guard_look(&fresh, WALL_US, BOOT_US, INT64_MIN), 0);
}

static void test_later_looks_do_not_ask_what_others_saw(void **state)
{
    struct clock_guard guard = looked_at();
    assert_int_equal(clock_guard_look(&guard, WALL_US + S, BOOT_US + S, WALL_US + 86400 * S), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks_that_go_together_are_trusted_however_long_nobody_looked),
        cmocka_unit_test(test_a_jump_forward_is_told_by_its_length_once),
        cmocka_unit_test(test_a_jump_back_is_told_by_its_length_once),
        cmocka_unit_test(test_setting_a_clock_that_jumped_right_again_is_a_jump_too),
        cmocka_unit_test(test_half_a_minute_is_no_jump_and_a_little_more_is),
        cmocka_unit_test(test_a_slow_drift_is_no_jump),
        cmocka_unit_test(test_a_machine_that_slept_did_not_jump),
        cmocka_unit_test(test_the_first_look_tells_only_a_clock_that_went_back_since_anybody_looked),
        cmocka_unit_test(test_later_looks_do_not_ask_what_others_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
