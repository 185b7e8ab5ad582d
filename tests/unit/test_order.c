// SPDX-License-Identifier: Apache-2.0
// Who may give an order, who may answer it, and what becomes of the addressee.
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/domain/escalation.h"
#include "server/domain/order.h"

#define AT(n) (INT64_C(1000000) * (n))

// --- text ---

static enum order_text_fault fault(const char *text)
{
    int line;
    return order_text_check(text, &line);
}

static void test_an_order_has_at_most_three_lines(void **state)
{
    int line;
    assert_int_equal(fault("一\n二\n三"), ORDER_TEXT_FITS);
    assert_int_equal(fault("一\n二\n三\r\n \n"), ORDER_TEXT_FITS);
    assert_int_equal(order_text_check("一\n二\n三\n四", &line), ORDER_TEXT_MANY_LINES);
    assert_int_equal(line, 4);
    assert_int_equal(fault(" \n"), ORDER_TEXT_EMPTY);
}

static void test_a_line_has_at_most_80_characters_of_any_width(void **state)
{
    char text[3 * 81 + 8] = "一\n", *end = text + strlen(text);
    int line;
    for (int i = 0; i < 80; i++, end += 3)
        memcpy(end, "電", 4);
    assert_int_equal(fault(text), ORDER_TEXT_FITS);
    memcpy(end, "源", 4);
    assert_int_equal(order_text_check(text, &line), ORDER_TEXT_LONG_LINE);
    assert_int_equal(line, 2);
}

// --- giving ---

