// SPDX-License-Identifier: Apache-2.0
#include "server/codec/playbook_yaml.h"

#include <ctype.h>
#include <string.h>

#include "server/codec/deadlines_yaml.h"
#include "server/codec/playbook_fields.h"
#include "server/codec/shipped.h"
#include "server/codec/yaml_tree.h"

// Parts of initializers, which parentheses would break. NOLINTBEGIN(bugprone-macro-parentheses)
#define AT(type, field) .at = offsetof(Sokuo__V1__##type, field)
#define LIST_AT(type, field) AT(type, field), .count_at = offsetof(Sokuo__V1__##type, n_##field)
#define WORDS_OF(name) .words = &sokuo__v1__##name##__descriptor
#define MESSAGE(name) .message = &sokuo__v1__##name##__descriptor
// NOLINTEND(bugprone-macro-parentheses)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct field option_fields[] = {
    {"id", "記号", FIELD_LINE, AT(PlaybookOption, id), .is_required = true, .pattern = "word"},
    {"text", "本文", FIELD_LINE_WORDS, AT(PlaybookOption, text), .is_required = true, .most = 60},
    {"severity", "重大度", FIELD_WORD, AT(PlaybookOption, severity), WORDS_OF(severity)},
    {"adds", "追加", FIELD_LINE_LIST, LIST_AT(PlaybookOption, adds), .most = 10, .pattern = "code"},
    {"closes", "閉じる", FIELD_LINE_LIST, LIST_AT(PlaybookOption, closes), .most = 50},
};
static const struct shape option_shape = {"options", option_fields, COUNT(option_fields),
                                          MESSAGE(playbook_option)};

static const struct field decision_fields[] = {
    {"question", "問い", FIELD_LINE_WORDS, AT(PlaybookDecision, question), .most = 200},
    {"options", "選択肢", FIELD_MAP_LIST, LIST_AT(PlaybookDecision, options), .is_required = true,
     .most = PLAN_OPTIONS_MOST, .shape = &option_shape},
    {"default", "既定", FIELD_LINE, AT(PlaybookDecision, default_option), .pattern = "word"},
    {"timeout", "時間切れ", FIELD_MINUTES, AT(PlaybookDecision, timeout_min)},
};
static const struct shape decision_shape = {"decision", decision_fields, COUNT(decision_fields),
                                            MESSAGE(playbook_decision)};

static const struct field notice_fields[] = {
    {"to", "宛先", FIELD_LINE_WORDS, AT(PlaybookNotice, to), .most = 200},
    {"deadline", "期限", FIELD_LINE, AT(PlaybookNotice, deadline), .pattern = "code"},
};
static const struct shape notice_shape = {"notice", notice_fields, COUNT(notice_fields),
                                          MESSAGE(playbook_notice)};

static const struct field step_fields[] = {
    {"no", "番号", FIELD_LINE, AT(PlaybookStep, no), .is_required = true, .most = 5},
    {"phase", "段階", FIELD_WORD, AT(PlaybookStep, phase), .is_required = true, WORDS_OF(phase)},
    {"target", "目標", FIELD_MINUTES, AT(PlaybookStep, target_min), .is_required = true, .least = INT32_MIN},
    {"role", "担当", FIELD_WORD, AT(PlaybookStep, role), .is_required = true, WORDS_OF(role)},
    {"after", "先行", FIELD_LINE_LIST, LIST_AT(PlaybookStep, after), .most = PLAN_AFTER_MOST},
    {"text", "本文", FIELD_LINE_WORDS, AT(PlaybookStep, text), .is_required = true, .most = 300},
    {"detail", "方法", FIELD_WORDS, AT(PlaybookStep, detail), .most = 1000},
    {"why", "理由", FIELD_WORDS, AT(PlaybookStep, why), .most = 500},
    {"decision", "判断", FIELD_MAP, AT(PlaybookStep, decision), .shape = &decision_shape},
    {"notice", "通知", FIELD_MAP, AT(PlaybookStep, notice), .shape = &notice_shape},
    {"evidence", "証拠", FIELD_FLAG, AT(PlaybookStep, evidence)},
    {"ratify", "事後承認", FIELD_MINUTES, AT(PlaybookStep, ratify_min)},
    {"each", "対象", FIELD_WORD, AT(PlaybookStep, fan_out), WORDS_OF(fan_out)},
    {"merge", "統合", FIELD_LINE, AT(PlaybookStep, merge_key), .pattern = "key"},
    {"call", "電話", FIELD_WORD_LIST, LIST_AT(PlaybookStep, call), .most = 10, WORDS_OF(role)},
};
static const struct shape step_shape = {"steps", step_fields, COUNT(step_fields), MESSAGE(playbook_step)};

