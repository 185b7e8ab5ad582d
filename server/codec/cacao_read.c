// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "server/codec/alert.h"
#include "server/codec/cacao.h"
#include "server/codec/codec.h"
#include "server/codec/playbook_write.h"
#include "server/codec/playbook_yaml.h"
#include "server/codec/utf8.h"

#define OWN_MOST 99 // two digits
#define SEEN_MOST 400
#define DEPTH_MOST 200 // of one node after another, on a fiber's stack

// Steps by number, as bits.
struct steps {
    uint64_t bits[2];
};

struct reader {
    struct call *call;
    const json_t *workflow;
    Sokuo__V1__Playbook *plan;
    Sokuo__V1__PlaybookStep *steps[OWN_MOST];
    const char *seen[SEEN_MOST];
    size_t step_count, seen_count;
    int depth;
    bool is_cut;
};

static struct steps walk(struct reader *r, const char *id, struct steps before);

bool cacao_looks_like(const void *data, size_t len)
{
    const unsigned char *at = data;
    size_t i = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < len && isspace(at[i]))
        i++;
    return i < len && at[i] == '{';
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

// At most so many characters; one line when asked.
static char *cut(struct reader *r, const char *text, size_t most, bool one_line)
{
    char *copy = arena_strdup(&r->call->arena, text);
    const uint8_t *at = (const uint8_t *)copy, *end = at + strlen(copy);
    for (size_t i = 0; i < most && at < end; i++)
        utf8_next(&at, end);
    copy[(const char *)at - copy] = '\0';
    for (char *p = copy; one_line && *p; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    return copy;
}

static Sokuo__V1__Words *words(struct reader *r, const char *ja, const char *en, size_t most, bool one_line)
{
    Sokuo__V1__Words *made = call_alloc(r->call, sizeof *made);
    sokuo__v1__words__init(made);
    made->ja = cut(r, ja, most, one_line);
    made->en = cut(r, en, most, one_line);
    return made;
}

// --- a file of ours

static ProtobufCMessage *message_of(struct call *c, const json_t *value,
                                    const ProtobufCMessageDescriptor *type)
{
    static const struct json_options lenient = {.reject_unknown_fields = false};
    ProtobufCMessage *message = NULL;
    char *text = json_is_object(value) ? json_dumps(value, JSON_COMPACT) : NULL;
    if (text && json_to_message(c, type, text, strlen(text), &lenient, &message) != ERR_OK) {
        call_clear_error(c);
        message = NULL;
    }
    free(text);
    return message;
}

static const json_t *extension_of(struct call *c, const json_t *object, const char *where, const char *key)
{
    return json_object_get(json_object_get(json_object_get(object, where), cacao_extension(c)), key);
}

struct placed {
    json_int_t position;
    Sokuo__V1__PlaybookStep *step;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *one = a, *other = b;
    return (one->position > other->position) - (one->position < other->position);
}

// The plan itself is in the extension: taken back as it was. NULL when it is not, or somebody added steps.
static Sokuo__V1__Playbook *read_own(struct call *c, const json_t *root)
{
    Sokuo__V1__Playbook *plan = (Sokuo__V1__Playbook *)message_of(
        c, extension_of(c, root, "playbook_extensions", "plan"), &sokuo__v1__playbook__descriptor);
    struct placed placed[PLAN_STEPS_MOST];
    size_t count = 0;
    const char *id;
    json_t *node;
    json_object_foreach(json_object_get(root, "workflow"), id, node)
    {
        if (strcmp(text_of(node, "type"), "action") != 0)
            continue;
        Sokuo__V1__PlaybookStep *step = (Sokuo__V1__PlaybookStep *)message_of(
            c, extension_of(c, node, "step_extensions", "step"), &sokuo__v1__playbook_step__descriptor);
        if (!plan || !step || count == PLAN_STEPS_MOST)
            return NULL;
        placed[count++] =
            (struct placed){json_integer_value(extension_of(c, node, "step_extensions", "position")), step};
    }
    if (!plan || count == 0)
        return NULL;
    qsort(placed, count, sizeof placed[0], compare_placed);
    plan->steps = call_alloc(c, count * sizeof(void *));
    plan->n_steps = count;
    for (size_t i = 0; i < count; i++)
        plan->steps[i] = placed[i].step;
    return plan;
}

// --- a file of somebody else

static bool is_seen(struct reader *r, const char *id)
{
    for (size_t i = 0; i < r->seen_count; i++) {
        if (strcmp(r->seen[i], id) == 0)
            return true;
    }
    if (r->seen_count < SEEN_MOST)
        r->seen[r->seen_count++] = id;
    else
        r->is_cut = true;
    return r->is_cut;
}

static void put_after(struct reader *r, Sokuo__V1__PlaybookStep *step, struct steps before)
{
    step->after = call_alloc(r->call, PLAN_AFTER_MOST * sizeof(void *));
    for (size_t i = OWN_MOST; i-- > 0 && step->n_after < PLAN_AFTER_MOST;) {
        if (before.bits[i / 64] >> (i % 64) & 1)
            step->after[step->n_after++] = r->steps[i]->no;
    }
}

static const char *commands_text(struct reader *r, const json_t *node)
{
    struct buf text = buf_in(&r->call->arena);
    const json_t *commands = json_object_get(node, "commands");
    for (size_t i = 0; i < json_array_size(commands); i++) {
        const json_t *command = json_array_get(commands, i);
        buf_printf(&text, "\n[%s] %s", text_of(command, "type"), text_of(command, "command"));
    }
    return buf_text(&text);
}

static bool is_manual(const json_t *node)
{
    const json_t *commands = json_object_get(node, "commands");
    for (size_t i = 0; i < json_array_size(commands); i++) {
        if (strcmp(text_of(json_array_get(commands, i), "type"), "manual") != 0)
            return false;
    }
    return strcmp(text_of(node, "type"), "action") == 0;
}

static void put_detail(struct reader *r, Sokuo__V1__PlaybookStep *step, const json_t *node)
{
    const char *type = text_of(node, "type"), *condition = text_of(node, "condition");
    const char *rest =
        call_printf(r->call, "%s%s%s%s%s%s", text_of(node, "description"), *condition ? "\n" : "", condition,
                    text_of(node, "switch"), text_of(node, "playbook_id"), commands_text(r, node));
    if (!is_manual(node))
        step->detail = words(
            r,
            call_printf(r->call, "自動では実行されません(元の種類: %s)。人が行ってください。\n%s", type,
                        rest),
            call_printf(r->call, "Not run by itself (was: %s): somebody does it by hand.\n%s", type, rest),
            900, false);
    else if (*rest)
        step->detail = words(r, rest, rest, 900, false);
}

static struct steps emit(struct reader *r, const json_t *node, struct steps before)
{
    if (r->step_count == OWN_MOST) {
        r->is_cut = true;
        return before;
    }
    size_t i = r->step_count;
    Sokuo__V1__PlaybookStep *step = call_alloc(r->call, sizeof *step);
    sokuo__v1__playbook_step__init(step);
    const char *name = *text_of(node, "name") ? text_of(node, "name") : text_of(node, "type");
    step->no = call_printf(r->call, "%02zu", i + 1);
    step->phase = SOKUO__V1__PHASE__PHASE_TRIAGE;
    step->role = SOKUO__V1__ROLE__ROLE_HANDLER;
    step->text = words(r, name, name, 300, true);
    put_detail(r, step, node);
    put_after(r, step, before);
    r->steps[r->step_count++] = step;
    struct steps out = {{0, 0}};
    out.bits[i / 64] = UINT64_C(1) << (i % 64);
    return out;
}

static struct steps join(struct steps a, struct steps b)
{
    return (struct steps){{a.bits[0] | b.bits[0], a.bits[1] | b.bits[1]}};
}

static bool is_empty(struct steps s)
{
    return (s.bits[0] | s.bits[1]) == 0;
}

static struct steps branches(struct reader *r, const json_t *node, struct steps before)
{
    struct steps out = {{0, 0}};
    const json_t *list = json_object_get(node, "next_steps"), *cases = json_object_get(node, "cases");
    for (size_t i = 0; i < json_array_size(list); i++)
        out = join(out, walk(r, json_string_value(json_array_get(list, i)), before));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)cases, key, value) out =
        join(out, walk(r, json_string_value(value), before));
    out = join(out, walk(r, text_of(node, "on_true"), before));
    out = join(out, walk(r, text_of(node, "on_false"), before));
    return out;
}

