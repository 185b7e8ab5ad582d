// SPDX-License-Identifier: Apache-2.0
#include "server/codec/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "server/codec/codec.h"
#include "sokuo/v1/options.pb-c.h"

#define SLOTS 2048u // messages that can be known, times two
#define RULE_OPTION 50002
#define CHARS_DEFAULT 200
#define ITEMS_DEFAULT 100

// Everything here is built once at start, lives as long as the process, and is only read afterwards.
static struct message_info *by_type[SLOTS];
static struct message_info *by_name[SLOTS];
static unsigned known;

static _Noreturn void broken(const char *what, const char *name)
{
    fprintf(stderr, "codec registry: %s: %s\n", what, name);
    abort();
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        broken("no memory", "at start");
    return memory;
}

static uint32_t name_hash(const char *name, size_t len)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

static uint32_t type_hash(const ProtobufCMessageDescriptor *type)
{
    return (uint32_t)(((uintptr_t)type >> 5) * 2654435761u) >> 8;
}

const struct message_info *registry_find(const char *full_name, size_t len)
{
    for (uint32_t i = name_hash(full_name, len);; i++) {
        const struct message_info *info = by_name[i % SLOTS];
        if (info == NULL)
            return NULL;
        if (strlen(info->type->name) == len && memcmp(info->type->name, full_name, len) == 0)
            return info;
    }
}

const struct message_info *registry_message(const ProtobufCMessageDescriptor *type)
{
    for (uint32_t i = type_hash(type);; i++) {
        const struct message_info *info = by_type[i % SLOTS];
        if (info == NULL)
            broken("message was not added", type->name);
        if (info->type == type)
            return info;
    }
}

const ProtobufCMessageDescriptor *codec_message(const char *full_name)
{
    const struct message_info *info = registry_find(full_name, strlen(full_name));
    return info != NULL ? info->type : NULL;
}

const struct field_info *registry_field(const struct message_info *info, const char *name, size_t len)
{
    for (uint32_t i = name_hash(name, len); info->names != NULL; i++) {
        uint16_t at = info->names[i & info->names_mask];
        if (at == 0)
            break;
        const struct field_info *field = &info->fields[at - 1];
        bool is_json = strlen(field->json_name) == len && memcmp(field->json_name, name, len) == 0;
        if (is_json || (strlen(field->field->name) == len && memcmp(field->field->name, name, len) == 0))
            return field;
    }
    return NULL;
}

size_t scalar_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    default:
        return 4;
    }
}

static enum well_known well_known_of(const char *name)
{
    static const struct {
        const char *name;
        enum well_known kind;
    } table[] = {
        {"Timestamp", WELL_KNOWN_TIMESTAMP},
        {"Duration", WELL_KNOWN_DURATION},
        {"FieldMask", WELL_KNOWN_FIELD_MASK},
        {"Struct", WELL_KNOWN_STRUCT},
        {"Value", WELL_KNOWN_VALUE},
        {"ListValue", WELL_KNOWN_LIST},
        {"Any", WELL_KNOWN_ANY},
        {"DoubleValue", WELL_KNOWN_WRAPPER},
        {"FloatValue", WELL_KNOWN_WRAPPER},
        {"Int64Value", WELL_KNOWN_WRAPPER},
        {"UInt64Value", WELL_KNOWN_WRAPPER},
        {"Int32Value", WELL_KNOWN_WRAPPER},
        {"UInt32Value", WELL_KNOWN_WRAPPER},
        {"BoolValue", WELL_KNOWN_WRAPPER},
        {"StringValue", WELL_KNOWN_WRAPPER},
        {"BytesValue", WELL_KNOWN_WRAPPER},
    };
    static const char package[] = "google.protobuf.";
    if (strncmp(name, package, sizeof package - 1) != 0)
        return WELL_KNOWN_NONE;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name + sizeof package - 1) == 0)
            return table[i].kind;
    }
    return WELL_KNOWN_NONE;
}

// Reads the (sokuo.v1.rule) extension, which protobuf-c keeps as an unknown field with its length in front.
static struct field_rule rule_read(const Google__Protobuf__FieldDescriptorProto *proto)
{
    struct field_rule rule = {.max_chars = CHARS_DEFAULT, .max_items = ITEMS_DEFAULT};
    const ProtobufCMessage *options = proto->options != NULL ? &proto->options->base : NULL;
    for (unsigned i = 0; options != NULL && i < options->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
        if (field->tag != RULE_OPTION)
            continue;
        size_t skip = 1; // a rule is shorter than 128 bytes: one byte of length
        Sokuo__V1__FieldRule *read =
            sokuo__v1__field_rule__unpack(NULL, field->len - skip, field->data + skip);
        if (read == NULL)
            broken("bad rule", proto->name);
        if (read->max_chars != 0)
            rule.max_chars = read->max_chars;
        if (read->max_items != 0)
            rule.max_items = read->max_items;
        rule.is_required |= read->required != 0;
        rule.is_uuid |= read->uuid != 0;
        rule.is_multiline |= read->multiline != 0;
        sokuo__v1__field_rule__free_unpacked(read, NULL);
    }
    return rule;
}

