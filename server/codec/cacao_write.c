// SPDX-License-Identifier: Apache-2.0
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/codec/cacao.h"
#include "server/codec/codec.h"
#include "server/codec/playbook_yaml.h"

// RFC 9562: the namespace for URLs.
static const struct uuid url_namespace = {
    {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};

struct writer {
    struct call *call;
    const Sokuo__V1__Playbook *plan;
    const struct cacao_facts *facts;
    const char *extension;
    json_t *workflow;
    int level[PLAN_STEPS_MOST]; // steps of one level begin together
    int levels;
};

static const char *id_of(struct call *c, const char *type, const struct uuid *base, const char *name)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id = uuid_named(base, name);
    return call_printf(c, "%s--%s", type, uuid_format(&id, text));
}

const char *cacao_extension(struct call *c)
{
    return id_of(c, "extension-definition", &url_namespace, "urn:sokuo:cacao-extension:1");
}

static const char *node_id(const struct writer *w, const char *type, const char *name)
{
    return id_of(w->call, type, &w->facts->playbook_id, call_printf(w->call, "%s:%s", type, name));
}

static const char *role_id(const struct writer *w, int role)
{
    return id_of(w->call, "group", &url_namespace, call_printf(w->call, "urn:sokuo:role:%d", role));
}

static const char *owner_id(const struct writer *w)
{
    return id_of(w->call, "identity", &w->facts->tenant_id, "city");
}

static const char *time_text(struct call *c, int64_t us)
{
    char text[32];
    struct tm tm;
    time_t seconds = (time_t)(us / 1000000);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    return call_printf(c, "%s.%03dZ", text, (int)(us / 1000 % 1000));
}

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        abort(); // texts were sound when the plan was read: there is no memory
}

static void put_text(json_t *object, const char *key, const char *text)
{
    put(object, key, json_string(text));
}

static void put_time(struct call *c, json_t *object, const char *key, int64_t us)
{
    if (us != INT64_MIN)
        put_text(object, key, time_text(c, us));
}

// A message as the contract writes it in JSON.
static enum err put_message(struct call *c, json_t *object, const char *key, const ProtobufCMessage *message)
{
    struct buf text = buf_in(&c->arena);
    TRY(message_to_json(c, message, &text));
    json_t *value = json_loadb(text.data, text.len, 0, NULL);
    if (!value)
        return call_fail(c, ERR_INTERNAL, "BAD_JSON", "計画をJSONにできませんでした。",
                         "The plan has no form in JSON.");
    put(object, key, value);
    return ERR_OK;
}

static const char *both(struct call *c, const Sokuo__V1__Words *words)
{
    return words ? *words->en ? call_printf(c, "%s\n%s", words->ja, words->en) : words->ja : "";
}

static size_t position_of(const Sokuo__V1__Playbook *plan, const char *no)
{
    size_t i = 0;
    while (i < plan->n_steps && strcmp(plan->steps[i]->no, no) != 0)
        i++;
    return i;
}

// CACAO knows sequences and parallels, no free graph: a step stands one level after the last of those it
// waits for. The extension keeps what it really waits for.
static void find_levels(struct writer *w)
{
    bool changed = true;
    for (size_t round = 0; changed && round <= w->plan->n_steps; round++) {
        changed = false;
        for (size_t i = 0; i < w->plan->n_steps; i++) {
            const Sokuo__V1__PlaybookStep *step = w->plan->steps[i];
            for (size_t k = 0; k < step->n_after; k++) {
                size_t before = position_of(w->plan, step->after[k]);
                if (before < w->plan->n_steps && w->level[i] <= w->level[before]) {
                    w->level[i] = w->level[before] + 1;
                    changed = true;
                }
            }
            w->levels = w->level[i] >= w->levels ? w->level[i] + 1 : w->levels;
        }
    }
}

static size_t on_level(const struct writer *w, int level, size_t *ret_first)
{
    size_t count = 0;
    for (size_t i = w->plan->n_steps; i-- > 0;) {
        if (w->level[i] == level) {
            *ret_first = i;
            count++;
        }
    }
    return count;
}

