// SPDX-License-Identifier: Apache-2.0
// JSON into messages: one pass over the text for what would cost too much, then jansson, then our
// descriptors.
#include "server/codec/json_read.h"

#include <string.h>

#include "google/protobuf/struct.pb-c.h"
#include "server/codec/json_where.h"
#include "server/codec/utf8.h"

#define DEPTH_MAX 64
#define VALUES_MAX 20000
#define BYTES_MAX ((size_t)8 << 20)

enum err read_refused(struct json_reader *r, const struct path *path, const char *ja, const char *en)
{
    const char *where = path_text(r->call, path);
    return call_fail_field(
        r->call, where, "BAD_VALUE", "「%s」の値が正しくありません。%s%.0sにしてください。",
        "%s has a wrong value: it must be %.0s%s.", where[0] != '\0' ? where : "JSON", ja, en);
}

void *read_alloc(struct json_reader *r, size_t size)
{
    void *memory = arena_try(&r->call->arena, size > 0 ? size : 1);
    if (memory == NULL)
        (void)!call_fail(r->call, ERR_RESOURCE_EXHAUSTED, "TOO_LARGE",
                         "送信データが大きすぎます。いくつかに分けて送信してください。",
                         "The data takes too much memory. Send it in parts.");
    return memory;
}

ProtobufCMessage *read_new(struct json_reader *r, const struct message_info *info)
{
    ProtobufCMessage *message = read_alloc(r, info->type->sizeof_message);
    if (message != NULL)
        protobuf_c_message_init(info->type, message);
    return message;
}

// null means unset, but for the two types that have a null of their own.
static bool takes_null(const struct field_info *info)
{
    if (info->sub != NULL)
        return info->sub->well_known == WELL_KNOWN_VALUE;
    return info->field->descriptor == &google__protobuf__null_value__descriptor;
}

static enum err read_slot(struct json_reader *r, const json_t *json, const struct field_info *info,
                          const struct path *path, void *slot, enum taken *ret_taken)
{
    *ret_taken = TAKEN_YES;
    if (info->sub != NULL)
        return read_message(r, json, info->sub, path, slot);
    return read_scalar(r, json, info->field, path, slot, ret_taken);
}

static enum err read_repeated(struct json_reader *r, const json_t *array, const struct field_info *info,
                              const struct path *up, ProtobufCMessage *message)
{
    struct path path = {up, info, -1};
    if (!json_is_array(array))
        return read_refused(r, &path, "配列", "an array");
    size_t count = json_array_size(array), size = scalar_size(info->field->type), taken_count = 0;
    char *items = read_alloc(r, count * size);
    if (items == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < count; i++) {
        const json_t *json = json_array_get(array, i);
        enum taken taken;
        path.index = (int)i;
        if (json_is_null(json) && !takes_null(info))
            return read_refused(r, &path, "null以外の値", "something else than null");
        TRY(read_slot(r, json, info, &path, items + taken_count * size, &taken));
        taken_count += taken == TAKEN_YES;
    }
    *(char **)field_at(message, info->field) = items;
    *(size_t *)field_quantifier(message, info->field) = taken_count;
    return ERR_OK;
}

