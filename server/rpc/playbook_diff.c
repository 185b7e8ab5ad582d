// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/playbook_diff.h"

#include <string.h>

#include "server/rpc/playbook_words.h"

struct diff {
    struct call *call;
    Sokuo__V1__PlaybookDifference **items;
    size_t count, room;
};

// A field of the head or of a step as a text in one language.
typedef const char *(*render)(struct call *c, const void *of, enum lang lang);

static Sokuo__V1__Words *words_new(struct call *c, const char *ja, const char *en)
{
    Sokuo__V1__Words *words = call_alloc(c, sizeof *words);
    sokuo__v1__words__init(words);
    words->ja = (char *)ja;
    words->en = (char *)en;
    return words;
}

static Sokuo__V1__PlaybookDifference *add(struct diff *d, const char *no, const char *field)
{
    if (d->count == d->room) {
        size_t room = d->room ? 2 * d->room : 32;
        void *items = call_alloc(d->call, room * sizeof(void *));
        if (d->count)
            memcpy(items, d->items, d->count * sizeof(void *));
        d->items = items;
        d->room = room;
    }
    Sokuo__V1__PlaybookDifference *item = call_alloc(d->call, sizeof *item);
    sokuo__v1__playbook_difference__init(item);
    item->no = (char *)no;
    item->field = (char *)field;
    return d->items[d->count++] = item;
}

static void compare(struct diff *d, const char *no, const char *field, render show, const void *before,
                    const void *after)
{
    struct call *c = d->call;
    const char *old_ja = show(c, before, LANG_JA), *new_ja = show(c, after, LANG_JA);
    const char *old_en = show(c, before, LANG_EN), *new_en = show(c, after, LANG_EN);
    if (strcmp(old_ja, new_ja) == 0 && strcmp(old_en, new_en) == 0)
        return;
    Sokuo__V1__PlaybookDifference *item = add(d, no, field);
    item->before = words_new(c, old_ja, old_en);
    item->after = words_new(c, new_ja, new_en);
}

static const char *join(struct call *c, const char *const *texts, size_t count)
{
    struct buf out = buf_in(&c->arena);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", texts[i]);
    return buf_text(&out);
}

static const char *join_words(struct call *c, Sokuo__V1__Words *const *list, size_t count, enum lang lang)
{
    struct buf out = buf_in(&c->arena);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s%s", i ? "\n" : "", words_in(list[i], lang));
    return buf_text(&out);
}

static const char *join_enum(struct call *c, const ProtobufCEnumDescriptor *type, const void *values,
                             size_t count)
{
    struct buf out = buf_in(&c->arena);
    for (size_t i = 0; i < count; i++) {
        const ProtobufCEnumValue *value =
            protobuf_c_enum_descriptor_get_value(type, ((const int *)values)[i]);
        buf_printf(&out, "%s%s", i ? ", " : "", value ? value->name : "");
    }
    return buf_text(&out);
}

// --- the head

#define HEAD(name, expression)                                                     \
    static const char *head_##name(struct call *c, const void *of, enum lang lang) \
    {                                                                              \
        const Sokuo__V1__Playbook *p = of;                                         \
        return expression;                                                         \
    }
HEAD(version, p->version)
HEAD(title, words_in(p->title, lang))
HEAD(summary, words_in(p->summary, lang))
HEAD(severity,
     call_printf(c, "%s-%s", severity_name((int)p->severity_from), severity_name((int)p->severity_to)))
HEAD(types, join_enum(c, &sokuo__v1__incident_type__descriptor, p->incident_types, p->n_incident_types))
HEAD(groups, join_enum(c, &sokuo__v1__threat_group__descriptor, p->threat_groups, p->n_threat_groups))
HEAD(zones, join_enum(c, &sokuo__v1__network_zone__descriptor, p->zones, p->n_zones))
HEAD(triggers, join_words(c, p->triggers, p->n_triggers, lang))
HEAD(parallel, join_words(c, p->parallel, p->n_parallel, lang))
HEAD(evidence, join_words(c, p->evidence, p->n_evidence, lang))
HEAD(notices, join_words(c, p->notices, p->n_notices, lang))
HEAD(closing, join_words(c, p->closing, p->n_closing, lang))
HEAD(fragments, join(c, (const char *const *)p->fragments, p->n_fragments))
HEAD(organs, join(c, (const char *const *)p->organs, p->n_organs))
HEAD(review, call_printf(c, "%d", p->review_months))

static const struct {
    const char *field;
    render show;
} head_fields[] = {
    {"version", head_version},     {"title", head_title},          {"summary", head_summary},
    {"severity", head_severity},   {"incident_types", head_types}, {"threat_groups", head_groups},
    {"zones", head_zones},         {"triggers", head_triggers},    {"parallel", head_parallel},
    {"evidence", head_evidence},   {"notices", head_notices},      {"closing", head_closing},
    {"fragments", head_fragments}, {"organs", head_organs},        {"review_months", head_review},
};

// --- the steps