// Where a level is entered: its only step, a parallel, or behind the last one the end.
static const char *entry_of(const struct writer *w, int level)
{
    size_t first = 0, count = on_level(w, level, &first);
    if (count == 0)
        return node_id(w, "end", "plan");
    return count == 1 ? node_id(w, "action", w->plan->steps[first]->no)
                      : node_id(w, "parallel", call_printf(w->call, "%d", level));
}

static const char *command_of(const struct writer *w, const Sokuo__V1__PlaybookStep *step)
{
    struct buf text = buf_in(&w->call->arena);
    buf_puts(&text, both(w->call, step->text));
    for (size_t i = 0; step->decision && i < step->decision->n_options; i++) {
        const Sokuo__V1__PlaybookOption *option = step->decision->options[i];
        buf_printf(&text, "\n[%s] %s", option->id, option->text ? option->text->ja : "");
    }
    return buf_text(&text);
}

static json_t *commands(const struct writer *w, const Sokuo__V1__PlaybookStep *step)
{
    json_t *command = json_object(), *list = json_array();
    put_text(command, "type", "manual");
    put_text(command, "command", command_of(w, step));
    put_text(command, "playbook_activity", "step-sequence");
    if (json_array_append_new(list, command) != 0)
        abort();
    return list;
}

static enum err put_action(struct writer *w, size_t i, const char *next)
{
    const Sokuo__V1__PlaybookStep *step = w->plan->steps[i];
    json_t *action = json_object(), *extensions = json_object(), *own = json_object();
    put(w->workflow, node_id(w, "action", step->no), action);
    put_text(action, "type", "action");
    put_text(action, "name", step->text->ja);
    if (step->detail)
        put_text(action, "description", both(w->call, step->detail));
    put_text(action, "on_completion", next);
    put(action, "commands", commands(w, step));
    put_text(action, "agent", role_id(w, (int)step->role));
    put(extensions, w->extension, own);
    put(action, "step_extensions", extensions);
    put(own, "position", json_integer((json_int_t)i + 1));
    return put_message(w->call, own, "step", &step->base);
}

static void put_end(struct writer *w, const char *name)
{
    json_t *end = json_object();
    put_text(end, "type", "end");
    put(w->workflow, node_id(w, "end", name), end);
}

// Each branch of a parallel has an end of its own.
static enum err put_level(struct writer *w, int level)
{
    size_t first = 0, count = on_level(w, level, &first);
    const char *next = entry_of(w, level + 1);
    if (count == 1)
        return put_action(w, first, next);
    json_t *parallel = json_object(), *branches = json_array();
    put(w->workflow, entry_of(w, level), parallel);
    put_text(parallel, "type", "parallel");
    put(parallel, "next_steps", branches);
    put_text(parallel, "on_completion", next);
    for (size_t i = first; i < w->plan->n_steps; i++) {
        const char *no = w->plan->steps[i]->no;
        if (w->level[i] != level)
            continue;
        if (json_array_append_new(branches, json_string(node_id(w, "action", no))) != 0)
            abort();
        TRY(put_action(w, i, node_id(w, "end", no)));
        put_end(w, no);
    }
    return ERR_OK;
}

static enum err put_workflow(struct writer *w, json_t *root)
{
    json_t *start = json_object();
    put_text(root, "workflow_start", node_id(w, "start", "plan"));
    put(root, "workflow", w->workflow = json_object());
    put(w->workflow, node_id(w, "start", "plan"), start);
    put_text(start, "type", "start");
    put_text(start, "on_completion", entry_of(w, 0));
    for (int level = 0; level < w->levels; level++)
        TRY(put_level(w, level));
    put_end(w, "plan");
    return ERR_OK;
}

static void put_agents(const struct writer *w, json_t *root)
{
    json_t *agents = json_object();
    put(root, "agent_definitions", agents);
    for (size_t i = 0; i < w->plan->n_steps; i++) {
        int role = (int)w->plan->steps[i]->role;
        const ProtobufCEnumValue *known =
            protobuf_c_enum_descriptor_get_value(&sokuo__v1__role__descriptor, role);
        json_t *group = json_object();
        put_text(group, "type", "group");
        put_text(group, "name", known ? known->name + strlen("ROLE_") : "?");
        put(agents, role_id(w, role), group);
    }
}

