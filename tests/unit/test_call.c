// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/base/call.h"

static char order[8];

static void note(void *arg)
{
    strncat(order, arg, sizeof order - strlen(order) - 1);
}

static void test_what_was_deferred_runs_newest_first(void **state)
{
    struct call c;
    call_begin(&c, NULL, 0);
    assert_int_equal(strlen(c.id), 16);
    call_defer(&c, note, (char[]){"a"});
    call_defer(&c, note, (char[]){"b"});
    call_end(&c);
    assert_string_equal(order, "ba");
}

static void test_an_error_speaks_both_languages(void **state)
{
    struct call c;
    call_begin(&c, NULL, 0);
    enum err err =
        call_fail(&c, ERR_ABORTED, "CHANGED", "%s は変更されました", "%s was changed", "2026-0042");
    assert_int_equal(err, ERR_ABORTED);
    assert_string_equal(c.error_reason, "CHANGED");
    assert_string_equal(c.error_ja, "2026-0042 は変更されました");
    assert_string_equal(c.error_en, "2026-0042 was changed");
    assert_null(c.error_field);

    err = call_fail_field(&c, "facts.place", "TOO_LONG", "%d 文字までです", "at most %d characters", 80);
    assert_int_equal(err, ERR_INVALID_ARGUMENT);
    assert_string_equal(c.error_field, "facts.place");
    assert_string_equal(c.error_en, "at most 80 characters");

    call_clear_error(&c);
    assert_null(c.error_ja);
    assert_null(c.error_field);
    call_end(&c);
}

static void test_every_error_has_its_words(void **state)
{
    for (enum err err = ERR_OK; err < ERR_COUNT; err++) {
        assert_true(err_http(err) >= 200);
        assert_true(strlen(err_word(err)) > 0);
        assert_true(strlen(err_text(err)) > 0);
    }
    assert_string_equal(err_word(ERR_COMMIT_UNKNOWN), "unavailable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_deferred_runs_newest_first),
        cmocka_unit_test(test_an_error_speaks_both_languages),
        cmocka_unit_test(test_every_error_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