static const char *options_text(struct call *c, const Sokuo__V1__PlaybookDecision *decision, enum lang lang)
{
    struct buf out = buf_in(&c->arena);
    if (!decision)
        return "";
    if (*words_in(decision->question, lang))
        buf_printf(&out, "%s\n", words_in(decision->question, lang));
    for (size_t i = 0; i < decision->n_options; i++) {
        const Sokuo__V1__PlaybookOption *option = decision->options[i];
        buf_printf(&out, "%s%s%s", i ? "\n" : "", words_in(option->text, lang),
                   strcmp(option->id, decision->default_option) == 0
                       ? (lang == LANG_JA ? "(既定)" : " (default)")
                       : "");
        if (option->severity)
            buf_printf(&out, " %s", severity_name((int)option->severity));
        if (option->n_adds)
            buf_printf(&out, " + %s", join(c, (const char *const *)option->adds, option->n_adds));
        if (option->n_closes)
            buf_printf(&out, " × %s", join(c, (const char *const *)option->closes, option->n_closes));
    }
    if (decision->timeout_min)
        buf_printf(&out, "\n%s %s", lang == LANG_JA ? "時間切れ" : "Timeout",
                   minutes_name(c, decision->timeout_min, lang));
    return buf_text(&out);
}

static const char *notice_text(struct call *c, const Sokuo__V1__PlaybookNotice *notice, enum lang lang)
{
    if (!notice)
        return "";
    return call_printf(c, "%s%s%s", words_in(notice->to, lang), *notice->deadline ? " " : "",
                       notice->deadline);
}

static const char *call_text(struct call *c, const Sokuo__V1__PlaybookStep *step, enum lang lang)
{
    struct buf out = buf_in(&c->arena);
    for (size_t i = 0; i < step->n_call; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", role_name((int)step->call[i], lang));
    return buf_text(&out);
}

#define STEP(name, expression)                                                     \
    static const char *step_##name(struct call *c, const void *of, enum lang lang) \
    {                                                                              \
        const Sokuo__V1__PlaybookStep *s = of;                                     \
        return expression;                                                         \
    }
STEP(text, words_in(s->text, lang))
STEP(detail, words_in(s->detail, lang))
STEP(why, words_in(s->why, lang))
STEP(phase, phase_name((int)s->phase, lang))
STEP(target, minutes_name(c, s->target_min, lang))
STEP(role, role_name((int)s->role, lang))
STEP(after, join(c, (const char *const *)s->after, s->n_after))
STEP(each, fan_out_name((int)s->fan_out, lang))
STEP(decision, options_text(c, s->decision, lang))
STEP(notice, notice_text(c, s->notice, lang))
STEP(evidence, s->evidence ? (lang == LANG_JA ? "要" : "needed") : "")
STEP(ratify, s->ratify_min ? minutes_name(c, s->ratify_min, lang) : "")
STEP(merge, s->merge_key)
STEP(call, call_text(c, s, lang))

static const struct {
    const char *field;
    render show;
} step_fields[] = {
    {"text", step_text},     {"detail", step_detail},     {"why", step_why},
    {"phase", step_phase},   {"target", step_target},     {"role", step_role},
    {"after", step_after},   {"each", step_each},         {"decision", step_decision},
    {"notice", step_notice}, {"evidence", step_evidence}, {"ratify", step_ratify},
    {"merge", step_merge},   {"call", step_call},
};

static const Sokuo__V1__PlaybookStep *step_find(const Sokuo__V1__Playbook *plan, const char *no)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (strcmp(plan->steps[i]->no, no) == 0)
            return plan->steps[i];
    }
    return NULL;
}

static Sokuo__V1__Words *step_words(struct call *c, const Sokuo__V1__PlaybookStep *step)
{
    return words_new(c, words_in(step->text, LANG_JA), words_in(step->text, LANG_EN));
}

static void compare_step(struct diff *d, const Sokuo__V1__PlaybookStep *before,
                         const Sokuo__V1__PlaybookStep *after)
{
    if (!before) {
        add(d, after->no, "")->after = step_words(d->call, after);
        return;
    }
    for (size_t i = 0; i < sizeof step_fields / sizeof step_fields[0]; i++)
        compare(d, after->no, step_fields[i].field, step_fields[i].show, before, after);
}

void playbook_diff(struct call *c, const Sokuo__V1__Playbook *before, const Sokuo__V1__Playbook *after,
                   Sokuo__V1__PlaybookDifference ***ret, size_t *ret_count)
{
    struct diff d = {.call = c};
    for (size_t i = 0; i < sizeof head_fields / sizeof head_fields[0]; i++)
        compare(&d, "", head_fields[i].field, head_fields[i].show, before, after);
    for (size_t i = 0; i < after->n_steps; i++)
        compare_step(&d, step_find(before, after->steps[i]->no), after->steps[i]);
    for (size_t i = 0; i < before->n_steps; i++) {
        if (!step_find(after, before->steps[i]->no))
            add(&d, before->steps[i]->no, "")->before = step_words(c, before->steps[i]);
    }
    *ret = d.items;
    *ret_count = d.count;
}
