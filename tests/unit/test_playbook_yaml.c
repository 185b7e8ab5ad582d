// SPDX-License-Identifier: Apache-2.0
// Plans as authors write them, and as they should not.
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/codec/playbook_write.h"
#include "server/codec/playbook_yaml.h"
#include "server/codec/shipped.h"
#include "server/codec/yaml_tree.h"

// The program's own fragments stay out: these are the test's.
static const char fragment[] =
    "fragment: F-END\norigin: close\nsteps:\n"
    "  - {no: K1, phase: close, target: 0m, role: ciso, after: [END], text: {ja: 終, en: end}}\n"
    "  - {no: K2, phase: review, target: 7d, role: ciso, after: [K1], text: {ja: 会, en: meet}}\n";
const struct shipped_file shipped_files[] = {{"F-END", "F-END.yaml", fragment, sizeof fragment - 1, false},
                                             {0}};

const struct shipped_file *shipped_find(const char *name)
{
    return strcmp(name, "F-END") == 0 ? &shipped_files[0] : NULL;
}

static struct call call;
static struct plan_faults faults;
static struct plan_source source;

static int begin(void **state)
{
    (void)state;
    call_begin(&call, NULL, (size_t)64 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    call_end(&call);
    return 0;
}

static void read_bytes(const void *data, size_t len)
{
    plan_faults_begin(&faults, &call, "");
    playbook_yaml_read(&call, data, len, &faults, &source);
    plan_faults_sort(&faults);
}

static void read_text(const char *text)
{
    read_bytes(text, strlen(text));
}

#define HEAD                                                                                            \
    "playbook: power_outage\ncode: PB-14\nversion: \"2026.1\"\ntitle: {ja: 停電, en: Power outage}\n" \
    "summary: {ja: 概要, en: Summary}\nthreat_groups: [5]\nseverity: {from: S2, to: S4}\n"
#define STEP(no, rest) \
    "  - {no: \"" no "\", phase: triage, target: 15m, role: facility, text: {ja: 文, en: text}" rest "}\n"

static void assert_fault(size_t i, const char *reason, int line, int column)
{
    if (i >= faults.count)
        fail_msg("only %zu faults", faults.count);
    assert_string_equal(faults.items[i]->reason, reason);
    assert_int_equal(faults.items[i]->line, line);
    assert_int_equal(faults.items[i]->column, column);
    assert_true(*faults.items[i]->message->ja && *faults.items[i]->message->en);
}

static void assert_one(const char *reason, int line, int column)
{
    assert_fault(0, reason, line, column);
    assert_int_equal(faults.count, 1);
}

static void test_a_plan_is_read_whole(void **state)
{
    (void)state;
    read_text(
        HEAD "incident_types: [power_outage]\nzones: [lgwan, ot_water]\ntriggers: [{ja: 停電, en: "
             "Outage}]\nsteps:\n"
             "  - no: \"01\"\n    phase: triage\n    target: -72h\n    role: facility\n"
             "    text: {ja: 残り時間, en: How long}\n    detail: {ja: 方法, en: How}\n"
             "    decision:\n      options:\n        - {id: enough, text: {ja: 足りる, en: Enough}}\n"
             "        - {id: short, text: {ja: 足りない, en: Short}, severity: S4, adds: [PB-20], closes: "
             "[\"02\"]}\n"
             "      default: short\n      timeout: 10m\n"
             "    notice: {to: {ja: 県, en: Prefecture}, deadline: R5}\n    evidence: true\n    ratify: 24h\n"
             "    each: every_section\n    merge: notice.prefecture.first\n    call: [siso, ciso]\n"
             "  - {no: 02, phase: close, target: 3d, role: ism, after: 01, text: {ja: no, en: no}}\n");
    assert_int_equal(faults.count, 0);
    const Sokuo__V1__Playbook *plan = source.playbook;
    assert_string_equal(plan->code, "PB-14");
    assert_string_equal(plan->title->ja, "停電");
    assert_int_equal(plan->severity_to, SOKUO__V1__SEVERITY__SEVERITY_S4);
    assert_int_equal(plan->n_zones, 2);
    assert_int_equal(plan->zones[1], SOKUO__V1__NETWORK_ZONE__NETWORK_ZONE_OT_WATER);
    assert_int_equal(plan->review_months, 12);
    assert_int_equal(plan->n_steps, 2);
    const Sokuo__V1__PlaybookStep *step = plan->steps[0];
    assert_int_equal(step->target_min, -72 * 60);
    assert_int_equal(step->ratify_min, 1440);
    assert_int_equal(step->decision->timeout_min, 10);
    assert_string_equal(step->decision->options[1]->closes[0], "02");
    assert_string_equal(step->notice->deadline, "R5");
    assert_int_equal(step->fan_out, SOKUO__V1__FAN_OUT__FAN_OUT_EVERY_SECTION);
    assert_int_equal(step->n_call, 2);
    assert_string_equal(plan->steps[1]->after[0], "01");
    assert_string_equal(plan->steps[1]->text->en, "no");
}

static void test_keys_may_be_japanese(void **state)
{
    (void)state;
    read_text("計画: a\n計画番号: PB-99\n版: 1\n名称: {日本語: 名, 英語: Name}\n概要: {ja: 概, en: "
              "S}\n脅威群: [1]\n"
              "重大度: {下限: S1, 上限: S2}\n断片: [F-END]\n手順:\n"
              "  - {番号: 01, 段階: detect, 目標: 0m, 担当: staff, 本文: {ja: 文, en: t}}\n");
    assert_int_equal(faults.count, 0);
    assert_string_equal(source.playbook->title->en, "Name");
    assert_int_equal(source.playbook->n_steps, 3);
}

static void test_a_fragment_is_expanded_and_its_end_is_where_the_plan_ends(void **state)
{
    (void)state;
    read_text(HEAD "fragments: [F-END]\nsteps:\n" STEP("01", "") STEP("02", ", after: [\"01\"]")
                  STEP("03", ", after: [\"01\"]"));
    assert_int_equal(faults.count, 0);
    assert_int_equal(source.playbook->n_steps, 5);
    const Sokuo__V1__PlaybookStep *first = source.playbook->steps[3];
    assert_string_equal(first->fragment, "F-END");
    assert_int_equal(first->origin, SOKUO__V1__TARGET_ORIGIN__TARGET_ORIGIN_CLOSE);
    assert_int_equal(first->n_after, 2);
    assert_string_equal(first->after[0], "02");
    assert_string_equal(first->after[1], "03");
    read_text(HEAD "fragments: [F-NO]\nsteps:\n" STEP("01", ""));
    assert_one("UNKNOWN_FRAGMENT", 8, 13);
}

static void test_every_fault_is_told_with_its_place(void **state)
{
    (void)state;
    read_text(HEAD
              "steps:\n"
              "  - {no: \"01\", phase: triag, target: 15, role: facilty, text: {ja: 文, en: t}}\n"
              "  - {no: \"2\", phase: triage, target: 15m, rolle: poc, text: {ja: 文}, evidence: yes}\n");
    assert_fault(0, "UNKNOWN_WORD", 9, 23);
    assert_non_null(strstr(faults.items[0]->message->en, "\"triage\"?"));
    assert_fault(1, "BAD_TIME", 9, 38);
    assert_fault(2, "UNKNOWN_ROLE", 9, 48);
    assert_non_null(strstr(faults.items[2]->message->ja, "「facility」ですか"));
    assert_fault(3, "MISSING_FIELD", 10, 5);
    assert_fault(4, "BAD_STEP_NUMBER", 10, 10);
    assert_fault(5, "UNKNOWN_KEY", 10, 43);
    assert_non_null(strstr(faults.items[5]->message->en, "\"role\"?"));
    assert_fault(6, "MISSING_TRANSLATION", 10, 61);
    assert_true(faults.items[6]->warning);
    assert_fault(7, "BAD_FLAG", 10, 80);
    assert_int_equal(faults.count, 8);
    assert_int_equal(faults.grave, 7);
}

static void test_columns_count_characters(void **state)
{
    (void)state;
    read_text("title: {日本語: 停電の計画, 違う: x}\n");
    bool is_found = false;
    for (size_t i = 0; i < faults.count; i++)
        is_found = is_found ||
                   (strcmp(faults.items[i]->reason, "UNKNOWN_KEY") == 0 && faults.items[i]->column == 21);
    assert_true(is_found);
}

static void test_what_yaml_can_but_plans_may_not(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
        int line, column;
    } cases[] = {
        {"a: &x 1\n", "ANCHOR", 1, 4},
        {"a: *x\n", "ALIAS", 1, 4},
        {"a: !!str 1\n", "TAG", 1, 4},
        {"a: !x 1\n", "TAG", 1, 4},
        {"%YAML 1.1\n---\na: 1\n", "DIRECTIVE", 1, 1},
        {"<<: {a: 1}\n", "MERGE_KEY", 1, 1},
        {"a: 1\n---\nb: 2\n", "TWO_DOCUMENTS", 2, 1},
        {"a: 1\na: 2\n", "UNKNOWN_KEY", 1, 1},
        {"code: X\ncode: Y\n", "DUPLICATE_KEY", 2, 1},
        {"[[[[[[[[[[[[[[[[[[[[[[", "TOO_DEEP", 1, 17},
        {"a: [1, 2\n", "YAML", 2, 1},
        {"a: b: c\n", "YAML", 1, 5},
        {"a:\n\t- b\n", "YAML", 2, 1},
        {"code: \"\\u0007\"\n", "CONTROL_CHARACTER", 1, 7},
        {"code: a\x01\n", "CONTROL_CHARACTER", 1, 8},
        {"code: a\xe2\x80\xae\n", "CONTROL_CHARACTER", 1, 8},
        {"code: \"a\\u202e\"\n", "CONTROL_CHARACTER", 1, 7},
        {"", "NO_PLAN", 1, 1},
        {"- a\n", "NO_PLAN", 1, 1},
        {"# only a comment\n", "NO_PLAN", 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_found = false;
        read_text(cases[i].text);
        for (size_t k = 0; k < faults.count; k++)
            is_found = is_found ||
                       (strcmp(faults.items[k]->reason, cases[i].reason) == 0 &&
                        faults.items[k]->line == cases[i].line && faults.items[k]->column == cases[i].column);
        if (!is_found) {
            for (size_t k = 0; k < faults.count; k++)
                print_message("%d:%d %s\n", faults.items[k]->line, faults.items[k]->column,
                              faults.items[k]->reason);
            fail_msg("case %zu: %s", i, cases[i].text);
        }
    }
}

static void test_other_encodings_are_named(void **state)
{
    (void)state;
    read_bytes("title: \x92\xe2\x93\x64\n", 12); // 停電 in CP932
    assert_one("ENCODING", 1, 8);
    assert_non_null(strstr(faults.items[0]->message->ja, "Shift_JIS"));
    read_bytes("\xff\xfe"
               "a\0:\0",
               6);
    assert_one("ENCODING", 1, 1);
    assert_non_null(strstr(faults.items[0]->message->en, "UTF-16"));
    read_bytes("a: b\0c\n", 7);
    assert_one("CONTROL_CHARACTER", 1, 5);
}

static void test_a_mark_at_the_beginning_is_welcome(void **state)
{
    (void)state;
    read_text("\xef\xbb\xbf" HEAD "steps:\n" STEP("01", ""));
    assert_int_equal(faults.count, 0);
}

static void test_hostile_html_stays_text(void **state)
{
    (void)state;
    read_text(HEAD "steps:\n  - {no: \"01\", phase: triage, target: 1m, role: poc, text: {ja: "
                   "\"<script>alert(1)</script>\", "
                   "en: \"<img src=x onerror=alert(1)>\"}}\n");
    assert_int_equal(faults.count, 0);
    assert_string_equal(source.playbook->steps[0]->text->ja, "<script>alert(1)</script>");
}

static void test_large_plans_cost_little(void **state)
{
    (void)state;
    char *large = malloc((size_t)1 << 20);
    memset(large, 'a', (size_t)1 << 20);
    read_bytes(large, (size_t)1 << 20);
    assert_one("TOO_LARGE", 1, 1);

    size_t len = (size_t)sprintf(large, "steps: [");
    for (int i = 0; i < 80000; i++)
        len += (size_t)sprintf(large + len, "{},");
    read_bytes(large, len);
    assert_int_equal(faults.count, PLAN_FAULTS_MOST);
    assert_true(call.arena.used < (size_t)48 << 20);

    len = (size_t)sprintf(large, "steps:\n");
    for (int i = 0; i < 5000; i++)
        len += (size_t)sprintf(large + len, "- no: \"%05d\"\n  after: [\"%05d\"]\n", i, (i + 1) % 5000);
    read_bytes(large, len);
    assert_int_equal(source.playbook->n_steps, PLAN_STEPS_MOST);
    assert_int_equal(faults.count, PLAN_FAULTS_MOST);
    assert_string_equal(faults.items[PLAN_FAULTS_MOST - 1]->reason, "MORE");
    free(large);
}

static void test_numbers_and_addresses_are_blacked_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"電話 0120-345-678 へ", "電話 ■■■ へ"},
        {"(03) 1234-5678", "■■■"},
        {"+81 3 1234 5678。", "■■■。"},
        {"内線2345か内線 12", "■■■か■■■"},
        {"a.b@city.example.jp まで", "■■■ まで"},
        {"https://example.jp/a?b に", "■■■ に"},
        {"10.1.2.3と2001:db8::1", "■■■と■■■"},
        {"電話 ０１２０－３４５－６７８ へ", "電話 ■■■ へ"},
        {"（０３）１２３４‐５６７８、090ー1234ー5678", "■■■、■■■"},
        {"内線２３４５と内線　１２", "■■■と■■■"},
        {"ａ．ｂ＠ｃｉｔｙ．ｅｘａｍｐｌｅ．ｊｐ と １０．１．２．３", "■■■ と ■■■"},
        {"第２報を２４時間以内に、サーバーは１０台まで", "第２報を２４時間以内に、サーバーは１０台まで"},
        {"119番、72時間、2026-04-01、PB-01、24h", "119番、72時間、2026-04-01、PB-01、24h"},
        {"Wi-Fi, e.g. 3.5 GHz: off", "Wi-Fi, e.g. 3.5 GHz: off"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(playbook_blacken(&call, cases[i][0]), cases[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_plan_is_read_whole, begin, end),
        cmocka_unit_test_setup_teardown(test_keys_may_be_japanese, begin, end),
        cmocka_unit_test_setup_teardown(test_a_fragment_is_expanded_and_its_end_is_where_the_plan_ends, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_every_fault_is_told_with_its_place, begin, end),
        cmocka_unit_test_setup_teardown(test_columns_count_characters, begin, end),
        cmocka_unit_test_setup_teardown(test_what_yaml_can_but_plans_may_not, begin, end),
        cmocka_unit_test_setup_teardown(test_other_encodings_are_named, begin, end),
        cmocka_unit_test_setup_teardown(test_a_mark_at_the_beginning_is_welcome, begin, end),
        cmocka_unit_test_setup_teardown(test_hostile_html_stays_text, begin, end),
        cmocka_unit_test_setup_teardown(test_numbers_and_addresses_are_blacked_out, begin, end),
        cmocka_unit_test_setup_teardown(test_large_plans_cost_little, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
