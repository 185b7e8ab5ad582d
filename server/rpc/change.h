// SPDX-License-Identifier: Apache-2.0
// One change of one incident: first answer again, read, decide, write, and try again when somebody was faster
// and the caller did not say which version was seen.
#pragma once

#include "server/store/incident_store.h"

#define CHANGE_EXTRAS 4

struct change {
    struct operation operation;
    struct incident before; // as read
    struct incident after;  // as decided: edit its m and ids
    struct incident_note note;
    struct db_stmt extra[CHANGE_EXTRAS]; // further statements of the unit
    int extra_count;
    struct buf changes; // JSON array under way
};

// What every change request says.
struct change_request {
    const char *operation_id, *incident_id;
    int version;         // 0 = whatever it is now
    bool version_needed; // 0 is refused
    unsigned act; // bit of enum access_act the caller needs; ACCESS_READ where the decision checks by itself
    const ProtobufCMessage *message;
};

// Decides: edits change->after, notes what changed, and puts change->after.m into the response. May be called
// again.
typedef enum err (*change_decide)(struct call *c, struct change *change, const ProtobufCMessage *req,
                                  ProtobufCMessage *res);

// Does it. The answer is in res (initialised by the dispatcher).
enum err change_run(struct call *c, const struct change_request *request, ProtobufCMessage *res,
                    change_decide decide) MUST_USE;

// Notes a field that changed; nothing when before and after are the same.
void change_note(struct change *change, const char *field, const char *before, const char *after);
// As change_note for a value of an enum, by its name.
void change_note_enum(struct change *change, const char *field, const ProtobufCEnumDescriptor *type,
                      int before, int after);
// As change_note for a time, in RFC 3339.
void change_note_time(struct call *c, struct change *change, const char *field,
                      const Google__Protobuf__Timestamp *before, const Google__Protobuf__Timestamp *after);
// Whether anything was noted.
bool change_is_empty(const struct change *change);
// Name of an enum's value, "" for 0 (unknown).
const char *enum_name(const ProtobufCEnumDescriptor *type, int value);
// Begins the notes of a change that does not go through change_run.
void change_begin_note(struct call *c, struct change *change, const char *kind);
// Finishes the JSON of the notes.
void change_end_note(struct change *change);
// The errors of the same names.
enum err change_stale(struct call *c, const struct incident *now);
enum err change_denied(struct call *c);
// The time something happened: absent is now, more than two minutes ahead is refused, less is taken as now.
// With c->device its age counts before the time, and nothing is refused.
enum err change_occurred(struct call *c, const Google__Protobuf__Timestamp *time, int64_t *ret_us) MUST_USE;