static struct steps follow(struct reader *r, const json_t *node, struct steps before)
{
    struct steps out = walk(r, text_of(node, "on_completion"), before);
    out = join(out, walk(r, text_of(node, "on_success"), before));
    out = join(out, walk(r, text_of(node, "on_failure"), before));
    return is_empty(out) ? before : out;
}

// Follows the graph from a node; answers the last steps met. A node is met once: ways back are dropped.
static struct steps walk(struct reader *r, const char *id, struct steps before)
{
    const struct steps nothing = {{0, 0}};
    const json_t *node = id && *id ? json_object_get(r->workflow, id) : NULL;
    if (!json_is_object(node) || r->depth >= DEPTH_MOST || is_seen(r, id))
        return nothing;
    const char *type = text_of(node, "type");
    if (strcmp(type, "end") == 0) {
        r->seen_count--; // many branches may share an end
        return before;
    }
    r->depth++;
    bool is_silent = strcmp(type, "start") == 0 || strcmp(type, "parallel") == 0;
    struct steps here = is_silent ? before : emit(r, node, before);
    struct steps inner = branches(r, node, here);
    struct steps out = follow(r, node, is_empty(inner) ? here : inner);
    r->depth--;
    return out;
}

static void head_of(struct reader *r, const json_t *root)
{
    Sokuo__V1__Playbook *plan = r->plan;
    const char *dashes = strstr(text_of(root, "id"), "--");
    char hex[9] = "00000000";
    for (int i = 0; dashes && i < 8 && isxdigit((unsigned char)dashes[2 + i]); i++)
        hex[i] = (char)tolower((unsigned char)dashes[2 + i]);
    const char *name = *text_of(root, "name") ? text_of(root, "name") : "CACAO",
               *about = text_of(root, "description");
    plan->id = call_printf(r->call, "cacao_%s", hex);
    plan->code = call_printf(r->call, "CX-%s", hex);
    for (char *at = plan->code; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    plan->version = cut(r, *text_of(root, "modified") ? text_of(root, "modified") : "1", 10, true);
    plan->title = words(r, name, name, 60, true);
    plan->summary = words(r, *about ? about : name, *about ? about : name, 1000, false);
    static Sokuo__V1__ThreatGroup group = SOKUO__V1__THREAT_GROUP__THREAT_GROUP_INTENTIONAL;
    plan->threat_groups = &group;
    plan->n_threat_groups = 1;
    plan->severity_from = SOKUO__V1__SEVERITY__SEVERITY_S1;
    plan->severity_to = SOKUO__V1__SEVERITY__SEVERITY_S4;
    plan->review_months = 12;
}

static Sokuo__V1__Playbook *read_foreign(struct call *c, const json_t *root, bool *ret_cut)
{
    struct reader *r = call_alloc(c, sizeof *r);
    *r = (struct reader){.call = c, .workflow = json_object_get(root, "workflow")};
    r->plan = call_alloc(c, sizeof *r->plan);
    sokuo__v1__playbook__init(r->plan);
    head_of(r, root);
    (void)walk(r, text_of(root, "workflow_start"), (struct steps){{0, 0}});
    r->plan->steps = r->steps;
    r->plan->n_steps = r->step_count;
    *ret_cut = r->is_cut;
    return r->plan;
}

static enum err read_root(struct call *c, const json_t *root, struct buf *out)
{
    static const char from_us[] = "CACAO 2.0 から取り込みました。 / Taken from CACAO 2.0.";
    static const char foreign[] =
        "CACAO から取り込みました。担当・目標・段階・判断の選択肢を確かめ、書き直してください。\n"
        "Taken from CACAO: go through roles, targets, phases and decisions, and write them anew.";
    static const char shortened[] =
        "CACAO から取り込みました。手順が多いため、99番までです。担当・目標・段階を確かめてください。\n"
        "Taken from CACAO up to step 99: there were more. Go through roles, targets and phases.";
    bool is_cut = false;
    if (strcmp(text_of(root, "type"), "playbook") != 0 || !json_is_object(json_object_get(root, "workflow")))
        return call_fail(c, ERR_INVALID_ARGUMENT, "NOT_CACAO",
                         "CACAOの計画ではありません(type が playbook で、workflow があること)。",
                         "This is no CACAO playbook (type playbook, with a workflow).");
    Sokuo__V1__Playbook *plan = read_own(c, root);
    struct playbook_writing how = {.comment = from_us};
    if (!plan) {
        plan = read_foreign(c, root, &is_cut);
        how.comment = is_cut ? shortened : foreign;
    }
    if (plan->n_steps == 0)
        return call_fail(c, ERR_INVALID_ARGUMENT, "NO_STEPS", "CACAOの計画に手順がありません。",
                         "The CACAO playbook has no steps.");
    playbook_write(c, plan, &how, out);
    return ERR_OK;
}

void cacao_read(struct call *c, const void *data, size_t len, struct plan_faults *faults, struct buf *out)
{
    CLEANUP(json_drop) json_t *root = NULL;
    enum err err = ERR_OK;
    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        data = (const char *)data + 3;
        len -= 3;
    }
    if (len > CACAO_BYTES_MOST)
        err = call_fail(c, ERR_INVALID_ARGUMENT, "TOO_LARGE", "CACAOの計画が大きすぎます(1 MBまで)。",
                        "The CACAO playbook is too large (at most 1 MB).");
    if (err == ERR_OK)
        err = alert_load(c, data, len, &root);
    if (err == ERR_OK)
        err = read_root(c, root, out);
    if (err == ERR_OK)
        return;
    plan_fault_said(faults, (struct plan_mark){1, 1}, c->error_reason, c->error_ja, c->error_en);
    call_clear_error(c);
    out->len = 0;
}
