// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include "server/domain/recovery_code.h"

static const uint8_t BYTES[RECOVERY_CODE_BYTES] = {0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6,
                                                   0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7};

static void test_a_code_has_six_groups(void **state)
{
    (void)state;
    char code[RECOVERY_CODE_SIZE];
    recovery_code_write(BYTES, code);
    assert_string_equal(code, "0123-4567-89AB-CDEF-GHJK-MNPQ");
}

static void test_a_code_is_read_as_people_type_it(void **state)
{
    static const char *const good[] = {
        "0123-4567-89AB-CDEF-GHJK-MNPQ",
        "0123456789abcdefghjkmnpq",
        " o1l3 4567 89ab cdef ghjk mnpq ",
    };
    (void)state;
    char code[RECOVERY_CODE_SIZE];
    assert_true(recovery_code_read(good[0], code));
    assert_string_equal(code, good[0]);
    assert_true(recovery_code_read(good[1], code));
    assert_string_equal(code, good[0]);
    assert_true(recovery_code_read(good[2], code));
    assert_string_equal(code, "0113-4567-89AB-CDEF-GHJK-MNPQ");
}

static void test_what_cannot_be_a_code_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "0123-4567-89AB-CDEF-GHJK-MNP",
        "0123-4567-89AB-CDEF-GHJK-MNPQR",
        "0123-4567-89AB-CDEF-GHJK-MNPU",
        "0123-4567-89AB-CDEF-GHJK-MNP\xef",
        "-----------------------------------------------",
    };
    (void)state;
    char code[RECOVERY_CODE_SIZE];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(recovery_code_read(bad[i], code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_has_six_groups),
        cmocka_unit_test(test_a_code_is_read_as_people_type_it),
        cmocka_unit_test(test_what_cannot_be_a_code_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
