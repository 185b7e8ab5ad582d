// SPDX-License-Identifier: Apache-2.0
// A world in which the real escalation_step runs: engines, senders, people, a provider, a database and a
// clock, all of them unreliable, in virtual time, from one seed. README.md says how to read it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/escalation.h"

#define S INT64_C(1000000)
#define FAR INT64_MAX

enum {
    ESCALATIONS = 3, // of one incident
    ENGINES = 3,
    SENDERS = 2,
    NOTICES = 256,
    LOGGED = 256,
    OPERATIONS = 128,
    REACHES = 8,
    GENERATIONS = 256,
    CHOICES = 1024, // fault decisions that the shrinker can take back
};

// What goes wrong in a world; each seed has its own subset.
enum fault {
    FAULT_KILL = 1,      // an engine or a sender ends
    FAULT_UNKNOWN = 2,   // a commit whose answer is lost, applied or not
    FAULT_REFUSED = 4,   // a commit that is rolled back
    FAULT_ZOMBIE = 8,    // somebody stalls until lock or lease is lost, and then goes on
    FAULT_OUTAGE = 16,   // the database, or every process, is away
    FAULT_FAILOVER = 32, // a commit that nobody was told of is lost
    FAULT_CLOCK = 64,    // the database's clock jumps
    FAULT_BOUNCE = 128,  // the provider says that it does not work
    FAULT_TIMEOUT = 256, // the provider does not answer, having sent or not
    FAULT_DROP = 512,    // the provider says sent, and is not right
    FAULT_RETRY = 1024,  // a client sends the same operation again although it was answered
    FAULT_REACH = 2048,  // people leave, come back, lose their contact points
    FAULT_HINT = 4096,   // wake-ups get lost
    FAULTS_ALL = 8191,
};

// TWIN is not of the reference: PostgreSQL did what the database in memory did (twin.c).
enum { T1 = 1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, TWIN, INVARIANTS };

enum mutant {
    MUTANT_NONE,
    MUTANT_NO_GUARD,
    MUTANT_CLAIM_STICKS,
    MUTANT_VERSION_READ_AGAIN,
    MUTANT_NOT_ASKED_AGAIN,
    MUTANT_OUTBOX_LATER,
    MUTANT_MARK_FIRST,
    MUTANT_LEASE_FOR_EVER,
    MUTANT_NO_LEASE,
    MUTANT_KEY_OF_ATTEMPT,
    MUTANT_LEVEL_SKIPPED,
    MUTANT_OWN_CLOCK,
    MUTANT_BURST,
    MUTANT_CLOCK_BACK,
    MUTANT_JITTER,
    MUTANT_UNLOGGED,
    MUTANT_DUE_LEFT,
    MUTANT_DUE_LOST,
    MUTANT_ASYNCHRONOUS,
    MUTANT_NO_OPERATION_ID,
    MUTANT_LEAF_LATER,
    MUTANT_GAP_SILENT,
    MUTANT_RED_SILENT,
    MUTANTS,
};

struct mutant_row {
    const char *name, *what;
    unsigned found_by; // bits of invariants
};
extern const struct mutant_row mutant_rows[MUTANTS];
extern const char *const invariant_words[INVARIANTS];

enum notice_state { NOTICE_QUEUED, NOTICE_SENT, NOTICE_SUPPRESSED, NOTICE_DEAD };

// A row of the outbox. visible and dropped are the world's, not the database's.
struct notice {
    uint8_t escalation, position, level, rank, contact;
    uint8_t state, owner; // owner: sender + 1 while leased
    uint8_t attempts;
    bool is_troubled; // a crash or a time-out is on record
    uint8_t visible;  // how often the person saw it
    bool is_dropped;
    uint32_t generation;
    int64_t lease_until_us, not_before_us;
};

struct logged {
    struct escalation_event event;
    int64_t now_us;
    uint8_t escalation, reach;
};

struct row {
    struct escalation e;
    uint32_t settled; // notices of this generation and before are not wanted
    int8_t called;    // place of the person called, or who answered; -1 = nobody
    uint8_t locked;   // engine + 1
    bool is_claimed;  // only a mutant's
    bool is_red;
};

// Everything that one commit changes and a failover may take back, save the tails of the two lists.
struct head {
    struct row rows[ESCALATIONS];
    int leaves, commits, notices, logged;
    uint8_t turns_at[ESCALATIONS][GENERATIONS];
    uint8_t operations[OPERATIONS]; // how often applied
    // What the checks have seen of each escalation.
    int8_t fired[ESCALATIONS]; // highest level that was called in this round, or answered
    int8_t level[ESCALATIONS]; // where it is
    int64_t level_us[ESCALATIONS];
};

struct work { // one transaction, from its reading to its commit
    int escalation;
    int64_t now_us; // the database's, at its begin
    uint32_t read_generation;
    int session; // ends with a failover
    uint8_t reach;
    int operation; // -1 = the engine's own
    int engine;    // -1 = somebody else's
    int place;     // of the person whom it is about; -1 = of nobody in the policy
    bool is_late;  // an answer that is noted and changes nothing
    struct escalation_event event;
    struct escalation_turn turn;
};

struct engine {
    int64_t at_us;
    bool is_dead, is_working;
    struct work work;
};

enum sender_state { SENDER_IDLE, SENDER_SENDING, SENDER_MARKING };

struct sender {
    int64_t at_us;
    bool is_dead;
    uint8_t state;
    int notice;
    uint8_t outcome; // notice_state to mark, or NOTICE_QUEUED to try again
};

