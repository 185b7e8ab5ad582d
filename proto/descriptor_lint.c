// SPDX-License-Identifier: Apache-2.0
// What the build refuses: methods without a policy, and messages that can contain themselves.
#include <string.h>

#include "proto/descriptor_tool.h"

#define POLICY_FIELD 50001
#define AUDIENCE_ROLES 3
#define DEPTH_MAX 16

static bool varint_read(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool roles_read(const uint8_t **at, const uint8_t *end, bool is_packed, struct policy *policy)
{
    uint64_t role;
    if (!is_packed) {
        if (!varint_read(at, end, &role) || role > 63)
            return false;
        policy->roles |= UINT64_C(1) << role;
        return true;
    }
    uint64_t len;
    if (!varint_read(at, end, &len) || len > (uint64_t)(end - *at))
        return false;
    for (const uint8_t *stop = *at + len; *at < stop;) {
        if (!roles_read(at, stop, false, policy))
            return false;
    }
    return true;
}

// Fields of MethodPolicy, by hand: its C code does not exist yet when this runs.
static bool policy_parse(const uint8_t *at, const uint8_t *end, struct policy *policy)
{
    while (at < end) {
        uint64_t tag, flag = 0;
        if (!varint_read(&at, end, &tag))
            return false;
        bool is_ok = tag == 8    ? varint_read(&at, end, &policy->audience)
                     : tag == 16 ? roles_read(&at, end, false, policy)
                     : tag == 18 ? roles_read(&at, end, true, policy)
                     : tag == 24 ? varint_read(&at, end, &policy->max_bytes)
                                 : tag == 32 && varint_read(&at, end, &flag);
        if (!is_ok)
            return false;
        policy->is_idempotent |= flag != 0;
    }
    return true;
}

struct policy policy_read(const char *service, const Google__Protobuf__MethodDescriptorProto *method)
{
    struct policy policy = {0};
    const ProtobufCMessage *options = method->options != NULL ? &method->options->base : NULL;
    for (unsigned i = 0; options != NULL && i < options->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
        if (field->tag != POLICY_FIELD)
            continue;
        const uint8_t *at = field->data, *end = at + field->len;
        uint64_t len;
        if (!varint_read(&at, end, &len) || len != (uint64_t)(end - at) || !policy_parse(at, end, &policy))
            fail("%s/%s: the policy option has a field this tool does not know", service, method->name);
    }
    if (policy.audience == 0)
        fail("%s/%s has no policy: say who may call it, with option (sokuo.v1.policy)", service,
             method->name);
    if ((policy.audience == AUDIENCE_ROLES) != (policy.roles != 0))
        fail("%s/%s: AUDIENCE_ROLES and the list of roles go together", service, method->name);
    if (method->client_streaming || method->server_streaming)
        fail("%s/%s streams: the dispatcher knows only one request and one answer", service, method->name);
    return policy;
}

static const Google__Protobuf__DescriptorProto *message_find(const Google__Protobuf__FileDescriptorSet *set,
                                                             const char *full_name)
{
    for (size_t i = 0; i < set->n_file; i++) {
        const char *package = set->file[i]->package != NULL ? set->file[i]->package : "";
        size_t len = strlen(package);
        if (strncmp(full_name, package, len) != 0 || full_name[len] != '.')
            continue;
        for (size_t m = 0; m < set->file[i]->n_message_type; m++) {
            if (strcmp(set->file[i]->message_type[m]->name, full_name + len + 1) == 0)
                return set->file[i]->message_type[m];
        }
    }
    return NULL;
}

static void message_lint(const Google__Protobuf__FileDescriptorSet *set,
                         const Google__Protobuf__DescriptorProto *message, int depth)
{
    if (depth > DEPTH_MAX)
        fail("message %s nests more than %d deep or contains itself", message->name, DEPTH_MAX);
    for (size_t i = 0; i < message->n_field; i++) {
        const char *type = message->field[i]->type_name;
        if (type == NULL)
            continue;
        const Google__Protobuf__DescriptorProto *sub = message_find(set, name_plain(type));
        if (sub != NULL)
            message_lint(set, sub, depth + 1);
    }
}

void lint_no_recursion(const Google__Protobuf__FileDescriptorSet *set)
{
    for (size_t i = 0; i < set->n_file; i++) {
        if (strcmp(set->file[i]->package, "google.protobuf") == 0)
            continue;
        for (size_t m = 0; m < set->file[i]->n_message_type; m++)
            message_lint(set, set->file[i]->message_type[m], 1);
    }
}
