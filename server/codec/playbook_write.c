// SPDX-License-Identifier: Apache-2.0
#include "server/codec/playbook_write.h"

#include <ctype.h>
#include <string.h>

#include "server/codec/utf8.h"
#include "server/codec/yaml_tree.h"

struct writer {
    struct call *call;
    struct buf *out;
    bool is_redacted;
};

// Double quotes always: no text can be taken for anything else. Characters that plans may not hold are left
// out.
static void put_text(struct writer *w, const char *text)
{
    const char *shown = w->is_redacted ? playbook_blacken(w->call, text) : text;
    const uint8_t *at = (const uint8_t *)shown, *end = at + strlen(shown);
    buf_putc(w->out, '"');
    while (at < end) {
        const uint8_t *begin = at;
        uint32_t code = utf8_next(&at, end);
        if (code == UINT32_MAX)
            break;
        if (code == '\n')
            buf_puts(w->out, "\\n");
        else if (code == '"' || code == '\\')
            buf_printf(w->out, "\\%c", (char)code);
        else if (yaml_takes(code) && code != '\r')
            buf_put(w->out, begin, (size_t)(at - begin));
    }
    buf_putc(w->out, '"');
}

// A word for programs: plain when it is one, quoted when somebody made it up.
static void put_word(struct writer *w, const char *key, const char *word)
{
    buf_puts(w->out, key);
    if (*word &&
        strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == strlen(word))
        buf_puts(w->out, word);
    else
        put_text(w, word);
    buf_putc(w->out, '\n');
}

static void put_words(struct writer *w, const Sokuo__V1__Words *words)
{
    buf_puts(w->out, "{ja: ");
    put_text(w, words->ja);
    if (*words->en) {
        buf_puts(w->out, ", en: ");
        put_text(w, words->en);
    }
    buf_puts(w->out, "}\n");
}

static void words(struct writer *w, const char *indent, const char *key, const Sokuo__V1__Words *value)
{
    if (!value || (!*value->ja && !*value->en))
        return;
    buf_printf(w->out, "%s%s: ", indent, key);
    put_words(w, value);
}

static void words_list(struct writer *w, const char *key, Sokuo__V1__Words *const *list, size_t count)
{
    if (count > 0)
        buf_printf(w->out, "%s:\n", key);
    for (size_t i = 0; i < count; i++) {
        buf_puts(w->out, "  - ");
        put_words(w, list[i]);
    }
}

static void texts(struct writer *w, const char *indent, const char *key, char *const *list, size_t count)
{
    if (count == 0)
        return;
    buf_printf(w->out, "%s%s: [", indent, key);
    for (size_t i = 0; i < count; i++) {
        buf_puts(w->out, i ? ", " : "");
        put_text(w, list[i]);
    }
    buf_puts(w->out, "]\n");
}

