// SPDX-License-Identifier: Apache-2.0
// Within the codec only: reading of parsed JSON, shared by the fields and the well-known types.
#pragma once

#include <jansson.h>

#include "server/codec/codec.h"
#include "server/codec/path.h"

struct json_reader {
    struct call *call;
    struct json_options options;
};

// What became of one value.
enum taken {
    TAKEN_YES,
    TAKEN_IGNORED, // an enum name nobody knows, where the options say so: as if it had not been there
};

// Zeroed memory in the call's arena; NULL after RESOURCE_EXHAUSTED was recorded.
void *read_alloc(struct json_reader *r, size_t size);
// Records BAD_VALUE: the field at path should have been `ja` / `en`, such as "整数" / "an integer".
enum err read_refused(struct json_reader *r, const struct path *path, const char *ja,
                      const char *en) MUST_USE;

// Reads a message in its JSON form.
enum err read_message(struct json_reader *r, const json_t *json, const struct message_info *info,
                      const struct path *path, ProtobufCMessage **ret_message) MUST_USE;
// Reads the members of an object into a message; skip names a member to leave out (Any's "@type"), or NULL.
enum err read_fields(struct json_reader *r, const json_t *object, const struct message_info *info,
                     const struct path *path, ProtobufCMessage *message, const char *skip) MUST_USE;
// An empty message of that type in the arena; NULL after RESOURCE_EXHAUSTED was recorded.
ProtobufCMessage *read_new(struct json_reader *r, const struct message_info *info);

// In json_scalar.c: one value that is no message, and a map key.
enum err read_scalar(struct json_reader *r, const json_t *json, const ProtobufCFieldDescriptor *field,
                     const struct path *path, void *slot, enum taken *ret_taken) MUST_USE;
enum err read_map_key(struct json_reader *r, const char *key, const ProtobufCFieldDescriptor *field,
                      const struct path *path, void *slot) MUST_USE;

// In well_known.c: messages with a JSON form of their own.
enum err read_well_known(struct json_reader *r, const json_t *json, const struct message_info *info,
                         const struct path *path, ProtobufCMessage *message) MUST_USE;
// In json_any.c.
enum err read_value(struct json_reader *r, const json_t *json, const struct path *path,
                    ProtobufCMessage *message) MUST_USE;
enum err read_struct(struct json_reader *r, const json_t *json, const struct path *path,
                     ProtobufCMessage *message) MUST_USE;
enum err read_list(struct json_reader *r, const json_t *json, const struct path *path,
                   ProtobufCMessage *message) MUST_USE;
enum err read_any(struct json_reader *r, const json_t *json, const struct path *path,
                  ProtobufCMessage *message) MUST_USE;
