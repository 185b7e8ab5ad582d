// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/codec/csv.h"

static struct call call;
static struct csv csv;
static struct csv_row row;

static int begin(void **state)
{
    (void)state;
    call_begin(&call, NULL, 16u << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    call_end(&call);
    return 0;
}

static void open_text(const char *text)
{
    csv_begin(&csv, &call, text, strlen(text), 40, 10);
}

static void assert_row(unsigned line, unsigned count, const char *const *fields)
{
    assert_true(csv_next(&csv, &row));
    assert_int_equal(row.problem, CSV_FINE);
    assert_int_equal(row.line, line);
    assert_int_equal(row.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_string_equal(row.fields[i], fields[i]);
}

static void assert_problem(unsigned line, unsigned column, enum csv_problem problem)
{
    assert_true(csv_next(&csv, &row));
    assert_int_equal(row.problem, problem);
    assert_int_equal(row.line, line);
    assert_int_equal(row.column, column);
    assert_string_not_equal(csv_problem_ja(problem), "");
    assert_string_not_equal(csv_problem_en(problem), "");
}

#define ROW(line, ...) \
    assert_row(line, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void test_plain_and_quoted_fields_are_read(void **state)
{
    (void)state;
    open_text("a,b,c\r\n\"x,y\",\"say \"\"hi\"\"\",\"two\nlines\"\n,,\nlast");
    ROW(1, "a", "b", "c");
    ROW(2, "x,y", "say \"hi\"", "two\nlines");
    ROW(4, "", "", "");
    ROW(5, "last");
    assert_false(csv_next(&csv, &row));
}

static void test_every_kind_of_line_end_counts_once(void **state)
{
    (void)state;
    open_text("a\rb\r\nc\n\n\r\nd\r\n\"e\r\nf\"\ng");
    ROW(1, "a");
    ROW(2, "b");
    ROW(3, "c");
    ROW(6, "d");
    ROW(7, "e\r\nf");
    ROW(9, "g");
    assert_false(csv_next(&csv, &row));
}

static void test_a_byte_order_mark_is_no_text(void **state)
{
    (void)state;
    open_text("\xef\xbb\xbf職員番号,氏名\n");
    ROW(1, "職員番号", "氏名");
    assert_false(csv.is_cp932);
}

// 表 and ソ end with a backslash byte in CP932; ① and 髙 exist there but not in Shift_JIS proper.
static void test_cp932_is_found_and_decoded(void **state)
{
    (void)state;
    open_text("\x95\x5c,\x83\x5c,\x87\x40,\xfb\xfc,\"\xb1\xb2\"\r\n");
    assert_true(csv.is_cp932);
    ROW(1, "表", "ソ", "①", "髙", "ｱｲ");
}

static void test_a_bad_line_does_not_stop_the_rest(void **state)
{
    (void)state;
    open_text(
        "good,1\nbad,x\"y\n\"bad\"z,2\nok,\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86\xe3\x81\x88\xe3\x81\x8a"
        "\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86\xe3\x81\x88\xe3\x81\x8a\xe3\x81\x8b\xe3\x81\x8d,\xff\nend,2\n");
    assert_true(csv_next(&csv, &row));
    assert_problem(2, 2, CSV_BAD_QUOTE);
    assert_problem(3, 1, CSV_BAD_QUOTE);
    assert_problem(4, 3, CSV_BAD_ENCODING);
    assert_string_equal(row.fields[0], "ok");
    ROW(5, "end", "2");
}

static void test_a_forgotten_quote_costs_one_line(void **state)
{
    (void)state;
    open_text(
        "a,\"forgotten\nb,2\nc,3\nd,4 0123456789012345678901234567890123456789012345678901234567890123\n");
    assert_problem(1, 2, CSV_OPEN_QUOTE);
    ROW(2, "b", "2");
    ROW(3, "c", "3");
    assert_problem(4, 2, CSV_FIELD_TOO_LONG);
    assert_false(csv_next(&csv, &row));
}

static void test_nul_and_too_many_columns_are_reported(void **state)
{
    (void)state;
    static const char nul[] = "a,b\0c\nd";
    csv_begin(&csv, &call, nul, sizeof nul - 1, 40, 10);
    assert_problem(1, 2, CSV_BAD_CHARACTER);
    ROW(2, "d");

    char commas[101] = {0};
    memset(commas, ',', 100);
    open_text(commas);
    assert_problem(1, CSV_FIELDS_MAX + 1, CSV_TOO_MANY_FIELDS);
    assert_int_equal(row.count, CSV_FIELDS_MAX);
}

static void test_more_rows_than_allowed_are_cut_and_said(void **state)
{
    (void)state;
    open_text("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n");
    for (int i = 0; i < 10; i++)
        assert_true(csv_next(&csv, &row));
    assert_false(csv.is_cut);
    assert_false(csv_next(&csv, &row));
    assert_true(csv.is_cut);
}

static void test_an_empty_file_has_no_rows(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\r\n", "\xef\xbb\xbf"};
    for (int i = 0; i < 3; i++) {
        open_text(texts[i]);
        assert_false(csv_next(&csv, &row));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plain_and_quoted_fields_are_read),
        TEST(test_every_kind_of_line_end_counts_once),
        TEST(test_a_byte_order_mark_is_no_text),
        TEST(test_cp932_is_found_and_decoded),
        TEST(test_a_bad_line_does_not_stop_the_rest),
        TEST(test_a_forgotten_quote_costs_one_line),
        TEST(test_nul_and_too_many_columns_are_reported),
        TEST(test_more_rows_than_allowed_are_cut_and_said),
        TEST(test_an_empty_file_has_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
