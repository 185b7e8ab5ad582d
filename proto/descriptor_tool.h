// SPDX-License-Identifier: Apache-2.0
// Build tool only: what the three files of descriptor_tool share.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "google/protobuf/descriptor.pb-c.h"

// What (sokuo.v1.policy) says; see proto/sokuo/v1/options.proto.
struct policy {
    uint64_t audience, roles, max_bytes;
    bool is_idempotent;
};

// Prints to standard error and ends the program: the build stops and shows why.
_Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// "sokuo.v1.FileIncident" -> "Sokuo__V1__FileIncident", as protoc-c names C types. Caller frees.
char *name_c_type(const char *full_name);
// "sokuo.v1.FileIncident" -> "sokuo__v1__file_incident", as protoc-c names C symbols. Caller frees.
char *name_c_symbol(const char *full_name);
// Full name of a descriptor reference: without the dot in front.
const char *name_plain(const char *reference);

// Reads the policy of a method; ends the program when there is none or when it makes no sense.
struct policy policy_read(const char *service, const Google__Protobuf__MethodDescriptorProto *method);
// Ends the program when a message of our package can contain itself: the unpacker recurses.
void lint_no_recursion(const Google__Protobuf__FileDescriptorSet *set);
