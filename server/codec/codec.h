// SPDX-License-Identifier: Apache-2.0
// The registry of our messages: what protobuf-c's own descriptors leave out (JSON names, maps, presence,
// limits), read once from the descriptor set that is compiled in.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "server/base/call.h"

// Loads the built-in set. Once a process, before any other of this folder.
void codec_begin(void);
// Descriptor by full name such as "sokuo.v1.Incident"; NULL when unknown.
const ProtobufCMessageDescriptor *codec_message(const char *full_name);

struct json_options {
    bool reject_unknown_fields;     // tests; Connect clients expect unknown ones to be ignored
    bool ignore_unknown_enum_names; // conformance tests; ours are refused: leaving an answer out is not ours
                                    // to decide
};

// Parses JSON text (proto3 JSON mapping) into a message in the call's arena. The error names the field.
enum err json_to_message(struct call *c, const ProtobufCMessageDescriptor *type, const void *json, size_t len,
                         const struct json_options *options, ProtobufCMessage **ret_message) MUST_USE;
// Writes a message as proto3 JSON. Fails only for what has no JSON form (a bad Any, a time out of range).
enum err message_to_json(struct call *c, const ProtobufCMessage *message, struct buf *out) MUST_USE;

// Checks the wire form first (depth, field count, repeated singular messages, groups, UTF-8, NUL), then
// unpacks into the call's arena under a budget of max(64 KiB, 16 x len), at most 16 MiB.
enum err wire_to_message(struct call *c, const ProtobufCMessageDescriptor *type, const void *data, size_t len,
                         ProtobufCMessage **ret_message) MUST_USE;
// Packs into the call's arena.
void message_to_wire(struct call *c, const ProtobufCMessage *message, struct buf *out);

// Applies the (sokuo.v1.rule) limits of every field, deep: required, length in code points, items, UUID form,
// control characters, known enum values. The error names the field by its JSON path, in Japanese and English.
enum err message_check(struct call *c, const ProtobufCMessage *message) MUST_USE;
