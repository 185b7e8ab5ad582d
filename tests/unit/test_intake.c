// SPDX-License-Identifier: Apache-2.0
#include "server/domain/intake.h"
#include "tests/support/cmocka_all.h"

static void test_words_of_the_sources_propose_severities(void **state)
{
    assert_int_equal(intake_severity("critical"), SOKUO__V1__SEVERITY__SEVERITY_S3);
    assert_int_equal(intake_severity("Disaster"), SOKUO__V1__SEVERITY__SEVERITY_S3);
    assert_int_equal(intake_severity("error"), SOKUO__V1__SEVERITY__SEVERITY_S2);
    assert_int_equal(intake_severity("WARNING"), SOKUO__V1__SEVERITY__SEVERITY_S1);
    assert_int_equal(intake_severity("info"), SOKUO__V1__SEVERITY__SEVERITY_S0);
    assert_int_equal(intake_severity("S4"), SOKUO__V1__SEVERITY__SEVERITY_S4);
}

static void test_an_unknown_word_is_not_harmless_but_unknown(void **state)
{
    assert_int_equal(intake_severity(""), SOKUO__V1__SEVERITY__SEVERITY_UNSPECIFIED);
    assert_int_equal(intake_severity("UNKNOWN"), SOKUO__V1__SEVERITY__SEVERITY_UNSPECIFIED);
    assert_int_equal(intake_severity("重大"), SOKUO__V1__SEVERITY__SEVERITY_UNSPECIFIED);
}

static void test_reports_of_one_key_fold_into_the_last(void **state)
{
    struct intake_report reports[] = {{.key = "a"}, {.key = "b"}, {.key = "a"}, {.key = "c"}, {.key = "a"}};
    intake_fold(reports, 5);
    static const int want[] = {0, 1, 0, 1, 3};
    for (int i = 0; i < 5; i++)
        assert_int_equal(reports[i].repeats, want[i]);
}

static Sokuo__V1__Label label(const char *name, const char *value)
{
    Sokuo__V1__Label made = SOKUO__V1__LABEL__INIT;
    made.name = (char *)(uintptr_t)name;
    made.value = (char *)(uintptr_t)value;
    return made;
}

static void test_a_rule_wants_severity_and_every_label(void **state)
{
    Sokuo__V1__Label job = label("job", "ids"), zone = label("zone", "lgwan"),
                     other = label("zone", "internet");
    Sokuo__V1__Label *wanted[] = {&job, &zone}, *given[] = {&zone, &job}, *near[] = {&job, &other};
    Sokuo__V1__IntakeRule rule = SOKUO__V1__INTAKE_RULE__INIT;
    rule.opens_incident = true;
    rule.min_severity = SOKUO__V1__SEVERITY__SEVERITY_S3;
    rule.match = wanted;
    rule.n_match = 2;
    assert_true(intake_rule_opens(&rule, SOKUO__V1__SEVERITY__SEVERITY_S3, given, 2));
    assert_true(intake_rule_opens(&rule, SOKUO__V1__SEVERITY__SEVERITY_S4, given, 2));
    assert_false(intake_rule_opens(&rule, SOKUO__V1__SEVERITY__SEVERITY_S2, given, 2));
    assert_false(intake_rule_opens(&rule, SOKUO__V1__SEVERITY__SEVERITY_S4, near, 2));
    assert_false(intake_rule_opens(&rule, SOKUO__V1__SEVERITY__SEVERITY_S4, given, 1));
}

static void test_without_a_rule_nothing_opens_by_itself(void **state)
{
    Sokuo__V1__IntakeRule off = SOKUO__V1__INTAKE_RULE__INIT;
    assert_false(intake_rule_opens(&off, SOKUO__V1__SEVERITY__SEVERITY_S4, NULL, 0));
    assert_false(intake_rule_opens(NULL, SOKUO__V1__SEVERITY__SEVERITY_S4, NULL, 0));
}

static void test_an_unknown_severity_does_not_pass_a_rule_for_grave_ones(void **state)
{
    Sokuo__V1__IntakeRule rule = SOKUO__V1__INTAKE_RULE__INIT;
    rule.opens_incident = true;
    assert_true(intake_rule_opens(&rule, SOKUO__V1__SEVERITY__SEVERITY_UNSPECIFIED, NULL, 0));
    rule.min_severity = SOKUO__V1__SEVERITY__SEVERITY_S2;
    assert_false(intake_rule_opens(&rule, SOKUO__V1__SEVERITY__SEVERITY_UNSPECIFIED, NULL, 0));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_the_sources_propose_severities),
        cmocka_unit_test(test_an_unknown_word_is_not_harmless_but_unknown),
        cmocka_unit_test(test_reports_of_one_key_fold_into_the_last),
        cmocka_unit_test(test_a_rule_wants_severity_and_every_label),
        cmocka_unit_test(test_without_a_rule_nothing_opens_by_itself),
        cmocka_unit_test(test_an_unknown_severity_does_not_pass_a_rule_for_grave_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
