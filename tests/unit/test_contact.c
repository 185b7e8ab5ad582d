// SPDX-License-Identifier: Apache-2.0
// Numbers and addresses in one form, and what is none.
#include "tests/support/cmocka_all.h"

#include "server/domain/contact.h"

static const char *kept(int kind, const char *address)
{
    static char out[CONTACT_ROOM];
    return contact_normalise(kind, address, out) == CONTACT_OK ? out : "";
}

static int fault(int kind, const char *address)
{
    char out[CONTACT_ROOM];
    return (int)contact_normalise(kind, address, out);
}

static void test_a_mobile_number_has_one_form_however_it_is_written(void **state)
{
    static const char *const ways[] = {"09012345678",
                                       "090-1234-5678",
                                       "090 1234 5678",
                                       "090(1234)5678",
                                       "+81 90-1234-5678",
                                       "+81(0)90 1234 5678",
                                       "０９０−１２３４−５６７８",
                                       "０９０ー１２３４ー５６７８",
                                       " ０９０　１２３４　５６７８ "};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        assert_string_equal(kept(CONTACT(MOBILE), ways[i]), "090-1234-5678");
    assert_string_equal(kept(CONTACT(SMS), "06012345678"), "060-1234-5678");
}

static void test_a_fixed_line_keeps_the_groups_that_were_given(void **state)
{
    assert_string_equal(kept(CONTACT(PHONE), "0836(00)1001"), "0836-00-1001");
    assert_string_equal(kept(CONTACT(PHONE), "03-1234-5678"), "03-1234-5678");
    assert_string_equal(kept(CONTACT(PHONE), "0312345678"), "0312345678");
    assert_string_equal(kept(CONTACT(PHONE), "0120-000-000"), "0120-000-000");
    assert_string_equal(kept(CONTACT(PHONE), "0800-000-0000"), "0800-000-0000");
    assert_string_equal(kept(CONTACT(PHONE), "050-1234-5678"), "050-1234-5678");
    assert_string_equal(kept(CONTACT(PHONE), "２３４５"), "2345");
}

static void test_a_number_from_abroad_keeps_its_plus(void **state)
{
    assert_string_equal(kept(CONTACT(PHONE), "+1 (415) 555-0100"), "+14155550100");
    assert_string_equal(kept(CONTACT(MOBILE), "+441632960961"), "+441632960961");
}

