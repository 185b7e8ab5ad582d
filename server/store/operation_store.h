// SPDX-License-Identifier: Apache-2.0
// Operation ids: the same id again returns the first answer, another request under the same id is refused.
//
// The answer is packed before the write, when number, sequence and time of recording are not known yet; they
// stand in columns of their own, and operation_complete puts them into the answer, the first time and every
// other time.
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "server/store/db.h"

struct operation {
    struct uuid id;
    const char *method;
    uint8_t request_hash[32];
    const void *response;
    int response_len;
};

struct operation_facts {
    const char *number;     // of a filing, or how many steps a start made; NULL = neither
    int seq;                // of the journal row
    int64_t recorded_at_us; // by the database
};

// Makes an operation of a request. id as text has passed message_check.
void operation_make(struct call *c, const char *id, const ProtobufCMessage *request,
                    struct operation *ret_operation);
// Packs the answer to be kept with the write.
void operation_pack(struct call *c, struct operation *operation, const ProtobufCMessage *response);
// Puts what the write found out into an answer: incident.number, filed_at, updated_at, entry.seq,
// recorded_at, step_count, …
void operation_complete(struct call *c, ProtobufCMessage *response, const struct operation_facts *facts);
// Statement that finds the first answer; params must have room for two.
struct db_stmt operation_find(struct call *c, const struct operation *operation, struct param *params);
// The same of several operations.
struct db_stmt operation_find_all(struct call *c, const struct uuid *ids, int count, struct param *params);
// Reads what operation_find, or operation_find_all, found. Found: the first answer is in response
// (initialised). ALREADY_EXISTS when the id belongs to another request or another person.
enum err operation_replay(struct call *c, const struct operation *operation, const struct rows *rows,
                          ProtobufCMessage *response, bool *ret_found) MUST_USE;
// Both in one, for a write that was refused.
enum err operation_look_up(struct call *c, const struct operation *operation, ProtobufCMessage *response,
                           bool *ret_found) MUST_USE;
