// SPDX-License-Identifier: Apache-2.0
// The lifecycle: every state against every other, and every row against the rules of the reference.
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/domain/incident.h"

#define STATES 15
#define ROLES 28

static struct incident_view full_view(int state)
{
    return (struct incident_view){
        .state = (Sokuo__V1__IncidentState)state,
        .incident_type = TYPE(MALWARE),
        .severity = SEVERITY(S2),
        .severity_assessed = true,
        .has_handler = true,
        .has_commander = true,
        .is_filed = true,
        .has_reason = true,
        .monitoring_until_us = 100,
        .now_us = 200,
    };
}

// Letters: rows of the reference, by from (line) and to (column), in the order of the enum from DETECTED.
static void test_the_table_has_exactly_these_rows(void **state)
{
    static const char *const want[STATES] = {
        "", /*     D I T H A C E R M X F V Z G */
        /* D */ ".x..x.........",
        /* I */ "..x.x.........",
        /* T */ "...xx.....x..x",
        /* H */ "....x....x...x",
        /* A */ ".....x.......x",
        /* C */ "......x......x",
        /* E */ ".....x.x.....x",
        /* R */ ".....x..x....x",
        /* M */ ".....x...x...x",
        /* X */ "..x..x.....x..",
        /* F */ "..x...........",
        /* V */ "..x..x......x.",
        /* Z */ "..............",
        /* G */ "..............",
    };
    (void)state;
    for (int from = 1; from < STATES; from++) {
        for (int to = 1; to < STATES; to++) {
            const struct transition *t = transition_find(from, to);
            if ((t != NULL) != (want[from][to - 1] == 'x'))
                fail_msg("from %d to %d: %s", from, to, t ? "unexpected row" : "row missing");
        }
    }
}

static void test_with_everything_given_nothing_is_missing(void **state)
{
    (void)state;
    size_t count;
    const struct transition *table = transition_table(&count);
    for (size_t i = 0; i < count; i++) {
        struct incident_view view = full_view(table[i].from);
        assert_int_equal(transition_missing(&table[i], &view), 0);
    }
}

static void test_each_guard_is_missed_by_itself(void **state)
{
    (void)state;
    size_t count;
    const struct transition *table = transition_table(&count);
    for (size_t i = 0; i < count; i++) {
        for (unsigned bit = 0; bit < GUARD_COUNT; bit++) {
            struct incident_view view = full_view(table[i].from);
            unsigned guard = 1u << bit;
            view.has_handler = guard != GUARD_HANDLER;
            view.severity_assessed = guard != GUARD_SEVERITY;
            view.has_commander = guard != GUARD_COMMANDER;
            view.is_filed = guard != GUARD_SEVEN_ITEMS;
            view.has_reason = guard != GUARD_REASON;
            view.monitoring_until_us = guard == GUARD_OBSERVATION ? 300 : INT64_MIN;
            view.severity = guard == GUARD_S3_MUST_ACTIVATE ? SEVERITY(S3) : SEVERITY(S2);
            assert_int_equal(transition_missing(&table[i], &view), table[i].guards & guard);
        }
    }
}

static void test_one_duty_alone_moves_only_its_own_rows(void **state)
{
    (void)state;
    size_t count;
    const struct transition *table = transition_table(&count);
    for (size_t i = 0; i < count; i++) {
        for (int role = 0; role < ROLES; role++) {
            uint64_t mask = UINT64_C(1) << role;
            bool below = transition_permitted(&table[i], mask, SEVERITY(S2));
            bool above = transition_permitted(&table[i], mask, SEVERITY(S3));
            assert_int_equal(below, (table[i].roles & mask) != 0);
            assert_int_equal(above, ((table[i].roles_s3 ? table[i].roles_s3 : table[i].roles) & mask) != 0);
            // Reading everything changes nothing.
            assert_false(transition_permitted(&table[i], mask | ROLE_BIT(AUDITOR), SEVERITY(S2)));
        }
        assert_false(transition_permitted(&table[i], ROLE_BIT(ADMIN), SEVERITY(S2)));
        assert_false(transition_permitted(&table[i], 0, SEVERITY(S2)));
    }
}

static void test_only_the_ciso_closes_s3_after_observation(void **state)
{
    (void)state;
    const struct transition *t = transition_find(STATE(MONITORING), STATE(CLOSED));
    assert_true(transition_permitted(t, ROLE_BIT(SISO), SEVERITY(S2)));
    assert_false(transition_permitted(t, ROLE_BIT(SISO), SEVERITY(S3)));
    assert_true(transition_permitted(t, ROLE_BIT(CISO), SEVERITY(S4)));
}

static void test_only_a_disaster_is_activated_at_once(void **state)
{
    (void)state;
    const struct transition *t = transition_find(STATE(INTAKE), STATE(ACTIVATED));
    struct incident_view view = full_view(STATE(INTAKE));
    assert_false(transition_applies(t, &view));
    view.incident_type = TYPE(EARTHQUAKE);
    assert_true(transition_applies(t, &view));
}

static void test_a_merge_is_never_asked_for_by_itself(void **state)
{
    (void)state;
    struct incident_view view = full_view(STATE(TRIAGE));
    assert_false(transition_applies(transition_find(STATE(TRIAGE), STATE(MERGED)), &view));
}

static void test_every_guard_has_a_word(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < GUARD_COUNT; bit++)
        assert_true(guard_word(1u << bit)[0] != '\0');
    assert_string_equal(guard_word(GUARD_S3_MUST_ACTIVATE), "S3_MUST_ACTIVATE");
}

static void test_states_up_to_monitoring_are_open(void **state)
{
    (void)state;
    for (int s = 0; s < STATES; s++)
        assert_int_equal(state_is_open(s), s >= 1 && s <= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_has_exactly_these_rows),
        cmocka_unit_test(test_with_everything_given_nothing_is_missing),
        cmocka_unit_test(test_each_guard_is_missed_by_itself),
        cmocka_unit_test(test_one_duty_alone_moves_only_its_own_rows),
        cmocka_unit_test(test_only_the_ciso_closes_s3_after_observation),
        cmocka_unit_test(test_only_a_disaster_is_activated_at_once),
        cmocka_unit_test(test_a_merge_is_never_asked_for_by_itself),
        cmocka_unit_test(test_every_guard_has_a_word),
        cmocka_unit_test(test_states_up_to_monitoring_are_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
