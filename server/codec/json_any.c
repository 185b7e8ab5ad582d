// SPDX-License-Identifier: Apache-2.0
// Struct, Value, ListValue and Any. No message of ours holds one (they can contain themselves): they are here
// because Google's conformance cases ask for them. Depth is bounded by JSON's own limit when reading and by
// the writer's when writing.
#include <math.h>
#include <string.h>

#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/struct.pb-c.h"
#include "server/codec/json_out.h"
#include "server/codec/json_read.h"
#include "server/codec/json_write.h"

enum err write_value(struct json_writer *w, const ProtobufCMessage *message)
{
    const Google__Protobuf__Value *value = (const Google__Protobuf__Value *)message;
    switch ((unsigned)value->kind_case) {
    case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
        if (!isfinite(value->number_value))
            return write_refused(w, "Valueの数が有限ではありません。",
                                 "A Value holds a number that is not finite.");
        out_double(w->out, value->number_value);
        return ERR_OK;
    case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
        out_string(w->out, value->string_value);
        return ERR_OK;
    case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
        out_raw(w->out, value->bool_value ? "true" : "false", value->bool_value ? 4 : 5);
        return ERR_OK;
    case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
        return write_message(w, &value->struct_value->base,
                             registry_message(value->struct_value->base.descriptor));
    case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
        return write_message(w, &value->list_value->base,
                             registry_message(value->list_value->base.descriptor));
    case GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE:
        out_raw(w->out, "null", 4);
        return ERR_OK;
    case GOOGLE__PROTOBUF__VALUE__KIND__NOT_SET:
    default:
        return write_refused(w, "Valueに値がありません。", "A Value has no kind set.");
    }
}

enum err write_struct(struct json_writer *w, const ProtobufCMessage *message)
{
    const Google__Protobuf__Struct *object = (const Google__Protobuf__Struct *)message;
    out_char(w->out, '{');
    for (size_t i = 0; i < object->n_fields; i++) {
        const Google__Protobuf__Value *value = object->fields[i]->value;
        if (i > 0)
            out_char(w->out, ',');
        out_string(w->out, object->fields[i]->key);
        out_char(w->out, ':');
        if (value == NULL)
            return write_refused(w, "Structに値がありません。", "A Struct has a field without a value.");
        TRY(write_message(w, &value->base, registry_message(value->base.descriptor)));
    }
    out_char(w->out, '}');
    return ERR_OK;
}

enum err write_list(struct json_writer *w, const ProtobufCMessage *message)
{
    const Google__Protobuf__ListValue *list = (const Google__Protobuf__ListValue *)message;
    out_char(w->out, '[');
    for (size_t i = 0; i < list->n_values; i++) {
        if (i > 0)
            out_char(w->out, ',');
        TRY(write_message(w, &list->values[i]->base, registry_message(list->values[i]->base.descriptor)));
    }
    out_char(w->out, ']');
    return ERR_OK;
}

// "type.googleapis.com/sokuo.v1.ErrorInfo" -> what we know of sokuo.v1.ErrorInfo; NULL when nothing.
static const struct message_info *any_type(const char *url)
{
    const char *slash = strrchr(url, '/');
    return slash != NULL ? registry_find(slash + 1, strlen(slash + 1)) : NULL;
}

enum err write_any(struct json_writer *w, const ProtobufCMessage *message)
{
    const Google__Protobuf__Any *any = (const Google__Protobuf__Any *)message;
    if (any->type_url[0] == '\0' && any->value.len == 0) {
        out_raw(w->out, "{}", 2);
        return ERR_OK;
    }
    const struct message_info *info = any_type(any->type_url);
    if (info == NULL)
        return write_refused(w, "Anyの型がわかりません。", "An Any holds a type that is not known here.");
    ProtobufCMessage *inner;
    TRY(wire_to_message(w->call, info->type, any->value.data, any->value.len, &inner));
    out_raw(w->out, "{\"@type\":", 9);
    out_string(w->out, any->type_url);
    if (info->well_known != WELL_KNOWN_NONE) {
        out_raw(w->out, ",\"value\":", 9);
        TRY(write_message(w, inner, info));
    } else {
        TRY(write_fields(w, inner, info, false));
    }
    out_char(w->out, '}');
    return ERR_OK;
}

