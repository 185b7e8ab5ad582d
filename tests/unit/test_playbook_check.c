// SPDX-License-Identifier: Apache-2.0
// The plans as they ship, and what the steps of a plan may not do to each other.
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/codec/shipped.h"
#include "server/domain/playbook.h"
#include "server/rpc/playbook_check.h"

static struct call call;
static struct plan_check check;

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

static const char *checked; // the text

static void check_text(const char *text)
{
    checked = text;
    plan_check(&call, text, strlen(text), "", NULL, 0, &check);
}

// Column, in characters, of a word in a line.
static int column_of(int line, const char *word)
{
    const char *at = checked;
    for (int i = 1; i < line; i++)
        at = strchr(at, '\n') + 1;
    const char *found = strstr(at, word);
    assert_non_null(found);
    int column = 1;
    for (; at < found; at++)
        column += (*at & 0xc0) != 0x80;
    return column;
}

// Whether the fault is told where the word stands.
static bool is_told(const char *reason, int line, const char *word)
{
    int column = column_of(line, word);
    for (size_t i = 0; i < check.faults.count; i++) {
        const Sokuo__V1__PlaybookFault *fault = check.faults.items[i];
        if (strcmp(fault->reason, reason) == 0 && fault->line == line && fault->column == column)
            return true;
    }
    for (size_t i = 0; i < check.faults.count; i++)
        print_message("%d:%d %s %s\n", check.faults.items[i]->line, check.faults.items[i]->column,
                      check.faults.items[i]->reason, check.faults.items[i]->message->en);
    return false;
}

#define HEAD                                                                                            \
    "playbook: x\ncode: PB-99\nversion: \"1\"\ntitle: {ja: 名, en: Name}\nsummary: {ja: 概, en: S}\n" \
    "threat_groups: [5]\nseverity: {from: S2, to: S4}\nsteps:\n"
#define STEP(no, rest) "  - {no: \"" no "\", phase: triage, text: {ja: 文, en: t}, " rest "}\n"
#define POC "target: 15m, role: poc"

static void test_all_that_ships_is_sound(void **state)
{
    (void)state;
    int plans = 0, fragments = 0, packs = 0;
    for (const struct shipped_file *file = shipped_files; file->name; file++) {
        plan_check(&call, file->data, file->len, file->file, NULL, 0, &check);
        for (size_t i = 0; i < check.faults.count; i++)
            print_message("%s:%d:%d %s\n", file->file, check.faults.items[i]->line,
                          check.faults.items[i]->column, check.faults.items[i]->message->en);
        assert_int_equal(check.faults.count, 0);
        packs += check.source.is_pack;
        if (check.source.is_pack)
            continue;
        assert_string_equal(file->is_plan ? check.source.playbook->code : check.source.playbook->id,
                            file->name);
        plans += file->is_plan;
        fragments += !file->is_plan;
    }
    assert_int_equal(plans, 22);
    assert_int_equal(fragments, 3);
    assert_int_equal(packs, 1);
}

static void test_steps_that_cannot_follow_each_other(void **state)
{
    (void)state;
    check_text(HEAD STEP("01", POC) STEP("02", POC ", after: [\"01\", \"09\"]") STEP("02", POC));
    assert_true(is_told("MISSING_PREDECESSOR", 10, "\"09\""));
    assert_true(is_told("DUPLICATE_NUMBER", 11, "\"02\""));
    check_text(HEAD STEP("01", "target: 30m, role: poc")
                   STEP("02", "target: 15m, role: poc, after: [\"01\"]"));
    assert_true(is_told("TARGET_BACKWARDS", 10, "15m"));
    check_text(HEAD STEP("01", POC ", after: [\"03\"]") STEP("02", POC ", after: [\"01\"]")
                   STEP("03", POC ", after: [\"02\"]") STEP("04", POC ", after: [\"03\"]")
                       STEP("05", POC ", after: [\"04\"]"));
    assert_true(is_told("CYCLE", 9, "\"03\""));
    assert_true(is_told("UNREACHABLE", 12, "{no"));
    assert_true(is_told("UNREACHABLE", 13, "{no"));
    assert_int_equal(check.faults.count, 3);
    check_text(HEAD STEP("01", POC ", after: [\"01\"]"));
    assert_true(is_told("CYCLE", 9, "\"01\"]"));
    assert_int_equal(check.faults.count, 1);
}

#define TWO(a, b) \
    ", decision: {options: [{id: a, text: {ja: 甲, en: A}" a "}, {id: b, text: {ja: 乙, en: B}" b "}]"

