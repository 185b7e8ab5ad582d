// SPDX-License-Identifier: Apache-2.0
// One call: who asks, in which language, until when, and what went wrong. A function that may sleep takes
// `struct call *` first; pure code cannot, since it has none.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/err.h"
#include "server/base/uuid.h"

struct db;

enum lang { LANG_JA, LANG_EN };

// The caller, as of the moment of authentication. Zero for nobody.
struct actor {
    struct uuid tenant_id, account_id, person_id, post_id, section_id, session_id;
    const char *person_name, *post_name, *login;
    uint64_t roles;            // bit 1 << Role (proto/sokuo/v1/options.proto)
    int capacity;              // Capacity (common.proto) in which the post is held
    bool is_known;             // logged in, or the server itself
    bool is_token;             // came with an API token
    bool must_change_password; // before anything else may be done (not with a token)
    bool reads_all; // duty that reads every incident up to `restricted`: sokuo.reach is "all", else "own"
    bool
        is_system; // the server itself (engines, looking a session up by its secret): sokuo.reach is "system"
};

// Of a change that a device made earlier and sends now: how old it is, and how far its clock is off.
struct call_device {
    int64_t age_us; // by the device's monotonic clock; 0 = it does not know
    int64_t off_us; // its wall clock minus ours
};

struct call_defer;
struct rpc_request;
struct rpc_response;

struct call {
    struct arena arena;
    struct actor actor;
    struct db *db;
    enum lang lang;
    char id[17];          // for logs and answers
    const char *method;   // "sokuo.v1.IncidentService/FileIncident"
    uint64_t deadline_us; // clock_us(); 0 = none
    int64_t now_us;       // the database's clock when the call began, in microseconds since 1970
    bool is_gone;         // the client left; reads may stop, writes go on
    // The error, set by call_fail.
    const char *error_ja, *error_en, *error_reason, *error_field;
    int64_t error_retry_at_us;
    uint32_t error_limit;
    struct call_defer *defers;
    // Of a call that came over HTTP, for handlers that set cookies or need the address; NULL otherwise.
    const struct rpc_request *request;
    struct rpc_response *response;
    const struct call_device *device; // NULL: made now
};

// Begins a call whose arena may grow to limit bytes.
void call_begin(struct call *c, struct db *db, size_t limit);
// Runs what was deferred, newest first, and frees the arena.
void call_end(struct call *c);
// Runs fn(arg) when the call ends.
void call_defer(struct call *c, void (*fn)(void *), void *arg);

// Records what went wrong in both languages (one set of arguments serves both) and returns err.
// Say what happened, what was kept, what to do.
enum err call_fail(struct call *c, enum err err, const char *reason, const char *ja, const char *en, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
// As call_fail with INVALID_ARGUMENT, naming the field as a JSON path such as "facts.place".
enum err call_fail_field(struct call *c, const char *field, const char *reason, const char *ja,
                         const char *en, ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
// Takes the error back, where the caller handles it.
void call_clear_error(struct call *c);

// Arena shorthands.
static inline void *call_alloc(struct call *c, size_t size)
{
    return arena_alloc(&c->arena, size);
}
char *call_printf(struct call *c, const char *fmt, ...) PRINTF(2, 3);

static inline bool actor_has_role(const struct actor *a, int role)
{
    return (a->roles >> role) & 1;
}
