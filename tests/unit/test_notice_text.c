// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/domain/notice_text.h"
#include "server/domain/words.h"

#define MIN_US (INT64_C(60) * 1000000)
// 2026-11-23 01:42 UTC, 10:42 in Japan.
#define NOON_US (INT64_C(1795398120) * 1000000)

static struct notice_facts order(void)
{
    return (struct notice_facts){
        .kind = NOTICE_ORDER,
        .mode = MODE(REAL),
        .severity = SEVERITY(S3),
        .confidentiality = CLASS(INTERNAL),
        .number = "2026-0012",
        .text = "全端末のLANケーブルを抜く\n完了を報告する",
        .from = "CISO 佐藤 一郎",
        .link = "https://sokuo.example.jp/a/token",
        .due_us = NOON_US,
        .queued_us = NOON_US - 10 * MIN_US,
        .now_us = NOON_US - 10 * MIN_US,
        .attempts = 1,
    };
}

static void test_an_order_says_number_severity_text_giver_due_and_link(void **state)
{
    struct notice_facts f = order();
    char subject[NOTICE_SUBJECT_SIZE], body[NOTICE_BODY_SIZE];
    notice_subject(&f, subject);
    assert_string_equal(subject, "【S3】2026-0012 指示: 全端末のLANケーブルを抜く…");
    notice_body(&f, body);
    assert_string_equal(
        body, "【S3】2026-0012 指示\n\n全端末のLANケーブルを抜く\n完了を報告する\n\n発信: CISO 佐藤 一郎\n"
              "期限: 11月23日 10:42\n\n回答はこちら: https://sokuo.example.jp/a/token\n"
              "回答は1回、72時間以内にできます。開いただけでは回答になりません。\n\n"
              "-- \n即応(自動送信。このメールには返信できません)\n");
}

static void test_english_is_complete(void **state)
{
    struct notice_facts f = order();
    char subject[NOTICE_SUBJECT_SIZE], body[NOTICE_BODY_SIZE];
    f.in_english = true;
    f.mode = MODE(EXERCISE);
    f.text = "Pull every LAN cable";
    f.from = "CISO";
    notice_subject(&f, subject);
    assert_string_equal(subject, "[EXERCISE] [S3] 2026-0012 order: Pull every LAN cable");
    notice_body(&f, body);
    for (const char *c = body; *c; c++)
        assert_true((unsigned char)*c < 0x80);
    assert_non_null(strstr(body, "Due: 23 Nov 10:42 JST"));
}

static void test_from_restricted_on_only_the_number_is_said(void **state)
{
    char text[NOTICE_BODY_SIZE];
    for (int class = 0; class <= CLASS(SEALED); class ++) {
        struct notice_facts f = order();
        f.confidentiality = class;
        bool is_open = class == CLASS(PUBLIC) || class == CLASS(INTERNAL);
        void (*const make[])(const struct notice_facts *, char *) = {notice_subject, notice_body,
                                                                     notice_short};
        for (int i = 0; i < 3; i++) {
            make[i](&f, text);
            assert_non_null(strstr(text, "2026-0012"));
            assert_int_equal(strstr(text, "LAN") != NULL, is_open);
            assert_int_equal(strstr(text, "S3") != NULL, is_open);
            assert_true(is_open || strstr(text, "佐藤") == NULL);
        }
    }
}

static void test_exercise_test_again_and_late_are_marked_first(void **state)
{
    struct notice_facts f = order();
    char text[NOTICE_BODY_SIZE];
    f.mode = MODE(EXERCISE);
    f.attempts = 2;
    f.now_us = f.queued_us + 31 * MIN_US;
    notice_subject(&f, text);
    assert_memory_equal(text, "【訓練】(再送)【S3】", strlen("【訓練】(再送)【S3】"));
    notice_body(&f, text);
    const char *head = "【訓練】これは訓練です。\n(再送)同じ通知がすでに届いていることがあります。\n"
                       "遅れて送信: 11月23日 10:32に送るはずの通知です。\n";
    assert_memory_equal(text, head, strlen(head));
    f.mode = MODE(TEST);
    notice_short(&f, text);
    assert_memory_equal(text, "【動作試験】", strlen("【動作試験】"));
}

static void test_three_lines_at_most_and_no_character_is_cut_in_two(void **state)
{
    struct notice_facts f = order();
    char text[NOTICE_BODY_SIZE], longest[9001];
    f.text = "一\n二\r\n三\n四";
    notice_short(&f, text);
    assert_non_null(strstr(text, ": 一 / 二 / 三…"));
    assert_null(strstr(text, "四"));
    for (int i = 0; i < 9000; i += 3)
        memcpy(longest + i, "あ", 3);
    longest[9000] = '\0';
    f.text = longest;
    for (int shift = 0; shift < 3; shift++) {
        f.number = &"xxx"[shift];
        notice_subject(&f, text);
        size_t begin = (size_t)(strstr(text, "あ") - text);
        assert_int_equal((strlen(text) - begin) % 3, 0);
        assert_true(strlen(text) < NOTICE_SUBJECT_SIZE);
        notice_body(&f, text);
        assert_non_null(strstr(text, "回答はこちら"));
    }
}

static void test_a_header_cannot_be_smuggled_in(void **state)
{
    struct notice_facts f = order();
    char text[NOTICE_SUBJECT_SIZE];
    f.text = "a\tb\x01\r\nBcc: all@example.jp";
    notice_subject(&f, text);
    assert_null(strpbrk(text, "\r\n\t\x01"));
    assert_null(strstr(text, "Bcc"));
}

static void test_waiting_doubles_up_to_five_minutes_and_is_spread(void **state)
{
    assert_true(notice_backoff_us(1, 999999) <= 1000000);
    assert_int_equal(notice_backoff_us(1, 1000000), 1);
    assert_int_equal(notice_backoff_us(4, 7999999), 8000000);
    for (int attempts = 0; attempts < 100; attempts++) {
        int64_t us = notice_backoff_us(attempts, UINT64_MAX / 3);
        assert_true(us > 0 && us <= INT64_C(300) * 1000000);
    }
    assert_int_equal(notice_backoff_us(50, 299999999), 300000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_says_number_severity_text_giver_due_and_link),
        cmocka_unit_test(test_english_is_complete),
        cmocka_unit_test(test_from_restricted_on_only_the_number_is_said),
        cmocka_unit_test(test_exercise_test_again_and_late_are_marked_first),
        cmocka_unit_test(test_three_lines_at_most_and_no_character_is_cut_in_two),
        cmocka_unit_test(test_a_header_cannot_be_smuggled_in),
        cmocka_unit_test(test_waiting_doubles_up_to_five_minutes_and_is_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
