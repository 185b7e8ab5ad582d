// SPDX-License-Identifier: Apache-2.0
// Messages as proto3 JSON, straight into the buffer: every answer of the server goes through here.
#include "server/codec/json_write.h"

#include "google/protobuf/struct.pb-c.h"
#include "server/codec/codec.h"
#include "server/codec/json_out.h"

#define DEPTH_MAX 64

static void write_enum(struct json_writer *w, const ProtobufCEnumDescriptor *type, int value)
{
    if (type == &google__protobuf__null_value__descriptor) {
        out_raw(w->out, "null", 4);
        return;
    }
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    if (known == NULL) {
        out_signed(w->out, value);
        return;
    }
    out_char(w->out, '"');
    out_raw(w->out, known->name, strlen(known->name));
    out_char(w->out, '"');
}

static void write_quoted_64(struct json_writer *w, ProtobufCType type, const void *slot)
{
    out_char(w->out, '"');
    if (type == PROTOBUF_C_TYPE_UINT64 || type == PROTOBUF_C_TYPE_FIXED64)
        out_unsigned(w->out, *(const uint64_t *)slot);
    else
        out_signed(w->out, *(const int64_t *)slot);
    out_char(w->out, '"');
}

void write_scalar(struct json_writer *w, const ProtobufCFieldDescriptor *field, const void *slot)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        out_signed(w->out, *(const int32_t *)slot);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        out_unsigned(w->out, *(const uint32_t *)slot);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        write_quoted_64(w, field->type, slot);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
        out_float(w->out, *(const float *)slot);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        out_double(w->out, *(const double *)slot);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        if (*(const protobuf_c_boolean *)slot)
            out_raw(w->out, "true", 4);
        else
            out_raw(w->out, "false", 5);
        return;
    case PROTOBUF_C_TYPE_ENUM:
        write_enum(w, field->descriptor, *(const int *)slot);
        return;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)slot;
        out_string(w->out, text != NULL ? text : "");
        return;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *bytes = slot;
        out_base64(w->out, bytes->data, bytes->len);
        return;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        return;
    }
}

static enum err write_slot(struct json_writer *w, const struct field_info *info, const void *slot)
{
    if (info->sub != NULL) {
        const ProtobufCMessage *message = *(ProtobufCMessage *const *)slot;
        if (message != NULL)
            return write_message(w, message, info->sub);
        out_raw(w->out, "{}", 2); // a map entry or a oneof without its value has an empty one
        return ERR_OK;
    }
    write_scalar(w, info->field, slot);
    return ERR_OK;
}

static enum err write_repeated(struct json_writer *w, const struct field_info *info, const char *items,
                               size_t count)
{
    size_t size = info->size;
    out_char(w->out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            out_char(w->out, ',');
        TRY(write_slot(w, info, items + i * size));
    }
    out_char(w->out, ']');
    return ERR_OK;
}

static void write_map_key(struct json_writer *w, const ProtobufCFieldDescriptor *key, const void *slot)
{
    bool is_quoted = scalar_size(key->type) == 8 || key->type == PROTOBUF_C_TYPE_STRING;
    if (!is_quoted)
        out_char(w->out, '"');
    write_scalar(w, key, slot);
    if (!is_quoted)
        out_char(w->out, '"');
    out_char(w->out, ':');
}

// protobuf-c keeps every entry that came; the last of a key is the one that counts. Quadratic, which does no
// harm: no message of ours has a map.
static bool is_replaced(const ProtobufCFieldDescriptor *key, ProtobufCMessage *const *entries, size_t at,
                        size_t count)
{
    const void *slot = field_at(entries[at], key);
    for (size_t i = at + 1; i < count; i++) {
        const void *other = field_at(entries[i], key);
        if (key->type == PROTOBUF_C_TYPE_STRING ? strcmp(*(char *const *)slot, *(char *const *)other) == 0
                                                : memcmp(slot, other, scalar_size(key->type)) == 0)
            return true;
    }
    return false;
}

static enum err write_map(struct json_writer *w, const struct field_info *info,
                          ProtobufCMessage *const *entries, size_t count)
{
    const struct field_info *key = &info->sub->fields[0], *value = &info->sub->fields[1];
    bool is_first = true;
    out_char(w->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (is_replaced(key->field, entries, i, count))
            continue;
        if (!is_first)
            out_char(w->out, ',');
        is_first = false;
        write_map_key(w, key->field, field_at(entries[i], key->field));
        TRY(write_slot(w, value, field_at(entries[i], value->field)));
    }
    out_char(w->out, '}');
    return ERR_OK;
}

// The first goes without its comma. A copy of a fixed length needs no call.
static inline void write_key(struct buf *out, const struct field_info *field, bool is_first)
{
    const char *key = field->json_key + is_first;
    size_t len = field->json_key_len - is_first;
    if (len > JSON_KEY_ROOM - 1) {
        out_raw(out, key, len);
        return;
    }
    if (out->cap - out->len <= JSON_KEY_ROOM)
        buf_room(out, JSON_KEY_ROOM);
    memcpy(out->data + out->len, key, JSON_KEY_ROOM - 1);
    out->len += len;
}

enum err write_fields(struct json_writer *w, const ProtobufCMessage *message, const struct message_info *info,
                      bool is_first)
{
    const unsigned count = info->type->n_fields;
    for (unsigned i = 0; i < count; i++) {
        const struct field_info *field = &info->fields[i];
        const void *slot = info_slot(message, field);
        if (!info_is_present(field, message, slot))
            continue;
        write_key(w->out, field, is_first);
        is_first = false;
        if (field->presence == PRESENCE_REPEATED)
            TRY(write_repeated(w, field, *(const char *const *)slot, info_count(message, field)));
        else if (field->presence == PRESENCE_MAP)
            TRY(write_map(w, field, *(ProtobufCMessage * *const *)slot, info_count(message, field)));
        else
            TRY(write_slot(w, field, slot));
    }
    return ERR_OK;
}

enum err write_refused(struct json_writer *w, const char *ja, const char *en)
{
    return call_fail(w->call, ERR_INVALID_ARGUMENT, "NO_JSON_FORM", "%s%.0s", "%.0s%s", ja, en);
}

enum err write_message(struct json_writer *w, const ProtobufCMessage *message,
                       const struct message_info *info)
{
    if (++w->depth > DEPTH_MAX)
        return write_refused(w, "データの入れ子が深すぎます。", "The message is nested too deep for JSON.");
    if (info->well_known != WELL_KNOWN_NONE) {
        TRY(write_well_known(w, message, info));
    } else {
        out_char(w->out, '{');
        TRY(write_fields(w, message, info, true));
        out_char(w->out, '}');
    }
    w->depth--;
    return ERR_OK;
}

enum err message_to_json(struct call *c, const ProtobufCMessage *message, struct buf *out)
{
    struct json_writer writer = {.call = c, .out = out};
    return write_message(&writer, message, registry_message(message->descriptor));
}
