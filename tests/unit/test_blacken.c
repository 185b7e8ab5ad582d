// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include "server/codec/blacken.h"

static const char *const people[] = {"中島 陽介", "青木　洋子", "林 太郎",
                                     "福島 花子", "Kowalski",   "中島田 一"};
#define PEOPLE ((int)(sizeof people / sizeof people[0]))

static void assert_blackened(const char *text, const char *want, int times)
{
    struct call c;
    call_begin(&c, NULL, 1u << 20);
    struct name_list list;
    name_list_make(&c, people, PEOPLE, &list);
    int removed = 0;
    assert_string_equal(blacken_names(&c, &list, text, "■", &removed), want);
    assert_int_equal(removed, times);
    call_end(&c);
}

static void test_names_go_with_and_without_their_space(void **state)
{
    (void)state;
    assert_blackened("中島 陽介から電話。中島陽介が確認、中島　陽介も", "■から電話。■が確認、■も", 3);
    assert_blackened("担当は青木洋子", "担当は■", 1);
    assert_blackened("Kowalskiへ連絡", "■へ連絡", 1);
    assert_blackened("中島田一", "■", 1);
}

static void test_a_family_name_alone_goes_too(void **state)
{
    (void)state;
    assert_blackened("中島部長へ報告。中島と青木が残る", "■部長へ報告。■と■が残る", 3);
    assert_blackened("林さんが帰庁。森林課", "■さんが帰庁。森林課", 1);
}

static void test_a_place_of_the_same_name_stays(void **state)
{
    (void)state;
    assert_blackened("福島県と福島市、福島 花子", "福島県と福島市、■", 1);
}

static void test_what_holds_no_name_is_left_as_it_is(void **state)
{
    (void)state;
    assert_blackened("", "", 0);
    assert_blackened("県へ第一報。\n3台のみ", "県へ第一報。\n3台のみ", 0);
}

static void test_broken_text_ends(void **state)
{
    (void)state;
    assert_blackened("\xe4\xb8", "\xe4\xb8", 0);
    assert_blackened("\x80\x80中島陽介", "\x80\x80■", 1);
}

static void test_contacts_go_with_a_mark_and_are_counted(void **state)
{
    (void)state;
    struct call c;
    call_begin(&c, NULL, 1u << 20);
    int removed = 0;
    assert_string_equal(
        blacken_contacts(&c, "090-1234-5678、a@city.jp、192.0.2.1、内線 123、2026-07-05", "■", &removed),
        "■、■、■、■、2026-07-05");
    assert_int_equal(removed, 4);
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_go_with_and_without_their_space),
        cmocka_unit_test(test_a_family_name_alone_goes_too),
        cmocka_unit_test(test_a_place_of_the_same_name_stays),
        cmocka_unit_test(test_what_holds_no_name_is_left_as_it_is),
        cmocka_unit_test(test_broken_text_ends),
        cmocka_unit_test(test_contacts_go_with_a_mark_and_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