static const struct field severity_fields[] = {
    {"from", "下限", FIELD_WORD, AT(Playbook, severity_from), .is_required = true, WORDS_OF(severity)},
    {"to", "上限", FIELD_WORD, AT(Playbook, severity_to), .is_required = true, WORDS_OF(severity)},
};
static const struct shape severity_shape = {"severity", severity_fields, COUNT(severity_fields), NULL};

static const struct field plan_fields[] = {
    {"playbook", "計画", FIELD_LINE, AT(Playbook, id), .is_required = true, .pattern = "word"},
    {"code", "計画番号", FIELD_LINE, AT(Playbook, code), .is_required = true, .pattern = "code"},
    {"version", "版", FIELD_LINE, AT(Playbook, version), .is_required = true, .most = 20},
    {"title", "名称", FIELD_LINE_WORDS, AT(Playbook, title), .is_required = true, .most = 60},
    {"summary", "概要", FIELD_WORDS, AT(Playbook, summary), .is_required = true, .most = 1000},
    {"threat_groups", "脅威群", FIELD_NUMBER_LIST, LIST_AT(Playbook, threat_groups), .is_required = true,
     .most = 5},
    {"incident_types", "事案種別", FIELD_WORD_LIST, LIST_AT(Playbook, incident_types), .most = 60,
     WORDS_OF(incident_type)},
    {"severity", "重大度", FIELD_INTO, .is_required = true, .shape = &severity_shape},
    {"zones", "区域", FIELD_WORD_LIST, LIST_AT(Playbook, zones), .most = 20, WORDS_OF(network_zone)},
    {"triggers", "発動のきっかけ", FIELD_WORDS_LIST, LIST_AT(Playbook, triggers), .most = 30},
    {"parallel", "並行", FIELD_WORDS_LIST, LIST_AT(Playbook, parallel), .most = 30},
    {"evidence", "証拠", FIELD_WORDS_LIST, LIST_AT(Playbook, evidence), .most = 30},
    {"notices", "対外連絡", FIELD_WORDS_LIST, LIST_AT(Playbook, notices), .most = 30},
    {"closing", "終結基準", FIELD_WORDS_LIST, LIST_AT(Playbook, closing), .most = 30},
    {"fragments", "断片", FIELD_LINE_LIST, LIST_AT(Playbook, fragments), .most = 10, .pattern = "code"},
    {"organs", "部局", FIELD_LINE_LIST, LIST_AT(Playbook, organs), .most = 50},
    {"review_months", "見直し月数", FIELD_NUMBER, AT(Playbook, review_months), .least = 1, .most = 60},
    {"steps", "手順", FIELD_MAP_LIST, LIST_AT(Playbook, steps), .is_required = true, .most = PLAN_STEPS_MOST,
     .shape = &step_shape},
};
static const struct shape plan_shape = {"playbook", plan_fields, COUNT(plan_fields), MESSAGE(playbook)};

// A fragment is read as a plan of which only these are said; version holds its origin for a moment.
static const struct field fragment_fields[] = {
    {"fragment", "断片", FIELD_LINE, AT(Playbook, id), .is_required = true, .pattern = "code"},
    {"origin", "起点", FIELD_LINE, AT(Playbook, version), .is_required = true, .most = 5},
    {"title", "名称", FIELD_LINE_WORDS, AT(Playbook, title), .most = 60},
    {"summary", "概要", FIELD_WORDS, AT(Playbook, summary), .most = 1000},
    {"steps", "手順", FIELD_MAP_LIST, LIST_AT(Playbook, steps), .is_required = true, .most = PLAN_STEPS_MOST,
     .shape = &step_shape},
};
static const struct shape fragment_shape = {"fragment", fragment_fields, COUNT(fragment_fields),
                                            MESSAGE(playbook)};

static void remember_steps(struct call *c, struct plan_source *source, const struct shape *shape)
{
    size_t count = source->playbook->n_steps;
    source->steps = call_alloc(c, (PLAN_STEPS_MOST + 1) * sizeof(void *));
    const struct tree_node *list = field_node(source->root, shape, "steps");
    const struct tree_node *at = list ? list->first : NULL;
    for (size_t i = 0; i < count && at; i++, at = at->next)
        source->steps[i] = at;
}

