// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include "server/domain/password.h"
#include "server/domain/throttle.h"

static void test_which_passwords_are_taken(void **state)
{
    static const struct {
        const char *password, *login;
        enum password_fault want;
    } cases[] = {
        {"fourteen chars", "sato", PASSWORD_SHORT},
        {"fifteen chars !", "sato", PASSWORD_GOOD},
        {"庁舎の裏の桜は三月末に咲く木だ", "sato", PASSWORD_GOOD}, /* 15 code points */
        {"庁舎の裏の桜は三月末に咲く木", "sato", PASSWORD_SHORT},
        {"green SATO-san 1972", "sato", PASSWORD_HAS_LOGIN},
        {"green bottles on a wall", "gr", PASSWORD_GOOD}, /* a login of two letters is in too many words */
        {"aaaaaaaaaaaaaaaaaaaa", "sato", PASSWORD_MONOTONOUS},
        {"Password Password", "sato", PASSWORD_COMMON},
        {"1qaz-2wsx-3edc-4rfv", "sato", PASSWORD_COMMON},
        {"", "", PASSWORD_SHORT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(password_judge(cases[i].password, cases[i].login), cases[i].want);
}

static void test_a_password_that_is_far_too_long_is_refused(void **state)
{
    (void)state;
    char text[PASSWORD_MAX_CHARS + 2];
    for (int i = 0; i < PASSWORD_MAX_CHARS + 1; i++)
        text[i] = (char)('a' + i % 26);
    text[PASSWORD_MAX_CHARS + 1] = '\0';
    assert_int_equal(password_judge(text, "sato"), PASSWORD_LONG);
    text[PASSWORD_MAX_CHARS] = '\0';
    assert_int_equal(password_judge(text, "sato"), PASSWORD_GOOD);
}

static void test_delays_begin_at_the_fifth_failure_and_end_at_a_quarter_of_an_hour(void **state)
{
    (void)state;
    assert_int_equal(throttle_delay_s(0), 0);
    assert_int_equal(throttle_delay_s(4), 0);
    assert_int_equal(throttle_delay_s(5), 1);
    assert_int_equal(throttle_delay_s(6), 2);
    assert_int_equal(throttle_delay_s(14), 512);
    assert_int_equal(throttle_delay_s(15), 900);
    assert_int_equal(throttle_delay_s(1000000), 900);
    int16_t delays[THROTTLE_DELAYS];
    throttle_delays(delays);
    assert_int_equal(delays[4], 1);
    assert_int_equal(delays[THROTTLE_DELAYS - 1], 900);
}

static void test_a_network_is_one_address_or_a_64(void **state)
{
    static const char *const want[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"},
        {"unix", "unix"},
    };
    (void)state;
    char out[64];
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        throttle_network(want[i][0], out, sizeof out);
        assert_string_equal(out, want[i][1]);
    }
}

static void test_which_login_names_are_taken(void **state)
{
    (void)state;
    assert_true(login_name_good("sato.taro-2_x"));
    assert_false(login_name_good(""));
    assert_false(login_name_good("Sato"));
    assert_false(login_name_good("sato taro"));
    assert_false(login_name_good("sato@city"));
    assert_false(login_name_good("佐藤"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_passwords_are_taken),
        cmocka_unit_test(test_a_password_that_is_far_too_long_is_refused),
        cmocka_unit_test(test_delays_begin_at_the_fifth_failure_and_end_at_a_quarter_of_an_hour),
        cmocka_unit_test(test_which_login_names_are_taken),
        cmocka_unit_test(test_a_network_is_one_address_or_a_64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
