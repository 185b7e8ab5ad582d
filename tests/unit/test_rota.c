// SPDX-License-Identifier: Apache-2.0
// Who is on duty at a moment, over hand-overs, overrides and the year's end.
#include "tests/support/cmocka_all.h"

#include <time.h>

#include "server/domain/rota.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)

static struct uuid person(uint8_t number)
{
    struct uuid id = {0};
    id.bytes[15] = number;
    return id;
}

// A moment by Japan's clock.
static int64_t jst(int year, int month, int day, int hour, int minute)
{
    struct tm tm = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute};
    return (int64_t)timegm(&tm) * 1000000 - 9 * HOUR;
}

static struct uuid members[3];
static struct rota weekly; // Mondays at 9:00 from 2026-12-14 on

static void fill(void)
{
    for (uint8_t i = 0; i < 3; i++)
        members[i] = person((uint8_t)(i + 1));
    weekly = (struct rota){
        .starts_us = jst(2026, 12, 14, 9, 0), .period_days = 7, .members = members, .member_count = 3};
}

static int on(const struct rota *rota, int64_t at)
{
    return rota_on(rota, at).person_id.bytes[15];
}

static void test_members_take_turns_and_the_last_is_followed_by_the_first(void **state)
{
    fill();
    assert_int_equal(on(&weekly, jst(2026, 12, 14, 9, 0)), 1);
    assert_int_equal(on(&weekly, jst(2026, 12, 21, 8, 59)), 1);
    assert_int_equal(on(&weekly, jst(2026, 12, 21, 9, 0)), 2);
    assert_int_equal(on(&weekly, jst(2026, 12, 28, 9, 0)), 3);
    assert_int_equal(on(&weekly, jst(2027, 1, 4, 9, 0)), 1);
}

static void test_a_turn_over_the_year_s_end_is_one_turn(void **state)
{
    fill();
    struct rota_shift shift = rota_on(&weekly, jst(2027, 1, 1, 0, 0));
    assert_int_equal(shift.person_id.bytes[15], 3);
    assert_true(shift.from_us == jst(2026, 12, 28, 9, 0) && shift.until_us == jst(2027, 1, 4, 9, 0));
    struct rota daily = weekly;
    daily.period_days = 1;
    daily.starts_us = jst(2027, 12, 30, 17, 15);
    assert_int_equal(on(&daily, jst(2027, 12, 31, 23, 59)), 2);
    assert_int_equal(on(&daily, jst(2028, 1, 1, 0, 0)), 2);
    assert_int_equal(on(&daily, jst(2028, 1, 1, 17, 15)), 3);
    assert_int_equal(on(&daily, jst(2028, 2, 29, 17, 15)), 2); /* 61 days later, over a leap day */
}

static void test_before_it_starts_nobody_is_on(void **state)
{
    fill();
    struct rota_shift shift = rota_on(&weekly, jst(2026, 12, 14, 8, 59));
    assert_true(uuid_is_nil(&shift.person_id) && shift.until_us == weekly.starts_us);
    weekly.member_count = 0;
    shift = rota_on(&weekly, jst(2027, 1, 1, 0, 0));
    assert_true(uuid_is_nil(&shift.person_id) && shift.until_us == INT64_MAX);
}

static void test_an_override_cuts_the_turn_in_three(void **state)
{
    fill();
    const struct rota_override night = {
        .person_id = person(9), .from_us = jst(2026, 12, 31, 18, 0), .until_us = jst(2027, 1, 1, 9, 0)};
    weekly.overrides = &night;
    weekly.override_count = 1;
    struct rota_shift shifts[8];
    assert_int_equal(rota_shifts(&weekly, jst(2026, 12, 29, 0, 0), jst(2027, 1, 4, 9, 0), shifts, 8), 3);
    assert_int_equal(shifts[0].person_id.bytes[15], 3);
    assert_true(shifts[0].from_us == jst(2026, 12, 28, 9, 0) && shifts[0].until_us == night.from_us);
    assert_true(shifts[1].is_override && shifts[1].person_id.bytes[15] == 9);
    assert_true(shifts[1].from_us == night.from_us && shifts[1].until_us == night.until_us);
    assert_true(!shifts[2].is_override && shifts[2].from_us == night.until_us);
    assert_true(shifts[2].until_us == jst(2027, 1, 4, 9, 0));
}