// A value's name in lower case, without its prefix; severities as they are.
static const char *word_of(struct call *c, const ProtobufCEnumDescriptor *type, int value)
{
    const char *unspecified = strstr(type->values[0].name, "UNSPECIFIED");
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    if (!known || !unspecified)
        return "";
    char *word = arena_strdup(&c->arena, known->name + (unspecified - type->values[0].name));
    for (char *at = word; type != &sokuo__v1__severity__descriptor && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return word;
}

static void enums(struct writer *w, const char *indent, const char *key, const ProtobufCEnumDescriptor *type,
                  const void *values, size_t count)
{
    if (count == 0)
        return;
    buf_printf(w->out, "%s%s: [", indent, key);
    for (size_t i = 0; i < count; i++)
        buf_printf(w->out, "%s%s", i ? ", " : "", word_of(w->call, type, ((const int *)values)[i]));
    buf_puts(w->out, "]\n");
}

static void minutes(struct writer *w, const char *indent, const char *key, int value)
{
    int size = value < 0 ? -value : value;
    if (size >= 1440 && size % 1440 == 0)
        buf_printf(w->out, "%s%s: %dd\n", indent, key, value / 1440);
    else if (size >= 240 && size % 60 == 0)
        buf_printf(w->out, "%s%s: %dh\n", indent, key, value / 60);
    else
        buf_printf(w->out, "%s%s: %dm\n", indent, key, value);
}

static void option(struct writer *w, const Sokuo__V1__PlaybookOption *o)
{
    put_word(w, "        - id: ", o->id);
    words(w, "          ", "text", o->text);
    if (o->severity)
        buf_printf(w->out, "          severity: %s\n",
                   word_of(w->call, &sokuo__v1__severity__descriptor, (int)o->severity));
    texts(w, "          ", "adds", o->adds, o->n_adds);
    texts(w, "          ", "closes", o->closes, o->n_closes);
}

static void decision(struct writer *w, const Sokuo__V1__PlaybookDecision *d)
{
    if (!d)
        return;
    buf_puts(w->out, "    decision:\n");
    words(w, "      ", "question", d->question);
    buf_puts(w->out, "      options:\n");
    for (size_t i = 0; i < d->n_options; i++)
        option(w, d->options[i]);
    put_word(w, "      default: ", d->default_option);
    if (d->timeout_min)
        minutes(w, "      ", "timeout", d->timeout_min);
}

static void notice(struct writer *w, const Sokuo__V1__PlaybookNotice *n)
{
    if (!n)
        return;
    buf_puts(w->out, "    notice:\n");
    words(w, "      ", "to", n->to);
    if (*n->deadline)
        put_word(w, "      deadline: ", n->deadline);
}

static void step(struct writer *w, const Sokuo__V1__PlaybookStep *s)
{
    buf_puts(w->out, "  - no: ");
    put_text(w, s->no);
    buf_printf(w->out, "\n    phase: %s\n", word_of(w->call, &sokuo__v1__phase__descriptor, (int)s->phase));
    minutes(w, "    ", "target", s->target_min);
    buf_printf(w->out, "    role: %s\n", word_of(w->call, &sokuo__v1__role__descriptor, (int)s->role));
    texts(w, "    ", "after", s->after, s->n_after);
    words(w, "    ", "text", s->text);
    if (!w->is_redacted) {
        words(w, "    ", "detail", s->detail);
        words(w, "    ", "why", s->why);
    }
    decision(w, s->decision);
    notice(w, s->notice);
    if (s->evidence)
        buf_puts(w->out, "    evidence: true\n");
    if (s->ratify_min)
        minutes(w, "    ", "ratify", s->ratify_min);
    if (s->fan_out)
        buf_printf(w->out, "    each: %s\n",
                   word_of(w->call, &sokuo__v1__fan_out__descriptor, (int)s->fan_out));
    if (*s->merge_key && !w->is_redacted)
        put_word(w, "    merge: ", s->merge_key);
    if (!w->is_redacted)
        enums(w, "    ", "call", &sokuo__v1__role__descriptor, s->call, s->n_call);
}

static void head(struct writer *w, const Sokuo__V1__Playbook *p)
{
    const ProtobufCEnumDescriptor *severity = &sokuo__v1__severity__descriptor;
    put_word(w, "playbook: ", p->id);
    put_word(w, "code: ", p->code);
    put_word(w, "version: ", p->version);
    words(w, "", "title", p->title);
    words(w, "", "summary", p->summary);
    buf_puts(w->out, "threat_groups: [");
    for (size_t i = 0; i < p->n_threat_groups; i++)
        buf_printf(w->out, "%s%d", i ? ", " : "", (int)p->threat_groups[i]);
    buf_puts(w->out, "]\n");
    enums(w, "", "incident_types", &sokuo__v1__incident_type__descriptor, p->incident_types,
          p->n_incident_types);
    buf_printf(w->out, "severity: {from: %s, to: %s}\n", word_of(w->call, severity, (int)p->severity_from),
               word_of(w->call, severity, (int)p->severity_to));
    if (!w->is_redacted)
        enums(w, "", "zones", &sokuo__v1__network_zone__descriptor, p->zones, p->n_zones);
    words_list(w, "triggers", p->triggers, p->n_triggers);
    words_list(w, "parallel", p->parallel, p->n_parallel);
    words_list(w, "evidence", p->evidence, p->n_evidence);
    words_list(w, "notices", p->notices, p->n_notices);
    words_list(w, "closing", p->closing, p->n_closing);
    texts(w, "", "fragments", p->fragments, p->n_fragments);
    texts(w, "", "organs", p->organs, p->n_organs);
    buf_printf(w->out, "review_months: %d\n", p->review_months);
}

static void comment(struct writer *w, const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        buf_printf(w->out, "# %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void playbook_write(struct call *c, const Sokuo__V1__Playbook *plan, const struct playbook_writing *how,
                    struct buf *out)
{
    struct writer w = {c, out, how->is_redacted};
    comment(&w, how->comment);
    head(&w, plan);
    buf_puts(out, "steps:\n");
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (!*plan->steps[i]->fragment)
            step(&w, plan->steps[i]);
    }
}
