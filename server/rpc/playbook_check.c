// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/playbook_check.h"

#include <string.h>

#include "server/codec/cacao.h"
#include "server/codec/deadlines_yaml.h"
#include "server/codec/shipped.h"
#include "server/codec/yaml_tree.h"
#include "server/domain/playbook.h"

struct telling {
    struct plan_check *check;
    const struct playbook_problem *problem;
    const Sokuo__V1__PlaybookStep *step, *other;
    const char *no;
};

static struct plan_mark where(const struct telling *t, const char *key)
{
    return plan_where(&t->check->source, t->problem->step, key, t->problem->item);
}

static struct plan_mark where_option(const struct telling *t, const char *key)
{
    return plan_where_option(&t->check->source, t->problem->step, t->problem->option, key);
}

static void tell_order(const struct telling *t)
{
    struct plan_faults *faults = &t->check->faults;
    switch ((int)t->problem->kind) {
    case PLAN_DUPLICATE_NUMBER:
        plan_fault(faults, where(t, "no"), "DUPLICATE_NUMBER",
                   "手順番号「%s」が2度あります。別の番号にしてください。",
                   "Number \"%s\" is there twice. Choose another.", t->no);
        break;
    case PLAN_MISSING_PREDECESSOR:
        plan_fault(faults, where(t, "after"), "MISSING_PREDECESSOR",
                   "手順%sの先行「%s」がありません。番号を直すか、afterから消してください。",
                   "Step %s comes after \"%s\", which is not there. Correct the number or remove it.", t->no,
                   t->step->after[t->problem->item]);
        break;
    case PLAN_CYCLE:
        plan_fault(faults, where(t, "after"), "CYCLE",
                   "手順%sは、たどると自分自身を待っています(次は手順%s)。どれかのafterを消してください。",
                   "Step %s waits, in a circle, for itself (next: step %s). Remove one of the \"after\".",
                   t->no, t->other->no);
        break;
    case PLAN_UNREACHABLE:
        plan_fault(
            faults, where(t, ""), "UNREACHABLE",
            "手順%sは決して始まりません(手順%sのため)。先行か、判断で閉じる手順を見直してください。",
            "Step %s can never begin (because of step %s). Look at its predecessors and at what closes it.",
            t->no, t->other->no);
        break;
    case PLAN_TARGET_BACKWARDS:
        plan_fault(faults, where(t, "target"), "TARGET_BACKWARDS",
                   "手順%sの目標(%d分)が、先行の手順%s(%d分)より早くなっています。",
                   "Step %s is due (%d min) before step %s, which comes first (%d min).", t->no,
                   t->step->target_min, t->other->no, t->other->target_min);
        break;
    default:
        break;
    }
}

static void tell_decision(const struct telling *t)
{
    struct plan_faults *faults = &t->check->faults;
    switch ((int)t->problem->kind) {
    case PLAN_NO_DEFAULT:
        plan_fault(
            faults, where(t, "decision"), "NO_DEFAULT",
            "手順%sの判断に既定(default)がありません。誰も決められないときに採る、安全な方を書いてください。",
            "The decision of step %s has no default. Name the cautious option, for when nobody can decide.",
            t->no);
        break;
    case PLAN_UNKNOWN_DEFAULT:
        plan_fault(faults, where(t, "decision"), "UNKNOWN_DEFAULT",
                   "手順%sの既定「%s」は選択肢にありません。",
                   "The default of step %s, \"%s\", is not among its options.", t->no,
                   t->step->decision->default_option);
        break;
    case PLAN_FEW_OPTIONS:
        plan_fault(faults, where(t, "decision"), "FEW_OPTIONS", "手順%sの判断には選択肢が2つ以上要ります。",
                   "The decision of step %s needs two options at least.", t->no);
        break;
    case PLAN_DUPLICATE_OPTION:
        plan_fault(faults, where_option(t, "id"), "DUPLICATE_OPTION",
                   "手順%sに同じ記号の選択肢が2つあります。", "Step %s has two options with the same id.",
                   t->no);
        break;
    default:
        break;
    }
}

static void tell_option(const struct telling *t)
{
    struct plan_faults *faults = &t->check->faults;
    const Sokuo__V1__PlaybookOption *option = t->step->decision->options[t->problem->option];
    switch ((int)t->problem->kind) {
    case PLAN_UNKNOWN_CLOSES:
        plan_fault(faults, where_option(t, "closes"), "UNKNOWN_STEP",
                   "手順%sの選択肢が閉じる手順「%s」がありません。",
                   "An option of step %s closes \"%s\", which is not there.", t->no,
                   option->closes[t->problem->item]);
        break;
    case PLAN_CLOSES_EARLIER:
        plan_fault(
            faults, where_option(t, "closes"), "CLOSES_EARLIER",
            "手順%sの選択肢が、それより前の手順%sを閉じています。済んだ手順は閉じられません。",
            "An option of step %s closes step %s, which comes before it. What is done cannot be closed.",
            t->no, t->other->no);
        break;
    case PLAN_UNKNOWN_PLAN:
        plan_fault(faults, where_option(t, "adds"), "UNKNOWN_PLAN",
                   "手順%sの選択肢が追加する計画「%s」がありません。",
                   "An option of step %s adds plan \"%s\", which is not there.", t->no,
                   option->adds[t->problem->item]);
        break;
    default:
        break;
    }
}

