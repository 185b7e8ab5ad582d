// SPDX-License-Identifier: Apache-2.0
// Messages as protobuf, in one pass. protobuf-c measures every message once for itself and once more for each
// message around it before it writes.
#include <endian.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/codec/json_out.h"
#include "server/codec/registry.h"

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

#define VARINT_MAX 10

static inline char *varint_put(char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

// Where to write at most len bytes.
static inline char *out_place(struct buf *out, size_t len)
{
    if (out->cap - out->len <= len)
        buf_room(out, len);
    return out->data + out->len;
}

static inline void out_varint(struct buf *out, uint64_t value)
{
    char *at = out_place(out, VARINT_MAX);
    out->len += (size_t)(varint_put(at, value) - at);
}

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static const uint8_t wires[] = {
    [PROTOBUF_C_TYPE_INT32] = WIRE_VARINT,  [PROTOBUF_C_TYPE_SINT32] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SFIXED32] = WIRE_32,   [PROTOBUF_C_TYPE_INT64] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SINT64] = WIRE_VARINT, [PROTOBUF_C_TYPE_SFIXED64] = WIRE_64,
    [PROTOBUF_C_TYPE_UINT32] = WIRE_VARINT, [PROTOBUF_C_TYPE_FIXED32] = WIRE_32,
    [PROTOBUF_C_TYPE_UINT64] = WIRE_VARINT, [PROTOBUF_C_TYPE_FIXED64] = WIRE_64,
    [PROTOBUF_C_TYPE_FLOAT] = WIRE_32,      [PROTOBUF_C_TYPE_DOUBLE] = WIRE_64,
    [PROTOBUF_C_TYPE_BOOL] = WIRE_VARINT,   [PROTOBUF_C_TYPE_ENUM] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_STRING] = WIRE_BYTES,  [PROTOBUF_C_TYPE_BYTES] = WIRE_BYTES,
    [PROTOBUF_C_TYPE_MESSAGE] = WIRE_BYTES,
};

static inline uint64_t tag_of(const struct field_info *info)
{
    return (uint64_t)info->id << 3 | wires[info->type];
}

// What stands behind `start` gets its length in front. One byte was left for it: most are shorter than 128.
static void close_length(struct buf *out, size_t start)
{
    char length[VARINT_MAX];
    size_t len = out->len - start - 1;
    size_t size = (size_t)(varint_put(length, len) - length);
    if (size > 1) {
        buf_room(out, size);
        memmove(out->data + start + size, out->data + start + 1, len);
        out->len += size - 1;
    }
    memcpy(out->data + start, length, size);
}

static size_t open_length(struct buf *out)
{
    out_char(out, 0);
    return out->len - 1;
}

static void out_bytes(struct buf *out, const void *data, size_t len)
{
    char *begin = out_place(out, VARINT_MAX + len), *at = varint_put(begin, len);
    memcpy(at, len > 0 ? data : "", len);
    out->len += (size_t)(at - begin) + len;
}

// On the wire numbers are little-endian.
static void out_32(struct buf *out, uint32_t value)
{
    value = htole32(value);
    out_raw(out, (const char *)&value, sizeof value);
}

static void out_64(struct buf *out, uint64_t value)
{
    value = htole64(value);
    out_raw(out, (const char *)&value, sizeof value);
}

static void write_fields(struct buf *out, const ProtobufCMessage *message, const struct message_info *info);

static void write_sub(struct buf *out, const ProtobufCMessage *message, const struct message_info *info)
{
    size_t start = open_length(out);
    if (message != NULL)
        write_fields(out, message, info);
    close_length(out, start);
}

static void write_value(struct buf *out, const struct field_info *info, const void *slot)
{
    switch ((ProtobufCType)info->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        out_varint(out, (uint64_t)(int64_t) * (const int32_t *)slot);
        return;
    case PROTOBUF_C_TYPE_SINT32:
        out_varint(out, (uint32_t)zigzag(*(const int32_t *)slot));
        return;
    case PROTOBUF_C_TYPE_UINT32:
        out_varint(out, *(const uint32_t *)slot);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        out_varint(out, *(const uint64_t *)slot);
        return;
    case PROTOBUF_C_TYPE_SINT64:
        out_varint(out, zigzag(*(const int64_t *)slot));
        return;
    case PROTOBUF_C_TYPE_BOOL:
        out_char(out, (char)(*(const protobuf_c_boolean *)slot != 0));
        return;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        out_32(out, *(const uint32_t *)slot);
        return;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        out_64(out, *(const uint64_t *)slot);
        return;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)slot;
        out_bytes(out, text, text != NULL ? strlen(text) : 0);
        return;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *bytes = slot;
        out_bytes(out, bytes->data, bytes->len);
        return;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        write_sub(out, *(ProtobufCMessage *const *)slot, info->sub);
        return;
    }
}

static void write_repeated(struct buf *out, const struct field_info *info, const char *items, size_t count)
{
    bool is_packed = (info->field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
    size_t start = 0;
    if (is_packed) {
        out_varint(out, (uint64_t)info->id << 3 | WIRE_BYTES);
        start = open_length(out);
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_packed)
            out_varint(out, tag_of(info));
        write_value(out, info, items + i * info->size);
    }
    if (is_packed)
        close_length(out, start);
}

// What a newer client said goes on as it came.
static void write_unknown(struct buf *out, const ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &message->unknown_fields[i];
        out_varint(out, (uint64_t)field->tag << 3 | field->wire_type);
        out_raw(out, (const char *)field->data, field->len);
    }
}

static void write_fields(struct buf *out, const ProtobufCMessage *message, const struct message_info *info)
{
    const unsigned count = info->type->n_fields;
    for (unsigned i = 0; i < count; i++) {
        const struct field_info *field = &info->fields[i];
        const void *slot = info_slot(message, field);
        if (!info_is_present(field, message, slot))
            continue;
        if (field->presence == PRESENCE_REPEATED || field->presence == PRESENCE_MAP) {
            write_repeated(out, field, *(const char *const *)slot, info_count(message, field));
        } else {
            out_varint(out, tag_of(field));
            write_value(out, field, slot);
        }
    }
    write_unknown(out, message);
}

void message_to_wire(struct call *c, const ProtobufCMessage *message, struct buf *out)
{
    codec_begin();    // commands that only store come here first
    buf_room(out, 0); // also an empty message has a place
    write_fields(out, message, registry_message(message->descriptor));
}
