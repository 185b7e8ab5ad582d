// SPDX-License-Identifier: Apache-2.0
// Within the codec only: writing of messages, shared by the fields and the well-known types.
#pragma once

#include "server/base/call.h"
#include "server/codec/registry.h"

struct json_writer {
    struct call *call;
    struct buf *out;
    unsigned depth; // Any may hold Any
};

// Any message in its JSON form.
enum err write_message(struct json_writer *w, const ProtobufCMessage *message,
                       const struct message_info *info) MUST_USE;
// The fields of a message without braces; is_first = nothing stands before them in the object.
enum err write_fields(struct json_writer *w, const ProtobufCMessage *message, const struct message_info *info,
                      bool is_first) MUST_USE;
// One value that is no message.
void write_scalar(struct json_writer *w, const ProtobufCFieldDescriptor *field, const void *slot);

// In well_known.c: messages with a JSON form of their own.
enum err write_well_known(struct json_writer *w, const ProtobufCMessage *message,
                          const struct message_info *info) MUST_USE;
// In json_any.c.
enum err write_value(struct json_writer *w, const ProtobufCMessage *message) MUST_USE;
enum err write_struct(struct json_writer *w, const ProtobufCMessage *message) MUST_USE;
enum err write_list(struct json_writer *w, const ProtobufCMessage *message) MUST_USE;
enum err write_any(struct json_writer *w, const ProtobufCMessage *message) MUST_USE;

// Records that the message has no JSON form.
enum err write_refused(struct json_writer *w, const char *ja, const char *en) MUST_USE;
