// SPDX-License-Identifier: Apache-2.0
// The default policies against the domain reference, and what a policy may not be.
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/domain/escalation.h"

#define MOST ESC_PROBLEMS_MOST

static struct escalation_reach everybody(void)
{
    struct escalation_reach reach;
    for (int level = 0; level < ESC_LEVELS_MOST; level++) {
        for (int rank = 0; rank < ESC_RANKS_MOST; rank++)
            reach.people[level][rank] = (struct escalation_person){ESC_PRESENT, 2};
    }
    return reach;
}

static struct escalation_policy crisis(void)
{
    return *escalation_policy_default(ESC_UPWARD, SEVERITY(S4));
}

// The words of all problems, in order, with a blank behind each.
static const char *problems(const struct escalation_policy *policy, const struct escalation_reach *reach)
{
    static char words[1000];
    struct escalation_problem found[MOST];
    int count = escalation_check(policy, reach, found, MOST);
    words[0] = '\0';
    for (int i = 0; i < count; i++) {
        strcat(words, escalation_problem_word(found[i].kind));
        strcat(words, " ");
    }
    return words;
}

static void test_the_deputy_acts_after_the_minutes_of_the_domain_reference(void **state)
{
    static const struct {
        int severity, minutes;
    } want[] = {{SEVERITY(S4), 5}, {SEVERITY(S3), 10}, {SEVERITY(S2), 20}, {SEVERITY(S1), 60}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        const struct escalation_policy *policy = escalation_policy_default(ESC_UPWARD, want[i].severity);
        assert_int_equal(policy->severity, want[i].severity);
        for (int level = 0; level < policy->level_count; level++) {
            assert_int_equal(policy->levels[level].deputy_after_s, want[i].minutes * 60);
            assert_int_equal(policy->levels[level].ranks, 3);
        }
    }
}

static void test_an_order_of_a_severe_incident_gives_each_step_ten_minutes(void **state)
{
    for (int severity = SEVERITY(S3); severity <= (int)SEVERITY(S4); severity++) {
        const struct escalation_policy *policy = escalation_policy_default(ESC_DOWNWARD, severity);
        for (int level = 0; level < policy->level_count; level++)
            assert_int_equal(policy->levels[level].deputy_after_s, 600);
    }
}

static void test_every_default_is_sound_when_everybody_can_be_reached(void **state)
{
    struct escalation_reach reach = everybody();
    for (int direction = ESC_UPWARD; direction <= ESC_DOWNWARD; direction++) {
        for (int severity = SEVERITY(S0); severity <= (int)SEVERITY(S4); severity++)
            assert_string_equal(problems(escalation_policy_default(direction, severity), &reach), "");
    }
}

static void test_a_severity_nobody_judged_counts_as_severe(void **state)
{
    assert_ptr_equal(escalation_policy_default(ESC_UPWARD, 0),
                     escalation_policy_default(ESC_UPWARD, SEVERITY(S3)));
    assert_ptr_equal(escalation_policy_default(ESC_DOWNWARD, 99),
                     escalation_policy_default(ESC_DOWNWARD, SEVERITY(S3)));
}

static void test_an_order_begins_at_its_addressees_level(void **state)
{
    struct escalation_policy frozen;
    escalation_policy_freeze(escalation_policy_default(ESC_DOWNWARD, SEVERITY(S4)), ROLE(ISM), &frozen);
    assert_int_equal(frozen.level_count, 5);
    assert_int_equal(frozen.levels[0].role, ROLE(ISM));
    assert_int_equal(frozen.levels[1].role, ROLE(ISO));
    assert_true(frozen.levels[4].is_headquarters);
}

static void test_a_duty_beside_the_ladder_climbs_to_the_head_of_the_department(void **state)
{
    struct escalation_policy frozen;
    escalation_policy_freeze(escalation_policy_default(ESC_DOWNWARD, SEVERITY(S4)), ROLE(PRIVACY), &frozen);
    assert_int_equal(frozen.levels[0].role, ROLE(PRIVACY));
    assert_int_equal(frozen.levels[0].ranks, 3);
    assert_int_equal(frozen.levels[1].role, ROLE(ISO));
    struct escalation_reach reach = everybody();
    assert_string_equal(problems(&frozen, &reach), "");
}

static void test_a_handler_of_the_team_climbs_to_its_leader(void **state)
{
    struct escalation_policy frozen;
    escalation_policy_freeze(escalation_policy_default(ESC_UPWARD, SEVERITY(S3)), ROLE(HANDLER), &frozen);
    assert_int_equal(frozen.levels[0].role, ROLE(HANDLER));
    assert_int_equal(frozen.levels[1].role, ROLE(CSIRT_LEAD));
}

