// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "server/domain/totp.h"

static const uint8_t RFC_SECRET[] = "12345678901234567890";

/* RFC 6238 appendix B, SHA-1. */
static void test_codes_are_those_of_the_rfc(void **state)
{
    static const struct {
        int64_t at_s;
        uint32_t code;
    } want[] = {
        {59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
        {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130},
    };
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_int_equal(totp_code(RFC_SECRET, 20, totp_step(want[i].at_s), 8), want[i].code);
}

static void test_neighbouring_steps_are_taken_and_others_not(void **state)
{
    (void)state;
    int64_t now_s = 1111111111, step;
    for (int64_t off = -3; off <= 3; off++) {
        char code[8];
        snprintf(code, sizeof code, "%06u", totp_code(RFC_SECRET, 20, totp_step(now_s) + off, 6));
        assert_int_equal(totp_check(RFC_SECRET, 20, code, now_s, 0, &step), off >= -1 && off <= 1);
    }
}

static void test_no_code_works_twice(void **state)
{
    (void)state;
    int64_t now_s = 1111111111, step = 0;
    char code[8];
    snprintf(code, sizeof code, "%06u", totp_code(RFC_SECRET, 20, totp_step(now_s), 6));
    assert_true(totp_check(RFC_SECRET, 20, code, now_s, 0, &step));
    assert_int_equal(step, totp_step(now_s));
    assert_false(totp_check(RFC_SECRET, 20, code, now_s, step, &step));
    assert_false(totp_check(RFC_SECRET, 20, code, now_s + 29, step, &step));
}

static void test_typed_codes(void **state)
{
    (void)state;
    int64_t step;
    assert_true(totp_check(RFC_SECRET, 20, "287 082", 59, 0, &step));
    assert_true(totp_check(RFC_SECRET, 20, "287082", 59, 0, &step));
    static const char *const wrong[] = {"", "28708", "2870820", "28708x", "-87082", "２８７０８２", "      "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(totp_check(RFC_SECRET, 20, wrong[i], 59, 0, &step));
}

/* RFC 4648 section 10, without padding. */
static void test_base32_is_that_of_the_rfc(void **state)
{
    static const char *const want[][2] = {{"", ""},
                                          {"f", "MY"},
                                          {"fo", "MZXQ"},
                                          {"foo", "MZXW6"},
                                          {"foob", "MZXW6YQ"},
                                          {"fooba", "MZXW6YTB"},
                                          {"foobar", "MZXW6YTBOI"}};
    (void)state;
    char out[TOTP_SECRET_TEXT_SIZE];
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        totp_base32((const uint8_t *)want[i][0], strlen(want[i][0]), out, sizeof out);
        assert_string_equal(out, want[i][1]);
    }
    totp_base32(RFC_SECRET, 20, out, sizeof out);
    assert_string_equal(out, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_those_of_the_rfc),
        cmocka_unit_test(test_neighbouring_steps_are_taken_and_others_not),
        cmocka_unit_test(test_no_code_works_twice),
        cmocka_unit_test(test_typed_codes),
        cmocka_unit_test(test_base32_is_that_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
