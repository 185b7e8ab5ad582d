// SPDX-License-Identifier: Apache-2.0
// Calls and policies as people see them, and what people do about them.
#pragma once

#include "server/domain/escalation.h"
#include "server/store/operation_store.h"
#include "sokuo/v1/escalation.pb-c.h"

#define CALL_PHASE(x) SOKUO__V1__ESCALATION_PHASE__ESCALATION_PHASE_##x

// Which calls.
struct call_wish {
    const struct uuid *incident_id, *mine_of, *id; // NULL: any
    bool ended;
    int lines; // of each at most
};
// Those the caller may see, the red ones first.
enum err call_list(struct call *c, const struct call_wish *wish, Sokuo__V1__Escalation ***ret,
                   int *ret_count) MUST_USE;
// NOT_FOUND when it is not there or the caller may not see it.
enum err call_get(struct call *c, const struct uuid *id, Sokuo__V1__Escalation **ret) MUST_USE;
// Whether the person was ever called by it.
enum err call_was_called(struct call *c, const struct uuid *id, const struct uuid *person_id,
                         bool *ret) MUST_USE;
// Overdue calls, and whether the clock is suspect.
enum err call_health(struct call *c, Sokuo__V1__ListEscalationsResponse *res) MUST_USE;

// What somebody does about a call; act is an enum escalation_act. Not done: done before.
struct call_saying {
    struct uuid id, about; // nil: nobody
    int act;
    int64_t until_us, occurred_us; // TIME_NULL: none, now
    const char *kind, *text, *reason;
};
enum err call_tell(struct call *c, const struct call_saying *saying, const struct operation *operation,
                   bool *ret_done) MUST_USE;
// Calls a duty to an incident; the operation's id is the call's. Not done: done before, or it is over.
struct call_beginning {
    struct uuid incident_id, scope_id;
    int role;
    const char *reason, *text;
};
enum err call_begin_new(struct call *c, const struct call_beginning *beginning,
                        const struct operation *operation, bool *ret_done) MUST_USE;

// A policy in force: saved by the city, or as shipped.
struct policy_now {
    struct escalation_policy policy;
    Sokuo__V1__EscalationPolicy *shown; // without problems
};
// Upward S0 to S4, then downward; ten.
enum err policy_all(struct call *c, struct policy_now ret[10]) MUST_USE;
enum err policy_get(struct call *c, int direction, int severity, struct policy_now *ret) MUST_USE;
// policy NULL: as shipped. Not done: done before.
enum err policy_save(struct call *c, int direction, int severity, const struct escalation_policy *policy,
                     const char *override_reason, const char *text, const struct operation *operation,
                     bool *ret_done) MUST_USE;
