// SPDX-License-Identifier: Apache-2.0
// What becomes of a report about a step: every state against every act, who may, what is missing.
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/domain/step.h"

#define STATES 8

// Outcomes: . unchanged, c changed, k confirmed, a although dropped, d differed.
// States: pending, ready, in progress, done, skipped, not applicable, blocked.
static const struct {
    int act;
    const char *outcomes;
    int to[STATES]; // 0 = stays
} table[] = {
    {STEP_ACT(START), "cc....c", {0, 3, 3, 0, 0, 0, 0, 3}},
    {STEP_ACT(DONE), "ccckaac", {0, 4, 4, 4, 0, 0, 0, 4}},
    {STEP_ACT(SKIP), "cccdkdc", {0, 5, 5, 5, 0, 0, 0, 5}},
    {STEP_ACT(NOT_APPLICABLE), "cccddkc", {0, 6, 6, 6, 0, 0, 0, 6}},
    {STEP_ACT(BLOCK), "cccdddc", {0, 7, 7, 7, 0, 0, 0, 7}},
    {STEP_ACT(UNDO), "...cccc", {0, 0, 0, 0, 2, 2, 2, 2}},
    {STEP_ACT(HAND_OVER), "ccc...c", {0}},
    {STEP_ACT(TAKE), "ccc...c", {0}},
    {STEP_ACT(NOTE), "ccccccc", {0}},
    {STEP_ACT_DECIDE, "ccckaac", {0, 4, 4, 4, 0, 0, 0, 4}},
};

static char letter(int outcome)
{
    return outcome == (int)OUTCOME(CHANGED)            ? 'c'
           : outcome == (int)OUTCOME(CONFIRMED)        ? 'k'
           : outcome == (int)OUTCOME(ALTHOUGH_DROPPED) ? 'a'
           : outcome == (int)OUTCOME(DIFFERED)         ? 'd'
                                                       : '.';
}

static void test_every_act_in_every_state_has_its_outcome(void **state)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (int from = 1; from < STATES; from++) {
            struct step_view view = {.state = from, .was_ready = true, .is_same_option = true};
            struct step_verdict verdict = step_decide(&view, table[i].act);
            int to = table[i].to[from] ? table[i].to[from] : from;
            if (letter(verdict.outcome) != table[i].outcomes[from - 1] || verdict.to != to)
                fail_msg("%s in state %d: %c to %d", step_act_word(table[i].act), from,
                         letter(verdict.outcome), verdict.to);
        }
    }
}

static void test_no_report_of_a_fact_is_ever_refused_by_the_state(void **state)
{
    for (int from = 1; from < STATES; from++) {
        struct step_view view = {.state = from};
        assert_int_not_equal(step_decide(&view, STEP_ACT(DONE)).outcome, OUTCOME(UNCHANGED));
    }
}

static void test_saying_again_what_one_said_is_no_second_witness(void **state)
{
    struct step_view view = {.state = STEP_STATE(DONE), .is_same_person = true};
    assert_int_equal(step_decide(&view, STEP_ACT(DONE)).outcome, OUTCOME(UNCHANGED));
}

static void test_another_option_than_the_one_taken_is_a_differing_opinion(void **state)
{
    struct step_view view = {.state = STEP_STATE(DONE), .is_decision = true};
    assert_int_equal(step_decide(&view, STEP_ACT_DECIDE).outcome, OUTCOME(DIFFERED));
    view.is_same_option = true;
    assert_int_equal(step_decide(&view, STEP_ACT_DECIDE).outcome, OUTCOME(CONFIRMED));
}

static void test_taking_back_leads_to_where_it_was(void **state)
{
    struct step_view view = {.state = STEP_STATE(DONE)};
    assert_int_equal(step_decide(&view, STEP_ACT(UNDO)).to, STEP_STATE(PENDING));
    view.was_ready = true;
    assert_int_equal(step_decide(&view, STEP_ACT(UNDO)).to, STEP_STATE(READY));
    view.was_started = true;
    assert_int_equal(step_decide(&view, STEP_ACT(UNDO)).to, STEP_STATE(IN_PROGRESS));
}

static unsigned lacks(const struct step_view *view, struct step_report report)
{
    return step_missing(view, &report);
}

static void test_what_is_missing_is_said(void **state)
{
    struct step_view plain = {.state = STEP_STATE(READY)},
                     done = {.state = STEP_STATE(DONE), .needs_notice = true};
    struct step_view notice = {.state = STEP_STATE(READY), .needs_notice = true};
    struct step_view evidence = {.state = STEP_STATE(PENDING), .needs_evidence = true};
    struct step_view decision = {.state = STEP_STATE(READY), .is_decision = true};
    assert_int_equal(lacks(&plain, (struct step_report){.act = STEP_ACT(DONE)}), 0);
    assert_int_equal(lacks(&plain, (struct step_report){.act = STEP_ACT(SKIP)}), STEP_NEED_REASON);
    assert_int_equal(lacks(&plain, (struct step_report){.act = STEP_ACT(BLOCK), .has_reason = true}), 0);
    assert_int_equal(lacks(&plain, (struct step_report){.act = STEP_ACT(NOT_APPLICABLE)}), 0);
    assert_int_equal(lacks(&plain, (struct step_report){.act = STEP_ACT(HAND_OVER)}),
                     STEP_NEED_PERSON | STEP_NEED_VERSION);
    assert_int_equal(lacks(&plain, (struct step_report){.act = STEP_ACT(UNDO)}),
                     STEP_NEED_REASON | STEP_NEED_VERSION);
    assert_int_equal(lacks(&plain, (struct step_report){.act = STEP_ACT_DECIDE}), STEP_NEED_QUESTION);
    assert_int_equal(lacks(&notice, (struct step_report){.act = STEP_ACT(DONE)}), STEP_NEED_NOTICE);
    assert_int_equal(lacks(&done, (struct step_report){.act = STEP_ACT(DONE)}),
                     0); // a second report needs none
    assert_int_equal(lacks(&evidence, (struct step_report){.act = STEP_ACT(DONE)}), STEP_NEED_EVIDENCE);
    assert_int_equal(lacks(&evidence, (struct step_report){.act = STEP_ACT(DONE), .has_evidence = true}), 0);
    assert_int_equal(lacks(&evidence, (struct step_report){.act = STEP_ACT(START)}), 0);
    assert_int_equal(lacks(&decision, (struct step_report){.act = STEP_ACT(DONE)}), STEP_NEED_DECISION);
}

