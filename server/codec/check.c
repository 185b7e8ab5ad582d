// SPDX-License-Identifier: Apache-2.0
// The (sokuo.v1.rule) limits, applied to a whole request before its handler sees it.
#include <string.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "server/codec/codec.h"
#include "server/codec/path.h"
#include "server/codec/time_text.h"
#include "server/codec/utf8.h"

#define LINE_SEPARATOR 0x2028
#define PARAGRAPH_SEPARATOR 0x2029

static enum err missing(struct call *c, const struct path *path)
{
    const char *where = path_text(c, path);
    return call_fail_field(c, where, "REQUIRED", "「%s」は必須です。入力してからもう一度送信してください。",
                           "%s is required. Fill it in and send again.", where);
}

static enum err too_long(struct call *c, const struct path *path, size_t has, uint32_t limit)
{
    const char *where = path_text(c, path);
    enum err err = call_fail_field(
        c, where, "TOO_LONG", "「%s」が長すぎます(%zu文字)。%u文字以内にしてからもう一度送信してください。",
        "%s is too long (%zu characters). Shorten it to %u or less and send again.", where, has, limit);
    c->error_limit = limit;
    return err;
}

static enum err too_many(struct call *c, const struct path *path, size_t has, uint32_t limit)
{
    const char *where = path_text(c, path);
    enum err err = call_fail_field(
        c, where, "TOO_MANY", "「%s」が多すぎます(%zu件)。%u件以内にしてからもう一度送信してください。",
        "%s has too many items (%zu). Reduce them to %u or less and send again.", where, has, limit);
    c->error_limit = limit;
    return err;
}

static enum err bad_character(struct call *c, const struct path *path, uint32_t code)
{
    const char *where = path_text(c, path);
    if (code == '\n' || code == '\r' || code == LINE_SEPARATOR || code == PARAGRAPH_SEPARATOR)
        return call_fail_field(c, where, "BAD_CHARACTER",
                               "「%s」では改行を使えません。改行を消してからもう一度送信してください。",
                               "%s takes a single line. Remove the line break and send again.", where);
    return call_fail_field(
        c, where, "BAD_CHARACTER",
        "「%s」に目に見えない制御文字(U+%04X)があります。消してからもう一度送信してください。",
        "%s has an invisible control character (U+%04X). Remove it and send again.", where, (unsigned)code);
}

