// SPDX-License-Identifier: Apache-2.0
#include "server/codec/deadlines_yaml.h"

#include <string.h>

#include "server/codec/playbook_fields.h"
#include "server/codec/shipped.h"

// A rule as far as it is looked at.
struct rule {
    char *id, *from;
    Sokuo__V1__Words *to, *trigger, *content, *form, *ground;
    protobuf_c_boolean promptly, confirm;
    int32_t soft, hard, final;
};

#define AT(field) offsetof(struct rule, field)
static const struct field rule_fields[] = {
    {"id", NULL, FIELD_LINE, AT(id), .is_required = true, .pattern = "code"},
    {"to", NULL, FIELD_LINE_WORDS, AT(to), .is_required = true, .most = 200},
    {"trigger", NULL, FIELD_WORDS, AT(trigger), .is_required = true, .most = 500},
    {"from", NULL, FIELD_LINE, AT(from), .is_required = true, .pattern = "word"},
    {"promptly", NULL, FIELD_FLAG, AT(promptly)},
    {"soft", NULL, FIELD_MINUTES, AT(soft)},
    {"hard", NULL, FIELD_MINUTES, AT(hard)},
    {"final", NULL, FIELD_MINUTES, AT(final)},
    {"cases", NULL, FIELD_ANY},
    {"content", NULL, FIELD_WORDS, AT(content), .most = 500},
    {"form", NULL, FIELD_WORDS, AT(form), .most = 500},
    {"ground", NULL, FIELD_WORDS, AT(ground), .most = 500},
    {"confirm", NULL, FIELD_FLAG, AT(confirm)},
};
static const struct shape rule_shape = {"rules", rule_fields, sizeof rule_fields / sizeof rule_fields[0],
                                        NULL};

static const struct field pack_fields[] = {
    {"pack", NULL, FIELD_ANY, .is_required = true},
    {"version", NULL, FIELD_ANY, .is_required = true},
    {"valid_from", NULL, FIELD_ANY, .is_required = true},
    {"title", NULL, FIELD_ANY, .is_required = true},
    {"counting", NULL, FIELD_ANY},
    {"clock", NULL, FIELD_ANY},
    {"rules", NULL, FIELD_ANY, .is_required = true},
};
static const struct shape pack_shape = {"pack", pack_fields, sizeof pack_fields / sizeof pack_fields[0],
                                        NULL};

bool deadline_is_in(const struct deadline_pack *pack, const char *id)
{
    for (size_t i = 0; i < pack->count; i++) {
        if (strcmp(pack->ids[i], id) == 0)
            return true;
    }
    return false;
}

static void rule_read(struct field_reader *r, const struct tree_node *node, struct deadline_pack *pack)
{
    struct rule rule = {.id = (char *)protobuf_c_empty_string, .from = (char *)protobuf_c_empty_string};
    fields_read(r, node, &rule_shape, &rule);
    if (strcmp(rule.from, "known_at") != 0 && strcmp(rule.from, "t0") != 0)
        plan_fault(r->faults, node->at, "UNKNOWN_WORD",
                   "規則「%s」のfromは known_at か t0 で書いてください。",
                   "Rule \"%s\": write \"from\" as known_at or t0.", rule.id);
    if ((rule.hard && rule.soft > rule.hard) || (rule.final && rule.hard > rule.final))
        plan_fault(r->faults, node->at, "TARGET_BACKWARDS",
                   "規則「%s」の期限が soft・hard・final の順になっていません。",
                   "Rule \"%s\": soft, hard and final are not in order.", rule.id);
    if (deadline_is_in(pack, rule.id))
        plan_fault(r->faults, node->at, "DUPLICATE_NUMBER", "規則「%s」が2度あります。",
                   "Rule \"%s\" is there twice.", rule.id);
    else
        pack->ids[pack->count++] = rule.id;
}

void deadlines_read(struct call *c, const struct tree_node *root, struct plan_faults *faults,
                    struct deadline_pack *ret_pack)
{
    struct field_reader r = {c, faults};
    struct rule nothing;
    const struct tree_node *rules = tree_get(root, "rules");
    ret_pack->count = 0;
    fields_read(&r, root, &pack_shape, &nothing);
    if (rules && rules->kind != TREE_LIST)
        plan_fault(faults, rules->at, "WRONG_FORM", "「rules」は並び(- …)で書いてください。",
                   "Write \"rules\" as a list (- …).");
    const struct tree_node *node = rules && rules->kind == TREE_LIST ? rules->first : NULL;
    for (; node && ret_pack->count < DEADLINES_MOST; node = node->next) {
        if (node->kind == TREE_MAP)
            rule_read(&r, node, ret_pack);
        else
            plan_fault(faults, node->at, "WRONG_FORM", "規則は {項目: 値} の形で書いてください。",
                       "Write a rule as {key: value}.");
    }
}

void deadlines_shipped(struct call *c, struct deadline_pack *ret_pack)
{
    const struct shipped_file *file = shipped_find("rules/deadlines");
    struct plan_faults quiet;
    ret_pack->count = 0;
    if (!file)
        return;
    plan_faults_begin(&quiet, c, "");
    const struct tree_node *root = yaml_tree_read(c, file->data, file->len, &quiet);
    deadlines_read(c, root, &quiet, ret_pack);
}