static void test_the_newest_of_two_overrides_wins_while_it_lasts(void **state)
{
    fill();
    const struct rota_override both[] = {
        {.person_id = person(8), .from_us = jst(2026, 12, 16, 0, 0), .until_us = jst(2026, 12, 17, 0, 0)},
        {.person_id = person(9), .from_us = jst(2026, 12, 15, 0, 0), .until_us = jst(2026, 12, 23, 0, 0)}};
    weekly.overrides = both;
    weekly.override_count = 2;
    assert_int_equal(on(&weekly, jst(2026, 12, 15, 12, 0)), 9);
    assert_int_equal(on(&weekly, jst(2026, 12, 16, 12, 0)), 8);
    assert_int_equal(on(&weekly, jst(2026, 12, 22, 12, 0)), 9); /* beyond the hand-over */
    assert_int_equal(on(&weekly, jst(2026, 12, 23, 0, 0)), 2);
    struct rota_shift shift = rota_on(&weekly, jst(2026, 12, 18, 0, 0));
    assert_true(shift.from_us == both[0].until_us && shift.until_us == both[1].until_us);
}

static void test_shifts_have_no_gap_and_no_overlap(void **state)
{
    fill();
    struct rota_override some[4];
    for (uint8_t i = 0; i < 4; i++)
        some[i] = (struct rota_override){.person_id = person((uint8_t)(10 + i)),
                                         .from_us = weekly.starts_us + i * 5 * DAY + i * HOUR,
                                         .until_us = weekly.starts_us + i * 5 * DAY + 6 * DAY};
    weekly.overrides = some;
    weekly.override_count = 4;
    struct rota_shift shifts[64];
    int count = rota_shifts(&weekly, weekly.starts_us, weekly.starts_us + 60 * DAY, shifts, 64);
    assert_true(count > 9);
    for (int i = 0; i < count; i++) {
        assert_true(shifts[i].from_us < shifts[i].until_us);
        if (i > 0)
            assert_true(shifts[i].from_us == shifts[i - 1].until_us);
        struct rota_shift again = rota_on(&weekly, (shifts[i].from_us + shifts[i].until_us) / 2);
        assert_memory_equal(&again.person_id, &shifts[i].person_id, sizeof again.person_id);
    }
}

static void test_a_member_gives_away_own_shifts_only_and_may_take_over_any(void **state)
{
    fill();
    struct rota_override wanted = {
        .person_id = members[1], .from_us = jst(2026, 12, 15, 0, 0), .until_us = jst(2026, 12, 16, 0, 0)};
    const struct rota_changer first = {members[0], false}, third = {members[2], false},
                              keeper = {person(7), true}, stranger = {person(7), false};
    assert_true(rota_may_override(&weekly, &first, &wanted));
    assert_false(rota_may_override(&weekly, &third, &wanted));
    assert_true(rota_may_override(&weekly, &keeper, &wanted));
    assert_false(rota_may_override(&weekly, &stranger, &wanted));
    wanted.until_us = jst(2026, 12, 22, 0, 0); /* reaches into the next one's turn */
    assert_false(rota_may_override(&weekly, &first, &wanted));
    wanted.person_id = members[2];
    assert_true(rota_may_override(&weekly, &third, &wanted));
    wanted.person_id = stranger.person_id;
    assert_false(rota_may_override(&weekly, &stranger, &wanted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_take_turns_and_the_last_is_followed_by_the_first),
        cmocka_unit_test(test_a_turn_over_the_year_s_end_is_one_turn),
        cmocka_unit_test(test_before_it_starts_nobody_is_on),
        cmocka_unit_test(test_an_override_cuts_the_turn_in_three),
        cmocka_unit_test(test_the_newest_of_two_overrides_wins_while_it_lasts),
        cmocka_unit_test(test_shifts_have_no_gap_and_no_overlap),
        cmocka_unit_test(test_a_member_gives_away_own_shifts_only_and_may_take_over_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
