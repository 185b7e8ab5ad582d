// SPDX-License-Identifier: Apache-2.0
// Google's messages that have a JSON form of their own: both directions, side by side.
#include <ctype.h>
#include <string.h>

#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "server/codec/json_out.h"
#include "server/codec/json_read.h"
#include "server/codec/json_write.h"
#include "server/codec/time_text.h"

static enum err write_timestamp(struct json_writer *w, const ProtobufCMessage *message)
{
    const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
    out_char(w->out, '"');
    if (!time_format(w->out, time->seconds, time->nanos))
        return write_refused(w, "日時が西暦1年から9999年の範囲にありません。",
                             "A time lies outside the years 1 to 9999.");
    out_char(w->out, '"');
    return ERR_OK;
}

static enum err read_timestamp(struct json_reader *r, const json_t *json, const struct path *path,
                               ProtobufCMessage *message)
{
    Google__Protobuf__Timestamp *time = (Google__Protobuf__Timestamp *)message;
    if (!json_is_string(json) || !time_parse(json_string_value(json), &time->seconds, &time->nanos))
        return read_refused(r, path, "2026-04-01T09:00:00+09:00のような日時",
                            "a time like 2026-04-01T09:00:00+09:00");
    return ERR_OK;
}

static enum err write_duration(struct json_writer *w, const ProtobufCMessage *message)
{
    const Google__Protobuf__Duration *duration = (const Google__Protobuf__Duration *)message;
    out_char(w->out, '"');
    if (!duration_format(w->out, duration->seconds, duration->nanos))
        return write_refused(w, "期間が範囲にありません。", "A duration is out of range.");
    out_char(w->out, '"');
    return ERR_OK;
}

static enum err read_duration(struct json_reader *r, const json_t *json, const struct path *path,
                              ProtobufCMessage *message)
{
    Google__Protobuf__Duration *duration = (Google__Protobuf__Duration *)message;
    if (!json_is_string(json) ||
        !duration_parse(json_string_value(json), &duration->seconds, &duration->nanos))
        return read_refused(r, path, "1.5sのような期間", "a duration like 1.5s");
    return ERR_OK;
}

// foo_bar -> fooBar; false when the way back would lead elsewhere.
static bool mask_path_write(struct buf *out, const char *path)
{
    for (; *path != '\0'; path++) {
        if (isupper((unsigned char)*path))
            return false;
        if (*path != '_') {
            out_char(out, *path);
            continue;
        }
        path++;
        if (!islower((unsigned char)*path))
            return false;
        out_char(out, (char)toupper((unsigned char)*path));
    }
    return true;
}

static enum err write_mask(struct json_writer *w, const ProtobufCMessage *message)
{
    const Google__Protobuf__FieldMask *mask = (const Google__Protobuf__FieldMask *)message;
    out_char(w->out, '"');
    for (size_t i = 0; i < mask->n_paths; i++) {
        if (i > 0)
            out_char(w->out, ',');
        if (!mask_path_write(w->out, mask->paths[i]))
            return write_refused(w, "フィールドマスクの名前をJSONに直せません。",
                                 "A field mask path has no JSON form.");
    }
    out_char(w->out, '"');
    return ERR_OK;
}

// fooBar -> foo_bar into to (room for twice the length); false for a path that has underscores already.
static bool mask_path_read(const char *from, size_t len, char *to)
{
    for (size_t i = 0; i < len; i++) {
        if (from[i] == '_')
            return false;
        if (isupper((unsigned char)from[i]))
            *to++ = '_';
        *to++ = (char)tolower((unsigned char)from[i]);
    }
    return true;
}

static enum err read_mask(struct json_reader *r, const json_t *json, const struct path *path,
                          ProtobufCMessage *message)
{
    Google__Protobuf__FieldMask *mask = (Google__Protobuf__FieldMask *)message;
    const char *text = json_string_value(json);
    if (text == NULL)
        return read_refused(r, path, "項目名をコンマで区切った文字列", "names of fields with commas between");
    size_t most = 1;
    for (const char *at = text; *at != '\0'; at++)
        most += *at == ',';
    mask->paths = read_alloc(r, most * sizeof *mask->paths);
    if (mask->paths == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        char *copy = read_alloc(r, 2 * len + 1);
        if (copy == NULL)
            return ERR_RESOURCE_EXHAUSTED;
        if (!mask_path_read(text, len, copy))
            return read_refused(r, path, "lowerCamelの項目名", "names of fields in lowerCamel");
        mask->paths[mask->n_paths++] = copy;
        text += len + (text[len] == ',');
    }
    return ERR_OK;
}

enum err write_well_known(struct json_writer *w, const ProtobufCMessage *message,
                          const struct message_info *info)
{
    switch (info->well_known) {
    case WELL_KNOWN_TIMESTAMP:
        return write_timestamp(w, message);
    case WELL_KNOWN_DURATION:
        return write_duration(w, message);
    case WELL_KNOWN_FIELD_MASK:
        return write_mask(w, message);
    case WELL_KNOWN_WRAPPER:
        write_scalar(w, info->type->fields, field_at(message, info->type->fields));
        return ERR_OK;
    case WELL_KNOWN_STRUCT:
        return write_struct(w, message);
    case WELL_KNOWN_VALUE:
        return write_value(w, message);
    case WELL_KNOWN_LIST:
        return write_list(w, message);
    case WELL_KNOWN_ANY:
        return write_any(w, message);
    case WELL_KNOWN_NONE:
    default:
        return ERR_INTERNAL;
    }
}

enum err read_well_known(struct json_reader *r, const json_t *json, const struct message_info *info,
                         const struct path *path, ProtobufCMessage *message)
{
    enum taken taken;
    switch (info->well_known) {
    case WELL_KNOWN_TIMESTAMP:
        return read_timestamp(r, json, path, message);
    case WELL_KNOWN_DURATION:
        return read_duration(r, json, path, message);
    case WELL_KNOWN_FIELD_MASK:
        return read_mask(r, json, path, message);
    case WELL_KNOWN_WRAPPER:
        return read_scalar(r, json, info->type->fields, path, field_at(message, info->type->fields), &taken);
    case WELL_KNOWN_STRUCT:
        return read_struct(r, json, path, message);
    case WELL_KNOWN_VALUE:
        return read_value(r, json, path, message);
    case WELL_KNOWN_LIST:
        return read_list(r, json, path, message);
    case WELL_KNOWN_ANY:
        return read_any(r, json, path, message);
    case WELL_KNOWN_NONE:
    default:
        return ERR_INTERNAL;
    }
}
