// SPDX-License-Identifier: Apache-2.0
// Calls that climb, as rows: what the engine claims, steps and saves within one transaction (decision 0063),
// and who stands in duties now.
#pragma once

#include "server/domain/escalation.h"
#include "server/store/db.h"
#include "sokuo/v1/escalation.pb-c.h"

// --- who is called ---

struct esc_person {
    struct uuid post_id, person_id; // nil person: nobody holds the post
    const char *post_name, *person_name;
    bool is_away;
    int contact_count;        // that may be used, at most 8
    struct uuid *contact_ids; // nil: in the client
    int16_t *contact_kinds;
};

// A duty at its place, or at the nearest place above where it stands.
struct esc_duty {
    struct uuid tenant_id, scope_id; // as asked
    int role, mode;
    struct uuid place_id;
    int count;
    struct esc_person people[ESC_RANKS_MOST]; // the holder first; nobody twice
};

// Duties that are looked up together.
struct esc_duties {
    struct esc_duty *all;
    int count, room;
    int *slots; // hash of places in all, -1 = free
    int slot_count;
};
// Room for so many.
void esc_duties_begin(struct call *c, struct esc_duties *duties, int room);
// Asks for one; the same again is the same one. At most as many as there is room for.
struct esc_duty *esc_duties_want(struct esc_duties *duties, const struct uuid *tenant_id, int role,
                                 const struct uuid *scope_id, int mode);
// Reads them all as they are now; within the lease, or by itself (NULL).
enum err esc_duties_read(struct call *c, struct db_lease *lease, struct esc_duties *duties) MUST_USE;
// What the step looks at: who is there, and who must not hear of it is not.
void esc_reach(const struct escalation_policy *policy, struct esc_duty *const *duties,
               const struct uuid *excluded, int excluded_count, struct escalation_reach *ret);

// --- policies ---

void esc_policy_take(const Sokuo__V1__EscalationPolicy *message, struct escalation_policy *ret);
Sokuo__V1__EscalationPolicy *esc_policy_show(struct call *c, const struct escalation_policy *policy);
// A policy as a list of columns wants it: in hex.
const char *esc_policy_hex(struct call *c, const struct escalation_policy *policy);
// A policy from its column; false when the bytes are none.
bool esc_policy_unpack(struct call *c, const void *data, int len, struct escalation_policy *ret);

// --- a batch ---

struct esc_event {
    int64_t id;
    int act;
    struct uuid person_id, contact_id;
    const char *person_name;
    int64_t until_us;
};

struct esc_call {
    struct uuid tenant_id, id, incident_id, order_id, addressee_id, scope_id;
    int direction, mode, severity, role;
    struct escalation before, state; // as read; as stepped
    struct escalation_policy policy; // frozen, once it is armed
    bool is_armed_now;               // the policy must be written
    struct esc_duty *duties[ESC_LEVELS_MOST];
    struct escalation_reach reach;
    const struct office_hours *office; // of its city; NULL: it counts always
    bool is_whole, is_read;            // all levels are known, not only the present one; reach is
    int incident, addressee;           // places in the batch; addressee -1: none
    int deeds_from, deeds_end;         // of the batch, when it was stepped
    struct esc_event *events;
    int event_count;
    uint32_t settled;
    struct uuid answer_id; // nil: nobody, or nobody known
    const char *answer_name;
    int64_t look_us; // when nothing changed: look again then
    bool writes_incident;
    bool is_dropped; // left for another time: somebody is writing what it must write
};
// Who stands there now; NULL: nobody.
const struct esc_person *esc_person_at(const struct esc_call *call, int level, int rank);

// What a step did, with whom it is about.
struct esc_deed {
    struct esc_call *call;
    uint32_t generation;
    int position;
    struct escalation_effect effect;
    const struct esc_person *person; // NULL: nobody
};

struct esc_incident {
    struct uuid tenant_id, id;
    struct uuid *excluded;
    int excluded_count;
    // When it was locked:
    bool is_needed, is_locked, is_open, commander_is_away, is_acting;
    struct uuid commander_id;
    int command_role;
    int notes; // rows of its chronology that the batch writes
};

