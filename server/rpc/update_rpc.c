// SPDX-License-Identifier: Apache-2.0
// Facts of an incident: only the fields that the mask names, each noted with before and after.
#include <ctype.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/move.h"
#include "server/store/message.h"

#define PATH_MAX_LEN 64

// Paths may be written as in JSON (occurredAt) or as in the .proto (occurred_at).
static const char *snake(struct call *c, const char *path)
{
    struct buf out = buf_in(&c->arena);
    for (const char *p = path; *p; p++) {
        if (isupper((unsigned char)*p))
            buf_putc(&out, '_');
        buf_putc(&out, (char)tolower((unsigned char)*p));
    }
    return buf_text(&out);
}

// Facts have repeated fields, texts, messages and enums; presence of numbers is a matter of messages below.
static size_t field_size(const ProtobufCFieldDescriptor *field)
{
    bool is_pointer = field->label == PROTOBUF_C_LABEL_REPEATED || field->type == PROTOBUF_C_TYPE_MESSAGE ||
                      field->type == PROTOBUF_C_TYPE_STRING;
    return is_pointer ? sizeof(void *) : sizeof(int);
}

// Takes one field over. Both are of the same type; pointers are shared, everything is in the call's arena.
static void copy_field(ProtobufCMessage *to, const ProtobufCMessage *from,
                       const ProtobufCFieldDescriptor *field)
{
    memcpy((char *)to + field->offset, (const char *)from + field->offset, field_size(field));
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        memcpy((char *)to + field->quantifier_offset, (const char *)from + field->quantifier_offset,
               sizeof(size_t));
}

// What a reader of the chronology sees: the value alone; "" when it is unknown.
static enum err show_field(struct call *c, const ProtobufCMessage *message,
                           const ProtobufCFieldDescriptor *field, const char **ret_text)
{
    if (field->type == PROTOBUF_C_TYPE_STRING && field->label != PROTOBUF_C_LABEL_REPEATED) {
        *ret_text = msg_text(*(char *const *)((const char *)message + field->offset));
        return ERR_OK;
    }
    ProtobufCMessage *alone = call_alloc(c, message->descriptor->sizeof_message);
    protobuf_c_message_init(message->descriptor, alone);
    copy_field(alone, message, field);
    struct buf json = buf_in(&c->arena);
    TRY(message_to_json(c, alone, &json));
    char *text = (char *)buf_text(&json);
    char *value = strchr(text, ':');
    if (!value) {
        *ret_text = "";
        return ERR_OK;
    }
    value += value[1] == ' ' ? 2 : 1;
    size_t len = strlen(value) - 1; // without the closing brace
    if (*value == '"') {
        value++;
        len -= 2;
    }
    *ret_text = arena_strndup(&c->arena, value, len);
    return ERR_OK;
}

// As the contract's JSON writes it: facts.personalInfo.
static const char *camel(struct call *c, const char *path)
{
    struct buf out = buf_in(&c->arena);
    for (const char *p = path; *p; p++) {
        if (*p == '_' && p[1])
            buf_putc(&out, (char)toupper((unsigned char)*++p));
        else
            buf_putc(&out, *p);
    }
    return buf_text(&out);
}

static enum err fail_mask(struct call *c, const char *path)
{
    return call_fail_field(c, "updateMask", "UNKNOWN_FIELD", "変更できない項目です: %s",
                           "This field cannot be changed: %s", path);
}

static enum err update_fact(struct call *c, struct change *change, Sokuo__V1__IncidentFacts *facts,
                            const Sokuo__V1__IncidentFacts *wanted, const char *name, const char *path)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(&sokuo__v1__incident_facts__descriptor, name);
    if (!field)
        return fail_mask(c, path);
    const char *before, *after;
    TRY(show_field(c, &facts->base, field, &before));
    copy_field(&facts->base, &wanted->base, field);
    TRY(show_field(c, &facts->base, field, &after));
    change_note(change, camel(c, path), before, after);
    return ERR_OK;
}

static enum err update_facts(struct call *c, struct change *change,
                             const Sokuo__V1__UpdateIncidentRequest *req, const char *name, const char *path)
{
    Sokuo__V1__IncidentFacts none;
    sokuo__v1__incident_facts__init(&none);
    const Sokuo__V1__IncidentFacts *wanted = req->facts ? req->facts : &none;
    Sokuo__V1__Incident *m = &change->after.m;
    if (m->facts == change->before.m.facts) // the first fact: a copy of its own
        m->facts = arena_memdup(&c->arena, m->facts ? m->facts : &none, sizeof none);
    if (*name)
        return update_fact(c, change, m->facts, wanted, name, path);
    const ProtobufCMessageDescriptor *type = &sokuo__v1__incident_facts__descriptor;
    for (unsigned i = 0; i < type->n_fields; i++)
        TRY(update_fact(c, change, m->facts, wanted, type->fields[i].name,
                        call_printf(c, "facts.%s", type->fields[i].name)));
    return ERR_OK;
}

static enum err update_field(struct call *c, struct change *change,
                             const Sokuo__V1__UpdateIncidentRequest *req, const char *mask)
{
    Sokuo__V1__Incident *m = &change->after.m;
    const char *path = snake(c, mask);
    if (strcmp(path, "title") == 0) {
        if (!*req->title)
            return call_fail_field(c, "title", "REQUIRED", "件名を入力してください。", "Enter a title.");
        change_note(change, "title", m->title, req->title);
        m->title = req->title;
    } else if (strcmp(path, "description") == 0) {
        change_note(change, "description", m->description, req->description);
        m->description = req->description;
    } else if (strcmp(path, "occurred_at") == 0) {
        int64_t occurred_us;
        TRY(change_occurred(c, req->occurred_at, &occurred_us));
        Google__Protobuf__Timestamp *after = msg_time(c, occurred_us);
        change_note_time(c, change, "occurredAt", m->occurred_at, after);
        m->occurred_at = after;
    } else if (strcmp(path, "secondary_types") == 0) {
        m->secondary_types = req->secondary_types;
        m->n_secondary_types = req->n_secondary_types;
        move_note_types(c, change);
    } else if (strcmp(path, "facts") == 0) {
        return update_facts(c, change, req, "", mask);
    } else if (strncmp(path, "facts.", 6) == 0 && strlen(path) < PATH_MAX_LEN) {
        return update_facts(c, change, req, path + 6, path);
    } else {
        return fail_mask(c, mask);
    }
    return ERR_OK;
}

static enum err decide_update(struct call *c, struct change *change, const ProtobufCMessage *message,
                              ProtobufCMessage *response)
{
    const Sokuo__V1__UpdateIncidentRequest *req = (const Sokuo__V1__UpdateIncidentRequest *)message;
    change->note.kind = "incident.facts";
    change->note.text = "内容の変更";
    change->note.reason = req->reason;
    for (size_t i = 0; i < req->n_update_mask; i++)
        TRY(update_field(c, change, req, req->update_mask[i]));
    if (change->after.m.facts != change->before.m.facts)
        TRY(incident_check_refs(c, change->after.m.facts));
    TRY(move_severity(c, change, 0, "", false));
    ((Sokuo__V1__UpdateIncidentResponse *)response)->incident = &change->after.m;
    return ERR_OK;
}

enum err rpc_update_incident(struct call *c, const Sokuo__V1__UpdateIncidentRequest *req,
                             Sokuo__V1__UpdateIncidentResponse *res)
{
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->id,
        .version = req->version,
        .version_needed = true,
        .act = ACCESS_EDIT,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_update);
}
