// SPDX-License-Identifier: Apache-2.0
// The engine's own store on a real PostgreSQL, one act at a time, in sessions that stay open between acts.
// Knows nothing of worlds. Every function runs on a fiber and aborts on what no schedule explains.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/escalation.h"

enum { PG_CALLS = 3, PG_ENGINES = 3, PG_SENDERS = 2 };

// A city with a person for each place of a policy, once; the clock of the database is settable from then on.
void pg_begin(void);
void pg_end(void);
// Nothing was called yet; calls are begun by this policy.
void pg_world(const struct escalation_policy *policy);
void pg_people(const struct escalation_reach *reach);
void pg_clock(int64_t now_us);

// A session of an engine: claims what is due longest and steps it. False: nothing is due.
struct pg_claimed {
    int call;
    struct escalation before;
    struct escalation_reach reach;
    struct escalation_turn turn;
};
bool pg_claim(int engine, struct pg_claimed *ret);
// Its locks are free when this returns; what it claimed is remembered.
void pg_session_end(int engine);
// Saves and commits what it claimed, in its session, or in a new one when that ended. PG_STALE: another
// generation; PG_REFUSED: it was stopped by something else.
enum pg_saved { PG_SAVED, PG_STALE, PG_REFUSED };
enum pg_saved pg_save(int engine);

// Begins a call (the operation's number is the call's), or tells one; false: that operation was done before.
bool pg_call(int operation);
bool pg_tell(int operation, int call, int act, int place, int64_t until_us);
// A whole batch of an engine for one call.
void pg_step(int call);

struct pg_leased {
    int call, position;
    uint32_t generation;
    bool is_wanted;
};
// False: nothing is due.
bool pg_lease(int sender, struct pg_leased *ret);
enum pg_outcome { PG_TAKEN = 1, PG_LATER, PG_DEAD };
// Of what this sender leased last.
void pg_mark(int sender, enum pg_outcome outcome, int64_t wait_us);

// What is kept can be brought back by pg_lose: a failover to a replica that had not more.
void pg_keep(void);
void pg_lose(void);

// The state of a call as text, and its effects of later generations; until the next call of any function.
const char *pg_state(int call, uint32_t effects_after);
// The same of a state in memory.
const char *pg_state_of(const struct escalation *e, uint32_t settled);
const char *pg_effect_of(uint32_t generation, int position, const struct escalation_effect *f);
// "" when the outbox is exactly so, else what differs. Rows as SQL: (call, generation, position, state,
// attempts), …
const char *pg_outbox(const char *rows);
// "" when every call has its notice, and nothing that was told waits.
const char *pg_whole(void);