static bool is_bidi_control(uint32_t code)
{
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

// Names, titles and numbers stand in lists, mails and logs: what breaks a line or turns its direction is
// refused there. Longer texts are pasted from mails; they may hold line breaks, tabs and marks of direction,
// which screens isolate.
static bool is_refused(uint32_t code, bool is_multiline)
{
    if (is_multiline && (code == '\n' || code == '\r' || code == '\t'))
        return false;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return true;
    return !is_multiline && (is_bidi_control(code) || code == LINE_SEPARATOR || code == PARAGRAPH_SEPARATOR);
}

static enum err check_string(struct call *c, const char *text, const struct field_rule *rule,
                             const struct path *path)
{
    struct uuid id;
    if (text == NULL || text[0] == '\0')
        return rule->is_required ? missing(c, path) : ERR_OK;
    if (rule->is_uuid && !uuid_parse(text, &id)) {
        const char *where = path_text(c, path);
        return call_fail_field(
            c, where, "NOT_A_UUID",
            "「%s」の番号(UUID)の形式が正しくありません。画面を開き直してもう一度操作してください。",
            "%s is no UUID. Reload the page and try again.", where);
    }
    size_t count = 0, len = strlen(text);
    const uint8_t *at = (const uint8_t *)text, *end = at + len;
    if (len > (size_t)rule->max_chars * 4)
        return too_long(c, path, utf8_count(text), rule->max_chars);
    while (at < end) {
        uint32_t code = utf8_next(&at, end);
        if (code == UINT32_MAX || is_refused(code, rule->is_multiline))
            return bad_character(c, path, code);
        count++;
    }
    return count > rule->max_chars ? too_long(c, path, count, rule->max_chars) : ERR_OK;
}

static enum err check_bytes(struct call *c, const ProtobufCBinaryData *bytes, const struct field_rule *rule,
                            const struct path *path)
{
    if (rule->is_required && bytes->len == 0)
        return missing(c, path);
    return bytes->len > rule->max_chars ? too_long(c, path, bytes->len, rule->max_chars) : ERR_OK;
}

static enum err check_enum(struct call *c, int value, const struct field_info *info, const struct path *path)
{
    if (info->rule.is_required && value == 0)
        return missing(c, path);
    if (protobuf_c_enum_descriptor_get_value(info->field->descriptor, value) != NULL)
        return ERR_OK;
    const char *where = path_text(c, path);
    return call_fail_field(
        c, where, "BAD_VALUE", "「%s」の値(%d)は選択肢にありません。画面を開き直して選び直してください。",
        "%s has the value %d, which is none of the choices. Reload the page and choose again.", where, value);
}

static enum err check_time(struct call *c, const ProtobufCMessage *message, const struct path *path)
{
    const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
    if (time_is_valid(time->seconds, time->nanos))
        return ERR_OK;
    const char *where = path_text(c, path);
    return call_fail_field(c, where, "BAD_VALUE",
                           "「%s」の日時が正しくありません。入れ直してからもう一度送信してください。",
                           "%s is no time between the years 1 and 9999. Correct it and send again.", where);
}

static enum err check_message(struct call *c, const ProtobufCMessage *message,
                              const struct message_info *info, const struct path *up);

static enum err check_slot(struct call *c, const struct field_info *info, const void *slot,
                           const struct path *path)
{
    switch (info->field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return check_string(c, *(const char *const *)slot, &info->rule, path);
    case PROTOBUF_C_TYPE_BYTES:
        return check_bytes(c, slot, &info->rule, path);
    case PROTOBUF_C_TYPE_ENUM:
        return check_enum(c, *(const int *)slot, info, path);
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *message = *(ProtobufCMessage *const *)slot;
        if (message == NULL)
            return info->rule.is_required ? missing(c, path) : ERR_OK;
        if (info->sub->well_known == WELL_KNOWN_TIMESTAMP)
            return check_time(c, message, path);
        return info->sub->well_known == WELL_KNOWN_NONE ? check_message(c, message, info->sub, path) : ERR_OK;
    }
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BOOL:
    default:
        return ERR_OK; // handlers judge numbers
    }
}

static enum err check_items(struct call *c, const struct field_info *info, const ProtobufCMessage *message,
                            struct path *path)
{
    size_t count = *(const size_t *)field_quantifier(message, info->field);
    const char *items = *(const char *const *)field_at(message, info->field);
    if (count == 0)
        return info->rule.is_required ? missing(c, path) : ERR_OK;
    if (count > info->rule.max_items)
        return too_many(c, path, count, info->rule.max_items);
    for (size_t i = 0; i < count; i++) {
        path->index = (int)i;
        TRY(check_slot(c, info, items + i * scalar_size(info->field->type), path));
    }
    return ERR_OK;
}

static enum err check_message(struct call *c, const ProtobufCMessage *message,
                              const struct message_info *info, const struct path *up)
{
    for (unsigned i = 0; i < info->type->n_fields; i++) {
        const struct field_info *field = &info->fields[i];
        struct path path = {up, field, -1};
        bool is_unset = field->presence == PRESENCE_ONEOF &&
                        *(const uint32_t *)field_quantifier(message, field->field) != field->field->id;
        if (field->presence == PRESENCE_REPEATED || field->presence == PRESENCE_MAP)
            TRY(check_items(c, field, message, &path));
        else if (!is_unset)
            TRY(check_slot(c, field, field_at(message, field->field), &path));
        else if (field->rule.is_required)
            return missing(c, &path);
    }
    return ERR_OK;
}

enum err message_check(struct call *c, const ProtobufCMessage *message)
{
    const struct path top = {.index = -1};
    return check_message(c, message, registry_message(message->descriptor), &top);
}