struct operation { // what a person or the provider reports, with its client's retries
    int64_t at_us;
    int escalation;
    bool is_answered;
    struct escalation_event event;
};

// What happened in all worlds of this process: a simulator in which something never happens proves nothing of
// it.
struct tally {
    uint64_t acts[ESC_ACT_END], effects[ESC_SETTLED + 1], whys[ESC_WHY_END];
    uint64_t conflicts, unknown, lost, late, suppressed, dead, seen_again;
};
extern struct tally tally;

enum commit { COMMIT_DONE, COMMIT_FAILED, COMMIT_UNKNOWN, COMMIT_CONFLICT };

struct world;

// Another database in which all that is done in memory is done, too, at the same moments by as many sessions.
// Each function compares; a difference violates TWIN. Called after the memory's own change.
struct twin {
    void (*begin)(struct world *w);
    void (*people)(struct world *w); // others can be called from now on
    void (*claim)(struct world *w, int engine);
    void (*session_ends)(struct world *w,
                         int engine); // what it has not committed is lost, its locks are free
    void (*turned)(struct world *w, const struct work *work); // one turn of what commits now
    void (*commit)(struct world *w, const struct work *work, bool is_guarded);
    void (*lease)(struct world *w, int sender, int notice); // or suppress
    // state: what the sender says, whether or not it counts. told: the call hears of it.
    void (*mark)(struct world *w, int sender, int state, int64_t wait_us, const struct work *told);
    void (*keep)(struct world *w); // a failover may lose what commits next
    void (*lose)(struct world *w);
    void (*end)(struct world *w);
};

struct config {
    uint64_t seed;
    int mutant;
    unsigned faults;           // of FAULTS_ALL, those that the caller allows
    bool is_told;              // print what happens
    const uint8_t *taken_back; // choices that are not made, as bits; NULL = none
    const struct twin *twin;   // NULL = none
};

struct world {
    const struct config *config;
    uint64_t random[2];
    unsigned faults;
    int escalations, engines_used, senders_used;
    bool is_provider_honest; // honours idempotency keys
    int silence;             // per cent of notices that nobody ever answers
    bool is_healing;
    struct escalation_policy policy;
    struct escalation_reach reaches[REACHES];
    int reach;

    int64_t now_us, clock_offset_us, end_us, chaos_at_us;
    int64_t down_until_us;   // the database
    int64_t unwell_until_us; // the last fault's end, for T2
    struct head db, before_unknown;
    bool can_lose;
    int sessions;                // failovers so far
    uint32_t acked[ESCALATIONS]; // generation that somebody was told of
    struct notice notices[NOTICES];
    struct logged logged[LOGGED];
    struct engine engines[ENGINES];
    struct sender senders[SENDERS];
    int operations;
    struct operation operation[OPERATIONS];
    int choices;
    uint8_t chosen[CHOICES / 8];
    int steps;
    bool is_full; // a table is used up: the world ends early
    int violated; // invariant, 0 = none
    int64_t violated_us;
};

// random.c
uint64_t world_random(struct world *w);
int below(struct world *w, int n);
int64_t between(struct world *w, int64_t from_us, int64_t to_us);
// Whether a fault happens, at per_mille; numbered, so that it can be taken back.
bool strikes(struct world *w, enum fault fault, int per_mille);
void tell(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

// store.c
int64_t db_now(const struct world *w);
void work_step(struct world *w, struct work *work, struct escalation_event event);
enum commit work_commit(struct world *w, struct work *work);
// Place of a person in the policy; -1 = none.
int place_of(const struct world *w, const struct escalation_event *event);
// What is told as the engine hears it: about somebody who stands there now, by a contact point that is there.
struct escalation_event as_told(const struct world *w, struct escalation_event event);
// Leases a notice, or suppresses it.
enum commit lease_commit(struct world *w, int sender, int at, const struct notice *after);
// Marks a notice, and tells its call in the same transaction (act; -1 = nothing).
enum commit mark_commit(struct world *w, int sender, int at, const struct notice *after, int act);
// A session ended: its locks are free. engine -1: all.
void sessions_end(struct world *w, int engine);
void database_fails_over(struct world *w);

// check.c
void violate(struct world *w, int invariant, const char *why);
void check_turn(struct world *w, const struct work *work, const struct escalation *before, int notices_added);
void check_always(struct world *w);
void check_seen(struct world *w, const struct notice *notice);
void check_end(struct world *w);

// mutants.c
void mutant_step(struct world *w, const struct escalation *before, const struct escalation_facts *facts,
                 const struct escalation_event *event, int64_t now_us, struct escalation_turn *ret);

// engine.c, sender.c, people.c, chaos.c: each does what its actor does at at_us and sets the next.
void engine_act(struct world *w, int at);
void engine_kill(struct world *w, int at, int64_t back_us);
void engines_hint(struct world *w, int64_t due_us);
void sender_act(struct world *w, int at);
void sender_kill(struct world *w, int at, int64_t back_us);
void operation_begin(struct world *w, int escalation, struct escalation_event event, int64_t at_us);
void operation_act(struct world *w, int at);
void people_see(struct world *w, const struct notice *notice);
void chaos_act(struct world *w);

// world.c: lives one world through. True when every invariant held.
bool world_live(struct world *w, const struct config *config);

// shrink.c: finds fewer faults that violate the same, and tells the story.
void shrink(const struct config *config, int invariant);
