// SPDX-License-Identifier: Apache-2.0
// Who of a chain would be called, and who may say that somebody is away.
#include "tests/support/cmocka_all.h"

#include "server/domain/duty.h"

static struct uuid person(uint8_t number)
{
    struct uuid id = {0};
    id.bytes[15] = number;
    return id;
}

static void test_three_persons_with_contacts_are_three(void **state)
{
    struct duty_place places[] = {
        {person(1), false, 2, 0}, {person(2), false, 1, 0}, {person(3), false, 1, 0}};
    assert_int_equal(duty_judge(places, 3), DUTY_LEAST);
    assert_int_equal(places[2].reach, REACH(REACHABLE));
}

static void test_a_vacant_post_an_absence_and_a_missing_contact_each_say_why(void **state)
{
    struct duty_place places[] = {
        {person(0), false, 0, 0}, {person(1), true, 3, 0}, {person(2), false, 0, 0}};
    assert_int_equal(duty_judge(places, 3), 0);
    assert_int_equal(places[0].reach, REACH(VACANT));
    assert_int_equal(places[1].reach, REACH(ABSENT));
    assert_int_equal(places[2].reach, REACH(NO_CONTACT));
}

static void test_one_person_in_two_posts_is_one(void **state)
{
    struct duty_place places[] = {
        {person(1), false, 1, 0}, {person(2), false, 1, 0}, {person(1), false, 1, 0}};
    assert_int_equal(duty_judge(places, 3), 2);
    assert_int_equal(places[2].reach, REACH(REPEATED));
}

static void test_two_vacant_posts_are_both_vacant(void **state)
{
    struct duty_place places[] = {{person(0), false, 0, 0}, {person(0), false, 0, 0}};
    assert_int_equal(duty_judge(places, 2), 0);
    assert_int_equal(places[1].reach, REACH(VACANT));
}

static void test_everybody_says_it_of_themselves(void **state)
{
    const struct duty_declarer by = {.roles = ROLE_BIT(STAFF), .is_self = true};
    assert_true(duty_may_declare(&by, ABSENCE(REGISTERED)));
}

static void test_a_head_says_it_of_their_people_and_a_colleague_does_not(void **state)
{
    const struct duty_declarer head = {.roles = ROLE_BIT(ISM), .is_head = true};
    const struct duty_declarer other_head = {.roles = ROLE_BIT(ISM)};
    assert_true(duty_may_declare(&head, ABSENCE(INJURED)));
    assert_false(duty_may_declare(&other_head, ABSENCE(INJURED)));
}

static void test_who_calls_says_that_nobody_answered_and_nothing_else(void **state)
{
    const struct duty_declarer desk = {.roles = ROLE_BIT(DUTY_DESK)};
    assert_true(duty_may_declare(&desk, ABSENCE(NO_ANSWER)));
    assert_false(duty_may_declare(&desk, ABSENCE(DECLARED)));
}

static void test_a_duty_over_the_whole_city_declares_anybody_away(void **state)
{
    const struct duty_declarer siso = {.roles = ROLE_BIT(SISO)};
    assert_true(duty_may_declare(&siso, ABSENCE(DECLARED)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_persons_with_contacts_are_three),
        cmocka_unit_test(test_a_vacant_post_an_absence_and_a_missing_contact_each_say_why),
        cmocka_unit_test(test_one_person_in_two_posts_is_one),
        cmocka_unit_test(test_two_vacant_posts_are_both_vacant),
        cmocka_unit_test(test_everybody_says_it_of_themselves),
        cmocka_unit_test(test_a_head_says_it_of_their_people_and_a_colleague_does_not),
        cmocka_unit_test(test_who_calls_says_that_nobody_answered_and_nothing_else),
        cmocka_unit_test(test_a_duty_over_the_whole_city_declares_anybody_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