static void test_decisions_that_decide_nothing(void **state)
{
    (void)state;
    check_text(HEAD STEP("01", POC TWO("", "") "}"));
    assert_true(is_told("NO_DEFAULT", 9, "{options"));
    check_text(HEAD STEP("01", POC TWO("", "") ", default: c}"));
    assert_true(is_told("UNKNOWN_DEFAULT", 9, "{options"));
    check_text(HEAD STEP("01", POC TWO(", closes: [\"07\"]", ", adds: [PB-77, PB-01]") ", default: a}"));
    assert_true(is_told("UNKNOWN_STEP", 9, "[\"07\"]"));
    assert_true(is_told("UNKNOWN_PLAN", 9, "[PB-77"));
    assert_int_equal(check.faults.count, 2);
    check_text(HEAD STEP("01", POC)
                   STEP("02", POC ", after: [\"01\"]" TWO(", closes: [\"01\"]", "") ", default: a}"));
    assert_true(is_told("CLOSES_EARLIER", 10, "[\"01\"]}, {id: b"));
    check_text(HEAD STEP("01", POC TWO(", closes: [\"02\"]", ", closes: [\"02\"]") ", default: a}")
                   STEP("02", POC));
    assert_true(is_told("UNREACHABLE", 10, "{no"));
}

static void test_what_nobody_could_do_for_somebody_else(void **state)
{
    (void)state;
    check_text(HEAD STEP("01", "target: 1m, role: staff, ratify: 24h"));
    assert_true(is_told("NO_DEPUTY", 9, "staff"));
    check_text(HEAD STEP("01", "target: 1m, role: admin"));
    assert_true(is_told("NO_DEPUTY", 9, "admin"));
    check_text(HEAD STEP("01", "target: 1m, role: staff, evidence: true"));
    assert_int_equal(check.faults.count, 0);
    assert_true(check.is_sound);
    check_text(HEAD STEP("01", POC ", notice: {to: {ja: 県, en: P}, deadline: R99}"));
    assert_true(is_told("UNKNOWN_DEADLINE", 9, "{to"));
    check_text(HEAD STEP("01", POC ", notice: {deadline: R5}"));
    assert_true(is_told("NO_RECEIVER", 9, "{deadline"));
    assert_false(check.is_sound);
}

static void test_rules_of_deadlines_are_in_order(void **state)
{
    (void)state;
    static const char head[] =
        "pack: deadlines\nversion: 1\nvalid_from: 2026-04-01\ntitle: {ja: 期, en: D}\nrules:\n";
    static const char rule[] =
        "  - {id: R1, to: {ja: 県, en: P}, trigger: {ja: 事, en: A}, from: t0, soft: 3d, hard: 5d}\n";
    check_text(call_printf(&call, "%s%s", head, rule));
    assert_int_equal(check.faults.count, 0);
    check_text(call_printf(&call, "%s%s%s", head, rule, rule));
    assert_true(is_told("DUPLICATE_NUMBER", 7, "{id"));
    check_text(call_printf(
        &call,
        "%s  - {id: R1, to: {ja: 県, en: P}, trigger: {ja: 事, en: A}, from: T1, soft: 3d, hard: 1d}\n",
        head));
    assert_true(is_told("TARGET_BACKWARDS", 6, "{id"));
    assert_true(is_told("UNKNOWN_WORD", 6, "{id") || is_told("BAD_WORD", 6, "T1"));
}

static void test_a_plan_without_english_may_be_approved(void **state)
{
    (void)state;
    check_text(HEAD "  - {no: \"01\", phase: triage, target: 1m, role: poc, text: {ja: 文}}\n");
    assert_true(is_told("MISSING_TRANSLATION", 9, "{ja"));
    assert_true(check.is_sound);
}

static const Sokuo__V1__RevisionAct acts[] = {REVISION_ACT(SUBMIT), REVISION_ACT(APPROVE),
                                              REVISION_ACT(RETURN), REVISION_ACT(WITHDRAW)};

static void test_nobody_approves_what_he_wrote(void **state)
{
    (void)state;
    const struct revision_move *approve = revision_move_find(REVISION_ACT(APPROVE), REVISION_STATE(REVIEW));
    assert_false(revision_move_permitted(approve, ROLE_BIT(CISO), true));
    assert_true(revision_move_permitted(approve, ROLE_BIT(CISO), false));
    assert_true(revision_move_permitted(approve, ROLE_BIT(SISO), false));
    assert_false(revision_move_permitted(approve, ROLE_BIT(CSIRT_LEAD) | ROLE_BIT(ADMIN), false));
    assert_null(revision_move_find(REVISION_ACT(APPROVE), REVISION_STATE(DRAFT)));
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        assert_null(revision_move_find((int)acts[i], REVISION_STATE(WITHDRAWN)));
    const struct revision_move *back = revision_move_find(REVISION_ACT(RETURN), REVISION_STATE(REVIEW));
    assert_true(back->needs_reason && revision_move_permitted(back, ROLE_BIT(HANDLER), true));
    assert_false(revision_move_permitted(back, ROLE_BIT(HANDLER), false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_that_ships_is_sound, begin, end),
        cmocka_unit_test_setup_teardown(test_steps_that_cannot_follow_each_other, begin, end),
        cmocka_unit_test_setup_teardown(test_decisions_that_decide_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_what_nobody_could_do_for_somebody_else, begin, end),
        cmocka_unit_test_setup_teardown(test_rules_of_deadlines_are_in_order, begin, end),
        cmocka_unit_test_setup_teardown(test_a_plan_without_english_may_be_approved, begin, end),
        cmocka_unit_test(test_nobody_approves_what_he_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