static void test_who_may_do_it(void **state)
{
    const struct {
        const char *name;
        struct step_actor actor;
        bool done, decide, ratify;
    } people[] = {
        {"nobody", {0}, false, false, false},
        {"a reader", {.may_read = true}, false, false, false},
        {"the one it is for", {.is_own = true}, true, true, false},
        {"commander", {.is_commander = true, .may_read = true}, true, true, false},
        {"the team on behalf", {.roles = ROLE_BIT(CSIRT_MEMBER), .may_read = true}, true, false, false},
        {"the team, unseeing", {.roles = ROLE_BIT(CSIRT_LEAD)}, false, false, false},
        {"lead", {.roles = ROLE_BIT(CSIRT_LEAD), .may_read = true}, true, true, true},
        {"mayor", {.roles = ROLE_BIT(MAYOR), .may_read = true}, false, false, true},
        {"desk", {.roles = ROLE_BIT(DUTY_DESK), .may_read = true}, true, false, false},
        {"auditor", {.roles = ROLE_BIT(AUDITOR), .is_own = true, .may_read = true}, false, false, false},
        {"the server", {.is_system = true}, true, true, true},
    };
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
        const struct step_actor *a = &people[i].actor;
        if (step_may(a, STEP_ACT(DONE)) != people[i].done ||
            step_may(a, STEP_ACT_DECIDE) != people[i].decide ||
            step_may(a, STEP_ACT_RATIFY) != people[i].ratify)
            fail_msg("%s", people[i].name);
    }
}

static void test_only_acts_of_use_are_offered(void **state)
{
    struct step_actor own = {.is_own = true};
    struct step_view ready = {.state = STEP_STATE(READY)}, done = {.state = STEP_STATE(DONE)};
    struct step_view decision = {.state = STEP_STATE(READY), .is_decision = true};
    assert_true(step_offers(&own, &ready) & 1u << STEP_ACT(DONE));
    assert_false(step_offers(&own, &ready) & 1u << STEP_ACT(UNDO));
    assert_false(step_offers(&own, &ready) & 1u << STEP_ACT_DECIDE);
    assert_int_equal(step_offers(&own, &done), 1u << STEP_ACT(UNDO) | 1u << STEP_ACT(NOTE));
    assert_true(step_offers(&own, &decision) & 1u << STEP_ACT_DECIDE);
    assert_false(step_offers(&own, &decision) & 1u << STEP_ACT(DONE));
}

static void test_approval_is_offered_to_another_than_the_doer(void **state)
{
    struct step_actor lead = {.roles = ROLE_BIT(CISO), .may_read = true};
    struct step_view view = {.state = STEP_STATE(DONE), .is_waiting_for_ratification = true};
    assert_true(step_offers(&lead, &view) & 1u << STEP_ACT_RATIFY);
    view.did_it = true;
    assert_false(step_offers(&lead, &view) & 1u << STEP_ACT_RATIFY);
}

static void test_a_duty_has_its_places_unless_the_plan_says_otherwise(void **state)
{
    assert_int_equal(step_fan_out(0, ROLE(ISM)), FAN_OUT(SECTION));
    assert_int_equal(step_fan_out(0, ROLE(SYSMGR)), FAN_OUT(SYSTEM));
    assert_int_equal(step_fan_out(0, ROLE(ISO)), FAN_OUT(DEPARTMENT));
    assert_int_equal(step_fan_out(0, ROLE(CISO)), FAN_OUT(ONCE));
    assert_int_equal(step_fan_out(FAN_OUT(EVERY_SECTION), ROLE(ISM)), FAN_OUT(EVERY_SECTION));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_act_in_every_state_has_its_outcome),
        cmocka_unit_test(test_no_report_of_a_fact_is_ever_refused_by_the_state),
        cmocka_unit_test(test_saying_again_what_one_said_is_no_second_witness),
        cmocka_unit_test(test_another_option_than_the_one_taken_is_a_differing_opinion),
        cmocka_unit_test(test_taking_back_leads_to_where_it_was),
        cmocka_unit_test(test_what_is_missing_is_said),
        cmocka_unit_test(test_who_may_do_it),
        cmocka_unit_test(test_only_acts_of_use_are_offered),
        cmocka_unit_test(test_approval_is_offered_to_another_than_the_doer),
        cmocka_unit_test(test_a_duty_has_its_places_unless_the_plan_says_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
