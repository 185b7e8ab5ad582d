// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include "server/domain/severity.h"

static struct severity_facts nothing_known(int type)
{
    return (struct severity_facts){.incident_type = type, .persons_known = -1, .persons_at_most = -1};
}

static void test_an_unknown_type_is_not_harmless(void **state)
{
    (void)state;
    struct severity_facts f = nothing_known(0);
    struct severity_result r = severity_raise(0, 0, &f);
    assert_int_equal(r.severity, SEVERITY(S2));
    assert_int_equal(r.rules, RULE_TYPE);
}

static void test_each_rule_raises_as_the_reference_says(void **state)
{
    (void)state;
    struct {
        struct severity_facts facts;
        unsigned rule;
        int from_s0, from_s3;
    } rows[] = {
        {{.my_number = FINDING(SUSPECTED)}, RULE_MY_NUMBER, SEVERITY(S3), SEVERITY(S3)},
        {{.my_number = FINDING(CONFIRMED)}, RULE_MY_NUMBER, SEVERITY(S3), SEVERITY(S3)},
        {{.my_number = FINDING(NO)}, 0, SEVERITY(S0), SEVERITY(S3)},
        {{.special_care = FINDING(SUSPECTED)}, RULE_SPECIAL_CARE, SEVERITY(S3), SEVERITY(S3)},
        {{.malicious_intent = FINDING(SUSPECTED)}, RULE_MALICIOUS_INTENT, SEVERITY(S3), SEVERITY(S3)},
        {{.property_damage = FINDING(CONFIRMED)}, RULE_REPORTABLE, SEVERITY(S3), SEVERITY(S3)},
        {{.persons_at_most = 101}, RULE_REPORTABLE, SEVERITY(S3), SEVERITY(S3)},
        {{.persons_at_most = 100}, 0, SEVERITY(S0), SEVERITY(S3)},
        {{.persons_known = 101}, RULE_REPORTABLE, SEVERITY(S3), SEVERITY(S3)},
        {{.zone_mynumber_or_lgwan = true, .zone_count = 1}, RULE_ZONE_MYNUMBER, SEVERITY(S3), SEVERITY(S3)},
        {{.zone_count = 2}, RULE_TWO_ZONES, SEVERITY(S1), SEVERITY(S4)},
        {{.zone_count = 1}, 0, SEVERITY(S0), SEVERITY(S3)},
        {{.election = true, .availability_level = 2}, RULE_ELECTION, SEVERITY(S1), SEVERITY(S4)},
        {{.election = true, .availability_level = 1}, 0, SEVERITY(S0), SEVERITY(S3)},
        {{.headquarters = true, .incident_type = TYPE(POWER_OUTAGE)},
         RULE_HEADQUARTERS,
         SEVERITY(S1),
         SEVERITY(S4)},
        {{.headquarters = true, .election = true, .incident_type = TYPE(DOS)},
         RULE_HEADQUARTERS | RULE_ELECTION,
         SEVERITY(S1),
         SEVERITY(S4)},
        {{.is_overdue = true}, RULE_TRIAGE_OVERDUE, SEVERITY(S1), SEVERITY(S4)},
        {{.spread = SPREAD(SPREADING), .incident_type = TYPE(MALWARE)},
         RULE_SPREADING,
         SEVERITY(S4),
         SEVERITY(S4)},
        {{.spread = SPREAD(SPREADING), .incident_type = TYPE(LOSS)}, 0, SEVERITY(S0), SEVERITY(S3)},
        {{.is_triaged = true, .incident_type = TYPE(MALWARE)}, RULE_SPREADING, SEVERITY(S4), SEVERITY(S4)},
        {{.is_triaged = false, .incident_type = TYPE(MALWARE)}, 0, SEVERITY(S0), SEVERITY(S3)},
        {{.is_triaged = true, .spread = SPREAD(CONTAINED), .incident_type = TYPE(MALWARE)},
         0,
         SEVERITY(S0),
         SEVERITY(S3)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct severity_facts *f = &rows[i].facts;
        f->persons_at_most = f->persons_at_most ? f->persons_at_most : -1;
        f->persons_known = f->persons_known ? f->persons_known : -1;
        struct severity_result low = severity_raise(SEVERITY(S0), 0, f);
        struct severity_result high = severity_raise(SEVERITY(S3), 0, f);
        if (low.severity != rows[i].from_s0 || high.severity != rows[i].from_s3 || low.rules != rows[i].rule)
            fail_msg("row %zu: %d %d rules %x", i, low.severity, high.severity, low.rules);
    }
}

// Every combination of rules, from every severity: never lower, never above S4, and asking again changes
// nothing.
static void test_it_never_lowers_and_asking_twice_changes_nothing(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 2048; bits++) {
        struct severity_facts f = {
            .incident_type = bits & 1 ? TYPE(MALWARE) : TYPE(POWER_OUTAGE),
            .zone_count = bits & 2 ? 3 : 0,
            .zone_mynumber_or_lgwan = bits & 4,
            .my_number = bits & 8 ? FINDING(SUSPECTED) : 0,
            .special_care = bits & 16 ? FINDING(CONFIRMED) : 0,
            .malicious_intent = bits & 32 ? FINDING(SUSPECTED) : 0,
            .persons_at_most = bits & 64 ? 5000 : -1,
            .persons_known = -1,
            .spread = bits & 128 ? SPREAD(SPREADING) : 0,
            .election = bits & 256,
            .headquarters = bits & 512,
            .is_triaged = bits & 1024,
        };
        for (int from = SEVERITY(S0); from <= (int)SEVERITY(S4); from++) {
            struct severity_result once = severity_raise(from, 0, &f);
            assert_in_range(once.severity, from, SEVERITY(S4));
            struct severity_result twice = severity_raise(once.severity, once.rules, &f);
            assert_int_equal(twice.severity, once.severity);
            assert_int_equal(twice.rules, once.rules);
            // What a person lowered stays lowered while nothing new comes up.
            assert_int_equal(severity_raise(SEVERITY(S0), once.rules, &f).severity, SEVERITY(S0));
        }
    }
}

static void test_a_judged_severity_is_lowered_from_above_only(void **state)
{
    (void)state;
    assert_true(severity_may_lower(ROLE_BIT(POC), SEVERITY(S3), false));
    assert_false(severity_may_lower(ROLE_BIT(STAFF), SEVERITY(S3), false));
    assert_false(severity_may_lower(ROLE_BIT(CSIRT_LEAD), SEVERITY(S2), true));
    assert_true(severity_may_lower(ROLE_BIT(SISO), SEVERITY(S2), true));
    assert_false(severity_may_lower(ROLE_BIT(SISO), SEVERITY(S3), true));
    assert_true(severity_may_lower(ROLE_BIT(CISO), SEVERITY(S4), true));
}

static void test_words_go_there_and_back(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < SEVERITY_RULE_COUNT; bit++)
        assert_int_equal(severity_rule_parse(severity_rule_word(1u << bit)), 1u << bit);
    assert_int_equal(severity_rule_parse("NO_SUCH_RULE"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unknown_type_is_not_harmless),
        cmocka_unit_test(test_each_rule_raises_as_the_reference_says),
        cmocka_unit_test(test_it_never_lowers_and_asking_twice_changes_nothing),
        cmocka_unit_test(test_a_judged_severity_is_lowered_from_above_only),
        cmocka_unit_test(test_words_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