static void test_what_is_no_number_is_refused_by_its_reason(void **state)
{
    static const char *const none[] = {"",
                                       " ",
                                       "090",
                                       "1234567",
                                       "090-1234-567",
                                       "090-1234-56789",
                                       "電話",
                                       "00-1234-5678",
                                       "+12",
                                       "090-1234-567a",
                                       "+81",
                                       "12345678901234567890"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(fault(CONTACT(MOBILE), none[i]), CONTACT_NOT_A_NUMBER);
    assert_int_equal(fault(CONTACT(SMS), "0836-00-1001"), CONTACT_NOT_MOBILE);
    assert_int_equal(fault(CONTACT(MOBILE), "0800-000-0000"), CONTACT_NOT_MOBILE);
    assert_int_equal(fault(CONTACT(MOBILE), "2345"), CONTACT_NOT_A_NUMBER);
}

static void test_a_mail_address_is_half_width_with_its_domain_in_lower_case(void **state)
{
    assert_string_equal(kept(CONTACT(MAIL), " Taro.Yamada+oncall@City.Example.JP "),
                        "Taro.Yamada+oncall@city.example.jp");
    assert_string_equal(kept(CONTACT(MAIL), "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ"), "taro@example.jp");
    assert_string_equal(kept(CONTACT(MAIL), "a..b.@docomo.example.jp"), "a..b.@docomo.example.jp");
    assert_string_equal(kept(CONTACT(MAIL), "a@xn--eckwd4c7cu47r2wf.jp"), "a@xn--eckwd4c7cu47r2wf.jp");
}

static void test_what_is_no_mail_address_is_refused(void **state)
{
    static const char *const none[] = {
        "taro",          "@example.jp",     "taro@",       "taro@localhost", "taro@-a.jp",
        "taro@a-.jp",    "taro@a..jp",      "taro@a.jp.",  "ta ro@a.jp",     "taro@[127.0.0.1]",
        "taro@10.0.0.1", "山田@example.jp", "<taro@a.jp>", "a,b@a.jp",       "a@b.jp\nBcc:c@d.jp",
        "\"a\"@b.jp"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(fault(CONTACT(MAIL), none[i]), CONTACT_NOT_A_MAIL);
}

static void test_a_chat_id_is_one_word(void **state)
{
    assert_string_equal(kept(CONTACT(CHAT), "＠taro.yamada"), "@taro.yamada");
    assert_int_equal(fault(CONTACT(CHAT), "taro yamada"), CONTACT_NOT_A_CHAT_ID);
    assert_int_equal(fault(CONTACT(CHAT), "{{text}}"), CONTACT_NOT_A_CHAT_ID);
}

static void test_a_subscription_is_an_https_address_by_name(void **state)
{
    assert_string_equal(kept(CONTACT(WEB_PUSH), "https://FCM.example.com/fcm/send/aB:c-d"),
                        "https://fcm.example.com/fcm/send/aB:c-d");
    static const char *const none[] = {"http://fcm.example.com/x",  "https://127.0.0.1/x",
                                       "https://localhost/x",       "https://a.example.com:8443/x",
                                       "https://u@a.example.com/x", "https://a.example.com",
                                       "https://[::1]/x",           "https://a.example.com/x y"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(fault(CONTACT(WEB_PUSH), none[i]), CONTACT_NOT_A_PUSH);
}

static void test_the_keys_of_a_subscription_have_their_length(void **state)
{
    uint8_t point[65] = {4}, secret[16] = {0};
    assert_true(contact_push_keys_ok(point, 65, secret, 16));
    assert_false(contact_push_keys_ok(point, 64, secret, 16));
    assert_false(contact_push_keys_ok(point, 65, secret, 15));
    assert_false(contact_push_keys_ok(NULL, 0, NULL, 0));
    point[0] = 2;
    assert_false(contact_push_keys_ok(point, 65, secret, 16));
}

static void test_a_code_is_needed_only_where_one_can_arrive_and_be_read(void **state)
{
    assert_true(contact_needs_code(CONTACT(MAIL), true));
    assert_false(contact_needs_code(CONTACT(MAIL), false));
    assert_false(contact_needs_code(CONTACT(MOBILE), true));
}

static void test_a_desk_telephone_and_mail_wake_nobody(void **state)
{
    assert_true(contact_rings_at_night(CONTACT(MOBILE), false));
    assert_true(contact_rings_at_night(CONTACT(PHONE), true));
    assert_false(contact_rings_at_night(CONTACT(PHONE), false));
    assert_false(contact_rings_at_night(CONTACT(MAIL), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mobile_number_has_one_form_however_it_is_written),
        cmocka_unit_test(test_a_fixed_line_keeps_the_groups_that_were_given),
        cmocka_unit_test(test_a_number_from_abroad_keeps_its_plus),
        cmocka_unit_test(test_what_is_no_number_is_refused_by_its_reason),
        cmocka_unit_test(test_a_mail_address_is_half_width_with_its_domain_in_lower_case),
        cmocka_unit_test(test_what_is_no_mail_address_is_refused),
        cmocka_unit_test(test_a_chat_id_is_one_word),
        cmocka_unit_test(test_a_subscription_is_an_https_address_by_name),
        cmocka_unit_test(test_the_keys_of_a_subscription_have_their_length),
        cmocka_unit_test(test_a_code_is_needed_only_where_one_can_arrive_and_be_read),
        cmocka_unit_test(test_a_desk_telephone_and_mail_wake_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
