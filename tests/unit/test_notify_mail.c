// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <sodium.h>
#include <string.h>

#include "server/base/call.h"
#include "server/notify/mime.h"

static struct call c;

static int setup(void **state)
{
    call_begin(&c, NULL, 0);
    return 0;
}

static int teardown(void **state)
{
    call_end(&c);
    return 0;
}

static const char *words(const char *text)
{
    struct buf out = buf_in(&c.arena);
    mail_write_words(&out, text);
    return buf_text(&out);
}

// What the words of a header say, put together again.
static const char *read_back(const char *header)
{
    struct buf out = buf_in(&c.arena);
    for (const char *at = header; (at = strstr(at, "=?UTF-8?B?")) != NULL;) {
        const char *end = strstr(at + 10, "?=");
        unsigned char bytes[200];
        size_t len = 0;
        assert_true(end + 2 - at <= 75); /* RFC 2047 2: an encoded word has at most 75 characters */
        assert_int_equal(sodium_base642bin(bytes, sizeof bytes, at + 10, (size_t)(end - at - 10), NULL, &len,
                                           NULL, sodium_base64_VARIANT_ORIGINAL),
                         0);
        assert_true(len == 0 || (bytes[0] & 0xC0) != 0x80); /* and holds whole characters (RFC 2047 5) */
        buf_put(&out, bytes, len);
        at = end + 2;
    }
    return buf_text(&out);
}

static void test_ascii_stands_as_it_is_and_japanese_in_encoded_words(void **state)
{
    const char *text = "【訓練】【S3】2026-0012 指示: 全端末のLANケーブルを抜き、状況を確認して報告する";
    assert_string_equal(words("Order 12"), "Order 12");
    assert_string_equal(words("指示"), "=?UTF-8?B?5oyH56S6?=");
    assert_string_equal(read_back(words(text)), text);
    assert_non_null(strstr(words(text), "?=\r\n =?"));
    assert_memory_equal(words("=?UTF-8?B?eA==?="), "=?UTF-8?B?", 10); /* what looks like a word is encoded */
    for (const char *b = words(text); *b; b++)
        assert_true((unsigned char)*b < 0x7F);
}

static void test_addresses_are_bare_ascii_with_one_at(void **state)
{
    assert_string_equal(mail_address(&c.arena, "a.b+c@example.jp"), "a.b+c@example.jp");
    assert_string_equal(mail_address(&c.arena, "即応 <sokuo@example.jp>"), "sokuo@example.jp");
    static const char *const bad[] = {"",        "a",    "a@",   "@a", "a@b@c", "a b@c", "a@b\r\nRCPT TO:x",
                                      "あ@b.jp", "<a@b", "a;b@c"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_null(mail_address(&c.arena, bad[i]));
}

static struct mail mail(void)
{
    return (struct mail){.sender = "即応 <sokuo@city.example.jp>",
                         .address = "sato@city.example.jp",
                         .subject = "指示",
                         .text = "一行目\n二行目\n",
                         .key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                         .at_us = INT64_C(1795398120) * 1000000};
}

static const char *written(const struct mail *m)
{
    struct buf out = buf_in(&c.arena);
    mail_write(&out, m);
    return buf_text(&out);
}

static void test_a_mail_has_its_headers_and_a_body_in_base64(void **state)
{
    struct mail m = mail();
    assert_string_equal(
        written(&m),
        "From: =?UTF-8?B?5Y2z5b+c?= <sokuo@city.example.jp>\r\nTo: <sato@city.example.jp>\r\n"
        "Subject: =?UTF-8?B?5oyH56S6?=\r\nDate: Mon, 23 Nov 2026 10:42:00 +0900\r\n"
        "Message-ID: <0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef@city.example.jp>\r\n"
        "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "5LiA6KGM55uuDQrkuozooYznm64NCg==\r\n");
}

static void test_the_same_key_makes_the_same_message_id_and_urgency_is_said(void **state)
{
    struct mail m = mail();
    const char *first = strstr(written(&m), "Message-ID:");
    m.is_urgent = true;
    m.text = "別の本文";
    const char *again = written(&m);
    assert_memory_equal(strstr(again, "Message-ID:"), first, 90);
    assert_non_null(strstr(again, "Importance: high\r\n"));
}

static void test_lines_of_the_body_are_short(void **state)
{
    char text[4001];
    memset(text, 'x', 4000);
    text[4000] = '\0';
    struct mail m = mail();
    m.text = text;
    for (const char *at = strstr(written(&m), "\r\n\r\n") + 4, *end; (end = strstr(at, "\r\n")) != NULL;
         at = end + 2)
        assert_true(end - at <= 76);
}

static void test_a_senders_name_cannot_end_the_header(void **state)
{
    struct mail m = mail();
    m.sender = "a\r\nBcc: x@example.jp\" <sokuo@city.example.jp>";
    assert_null(strstr(written(&m), "\r\nBcc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ascii_stands_as_it_is_and_japanese_in_encoded_words, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_addresses_are_bare_ascii_with_one_at, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_mail_has_its_headers_and_a_body_in_base64, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_same_key_makes_the_same_message_id_and_urgency_is_said,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_of_the_body_are_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_senders_name_cannot_end_the_header, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