static void test_a_test_calls_the_duty_and_its_deputies_once_and_nobody_above(void **state)
{
    struct escalation_policy policy;
    struct escalation_reach reach = everybody();
    escalation_policy_test(ROLE(CISO), 900, &policy);
    assert_int_equal(policy.level_count, 1);
    assert_int_equal(policy.levels[0].ranks, ESC_RANKS_LEAST);
    assert_int_equal(policy.levels[0].deputy_after_s, 900);
    assert_int_equal(policy.rounds, 0);
    assert_string_equal(problems(&policy, &reach), "");
    escalation_policy_test(ROLE(STAFF), 60, &policy);
    assert_int_equal(policy.levels[0].ranks, 1);
    assert_string_equal(problems(&policy, &reach), "");
}

static void test_a_level_without_anybody_is_a_hole(void **state)
{
    struct escalation_policy policy = crisis();
    struct escalation_reach reach = everybody();
    reach.people[1][0].standing = ESC_VACANT;
    reach.people[1][1].standing = ESC_AWAY;
    reach.people[1][2].contacts = 0;
    assert_string_equal(problems(&policy, &reach), "HOLE_NOBODY ");
    assert_true(escalation_problem_is_hole(ESC_HOLE_NOBODY));
}

static void test_fewer_than_three_who_can_be_reached_is_a_hole(void **state)
{
    struct escalation_policy policy = crisis();
    struct escalation_reach reach = everybody();
    reach.people[3][2].contacts = 0;
    assert_string_equal(problems(&policy, &reach), "HOLE_FEW ");
    reach.people[3][1].standing = ESC_AWAY;
    assert_string_equal(problems(&policy, &reach), "HOLE_NO_DEPUTY ");
}

static void test_staff_need_no_deputies(void **state)
{
    struct escalation_policy policy = *escalation_policy_default(ESC_DOWNWARD, SEVERITY(S3));
    struct escalation_reach reach = everybody();
    reach.people[0][1].standing = reach.people[0][2].standing = ESC_VACANT;
    assert_string_equal(problems(&policy, &reach), "");
}

static void test_each_fault_of_a_policy_has_its_word(void **state)
{
    struct escalation_policy p = crisis();
    p.hours = ESC_OFFICE_HOURS;
    p.rounds = 2;
    assert_string_equal(problems(&p, NULL), "SEVERE_SLEEPS SEVERE_GIVES_UP ");
    p = crisis();
    p.level_count = 4;
    assert_string_equal(problems(&p, NULL), "NO_HEADQUARTERS ");
    p = crisis();
    p.levels[0].is_headquarters = true;
    p.levels[1].role = ROLE(SISO);
    p.levels[3].ranks = 2;
    assert_string_equal(problems(&p, NULL), "HEADQUARTERS_BELOW ROLE_TWICE FEW_RANKS ");
    p = crisis();
    p.levels[0].role = 99;
    p.levels[1].ranks = 7;
    p.levels[2].deputy_after_s = 59;
    p.levels[3].contact_after_s = p.levels[3].deputy_after_s;
    p.levels[4].contact_after_s = 14;
    assert_string_equal(problems(&p, NULL),
                        "UNKNOWN_ROLE BAD_RANKS TOO_FAST CONTACT_TOO_LATE CONTACT_TOO_LATE TOO_FAST ");
    p = crisis();
    p.direction = p.hours = 0;
    p.round_after_s = 59;
    p.ack_lasts_s = -1;
    assert_string_equal(problems(&p, NULL),
                        "BAD_DIRECTION BAD_HOURS ROUND_TOO_SOON NEGATIVE_TIME SEVERE_SLEEPS ");
    p = crisis();
    p.level_count = 0;
    assert_string_equal(problems(&p, NULL), "NO_LEVELS ");
    p.level_count = 200;
    assert_non_null(strstr(problems(&p, NULL), "TOO_MANY_LEVELS "));
}

static void test_no_more_problems_are_written_than_there_is_room(void **state)
{
    struct escalation_policy p = {0};
    struct escalation_problem one = {0};
    assert_int_equal(escalation_check(&p, NULL, &one, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_deputy_acts_after_the_minutes_of_the_domain_reference),
        cmocka_unit_test(test_an_order_of_a_severe_incident_gives_each_step_ten_minutes),
        cmocka_unit_test(test_every_default_is_sound_when_everybody_can_be_reached),
        cmocka_unit_test(test_a_severity_nobody_judged_counts_as_severe),
        cmocka_unit_test(test_an_order_begins_at_its_addressees_level),
        cmocka_unit_test(test_a_duty_beside_the_ladder_climbs_to_the_head_of_the_department),
        cmocka_unit_test(test_a_handler_of_the_team_climbs_to_its_leader),
        cmocka_unit_test(test_a_test_calls_the_duty_and_its_deputies_once_and_nobody_above),
        cmocka_unit_test(test_a_level_without_anybody_is_a_hole),
        cmocka_unit_test(test_fewer_than_three_who_can_be_reached_is_a_hole),
        cmocka_unit_test(test_staff_need_no_deputies),
        cmocka_unit_test(test_each_fault_of_a_policy_has_its_word),
        cmocka_unit_test(test_no_more_problems_are_written_than_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
