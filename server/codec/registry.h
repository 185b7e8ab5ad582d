// SPDX-License-Identifier: Apache-2.0
// What one field and one message are, beyond protobuf-c's descriptors. Read-only after codec_begin.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Message descriptors and the descriptor set they came from; written by proto/descriptor_tool.c.
struct codec_types {
    const ProtobufCMessageDescriptor *const *messages;
    size_t count;
    const uint8_t *set;
    size_t set_len;
};

// The types of sokuo.v1.
extern const struct codec_types codec_builtin;

// Most fields of one message: readers mark what they saw in a bit set of this size on the stack.
#define REGISTRY_FIELDS_MAX 256

// Messages whose JSON form is not an object of their fields.
enum well_known {
    WELL_KNOWN_NONE,
    WELL_KNOWN_TIMESTAMP,
    WELL_KNOWN_DURATION,
    WELL_KNOWN_FIELD_MASK,
    WELL_KNOWN_WRAPPER,
    WELL_KNOWN_STRUCT,
    WELL_KNOWN_VALUE,
    WELL_KNOWN_LIST,
    WELL_KNOWN_ANY,
};

// How a field says that it is there.
enum presence {
    PRESENCE_IMPLICIT, // a scalar is there when it is not its default
    PRESENCE_POINTER,  // a message is there when the pointer is not NULL
    PRESENCE_ONEOF,    // also `optional`: a oneof of one
    PRESENCE_REPEATED,
    PRESENCE_MAP,
};

struct field_rule {
    uint32_t max_chars, max_items; // never 0: the defaults stand in
    bool is_required, is_uuid, is_multiline;
};

struct message_info;

// Bytes at json_key that may be read, however short it is: writers copy so many at once.
#define JSON_KEY_ROOM 33

// One cache line: writers look at every field of every message, most of which are not there.
struct field_info {
    const ProtobufCFieldDescriptor *field;
    const struct message_info *sub; // messages only
    const char *json_name;
    const char *json_key; // ",\"jsonName\":", ready to write
    uint16_t offset;      // of the value in a message
    uint16_t quantifier;  // of its count or case
    uint16_t json_key_len;
    uint8_t size; // bytes a value takes in a message or in an array of them
    uint8_t type; // ProtobufCType
    uint32_t id;
    enum presence presence;
    struct field_rule rule;
};

struct message_info {
    const ProtobufCMessageDescriptor *type;
    enum well_known well_known;
    bool is_map_entry;
    const struct field_info *fields; // in the order of type->fields
    const uint16_t *names;           // open hash of JSON and original names: index + 1, 0 = free
    uint32_t names_mask;
};

// Adds types; aborts when a descriptor is missing. For codec_begin and the conformance testee.
void registry_add(const struct codec_types *types);
// Never NULL for a type that was added; aborts for others.
const struct message_info *registry_message(const ProtobufCMessageDescriptor *type);
// By full name; NULL when unknown.
const struct message_info *registry_find(const char *full_name, size_t len);
// By JSON name or original name; NULL when unknown.
const struct field_info *registry_field(const struct message_info *info, const char *name, size_t len);

// Bytes a value takes in a message or in an array of them.
size_t scalar_size(ProtobufCType type);

// Where the field, or its count or case, lies in a message.
static inline void *field_at(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->offset;
}

static inline void *field_quantifier(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->quantifier_offset;
}

// The same, without looking at the descriptor.
static inline const void *info_slot(const ProtobufCMessage *message, const struct field_info *info)
{
    return (const char *)message + info->offset;
}

static inline size_t info_count(const ProtobufCMessage *message, const struct field_info *info)
{
    return *(const size_t *)((const char *)message + info->quantifier);
}

// True when a field without presence holds its default, which is left out.
static inline bool info_is_default(const struct field_info *info, const void *slot)
{
    if (info->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(const char *const *)slot;
        return text == NULL || text[0] == '\0';
    }
    if (info->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)slot)->len == 0;
    if (info->size == 8)
        return *(const uint64_t *)slot == 0; // -0.0 is not the default
    return *(const uint32_t *)slot == 0;
}

static inline bool info_is_present(const struct field_info *info, const ProtobufCMessage *message,
                                   const void *slot)
{
    switch (info->presence) {
    case PRESENCE_IMPLICIT:
        return !info_is_default(info, slot);
    case PRESENCE_POINTER:
        return *(void *const *)slot != NULL;
    case PRESENCE_ONEOF:
        return *(const uint32_t *)((const char *)message + info->quantifier) == info->id;
    case PRESENCE_REPEATED:
    case PRESENCE_MAP:
    default:
        return info_count(message, info) > 0;
    }
}
