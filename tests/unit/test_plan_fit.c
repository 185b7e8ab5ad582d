// SPDX-License-Identifier: Apache-2.0
// Which plans an incident calls for.
#include "tests/support/cmocka_all.h"

#include "server/domain/plan_fit.h"

static const int16_t types[] = {(int16_t)TYPE(MALWARE)}, groups[] = {1}, zones[] = {(int16_t)ZONE(LGWAN)};
static const int lgwan[] = {(int)ZONE(LGWAN)}, paper[] = {(int)ZONE(OFFLINE_PAPER)},
                 second[] = {(int)TYPE(MALWARE)};

static struct plan_view plan(void)
{
    return (struct plan_view){types, groups, zones, 1, 1, 1, (int)SEVERITY(S2), false};
}

static unsigned fit(struct call_for_plans incident)
{
    struct plan_view p = plan();
    return plan_fits(&p, &incident);
}

static void test_the_type_counts_whatever_the_severity(void **state)
{
    (void)state;
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(MALWARE), .severity = SEVERITY(S0)}), FIT_TYPE);
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(MALWARE), .zones = lgwan, .zone_count = 1}),
                     FIT_TYPE | FIT_ZONE);
    assert_int_equal(
        fit((struct call_for_plans){.type = TYPE(LOSS), .secondary_types = second, .secondary_count = 1}),
        FIT_SECONDARY_TYPE);
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(UNSPECIFIED)}), 0);
}

static void test_the_group_counts_from_the_plans_severity_and_in_its_zones(void **state)
{
    (void)state;
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(DOS)}), FIT_GROUP);
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(DOS), .severity = SEVERITY(S1)}), 0);
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(DOS), .severity = SEVERITY(S2)}), FIT_GROUP);
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(DOS), .zones = paper, .zone_count = 1}), 0);
    assert_int_equal(fit((struct call_for_plans){.type = TYPE(EARTHQUAKE)}), 0);
}

static void test_the_group_yields_to_a_plan_for_the_type(void **state)
{
    (void)state;
    assert_int_equal(plan_fit_settled(FIT_GROUP | FIT_ZONE, true), 0);
    assert_int_equal(plan_fit_settled(FIT_GROUP | FIT_ZONE | FIT_RUNNING, true), FIT_RUNNING);
    assert_int_equal(plan_fit_settled(FIT_GROUP | FIT_ZONE, false), FIT_GROUP | FIT_ZONE);
    assert_int_equal(plan_fit_settled(FIT_TYPE, true), FIT_TYPE);
    assert_true(plan_fit_rank(FIT_TYPE) > plan_fit_rank(FIT_SECONDARY_TYPE | FIT_ZONE));
    assert_true(plan_fit_rank(FIT_RUNNING) > plan_fit_rank(FIT_TYPE | FIT_ZONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_type_counts_whatever_the_severity),
        cmocka_unit_test(test_the_group_counts_from_the_plans_severity_and_in_its_zones),
        cmocka_unit_test(test_the_group_yields_to_a_plan_for_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