static enum err put_extension(const struct writer *w, json_t *root)
{
    struct call *c = w->call;
    const struct cacao_facts *facts = w->facts;
    json_t *definition = json_object(), *definitions = json_object(), *own = json_object(),
           *extensions = json_object(), *approval = json_object();
    put(root, "extension_definitions", definitions);
    put(definitions, w->extension, definition);
    put_text(definition, "type", "extension-definition");
    put_text(definition, "name", "Sokuo: role, due time, evidence, approval, translations");
    put_text(definition, "created_by", id_of(c, "identity", &url_namespace, "urn:sokuo"));
    put_text(definition, "schema",
             "Of the playbook: {plan: sokuo.v1.Playbook, approval, revision}. Of a step: {position, step: "
             "sokuo.v1.PlaybookStep} as proto3 JSON.");
    put_text(definition, "version", "1.0.0");
    put(root, "playbook_extensions", extensions);
    put(extensions, w->extension, own);
    put(own, "revision", json_integer(facts->revision));
    put(own, "approval", approval);
    put_text(approval, "approved_by", facts->approved_by);
    put_text(approval, "reason", facts->reason);
    put_time(c, approval, "approved", facts->approved_us);
    put_time(c, approval, "review_due", facts->review_due_us);
    Sokuo__V1__Playbook head = *w->plan;
    head.n_steps = 0;
    return put_message(c, own, "plan", &head.base);
}

static void put_words(json_t *root, const char *key, const char *const *words, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_string(words[i])) != 0)
            abort();
    put(root, key, list);
}

static void put_summary(const struct writer *w, json_t *root)
{
    json_t *summary = json_object();
    bool is_parallel = false;
    for (int level = 0; level < w->levels; level++) {
        size_t first;
        is_parallel = is_parallel || on_level(w, level, &first) > 1;
    }
    put(summary, "manual_playbook", json_true());
    put(summary, "parallel_processing", json_boolean(is_parallel));
    put(summary, "extensions", json_true());
    put(root, "playbook_processing_summary", summary);
}

// 1 to 100 of S0 to S4.
static int severity_of(int severity)
{
    return severity > 0 ? (severity - 1) * 25 + (severity == 1) : 0;
}

static void put_head(const struct writer *w, json_t *root)
{
    const struct cacao_facts *facts = w->facts;
    static const char *const types[] = {"mitigation", "remediation"};
    static const char *const activities[] = {"step-sequence"};
    static const char *const sectors[] = {"local-government"};
    const char *labels[] = {w->plan->code};
    put_text(root, "type", "playbook");
    put_text(root, "spec_version", "cacao-2.0");
    put_text(root, "id", node_id(w, "playbook", "plan"));
    put_text(root, "name", call_printf(w->call, "%s / %s", w->plan->title->ja, w->plan->title->en));
    put_text(root, "description", both(w->call, w->plan->summary));
    put_words(root, "playbook_types", types, 2);
    put_words(root, "playbook_activities", activities, 1);
    put_summary(w, root);
    put_text(root, "created_by", owner_id(w));
    put_text(root, "created", time_text(w->call, facts->created_us));
    put_text(
        root, "modified",
        time_text(w->call, facts->modified_us < facts->created_us ? facts->created_us : facts->modified_us));
    put(root, "revoked", json_boolean(facts->is_revoked));
    put_time(w->call, root, "valid_from", facts->effective_us);
    put(root, "severity", json_integer(severity_of((int)w->plan->severity_to)));
    put_words(root, "industry_sectors", sectors, 1);
    put_words(root, "labels", labels, 1);
}

static int put_chunk(const char *data, size_t len, void *out)
{
    buf_put(out, data, len);
    return 0;
}

static enum err fill(struct writer *w, json_t *root)
{
    find_levels(w);
    put_head(w, root);
    TRY(put_workflow(w, root));
    put_agents(w, root);
    return put_extension(w, root);
}

enum err cacao_write(struct call *c, const Sokuo__V1__Playbook *plan, const struct cacao_facts *facts,
                     struct buf *out)
{
    struct writer *w = call_alloc(c, sizeof *w);
    *w = (struct writer){.call = c, .plan = plan, .facts = facts, .extension = cacao_extension(c)};
    json_t *root = json_object();
    enum err err = fill(w, root);
    if (err == ERR_OK && json_dump_callback(root, put_chunk, out, JSON_INDENT(2)) != 0)
        abort();
    buf_putc(out, '\n');
    json_decref(root);
    return err;
}