static void test_who_gives_orders_to_whom(void **state)
{
    static const struct {
        uint64_t roles;
        bool is_commander;
        int scope;
    } cases[] = {
        {ROLE_BIT(MAYOR), false, ORDER_TO_ALL},
        {ROLE_BIT(CISO), false, ORDER_TO_ALL},
        {ROLE_BIT(VCISO), false, ORDER_TO_ALL},
        {ROLE_BIT(SISO), false, ORDER_TO_ALL},
        {ROLE_BIT(CSIRT_LEAD), false, ORDER_TO_ALL},
        {ROLE_BIT(HANDLER), true, ORDER_TO_ALL},
        {ROLE_BIT(HANDLER), false, ORDER_TO_NOBODY},
        {ROLE_BIT(ISO), false, ORDER_TO_OWN_UNITS},
        {ROLE_BIT(ISM) | ROLE_BIT(STAFF), false, ORDER_TO_OWN_UNITS},
        {ROLE_BIT(STAFF), false, ORDER_TO_NOBODY},
        {ROLE_BIT(ADMIN), false, ORDER_TO_NOBODY},
        {ROLE_BIT(AUDITOR) | ROLE_BIT(CISO), true, ORDER_TO_NOBODY},
        {ROLE_BIT(CONTRACTOR) | ROLE_BIT(ISM), false, ORDER_TO_NOBODY},
        {0, true, ORDER_TO_ALL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(order_may_give(cases[i].roles, cases[i].is_commander), cases[i].scope);
}

// --- who answers ---

enum who { OWN, DEPUTY, HEAD, GIVER, COMMANDER, TEAM, AUDITING_HEAD, OTHER, WHO_END };

static struct order_teller teller(enum who who)
{
    struct order_teller t = {.is_asked = who == OWN,
                             .is_deputy = who == DEPUTY,
                             .is_head = who == HEAD || who == AUDITING_HEAD,
                             .is_giver = who == GIVER,
                             .is_commander = who == COMMANDER};
    t.roles = who == TEAM ? ROLE_BIT(CSIRT_MEMBER) : who == AUDITING_HEAD ? ROLE_BIT(AUDITOR) : 0;
    return t;
}

static void test_in_what_capacity_somebody_answers(void **state)
{
    enum { NO, SELF = CAPACITY(SELF), ACT = CAPACITY(ACTING), FOR = CAPACITY(SCRIBE) };
    static const struct {
        int kind, state;
        int capacity[WHO_END];
    } cases[] = {
        //                                               own   dep. head giver comm. team audit other
        {ORDER_ANSWER(READ), ORDER_STATE(SENT), {SELF, ACT, NO, NO, NO, NO, NO, NO}},
        {ORDER_ANSWER(ACKNOWLEDGE), ORDER_STATE(SENT), {SELF, ACT, FOR, FOR, FOR, FOR, NO, NO}},
        {ORDER_ANSWER(ACCEPT), ORDER_STATE(READ), {SELF, ACT, FOR, FOR, FOR, FOR, NO, NO}},
        {ORDER_ANSWER(REFUSE), ORDER_STATE(READ), {SELF, ACT, FOR, FOR, FOR, FOR, NO, NO}},
        {ORDER_ANSWER(DONE), ORDER_STATE(ACCEPTED), {SELF, ACT, FOR, FOR, FOR, FOR, NO, NO}},
        {ORDER_ANSWER(CONFIRM), ORDER_STATE(DONE), {NO, NO, NO, SELF, SELF, NO, NO, NO}},
        {ORDER_ANSWER(TAKE_BACK), ORDER_STATE(DONE), {SELF, ACT, FOR, FOR, FOR, FOR, NO, NO}},
        {ORDER_ANSWER(TAKE_BACK), ORDER_STATE(CONFIRMED), {NO, NO, NO, SELF, SELF, NO, NO, NO}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int who = 0; who < WHO_END; who++) {
            struct order_teller t = teller(who);
            assert_int_equal(order_capacity(&t, cases[i].kind, cases[i].state), cases[i].capacity[who]);
        }
    }
}

// --- what becomes of it ---

static struct order_standing standing(int state)
{
    struct order_standing s = {
        .state = state, .sent_us = ORDER_NEVER, .delivered_us = ORDER_NEVER, .answered_us = ORDER_NEVER};
    for (int i = 0; i <= (int)ORDER_ANSWER(CONFIRM); i++)
        s.times[i] = ORDER_NEVER;
    return s;
}

// Answers one after the other, at second 1, 2, 3, …; ends with 0.
static struct order_outcome answers(const int *kinds, bool wants_acceptance)
{
    struct order_outcome outcome = {.after = standing(ORDER_STATE(SENT))};
    outcome.after.sent_us = AT(0);
    for (int i = 0; kinds[i] != 0; i++) {
        struct order_standing before = outcome.after;
        order_answer(&before, kinds[i], AT(i + 1), wants_acceptance, &outcome);
    }
    return outcome;
}

#define DONE_BY(...) answers((const int[]){__VA_ARGS__, 0}, false)
#define WANTED(...) answers((const int[]){__VA_ARGS__, 0}, true)
#define A_READ ORDER_ANSWER(READ)
#define A_ACK ORDER_ANSWER(ACKNOWLEDGE)
#define A_ACCEPT ORDER_ANSWER(ACCEPT)
#define A_REFUSE ORDER_ANSWER(REFUSE)
#define A_DONE ORDER_ANSWER(DONE)
#define A_CONFIRM ORDER_ANSWER(CONFIRM)
#define A_BACK ORDER_ANSWER(TAKE_BACK)

static void check(struct order_outcome got, int state, int verdict, int call_act, int64_t answered_us)
{
    assert_int_equal(got.after.state, state);
    assert_int_equal(got.verdict, verdict);
    assert_int_equal(got.call_act, call_act);
    assert_int_equal(got.after.answered_us, answered_us);
}

static void test_each_answer_goes_one_step_further(void **state)
{
    check(DONE_BY(A_READ), ORDER_STATE(READ), ORDER_TAKEN, ESC_READ, ORDER_NEVER);
    check(DONE_BY(A_ACK), ORDER_STATE(ACKNOWLEDGED), ORDER_TAKEN, ESC_ACKNOWLEDGE, AT(1));
    check(DONE_BY(A_ACK, A_ACCEPT), ORDER_STATE(ACCEPTED), ORDER_TAKEN, ESC_ACCEPT, AT(1));
    check(DONE_BY(A_READ, A_REFUSE), ORDER_STATE(REFUSED), ORDER_TAKEN, ESC_REFUSE, AT(2));
    check(DONE_BY(A_DONE), ORDER_STATE(DONE), ORDER_TAKEN, ESC_ACCEPT, AT(1));
    check(DONE_BY(A_DONE, A_CONFIRM), ORDER_STATE(CONFIRMED), ORDER_TAKEN, 0, AT(1));
}

static void test_opening_it_is_no_answer_and_lifts_what_was_not_to_be_reached(void **state)
{
    struct order_standing before = standing(ORDER_STATE(UNREACHABLE));
    struct order_outcome outcome;
    order_answer(&before, A_READ, AT(5), false, &outcome);
    check(outcome, ORDER_STATE(READ), ORDER_TAKEN, ESC_READ, ORDER_NEVER);
}

static void test_where_it_must_be_said_that_it_will_be_done_having_seen_it_is_no_answer(void **state)
{
    check(WANTED(A_ACK), ORDER_STATE(ACKNOWLEDGED), ORDER_TAKEN, ESC_READ, ORDER_NEVER);
    check(WANTED(A_ACK, A_ACCEPT), ORDER_STATE(ACCEPTED), ORDER_TAKEN, ESC_ACCEPT, AT(2));
    check(WANTED(A_REFUSE), ORDER_STATE(REFUSED), ORDER_TAKEN, ESC_REFUSE, AT(1));
}

static void test_an_answer_that_says_less_is_noted_and_changes_nothing(void **state)
{
    check(DONE_BY(A_ACCEPT, A_ACK), ORDER_STATE(ACCEPTED), ORDER_NOTED, 0, AT(1));
    check(DONE_BY(A_DONE, A_REFUSE), ORDER_STATE(DONE), ORDER_NOTED, 0, AT(1));
    check(DONE_BY(A_DONE, A_CONFIRM, A_ACCEPT), ORDER_STATE(CONFIRMED), ORDER_NOTED, 0, AT(1));
    assert_int_equal(DONE_BY(A_ACCEPT, A_ACK).after.times[A_ACK], AT(2));
}

static void test_of_will_do_and_cannot_the_later_stands(void **state)
{
    check(DONE_BY(A_ACCEPT, A_REFUSE), ORDER_STATE(REFUSED), ORDER_TAKEN, ESC_REFUSE, AT(1));
    check(DONE_BY(A_REFUSE, A_ACCEPT), ORDER_STATE(ACCEPTED), ORDER_TAKEN, ESC_ACCEPT, AT(1));
    check(DONE_BY(A_REFUSE, A_ACCEPT, A_REFUSE), ORDER_STATE(REFUSED), ORDER_TAKEN, ESC_REFUSE, AT(1));
}

static void test_a_late_answer_keeps_the_time_it_was_given(void **state)
{
    struct order_outcome outcome = DONE_BY(A_READ, A_READ, A_ACCEPT); // accepted at 3
    struct order_standing before = outcome.after;
    order_answer(&before, A_ACCEPT, AT(2), false, &outcome);
    check(outcome, ORDER_STATE(ACCEPTED), ORDER_NOTED, 0, AT(2));
    before = outcome.after;
    order_answer(&before, A_REFUSE, AT(1), false, &outcome); // said before they accepted
    check(outcome, ORDER_STATE(ACCEPTED), ORDER_NOTED, 0, AT(1));
}

static void test_only_what_is_done_is_confirmed(void **state)
{
    assert_int_equal(DONE_BY(A_ACCEPT, A_CONFIRM).verdict, ORDER_NOT_DONE);
    assert_int_equal(DONE_BY(A_ACCEPT, A_CONFIRM).after.state, ORDER_STATE(ACCEPTED));
}

static void test_taking_back_leaves_what_was_answered_before_and_asks_again_when_nothing_was(void **state)
{
    check(DONE_BY(A_ACCEPT, A_DONE, A_BACK), ORDER_STATE(ACCEPTED), ORDER_TAKEN, 0, AT(1));
    check(DONE_BY(A_DONE, A_CONFIRM, A_BACK), ORDER_STATE(DONE), ORDER_TAKEN, 0, AT(1));
    check(DONE_BY(A_READ, A_ACK, A_BACK), ORDER_STATE(READ), ORDER_TAKEN, ESC_ACK_EXPIRED, ORDER_NEVER);
    check(DONE_BY(A_REFUSE, A_BACK), ORDER_STATE(SENT), ORDER_TAKEN, ESC_ACK_EXPIRED, ORDER_NEVER);
    check(WANTED(A_ACK, A_ACCEPT, A_BACK), ORDER_STATE(ACKNOWLEDGED), ORDER_TAKEN, ESC_ACK_EXPIRED,
          ORDER_NEVER);
    assert_int_equal(DONE_BY(A_READ, A_BACK).verdict, ORDER_NO_ANSWER);
}

static void
test_a_post_without_anybody_is_out_of_reach_again_when_an_answer_for_it_is_taken_back(void **state)
{
    struct order_standing before = standing(ORDER_STATE(UNREACHABLE));
    struct order_outcome outcome;
    before.has_nobody = true;
    order_answer(&before, A_ACCEPT, AT(1), false, &outcome);
    before = outcome.after;
    order_answer(&before, A_BACK, AT(2), false, &outcome);
    assert_int_equal(outcome.after.state, ORDER_STATE(UNREACHABLE));
}

static void test_an_acknowledgement_lasts_as_long_as_the_policy_of_the_severity_says(void **state)
{
    assert_int_equal(order_ack_until(SEVERITY(S4), AT(0)), AT(1800));
    assert_int_equal(order_ack_until(SEVERITY(S0), AT(0)), ORDER_NEVER);
}

// --- reach ---

static void test_a_curve_has_at_most_so_many_points_and_ends_with_all_answers(void **state)
{
    struct order_point by_second[1000], points[120];
    for (int i = 0; i < 1000; i++)
        by_second[i] = (struct order_point){i, i % 3};
    int count = order_curve(by_second, 1000, points, 120);
    assert_true(count > 60 && count <= 120);
    assert_int_equal(points[count - 1].seconds, 999);
    assert_int_equal(points[count - 1].answers, 999);
    for (int i = 1; i < count; i++)
        assert_true(points[i].seconds > points[i - 1].seconds && points[i].answers >= points[i - 1].answers);
    assert_int_equal(order_curve(by_second, 3, points, 120), 3);
    assert_int_equal(order_curve(by_second, 0, points, 120), 0);
}

// --- seeing ---

static void test_who_sees_how_everybody_stands(void **state)
{
    struct order_teller member = teller(TEAM), giver = teller(GIVER), other = teller(OTHER);
    struct order_teller auditor = {.roles = ROLE_BIT(AUDITOR)};
    assert_true(order_sees_all(&member, true) && order_sees_all(&giver, false) &&
                order_sees_all(&auditor, true));
    assert_false(order_sees_all(&member, false) || order_sees_all(&other, true));
    assert_true(order_sees_numbers(&member));
    assert_false(order_sees_numbers(&auditor) || order_sees_numbers(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_has_at_most_three_lines),
        cmocka_unit_test(test_a_line_has_at_most_80_characters_of_any_width),
        cmocka_unit_test(test_who_gives_orders_to_whom),
        cmocka_unit_test(test_in_what_capacity_somebody_answers),
        cmocka_unit_test(test_each_answer_goes_one_step_further),
        cmocka_unit_test(test_opening_it_is_no_answer_and_lifts_what_was_not_to_be_reached),
        cmocka_unit_test(test_where_it_must_be_said_that_it_will_be_done_having_seen_it_is_no_answer),
        cmocka_unit_test(test_an_answer_that_says_less_is_noted_and_changes_nothing),
        cmocka_unit_test(test_of_will_do_and_cannot_the_later_stands),
        cmocka_unit_test(test_a_late_answer_keeps_the_time_it_was_given),
        cmocka_unit_test(test_only_what_is_done_is_confirmed),
        cmocka_unit_test(test_taking_back_leaves_what_was_answered_before_and_asks_again_when_nothing_was),
        cmocka_unit_test(
            test_a_post_without_anybody_is_out_of_reach_again_when_an_answer_for_it_is_taken_back),
        cmocka_unit_test(test_an_acknowledgement_lasts_as_long_as_the_policy_of_the_severity_says),
        cmocka_unit_test(test_a_curve_has_at_most_so_many_points_and_ends_with_all_answers),
        cmocka_unit_test(test_who_sees_how_everybody_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