static bool number_is_own(const char *no)
{
    return isdigit((unsigned char)no[0]) && isdigit((unsigned char)no[1]) && no[2] == '\0';
}

static bool number_is_of_fragment(const char *no)
{
    return isupper((unsigned char)no[0]) && isdigit((unsigned char)no[1]) &&
           (no[2] == '\0' || (isdigit((unsigned char)no[2]) && no[3] == '\0'));
}

static void check_numbers(struct plan_source *source, struct plan_faults *faults)
{
    for (size_t i = 0; i < source->playbook->n_steps; i++) {
        const char *no = source->playbook->steps[i]->no;
        if (!*no || (source->is_fragment ? number_is_of_fragment(no) : number_is_own(no)))
            continue;
        plan_fault(faults, plan_where(source, i, "no", 0), "BAD_STEP_NUMBER",
                   source->is_fragment ? "断片の手順番号「%s」は、英大文字と数字(K1)で書いてください。"
                                       : "手順番号「%s」は、01から99までの2桁で書いてください。",
                   source->is_fragment ? "Number \"%s\": a fragment's steps are a capital and digits (K1)."
                                       : "Number \"%s\": a plan's own steps are 01 to 99, two digits.",
                   no);
    }
}

static void origin_set(struct plan_source *source, struct plan_faults *faults)
{
    Sokuo__V1__Playbook *plan = source->playbook;
    bool closes = strcmp(plan->version, "close") == 0;
    if (!closes && strcmp(plan->version, "start") != 0) {
        const struct tree_node *node = field_node(source->root, &fragment_shape, "origin");
        plan_fault(faults, node ? node->at : source->root->at, "UNKNOWN_WORD",
                   "「origin」は start か close で書いてください。", "Write \"origin\" as start or close.");
    }
    for (size_t i = 0; i < plan->n_steps; i++) {
        plan->steps[i]->origin = closes ? SOKUO__V1__TARGET_ORIGIN__TARGET_ORIGIN_CLOSE
                                        : SOKUO__V1__TARGET_ORIGIN__TARGET_ORIGIN_START;
        plan->steps[i]->fragment = plan->id;
    }
    plan->version = (char *)protobuf_c_empty_string;
}

static void read_map(struct call *c, const void *data, size_t len, struct plan_faults *faults,
                     struct plan_source *source)
{
    struct tree_node *root = yaml_tree_read(c, data, len, faults);
    *source = (struct plan_source){.root = root};
    if (!root || root->kind != TREE_MAP) {
        if (faults->grave == 0)
            plan_fault(faults, (struct plan_mark){1, 1}, "NO_PLAN",
                       "計画が書かれていません。「playbook: …」から書き始めてください。",
                       "There is no plan here. Begin with \"playbook: …\".");
        return;
    }
    struct deadline_pack pack;
    if (tree_get(root, "pack")) {
        source->is_pack = true;
        deadlines_read(c, root, faults, &pack);
        return;
    }
    // 断片 is what both call it: a plan has its own names besides.
    source->is_fragment = field_node(root, &fragment_shape, "fragment") &&
                          !field_node(root, &plan_shape, "playbook") &&
                          !field_node(root, &plan_shape, "code");
    const struct shape *shape = source->is_fragment ? &fragment_shape : &plan_shape;
    source->playbook = call_alloc(c, sizeof *source->playbook);
    sokuo__v1__playbook__init(source->playbook);
    fields_read(&(struct field_reader){c, faults}, root, shape, source->playbook);
    remember_steps(c, source, shape);
    check_numbers(source, faults);
    if (source->is_fragment)
        origin_set(source, faults);
}

// What F-CLOSE comes after: the plan's own steps of phase close; without one, those that nothing follows.
static bool is_followed(const Sokuo__V1__Playbook *plan, size_t own, const char *no)
{
    for (size_t i = 0; i < own; i++) {
        for (size_t k = 0; k < plan->steps[i]->n_after; k++) {
            if (strcmp(plan->steps[i]->after[k], no) == 0)
                return true;
        }
    }
    return false;
}

static size_t ends_find(const Sokuo__V1__Playbook *plan, size_t own, char **ends)
{
    size_t count = 0;
    for (size_t i = 0; i < own && count < PLAN_STEPS_MOST; i++) {
        if (plan->steps[i]->phase == SOKUO__V1__PHASE__PHASE_CLOSE)
            ends[count++] = plan->steps[i]->no;
    }
    bool has_close = count > 0;
    for (size_t i = 0; i < own && !has_close; i++) {
        if (!is_followed(plan, own, plan->steps[i]->no))
            ends[count++] = plan->steps[i]->no;
    }
    return count;
}

