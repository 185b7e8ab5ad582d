// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdbool.h>
#include <string.h>

#include "server/base/uuid.h"

static void test_v7_grows_and_says_its_version(void **state)
{
    struct uuid before = uuid_v7();
    for (int i = 0; i < 20000; i++) { // more than a millisecond's counter holds
        struct uuid id = uuid_v7();
        assert_true(memcmp(before.bytes, id.bytes, 16) < 0);
        assert_int_equal(id.bytes[6] >> 4, 7);
        assert_int_equal(id.bytes[8] >> 6, 2);
        before = id;
    }
}

static void test_text_round_trip_in_any_case(void **state)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id, again;
    assert_true(uuid_parse("018F3A2B-4C5D-7e6f-8a9b-0c1d2e3f4a5b", &id));
    assert_string_equal(uuid_format(&id, text), "018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b");
    assert_true(uuid_parse(text, &again));
    assert_true(uuid_equal(&id, &again));
}

static void test_what_is_no_uuid_is_refused_and_leaves_the_target(void **state)
{
    static const char *const bad[] = {
        "",
        "018f3a2b",
        "018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5",
        "018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5bb",
        "018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5g",
        "018f3a2b4c5d7e6f8a9b0c1d2e3f4a5b",
        "{018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b}",
        "018f3a2b-4c5d-7e6f-8a9b_0c1d2e3f4a5b",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct uuid id = {{0}};
        assert_false(uuid_parse(bad[i], &id));
        assert_true(uuid_is_nil(&id));
    }
}

static void test_derived_ids_repeat_and_differ_by_index(void **state)
{
    struct uuid base = uuid_v7();
    struct uuid one = uuid_derive(&base, 1), again = uuid_derive(&base, 1), two = uuid_derive(&base, 2);
    assert_true(uuid_equal(&one, &again));
    assert_false(uuid_equal(&one, &two));
    assert_int_equal(one.bytes[6] >> 4, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v7_grows_and_says_its_version),
        cmocka_unit_test(test_text_round_trip_in_any_case),
        cmocka_unit_test(test_what_is_no_uuid_is_refused_and_leaves_the_target),
        cmocka_unit_test(test_derived_ids_repeat_and_differ_by_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
