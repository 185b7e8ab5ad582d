// SPDX-License-Identifier: Apache-2.0
// Steps of one plan that are one: a fragment's and the plan's own.
#include "tests/support/cmocka_all.h"

#include "server/domain/merging.h"
#include "server/domain/playbook.h"
#include "server/domain/step.h"

#define STEPS 4

static char n1[] = "1", n2[] = "2", n3[] = "3", n4[] = "4", n9[] = "9", key[] = "ppc.first", no_key[] = "";
static Sokuo__V1__PlaybookStep steps[STEPS];
static Sokuo__V1__PlaybookStep *list[STEPS];
static Sokuo__V1__Playbook plan;

// Steps 1, 2, 3, 4; the first and the last have one key.
static int setup(void **state)
{
    static char *const numbers[STEPS] = {n1, n2, n3, n4};
    sokuo__v1__playbook__init(&plan);
    for (int i = 0; i < STEPS; i++) {
        sokuo__v1__playbook_step__init(&steps[i]);
        steps[i].no = numbers[i];
        steps[i].role = ROLE(PRIVACY);
        list[i] = &steps[i];
    }
    steps[0].merge_key = steps[3].merge_key = key;
    plan.steps = list;
    plan.n_steps = STEPS;
    return 0;
}

static void after(int step, char **numbers, size_t count)
{
    steps[step].after = numbers;
    steps[step].n_after = count;
}

static void test_the_second_of_one_key_is_done_by_the_first(void **state)
{
    assert_ptr_equal(merging_twin(&plan, 3), &steps[0]);
    assert_null(merging_twin(&plan, 0));
    assert_null(merging_twin(&plan, 1));
}

static void test_a_step_without_a_key_is_nobodys_twin(void **state)
{
    steps[0].merge_key = steps[3].merge_key = no_key;
    assert_null(merging_twin(&plan, 3));
}

static void test_one_that_waits_for_the_second_cannot_stand_for_it(void **state)
{
    char *two[] = {n2}, *four[] = {n3, n4};
    after(0, two, 1);
    after(1, four, 2);
    assert_null(merging_twin(&plan, 3));
}

static void test_what_waits_in_a_circle_is_looked_at_once(void **state)
{
    char *two[] = {n2}, *three[] = {n3}, *odd[] = {n2, n9};
    after(0, two, 1);
    after(1, three, 1);
    after(2, odd, 2);
    assert_ptr_equal(merging_twin(&plan, 3), &steps[0]);
}

static void test_other_places_or_a_question_are_another_step(void **state)
{
    steps[3].fan_out = FAN_OUT(SECTION);
    assert_null(merging_twin(&plan, 3));
    steps[3].fan_out = FAN_OUT(ONCE);
    assert_ptr_equal(merging_twin(&plan, 3), &steps[0]);
    Sokuo__V1__PlaybookDecision decision = SOKUO__V1__PLAYBOOK_DECISION__INIT;
    steps[3].decision = &decision;
    assert_null(merging_twin(&plan, 3));
}

static void test_a_notice_and_what_is_taken_in_are_told_once_a_decision_never(void **state)
{
    Sokuo__V1__PlaybookNotice notice = SOKUO__V1__PLAYBOOK_NOTICE__INIT;
    Sokuo__V1__PlaybookDecision decision = SOKUO__V1__PLAYBOOK_DECISION__INIT;
    assert_false(merging_is_told_once(&steps[1]));
    steps[1].notice = &notice;
    assert_true(merging_is_told_once(&steps[1]));
    steps[1].decision = &decision;
    assert_false(merging_is_told_once(&steps[1]));
    steps[2].phase = SOKUO__V1__PHASE__PHASE_INTAKE;
    assert_true(merging_is_told_once(&steps[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_second_of_one_key_is_done_by_the_first, setup),
        cmocka_unit_test_setup(test_a_step_without_a_key_is_nobodys_twin, setup),
        cmocka_unit_test_setup(test_one_that_waits_for_the_second_cannot_stand_for_it, setup),
        cmocka_unit_test_setup(test_what_waits_in_a_circle_is_looked_at_once, setup),
        cmocka_unit_test_setup(test_other_places_or_a_question_are_another_step, setup),
        cmocka_unit_test_setup(test_a_notice_and_what_is_taken_in_are_told_once_a_decision_never, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