static void tell_duty(const struct telling *t)
{
    struct plan_faults *faults = &t->check->faults;
    if (t->problem->kind == PLAN_NO_RECEIVER)
        plan_fault(faults, where(t, "notice"), "NO_RECEIVER", "手順%sの通知に宛先(to)がありません。",
                   "The notice of step %s names no receiver (to).", t->no);
    else
        plan_fault(
            faults, where(t, "role"), "NO_DEPUTY",
            "手順%sの担当には代行者を置けません。判断・対外通知・先行実施は、職に付く役割にしてください。",
            "Nobody can stand in for the role of step %s. Decisions, notices and acting ahead of approval "
            "need "
            "a duty that a post holds.",
            t->no);
}

static void tell(struct plan_check *check, const struct playbook_problem *problem)
{
    Sokuo__V1__PlaybookStep *const *steps = check->source.playbook->steps;
    struct telling t = {check, problem, steps[problem->step], steps[problem->other],
                        steps[problem->step]->no};
    if (problem->kind <= PLAN_TARGET_BACKWARDS)
        tell_order(&t);
    else if (problem->kind <= PLAN_DUPLICATE_OPTION)
        tell_decision(&t);
    else if (problem->kind <= PLAN_UNKNOWN_PLAN)
        tell_option(&t);
    else
        tell_duty(&t);
}

// A notice's deadline is a rule of the pack that ships.
static void check_deadlines(struct call *c, struct plan_check *check)
{
    const Sokuo__V1__Playbook *plan = check->source.playbook;
    struct deadline_pack pack;
    deadlines_shipped(c, &pack);
    for (size_t i = 0; i < plan->n_steps; i++) {
        const Sokuo__V1__PlaybookNotice *notice = plan->steps[i]->notice;
        if (notice && *notice->deadline && !deadline_is_in(&pack, notice->deadline))
            plan_fault(&check->faults, plan_where(&check->source, i, "notice", 0), "UNKNOWN_DEADLINE",
                       "手順%sの期限「%s」は、期限の規則(rules/deadlines)にありません。",
                       "Step %s: \"%s\" is not among the rules of deadlines (rules/deadlines).",
                       plan->steps[i]->no, notice->deadline);
    }
}

// What decisions may add: the given ones, those that ship, the plan itself.
static size_t codes_join(struct call *c, const char *const *codes, size_t count,
                         const Sokuo__V1__Playbook *plan, const char ***ret)
{
    size_t shipped = 0, n = 0;
    while (shipped_files[shipped].name)
        shipped++;
    *ret = call_alloc(c, (count + shipped + 1) * sizeof **ret);
    for (size_t i = 0; i < count; i++)
        (*ret)[n++] = codes[i];
    for (size_t i = 0; i < shipped; i++) {
        if (shipped_files[i].is_plan)
            (*ret)[n++] = shipped_files[i].name;
    }
    (*ret)[n++] = plan->code;
    return n;
}

void plan_check(struct call *c, const void *data, size_t len, const char *file, const char *const *codes,
                size_t code_count, struct plan_check *ret)
{
    *ret = (struct plan_check){0};
    plan_faults_begin(&ret->faults, c, file);
    playbook_yaml_read(c, data, len, &ret->faults, &ret->source);
    const Sokuo__V1__Playbook *plan = ret->source.playbook;
    if (plan) {
        const char **known;
        size_t count = codes_join(c, codes, code_count, plan, &known);
        struct playbook_problem *problems = call_alloc(c, PLAYBOOK_PROBLEMS_MOST * sizeof *problems);
        size_t found =
            playbook_judge(plan->steps, plan->n_steps, known, count, problems, PLAYBOOK_PROBLEMS_MOST);
        for (size_t i = 0; i < found; i++)
            tell(ret, &problems[i]);
        check_deadlines(c, ret);
    }
    plan_faults_sort(&ret->faults);
    ret->is_sound = (plan || ret->source.is_pack) && ret->faults.grave == 0;
}

void plan_open(struct call *c, const void *data, size_t len, const char *const *codes, size_t code_count,
               struct plan_sent *ret)
{
    *ret = (struct plan_sent){.yaml = data, .yaml_len = len};
    if (cacao_looks_like(data, len)) {
        struct buf yaml = buf_in(&c->arena);
        plan_faults_begin(&ret->check.faults, c, "");
        cacao_read(c, data, len, &ret->check.faults, &yaml);
        ret->original = data;
        ret->original_len = len;
        ret->yaml = buf_text(&yaml);
        ret->yaml_len = yaml.len;
        if (yaml.len == 0)
            return;
    }
    plan_check(c, ret->yaml, ret->yaml_len, "", codes, code_count, &ret->check);
}