// A member of Value in a message of its own.
static enum err read_inner(struct json_reader *r, const json_t *json, const ProtobufCMessageDescriptor *type,
                           const struct path *path, void *slot)
{
    return read_message(r, json, registry_message(type), path, slot);
}

static enum err read_value_string(struct json_reader *r, const json_t *json, const struct path *path,
                                  Google__Protobuf__Value *value)
{
    enum taken taken;
    value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(value->base.descriptor, (unsigned)value->kind_case);
    return read_scalar(r, json, field, path, &value->string_value, &taken);
}

enum err read_value(struct json_reader *r, const json_t *json, const struct path *path,
                    ProtobufCMessage *message)
{
    Google__Protobuf__Value *value = (Google__Protobuf__Value *)message;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE;
        return read_inner(r, json, &google__protobuf__struct__descriptor, path, &value->struct_value);
    case JSON_ARRAY:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE;
        return read_inner(r, json, &google__protobuf__list_value__descriptor, path, &value->list_value);
    case JSON_STRING:
        return read_value_string(r, json, path, value);
    case JSON_INTEGER:
    case JSON_REAL:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE;
        value->number_value = json_number_value(json);
        return ERR_OK;
    case JSON_TRUE:
    case JSON_FALSE:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE;
        value->bool_value = json_is_true(json);
        return ERR_OK;
    case JSON_NULL:
    default:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE;
        return ERR_OK;
    }
}

enum err read_struct(struct json_reader *r, const json_t *json, const struct path *path,
                     ProtobufCMessage *message)
{
    if (!json_is_object(json))
        return read_refused(r, path, "オブジェクト", "an object");
    // A Struct is written like the map it holds.
    const struct message_info *info = registry_message(message->descriptor);
    json_t *wrapped = json_pack("{s:O}", info->fields[0].json_name, json);
    if (wrapped == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    enum err err = read_fields(r, wrapped, info, path, message, NULL);
    json_decref(wrapped);
    return err;
}

enum err read_list(struct json_reader *r, const json_t *json, const struct path *path,
                   ProtobufCMessage *message)
{
    Google__Protobuf__ListValue *list = (Google__Protobuf__ListValue *)message;
    if (!json_is_array(json))
        return read_refused(r, path, "配列", "an array");
    list->values = read_alloc(r, json_array_size(json) * sizeof(Google__Protobuf__Value *));
    if (list->values == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < json_array_size(json); i++) {
        TRY(read_inner(r, json_array_get(json, i), &google__protobuf__value__descriptor, path,
                       &list->values[i]));
        list->n_values++;
    }
    return ERR_OK;
}

enum err read_any(struct json_reader *r, const json_t *json, const struct path *path,
                  ProtobufCMessage *message)
{
    Google__Protobuf__Any *any = (Google__Protobuf__Any *)message;
    if (json_is_object(json) && json_object_size(json) == 0)
        return ERR_OK;
    const char *url = json_string_value(json_object_get(json, "@type"));
    const struct message_info *info = url != NULL ? any_type(url) : NULL;
    if (info == NULL)
        return read_refused(r, path, "@typeのあるオブジェクト", "an object with a known @type");
    ProtobufCMessage *inner;
    if (info->well_known != WELL_KNOWN_NONE) {
        const json_t *value = json_object_get(json, "value");
        if (value == NULL)
            return read_refused(r, path, "valueのあるオブジェクト", "an object with a value");
        TRY(read_message(r, value, info, path, &inner));
    } else {
        inner = read_new(r, info);
        if (inner == NULL)
            return ERR_RESOURCE_EXHAUSTED;
        TRY(read_fields(r, json, info, path, inner, "@type"));
    }
    size_t len = protobuf_c_message_get_packed_size(inner), url_len = strlen(url);
    any->value.data = read_alloc(r, len);
    any->type_url = read_alloc(r, url_len + 1);
    if (any->value.data == NULL || any->type_url == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    any->value.len = protobuf_c_message_pack(inner, any->value.data);
    memcpy(any->type_url, url, url_len);
    return ERR_OK;
}