// Puts the ends in the place of END; of a fragment by itself END is left out.
static void end_resolve(struct call *c, Sokuo__V1__PlaybookStep *step, char **ends, size_t end_count)
{
    char **made = call_alloc(c, (step->n_after + end_count + 1) * sizeof *made);
    size_t count = 0;
    for (size_t i = 0; i < step->n_after; i++) {
        bool is_end = strcmp(step->after[i], "END") == 0;
        for (size_t k = 0; is_end && k < end_count; k++)
            made[count++] = ends[k];
        if (!is_end)
            made[count++] = step->after[i];
    }
    step->after = made;
    step->n_after = count;
}

static bool fragment_read(struct call *c, const char *name, struct plan_source *ret)
{
    const struct shipped_file *file = shipped_find(name);
    struct plan_faults quiet;
    if (!file || file->is_plan)
        return false;
    plan_faults_begin(&quiet, c, "");
    read_map(c, file->data, file->len, &quiet, ret);
    return ret->playbook && ret->is_fragment && quiet.grave == 0;
}

static void expand(struct call *c, struct plan_source *source, struct plan_faults *faults)
{
    Sokuo__V1__Playbook *plan = source->playbook;
    const struct tree_node *list = field_node(source->root, &plan_shape, "fragments");
    const struct tree_node *at = list && list->kind == TREE_LIST ? list->first : list;
    size_t own = plan->n_steps;
    char *ends[PLAN_STEPS_MOST + 1];
    size_t end_count = ends_find(plan, own, ends);
    Sokuo__V1__PlaybookStep **steps = call_alloc(c, (PLAN_STEPS_MOST + 1) * sizeof(void *));
    if (own > 0)
        memcpy(steps, plan->steps, own * sizeof(void *));
    plan->steps = steps;
    for (size_t i = 0; i < plan->n_fragments && at; i++, at = at->next) {
        struct plan_source fragment;
        if (!fragment_read(c, plan->fragments[i], &fragment)) {
            plan_fault(faults, at->at, "UNKNOWN_FRAGMENT", "断片「%s」はありません。",
                       "There is no fragment \"%s\".", plan->fragments[i]);
            continue;
        }
        for (size_t k = 0; k < fragment.playbook->n_steps && plan->n_steps < PLAN_STEPS_MOST; k++) {
            end_resolve(c, fragment.playbook->steps[k], ends, end_count);
            source->steps[plan->n_steps] = at;
            steps[plan->n_steps++] = fragment.playbook->steps[k];
        }
    }
}

void playbook_yaml_read(struct call *c, const void *data, size_t len, struct plan_faults *faults,
                        struct plan_source *ret_source)
{
    read_map(c, data, len, faults, ret_source);
    if (!ret_source->playbook)
        return;
    if (!ret_source->is_fragment) {
        if (ret_source->playbook->review_months == 0)
            ret_source->playbook->review_months = 12;
        expand(c, ret_source, faults);
        return;
    }
    for (size_t i = 0; i < ret_source->playbook->n_steps; i++)
        end_resolve(c, ret_source->playbook->steps[i], NULL, 0);
}

static const struct tree_node *item_of(const struct tree_node *node, size_t item)
{
    const struct tree_node *at = node->kind == TREE_LIST ? node->first : NULL;
    for (; at && item > 0; item--)
        at = at->next;
    return at ? at : node;
}

struct plan_mark plan_where(const struct plan_source *source, size_t step, const char *key, size_t item)
{
    const struct tree_node *node = source->steps[step];
    if (!node)
        return source->root->at;
    const struct tree_node *value = *key ? field_node(node, &step_shape, key) : NULL;
    return value ? item_of(value, item)->at : node->at;
}

struct plan_mark plan_where_option(const struct plan_source *source, size_t step, size_t option,
                                   const char *key)
{
    const struct tree_node *decision = field_node(source->steps[step], &step_shape, "decision");
    const struct tree_node *options = field_node(decision, &decision_shape, "options");
    if (!options)
        return plan_where(source, step, "decision", 0);
    const struct tree_node *node = item_of(options, option);
    const struct tree_node *value = *key ? field_node(node, &option_shape, key) : NULL;
    return value ? value->at : node->at;
}