static void field_fill(struct field_info *info, const Google__Protobuf__FieldDescriptorProto *proto)
{
    const ProtobufCFieldDescriptor *field = info->field;
    info->rule = rule_read(proto);
    if (field->offset > UINT16_MAX || field->quantifier_offset > UINT16_MAX)
        broken("message too large", field->name);
    info->offset = (uint16_t)field->offset;
    info->quantifier = (uint16_t)field->quantifier_offset;
    info->size = (uint8_t)scalar_size(field->type);
    info->type = (uint8_t)field->type;
    info->id = field->id;
    size_t len = strlen(proto->json_name);
    char *key = zeroed(len + 5 > JSON_KEY_ROOM ? len + 5 : JSON_KEY_ROOM, 1);
    info->json_key_len = (uint16_t)sprintf(key, ",\"%s\":", proto->json_name);
    info->json_key = key;
    char *name = zeroed(len + 1, 1);
    info->json_name = memcpy(name, proto->json_name, len);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        info->sub = registry_message(field->descriptor);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        info->presence = PRESENCE_REPEATED; // a map is told apart once its entry type was read
    else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        info->presence = PRESENCE_ONEOF;
    else
        info->presence = field->type == PROTOBUF_C_TYPE_MESSAGE ? PRESENCE_POINTER : PRESENCE_IMPLICIT;
}

static void name_add(struct message_info *info, uint16_t *names, const char *name, unsigned index)
{
    uint32_t i = name_hash(name, strlen(name));
    while (names[i & info->names_mask] != 0)
        i++;
    names[i & info->names_mask] = (uint16_t)(index + 1);
}

static void message_fill(struct message_info *info, const Google__Protobuf__DescriptorProto *proto)
{
    unsigned count = info->type->n_fields;
    if (count > REGISTRY_FIELDS_MAX)
        broken("too many fields", info->type->name);
    struct field_info *fields = zeroed(count, sizeof *fields);
    uint32_t slots = 4;
    while (slots < count * 4)
        slots *= 2;
    uint16_t *names = zeroed(slots, sizeof *names);
    info->names_mask = slots - 1;
    for (size_t i = 0; i < proto->n_field; i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(info->type, (unsigned)proto->field[i]->number);
        if (field == NULL)
            broken("descriptor set and C code differ", info->type->name);
        unsigned index = (unsigned)(field - info->type->fields);
        fields[index].field = field;
        field_fill(&fields[index], proto->field[i]);
        name_add(info, names, fields[index].json_name, index);
        if (strcmp(field->name, fields[index].json_name) != 0)
            name_add(info, names, field->name, index);
    }
    info->fields = fields;
    info->names = names;
    info->is_map_entry = proto->options != NULL && proto->options->map_entry;
}

// Walks a message and those nested in it, full names in hand.
static void messages_walk(const char *scope, const Google__Protobuf__DescriptorProto *proto)
{
    char name[256];
    snprintf(name, sizeof name, "%s.%s", scope, proto->name);
    const struct message_info *found = registry_find(name, strlen(name));
    if (found != NULL && found->fields == NULL)
        message_fill((struct message_info *)found, proto);
    for (size_t i = 0; i < proto->n_nested_type; i++)
        messages_walk(name, proto->nested_type[i]);
}

static void type_add(const ProtobufCMessageDescriptor *type)
{
    if (registry_find(type->name, strlen(type->name)) != NULL)
        return; // Timestamp comes with every set
    if (++known > SLOTS / 2)
        broken("too many messages", type->name);
    struct message_info *info = zeroed(1, sizeof *info);
    info->type = type;
    info->well_known = well_known_of(type->name);
    uint32_t i = type_hash(type);
    while (by_type[i % SLOTS] != NULL)
        i++;
    by_type[i % SLOTS] = info;
    i = name_hash(type->name, strlen(type->name));
    while (by_name[i % SLOTS] != NULL)
        i++;
    by_name[i % SLOTS] = info;
}

static void maps_mark(const struct codec_types *types)
{
    for (size_t t = 0; t < types->count; t++) {
        const struct message_info *info = registry_message(types->messages[t]);
        if (info->fields == NULL)
            broken("not in the descriptor set", info->type->name);
        for (unsigned i = 0; i < info->type->n_fields; i++) {
            struct field_info *field = (struct field_info *)&info->fields[i];
            if (field->presence == PRESENCE_REPEATED && field->sub != NULL && field->sub->is_map_entry)
                field->presence = PRESENCE_MAP;
        }
    }
}

void registry_add(const struct codec_types *types)
{
    Google__Protobuf__FileDescriptorSet *set =
        google__protobuf__file_descriptor_set__unpack(NULL, types->set_len, types->set);
    if (set == NULL)
        broken("bad descriptor set", "built in");
    for (size_t i = 0; i < types->count; i++)
        type_add(types->messages[i]);
    for (size_t i = 0; i < set->n_file; i++) {
        for (size_t m = 0; m < set->file[i]->n_message_type; m++)
            messages_walk(set->file[i]->package, set->file[i]->message_type[m]);
    }
    maps_mark(types);
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
}

void codec_begin(void)
{
    if (known == 0)
        registry_add(&codec_builtin);
}
