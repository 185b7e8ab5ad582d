// SPDX-License-Identifier: Apache-2.0
// Who may take command, and by what ground.
#include "tests/support/cmocka_all.h"

#include "server/domain/command.h"

#define NOW INT64_C(1000000)

static enum command_ground ground(struct command_view view, int role, bool is_acting)
{
    return command_may_take(&view, (struct command_stand){role, is_acting}, NOW);
}

// The SISO commands, is there, and has just done something.
static struct command_view siso_commands(void)
{
    return (struct command_view){.holder_role = (int)ROLE(SISO), .lease_until_us = NOW + 1};
}

static void test_who_stands_in_no_duty_that_commands_never_takes_it(void **state)
{
    struct command_stand stand = command_stand_of(ROLE_BIT(STAFF) | ROLE_BIT(ISM) | ROLE_BIT(HANDLER), 0, 0);
    assert_int_equal(stand.role, 0);
    struct command_view view = {.is_free = true};
    assert_int_equal(command_may_take(&view, stand, NOW), COMMAND_NONE);
}

static void test_free_command_is_taken_by_whoever_may_command(void **state)
{
    struct command_view view = {.is_free = true};
    assert_int_equal(ground(view, (int)ROLE(CSIRT_DEPUTY), false), COMMAND_FREE);
}

static void test_somebody_who_is_there_and_not_below_is_not_relieved(void **state)
{
    assert_int_equal(ground(siso_commands(), (int)ROLE(SISO), false), COMMAND_HELD);
    assert_int_equal(ground(siso_commands(), (int)ROLE(CSIRT_LEAD), false), COMMAND_HELD);
}

static void test_a_duty_above_takes_command(void **state)
{
    assert_int_equal(ground(siso_commands(), (int)ROLE(CISO), false), COMMAND_SUPERIOR);
}

static void test_whoever_is_acted_for_takes_it_back_and_another_deputy_does_not(void **state)
{
    struct command_view view = siso_commands();
    view.holder_role = (int)ROLE(CISO);
    view.holder_is_acting = true;
    assert_int_equal(ground(view, (int)ROLE(CISO), false), COMMAND_SUPERIOR);
    assert_int_equal(ground(view, (int)ROLE(CISO), true), COMMAND_HELD);
}

static void test_an_absent_holder_is_relieved_by_any_duty_that_commands(void **state)
{
    struct command_view view = siso_commands();
    view.holder_is_absent = true;
    assert_int_equal(ground(view, (int)ROLE(CSIRT_DEPUTY), true), COMMAND_ABSENT);
}

static void test_a_lease_that_ran_out_opens_command_and_not_a_moment_before(void **state)
{
    struct command_view view = siso_commands();
    view.lease_until_us = NOW;
    assert_int_equal(ground(view, (int)ROLE(CSIRT_LEAD), false), COMMAND_HELD);
    view.lease_until_us = NOW - 1;
    assert_int_equal(ground(view, (int)ROLE(CSIRT_LEAD), false), COMMAND_LEASE);
}

static void test_a_deputy_acts_for_a_duty_only_while_nobody_before_them_is_reached(void **state)
{
    struct command_stand there = command_stand_of(ROLE_BIT(SISO), ROLE_BIT(CISO), 0);
    assert_int_equal(there.role, ROLE(SISO));
    assert_false(there.is_acting);
    struct command_stand away = command_stand_of(ROLE_BIT(SISO), ROLE_BIT(CISO), ROLE_BIT(CISO));
    assert_int_equal(away.role, ROLE(CISO));
    assert_true(away.is_acting);
}

static void test_who_only_stands_in_commands_as_acting(void **state)
{
    struct command_stand stand = command_stand_of(ROLE_BIT(ISM), ROLE_BIT(CSIRT_LEAD), 0);
    assert_int_equal(stand.role, ROLE(CSIRT_LEAD));
    assert_true(stand.is_acting);
}

static void test_the_graver_the_shorter_the_lease(void **state)
{
    assert_true(command_lease_us((int)SEVERITY(S4)) < command_lease_us((int)SEVERITY(S3)));
    assert_true(command_lease_us((int)SEVERITY(S3)) < command_lease_us((int)SEVERITY(S2)));
    assert_true(command_lease_us((int)SEVERITY(S2)) < command_lease_us((int)SEVERITY(S1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_stands_in_no_duty_that_commands_never_takes_it),
        cmocka_unit_test(test_free_command_is_taken_by_whoever_may_command),
        cmocka_unit_test(test_somebody_who_is_there_and_not_below_is_not_relieved),
        cmocka_unit_test(test_a_duty_above_takes_command),
        cmocka_unit_test(test_whoever_is_acted_for_takes_it_back_and_another_deputy_does_not),
        cmocka_unit_test(test_an_absent_holder_is_relieved_by_any_duty_that_commands),
        cmocka_unit_test(test_a_lease_that_ran_out_opens_command_and_not_a_moment_before),
        cmocka_unit_test(test_a_deputy_acts_for_a_duty_only_while_nobody_before_them_is_reached),
        cmocka_unit_test(test_who_only_stands_in_commands_as_acting),
        cmocka_unit_test(test_the_graver_the_shorter_the_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
