// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "server/codec/text.h"
#include "server/codec/utf8.h"

static struct call call;

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

static void test_what_a_searcher_means_is_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"ABC xyz", "abc xyz"},
        {"ＡＢＣ１２３", "abc123"},
        {"サーバー", "さーばー"},
        {"ｻｰﾊﾞｰ", "さーばー"},
        {"ヴァイオリン", "ゔぁいおりん"},
        {"㍿と㌔", "株式会社ときろ"},
        {"  前　後\t\n次  ", "前 後 次"},
        {"葛\xf3\xa0\x84\x80飾", "葛飾"},
        {"か\xe3\x82\x99", "が"},
        {"か\xe2\x80\x8b\xe3\x82\x99", "が"},
        {"\xe2\x80\x8b", ""},
        {"あ\xff", "あ"},
        {"10〜20", "10~20"},
        {"10～20", "10~20"},
        {"−5", "-5"},
        {"ΣΑΣ", "σασ"},
        {"Straße", "strasse"},
        {"a\xe2\x80\x8b"
         "b",
         "ab"},
        {"Ⅳ", "iv"},
        {"LGWAN接続系", "lgwan接続系"},
        {"🚨火事", "🚨火事"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(text_fold(&call, cases[i].text), cases[i].want);
}

static void test_folding_twice_changes_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"ＰＣがウィルスに感染", "㌔㍉ ｶﾞｷﾞｸﾞ", "ﬁ Ǆ ΐ İ ẞ", "゛゜ ﾞﾟ"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *once = text_fold(&call, texts[i]);
        assert_string_equal(text_fold(&call, once), once);
    }
}

static void assert_bigrams(const char *text, size_t max, size_t count, const char *const *want)
{
    const char *const *grams;
    assert_int_equal(text_bigrams(&call, text, max, &grams), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(grams[i], want[i]);
}

static void test_bigrams_are_unique_and_stay_within_words(void **state)
{
    (void)state;
    assert_bigrams("情報政策", 100, 3, (const char *[]){"情報", "報政", "政策"});
    assert_bigrams("ab cd", 100, 2, (const char *[]){"ab", "cd"});
    assert_bigrams("あああああ", 100, 1, (const char *[]){"ああ"});
    assert_bigrams("火 a 水", 100, 0, NULL);
    assert_bigrams("", 100, 0, NULL);
    assert_bigrams("abcdef", 2, 2, (const char *[]){"ab", "bc"});
    assert_bigrams("🚨火", 100, 1, (const char *[]){"🚨火"});
    assert_bigrams("abcdef", 0, 0, NULL);
}

static void test_a_long_text_has_a_bounded_number_of_bigrams(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    char *text = calloc(COUNT, 4), *to = text;
    for (uint32_t i = 0; i < COUNT; i++)
        to += utf8_put(0x4e00 + i, to);
    const char *const *grams;
    assert_int_equal(text_bigrams(&call, text, 3000, &grams), 3000);
    assert_int_equal(text_bigrams(&call, text, 100000, &grams), COUNT - 1);
    free(text);
}

static void test_utf8_is_judged_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len, sound;
    } cases[] = {
        {"abcdefghijklmno", 15, 15},
        {"あいうえお", 15, 15},
        {"\xf0\x9f\x9a\xa8", 4, 4},
        {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10, 10},
        {"abcdefgh\0i", 10, 8},
        {"ab\0", 3, 2},
        {"a\x80", 2, 1},
        {"\xc0\x80", 2, 0},         // overlong NUL
        {"\xc1\xbf", 2, 0},         // overlong
        {"\xe0\x9f\xbf", 3, 0},     // overlong
        {"\xf0\x8f\xbf\xbf", 4, 0}, // overlong
        {"\xed\xa0\x80", 3, 0},     // surrogate
        {"\xf4\x90\x80\x80", 4, 0}, // above U+10FFFF
        {"\xfe", 1, 0},
        {"a\xe3\x81", 3, 1}, // cut off
        {"\xe3\x81 ", 3, 0},
        {"\xf0\x9f\x9a", 3, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(utf8_sound(cases[i].text, cases[i].len), cases[i].sound);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_searcher_means_is_one_form),
        TEST(test_folding_twice_changes_nothing),
        TEST(test_bigrams_are_unique_and_stay_within_words),
        TEST(test_a_long_text_has_a_bounded_number_of_bigrams),
        TEST(test_utf8_is_judged_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
