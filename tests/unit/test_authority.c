// SPDX-License-Identifier: Apache-2.0
// The shipped table of who may do what, as domain reference 2.3 has it.
#include "tests/support/cmocka_all.h"

#include "server/domain/authority.h"

static int level(int act, uint64_t roles, int severity)
{
    size_t count = 0;
    const struct authority_rule *rules = authority_defaults(&count);
    return authority_level(rules, count, act, roles, severity);
}

static void test_anybody_pulls_the_plug_of_their_own_device(void **state)
{
    assert_int_equal(level(ACT(OWN_DEVICE), ROLE_BIT(STAFF), SEVERITY(S1)), AUTHORITY(ALONE));
    assert_int_equal(level(ACT(STOP_SYSTEM), ROLE_BIT(STAFF), SEVERITY(S4)), AUTHORITY(NONE));
}

static void test_the_lead_cuts_a_segment_alone_from_s3_on(void **state)
{
    assert_int_equal(level(ACT(CUT_SEGMENT), ROLE_BIT(CSIRT_LEAD), SEVERITY(S2)), AUTHORITY(DRAFT));
    assert_int_equal(level(ACT(CUT_SEGMENT), ROLE_BIT(CSIRT_LEAD), SEVERITY(S3)), AUTHORITY(ALONE));
    assert_int_equal(level(ACT(CUT_INTERNET), ROLE_BIT(CSIRT_LEAD), SEVERITY(S4)), AUTHORITY(DRAFT));
}

static void test_the_siso_lowers_up_to_s2_and_the_ciso_from_s3_on(void **state)
{
    assert_int_equal(level(ACT(LOWER_OR_CLOSE), ROLE_BIT(SISO), SEVERITY(S2)), AUTHORITY(ALONE));
    assert_int_equal(level(ACT(LOWER_OR_CLOSE), ROLE_BIT(SISO), SEVERITY(S3)), AUTHORITY(APPROVAL));
    assert_int_equal(level(ACT(LOWER_OR_CLOSE), ROLE_BIT(CISO), SEVERITY(S4)), AUTHORITY(ALONE));
    assert_int_equal(level(ACT(LOWER_OR_CLOSE), ROLE_BIT(MAYOR), SEVERITY(S4)), AUTHORITY(NONE));
}

static void test_only_the_mayor_sets_the_headquarters_up_and_decides_on_a_ransom(void **state)
{
    const uint64_t others = ~ROLE_BIT(MAYOR);
    assert_int_equal(level(ACT(SET_UP_HEADQUARTERS), others, SEVERITY(S4)), AUTHORITY(DRAFT));
    assert_int_equal(level(ACT(PAY_RANSOM), others, SEVERITY(S4)), AUTHORITY(DRAFT));
    assert_int_equal(level(ACT(PAY_RANSOM), ROLE_BIT(MAYOR), SEVERITY(S4)), AUTHORITY(ALONE));
}

static void test_of_several_duties_the_one_that_may_most_counts(void **state)
{
    assert_int_equal(level(ACT(CALL_POLICE), ROLE_BIT(STAFF) | ROLE_BIT(ISM), SEVERITY(S3)),
                     AUTHORITY(APPROVAL));
    assert_int_equal(level(ACT(CALL_POLICE), ROLE_BIT(ISM) | ROLE_BIT(SISO), SEVERITY(S3)), AUTHORITY(ALONE));
}

static void test_isolation_is_done_first_and_nothing_else_is(void **state)
{
    for (int act = ACT(OWN_DEVICE); act <= (int)ACT(PAY_RANSOM); act++)
        assert_int_equal(authority_acts_first(act), act <= (int)ACT(STOP_MY_NUMBER));
}

static void test_no_cell_of_the_table_stands_twice_and_s3_takes_nothing_from_isolation(void **state)
{
    size_t count = 0;
    const struct authority_rule *rules = authority_defaults(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_false(rules[i].act == rules[k].act && rules[i].role == rules[k].role);
        if (authority_acts_first(rules[i].act))
            assert_true(rules[i].level_s3 >= rules[i].level);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anybody_pulls_the_plug_of_their_own_device),
        cmocka_unit_test(test_the_lead_cuts_a_segment_alone_from_s3_on),
        cmocka_unit_test(test_the_siso_lowers_up_to_s2_and_the_ciso_from_s3_on),
        cmocka_unit_test(test_only_the_mayor_sets_the_headquarters_up_and_decides_on_a_ransom),
        cmocka_unit_test(test_of_several_duties_the_one_that_may_most_counts),
        cmocka_unit_test(test_isolation_is_done_first_and_nothing_else_is),
        cmocka_unit_test(test_no_cell_of_the_table_stands_twice_and_s3_takes_nothing_from_isolation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