struct esc_addressee {
    struct uuid tenant_id, id;
    bool is_locked, is_answered;
    int64_t sends_us; // the order goes out then; TIME_NULL: it has gone out
    int order_no;
};

// A row of a chronology.
struct esc_note {
    struct esc_incident *incident;
    struct uuid id;
    int ahead;
    const char *kind, *text, *reason, *changes; // changes NULL: none
    int entry_kind;
};

// A deputy put in command, with its row of the chronology.
struct esc_command {
    struct esc_incident *incident;
    const struct esc_person *person;
    struct uuid note_id;
    int role, end; // Role, CommandEnd of the command before
    const char *ground;
};

struct esc_batch {
    int64_t now_us; // the transaction's
    struct esc_call *calls;
    int count;
    struct esc_incident *incidents;
    int incident_count;
    struct esc_addressee *addressees;
    int addressee_count;
    struct esc_deed *deeds;
    int deed_count, deed_room;
    struct esc_note *notes;
    int note_count;
    struct esc_command *commands;
    int command_count;
};

// What is claimed: at most so many, due so long ago at least; of one incident only (NULL: any), which is
// then locked first.
struct esc_bite {
    int most;
    int64_t hold_us;
    const struct uuid *tenant_id, *incident_id;
};

// Locks what is due and reads all that a step looks at. An empty batch: nothing is due.
enum err esc_claim(struct call *c, struct db_lease *lease, const struct esc_bite *bite,
                   struct esc_batch *ret) MUST_USE;
// Puts the hours of their city into the calls of a batch that count them.
enum err esc_offices_read(struct call *c, struct db_lease *lease, struct esc_batch *batch) MUST_USE;
// Locks the incidents that are needed, without waiting: is_locked says which.
enum err esc_lock_incidents(struct call *c, struct db_lease *lease, struct esc_batch *batch) MUST_USE;
// Writes states, effects, notices, addressees, chronologies and command of all calls that were not dropped.
// ABORTED when a generation is not what it was: nothing may be committed then.
enum err esc_save(struct call *c, struct db_lease *lease, struct esc_batch *batch) MUST_USE;
// Puts off a call that could not be saved, in a transaction of its own.
enum err esc_postpone(struct call *c, const struct esc_call *call) MUST_USE;

// When the engine has something to do next (INT64_MAX: nothing waits), and the clocks.
struct esc_look {
    int64_t look_us, now_us;
    int64_t wall_us, highest_us; // of the database's machine; the latest it ever was, or TIME_NULL
    int64_t jump_us;             // suspect: so far ahead of what passed; 0: trusted
};
enum err esc_next(struct call *c, struct esc_look *ret) MUST_USE;
// Says that the wall clock jumped; *ret_new is false when another engine has said so.
enum err esc_clock_jumped(struct call *c, int64_t jump_us, bool *ret_new) MUST_USE;
// Somebody says that the wall clock is right: *ret_done is false when it is trusted already.
enum err esc_clock_confirm(struct call *c, bool *ret_done) MUST_USE;
// Calls later than 120 seconds. *ret_new: the journal says so since now.
enum err esc_audit(struct call *c, int64_t *ret_count, bool *ret_new) MUST_USE;

// --- words ---

// A line about an effect, for people; "" for one that is nothing to read. wait_s: the silence of the level.
const char *esc_line(struct call *c, const struct escalation_effect *effect, int role, const char *person,
                     const char *post, int wait_s, enum lang lang);
// The ground alone: 無応答10分.
const char *esc_ground(struct call *c, const struct escalation_effect *effect, int wait_s, enum lang lang);
// One line as the contract shows it, with whom it is about.
struct esc_line_facts {
    struct escalation_effect effect;
    int64_t at_us;
    int role, contact_kind;
    struct uuid person_id, post_id;
    const char *person_name, *post_name;
};
Sokuo__V1__EscalationLine *esc_line_show(struct call *c, const struct esc_line_facts *facts,
                                         const struct escalation_policy *policy);
