// SPDX-License-Identifier: Apache-2.0
// Command of an incident: its times, claims besides, what waits for the commander, what deputies decided.
#pragma once

#include "server/store/db.h"
#include "sokuo/v1/command.pb-c.h"

struct command_now {
    Sokuo__V1__Command **history; // the latest first
    int history_count;
    Sokuo__V1__Command *present; // NULL: nobody commands
    struct uuid holder_id;
    uint64_t holder_duties; // over the whole city, bit 1 << Role
    int64_t last_act_us;    // what the holder last recorded, or when they took command
    bool holder_is_absent;
    Sokuo__V1__CommandConflict **claims; // that nobody settled
    int claim_count;
};
enum err command_read(struct call *c, const struct uuid *incident_id, struct command_now *ret) MUST_USE;

// What waits for the commander, the soonest due first.
enum err command_undecided(struct call *c, const struct uuid *incident_id, Sokuo__V1__Undecided ***ret,
                           int *ret_count) MUST_USE;
// What deputies decided, the latest first; only these entries (NULL: all).
enum err command_proxies(struct call *c, const struct uuid *incident_id, const struct uuid *entry_ids,
                         int count, Sokuo__V1__ProxyDecision ***ret, int *ret_count) MUST_USE;

// Statements that go along with the change of an incident; journal_id is that change's. What they point to
// lives as long as the call.
struct command_saying {
    int role;           // by which command is held
    const char *ground; // in words
    int end;            // CommandEnd of the command before
};
struct db_stmt command_said(struct call *c, const struct uuid *incident_id, const struct uuid *journal_id,
                            const struct command_saying *saying);
// The calls by which the actor is called to the incident are taken on.
struct db_stmt command_answers_calls(struct call *c, const struct uuid *incident_id,
                                     const struct uuid *journal_id);
struct db_stmt command_claim(struct call *c, const struct uuid *incident_id, const struct uuid *journal_id,
                             const char *ground, int64_t claimed_us);
struct db_stmt proxy_review(struct call *c, const struct uuid *incident_id, const struct uuid *journal_id,
                            const struct uuid *entry_ids, int count, bool agreed, const char *reason);
