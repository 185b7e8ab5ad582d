// SPDX-License-Identifier: Apache-2.0
#include "server/codec/json_pointer.h"
#include "tests/support/cmocka_all.h"

// The document of RFC 6901 section 5.
static const char document[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                               "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";

static void test_the_vectors_of_the_rfc_point_where_they_should(void **state)
{
    static const struct {
        const char *pointer;
        json_int_t value;
    } want[] = {
        {"/", 0},     {"/a~1b", 1}, {"/c%d", 2}, {"/e^f", 3},  {"/g|h", 4},
        {"/i\\j", 5}, {"/k\"l", 6}, {"/ ", 7},   {"/m~0n", 8},
    };
    json_t *root = json_loads(document, 0, NULL);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        json_t *value = json_pointer_get(root, want[i].pointer);
        assert_true(json_is_integer(value));
        assert_int_equal(json_integer_value(value), want[i].value);
    }
    assert_ptr_equal(json_pointer_get(root, ""), root);
    assert_true(json_is_array(json_pointer_get(root, "/foo")));
    assert_string_equal(json_string_value(json_pointer_get(root, "/foo/0")), "bar");
    assert_string_equal(json_string_value(json_pointer_get(root, "/foo/1")), "baz");
    json_decref(root);
}

static void test_what_is_not_there_is_nothing(void **state)
{
    static const char *const none[] = {
        "/foo/2",   "/foo/-",   "/foo/00", "/foo/01", "/foo/+1", "/foo/1e0", "/foo/99999999999999999999",
        "/foo/0/x", "/nothing", "/foo/",   "//x"};
    json_t *root = json_loads(document, 0, NULL);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_null(json_pointer_get(root, none[i]));
    json_decref(root);
}

static void test_malformed_pointers_are_refused(void **state)
{
    static const char *const bad[] = {"foo", "#/foo", "/~", "/~2", "/a~", " /a"};
    json_t *root = json_loads(document, 0, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(json_pointer_check(bad[i]));
        assert_null(json_pointer_get(root, bad[i]));
    }
    json_decref(root);
}

static void test_escapes_are_undone_once(void **state)
{
    json_t *root = json_loads("{\"~1\":1,\"/\":2}", 0, NULL);
    assert_int_equal(json_integer_value(json_pointer_get(root, "/~01")), 1);
    assert_int_equal(json_integer_value(json_pointer_get(root, "/~1")), 2);
    json_decref(root);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vectors_of_the_rfc_point_where_they_should),
        cmocka_unit_test(test_what_is_not_there_is_nothing),
        cmocka_unit_test(test_malformed_pointers_are_refused),
        cmocka_unit_test(test_escapes_are_undone_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