static enum err read_map_entry(struct json_reader *r, const char *key, const json_t *json,
                               const struct field_info *info, const struct path *path,
                               ProtobufCMessage **ret_entry, enum taken *ret_taken)
{
    const struct field_info *value = &info->sub->fields[1];
    if (json_is_null(json) && !takes_null(value))
        return read_refused(r, path, "null以外の値", "something else than null");
    ProtobufCMessage *entry = read_new(r, info->sub);
    if (entry == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    const ProtobufCFieldDescriptor *key_field = info->sub->fields[0].field;
    TRY(read_map_key(r, key, key_field, path, field_at(entry, key_field)));
    TRY(read_slot(r, json, value, path, field_at(entry, value->field), ret_taken));
    *ret_entry = entry;
    return ERR_OK;
}

static enum err read_map(struct json_reader *r, const json_t *object, const struct field_info *info,
                         const struct path *up, ProtobufCMessage *message)
{
    struct path path = {up, info, -1};
    if (!json_is_object(object))
        return read_refused(r, &path, "オブジェクト", "an object");
    ProtobufCMessage **entries = read_alloc(r, json_object_size(object) * sizeof(ProtobufCMessage *));
    if (entries == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    size_t count = 0;
    const char *key;
    json_t *json;
    json_object_foreach((json_t *)object, key, json)
    {
        enum taken taken;
        TRY(read_map_entry(r, key, json, info, &path, &entries[count], &taken));
        count += taken == TAKEN_YES;
    }
    *(ProtobufCMessage ***)field_at(message, info->field) = entries;
    *(size_t *)field_quantifier(message, info->field) = count;
    return ERR_OK;
}

static enum err read_single(struct json_reader *r, const json_t *json, const struct field_info *info,
                            const struct path *up, ProtobufCMessage *message)
{
    struct path path = {up, info, -1};
    uint32_t *chosen = info->presence == PRESENCE_ONEOF ? field_quantifier(message, info->field) : NULL;
    if (chosen != NULL && *chosen != 0)
        return call_fail_field(
            r->call, path_text(r->call, &path), "DUPLICATE",
            "「%s」は、同時に送れない別の項目と一緒に送られました。どちらか一つにしてください。",
            "%s excludes another field that was sent too. Send only one of them.", path_text(r->call, &path));
    enum taken taken;
    TRY(read_slot(r, json, info, &path, field_at(message, info->field), &taken));
    if (chosen != NULL && taken == TAKEN_YES)
        *chosen = info->field->id;
    return ERR_OK;
}

static enum err read_member(struct json_reader *r, const json_t *json, const struct field_info *info,
                            const struct path *path, ProtobufCMessage *message)
{
    if (json_is_null(json) && (info->field->label == PROTOBUF_C_LABEL_REPEATED || !takes_null(info)))
        return ERR_OK;
    if (info->presence == PRESENCE_MAP)
        return read_map(r, json, info, path, message);
    if (info->presence == PRESENCE_REPEATED)
        return read_repeated(r, json, info, path, message);
    return read_single(r, json, info, path, message);
}

static enum err spelled_twice(struct json_reader *r, const struct path *path)
{
    const char *where = path_text(r->call, path);
    return call_fail_field(r->call, where, "DUPLICATE",
                           "「%s」が二通りの書き方で送られました。どちらか一つにしてください。",
                           "%s was sent twice, under two spellings. Send it once.", where);
}

enum err read_fields(struct json_reader *r, const json_t *object, const struct message_info *info,
                     const struct path *path, ProtobufCMessage *message, const char *skip)
{
    uint64_t seen[REGISTRY_FIELDS_MAX / 64] = {0};
    const char *name;
    json_t *json;
    json_object_foreach((json_t *)object, name, json)
    {
        if (skip != NULL && strcmp(name, skip) == 0)
            continue;
        const struct field_info *field = registry_field(info, name, strlen(name));
        if (field == NULL && r->options.reject_unknown_fields)
            return call_fail_field(r->call, name, "UNKNOWN_FIELD", "「%s」という項目はありません。",
                                   "There is no field %s.", name);
        if (field == NULL)
            continue;
        size_t index = (size_t)(field - info->fields);
        if (seen[index / 64] >> (index % 64) & 1)
            return spelled_twice(r, &(struct path){path, field, -1});
        seen[index / 64] |= UINT64_C(1) << (index % 64);
        TRY(read_member(r, json, field, path, message));
    }
    return ERR_OK;
}

enum err read_message(struct json_reader *r, const json_t *json, const struct message_info *info,
                      const struct path *path, ProtobufCMessage **ret_message)
{
    ProtobufCMessage *message = read_new(r, info);
    if (message == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    if (info->well_known != WELL_KNOWN_NONE)
        TRY(read_well_known(r, json, info, path, message));
    else if (json_is_object(json))
        TRY(read_fields(r, json, info, path, message, NULL));
    else
        return read_refused(r, path, "オブジェクト", "an object");
    *ret_message = message;
    return ERR_OK;
}

// The text as such is refused: at which byte, and in which field if that can be told.
static enum err text_refused(struct call *c, const char *reason, const char *ja, const char *en,
                             const char *where, size_t at)
{
    if (where[0] == '\0')
        return call_fail(c, ERR_INVALID_ARGUMENT, reason, "送信データ(JSON)の %zu バイト目: %s%.0s",
                         "JSON at byte %zu: %.0s%s", at + 1, ja, en);
    return call_fail_field(c, where, reason, "「%s」(送信データの %zu バイト目): %s%.0s",
                           "%s (byte %zu): %.0s%s", where, at + 1, ja, en);
}

// Returns the position of the closing quote, or len.
static size_t string_skip(const char *text, size_t at, size_t len)
{
    while (at < len && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return at < len ? at : len;
}

// Finds what would cost too much before memory is spent on it: depth and number of values, and text that is
// none.
static enum err prescan(struct call *c, const char *text, size_t len)
{
    if (len > BYTES_MAX)
        return text_refused(c, "TOO_LARGE", "データが大きすぎます。", "the data is too large.", "",
                            BYTES_MAX);
    size_t sound = utf8_sound(text, len);
    if (sound != len)
        return text_refused(c, "BAD_CHARACTER", "使えない文字があります(UTF-8で送信してください)。",
                            "not UTF-8 text, or a NUL.", json_where(c, text, sound), sound);
    unsigned depth = 0, values = 0;
    for (size_t at = 0; at < len; at++) {
        char ch = text[at];
        if (ch == '"')
            at = string_skip(text, at + 1, len);
        else if (ch == '{' || ch == '[')
            depth++;
        else if ((ch == '}' || ch == ']') && depth > 0)
            depth--;
        values += ch == '{' || ch == '[' || ch == ',';
        if (depth > DEPTH_MAX)
            return text_refused(c, "TOO_DEEP", "入れ子が深すぎます。", "nested too deep.", "", at);
        if (values > VALUES_MAX)
            return text_refused(c, "TOO_MANY", "項目が多すぎます。いくつかに分けて送信してください。",
                                "too many values. Send them in parts.", "", at);
    }
    return ERR_OK;
}

static enum err syntax_refused(struct call *c, const char *text, const json_error_t *error)
{
    size_t end = error->position > 0 ? (size_t)error->position : 1,
           at = end - 1; // jansson stands behind the fault
    if (json_error_code(error) == json_error_duplicate_key)
        return text_refused(c, "DUPLICATE", "同じ項目が二度あります。", "a key occurs twice.",
                            json_where(c, text, end), at);
    return text_refused(c, "MALFORMED", "JSONの形式が正しくありません。", error->text,
                        json_where(c, text, at), at);
}

enum err json_to_message(struct call *c, const ProtobufCMessageDescriptor *type, const void *json, size_t len,
                         const struct json_options *options, ProtobufCMessage **ret_message)
{
    TRY(prescan(c, json, len));
    json_error_t error;
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (root == NULL)
        return syntax_refused(c, json, &error);

    struct json_reader reader = {.call = c};
    if (options != NULL)
        reader.options = *options;
    const struct path top = {.index = -1};
    enum err err = read_message(&reader, root, registry_message(type), &top, ret_message);
    json_decref(root);
    return err;
}
