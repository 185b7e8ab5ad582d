// SPDX-License-Identifier: Apache-2.0
// Steps as rows: read under the reader's own reach, written as one unit with what follows from it.
#pragma once

#include <stdbool.h>

#include "server/domain/step.h"
#include "server/store/operation_store.h"
#include "sokuo/v1/step.pb-c.h"

// A step: as the contract shows it, and what only the server needs.
struct step {
    Sokuo__V1__Step m;
    struct uuid id, incident_id, run_id, place_id, unit_id, person_id, done_by, done_post_id;
    struct uuid handler_id, commander_id; // of the incident, when the reader may see it
    const char *no, *closed_by;
    int place_kind;
    int incident_state; // 0 when the reader may not see the incident; step_permit looks
    int64_t started_at_us;
    int64_t default_at_us; // the default is taken then; TIME_NULL = never
    bool has_duty, may_read, was_ready;
};

// Statement that reads steps by id; params must have room for two.
struct db_stmt step_get_stmt(struct call *c, const struct uuid *ids, int count, struct param *params);
// The one step it found. NOT_FOUND when it is not there or the actor may not see it: one and the same error.
enum err step_take(struct call *c, const struct rows *rows, struct step **ret_step) MUST_USE;
enum err step_get(struct call *c, const struct uuid *id, struct step **ret_step) MUST_USE;
// The step that the actor is about to change (NULL: not there, or out of their sight), and what was found of
// the operation, for operation_replay. Of those who read the incident, all who ask at once are answered by
// one read (decision 0076).
enum err step_look(struct call *c, const struct uuid *id, const struct operation *operation,
                   struct step **ret_step, const struct rows **ret_answers) MUST_USE;
// Steps by id, in the order of the ids; those the actor may not see are left out.
enum err step_many(struct call *c, const struct uuid *ids, int count, struct step ***ret_steps,
                   int *ret_count) MUST_USE;
// Ids of what is the actor's own: open ones by due time, then those finished within a day.
enum err step_mine(struct call *c, const struct uuid *incident_id, int most, struct uuid **ret_ids,
                   int *ret_count, int *ret_more) MUST_USE;
// Fills in what stands around them: neighbours, contacts, confirmations, evidence. ret_runs (may be NULL):
// their runs.
enum err step_around(struct call *c, struct step **steps, int count, Sokuo__V1__Run ***ret_runs,
                     int *ret_run_count) MUST_USE;
// The same in parts, so that a go may serve many: what to read of them, what is read once (after the first
// STEP_AROUND - 1 statements were), and what is put into one of them.
#define STEP_AROUND 5
struct step_around {
    struct param of_steps[2], of_contacts[4], of_plans[3], of_runs[2];
    struct db_stmt stmts[STEP_AROUND]; // the last: their runs
    struct run_step *run_steps;
    struct step_side *side;
    int run_step_count;
};
void step_around_ask(struct call *c, struct step *const *steps, int count, struct step_around *around);
enum err step_around_take(struct call *c, struct step_around *around) MUST_USE;
void step_around_put(struct call *c, const struct step_around *around, struct step *step);
// A step of a go: the row of step_get, the actor's standing as in `known`, read a moment ago under their own
// reach. NOT_FOUND when it is out of their sight now.
enum err step_take_known(struct call *c, const struct rows *rows, const struct step *known,
                         struct step **ret_step) MUST_USE;
// As it stands after the actor's change of `known`, with what stands around it; NULL when it is out of their
// sight now. Of those who read the incident, all who ask at once are answered by one read (decision 0071).
enum err step_show(struct call *c, const struct step *known, struct step **ret_step) MUST_USE;
// How the actor stands to it, and what the table looks at.
struct step_actor step_actor_of(const struct call *c, const struct step *step);
struct step_view step_view_of(const struct call *c, const struct step *step);
// Whether anything is attached to it.
enum err step_has_evidence(struct call *c, const struct step *step, bool *ret_has) MUST_USE;
// Whether the actor may do this with it (STEP_ACT…), and the incident still takes it.
enum err step_permit(struct call *c, struct step *step, int act) MUST_USE;
// The one error for what is not there and what may not be seen.
enum err step_not_found(struct call *c);
// Somebody whom a step of the incident may be handed to. One error, at the field, for who is unknown, has
// left, and may not see it: nobody learns from it who is excluded.
enum err step_person(struct call *c, const char *field, const struct uuid *id, const struct uuid *incident_id,
                     const char **ret_name) MUST_USE;

// A change as decided.
struct step_change {
    const struct step *before;
    struct step after; // edit m and ids
    int act, outcome;
    int capacity;                      // in which the actor did it
    const char *by_name;               // on paper, written down for somebody: that name; NULL = the actor
    const char *reason;                // "" = none
    const char *note;                  // what the report says, for the confirmation
    int64_t occurred_at_us;            // TIME_NULL = now
    const struct operation *operation; // NULL: the server's own turn
    const Sokuo__V1__PlaybookOption *option; // of a decision just taken: what follows from it
    const struct uuid *evidence_ids;         // named in the report
    int evidence_count;
};

// Begins a change: after is as before, outcome and state by the table.
void step_change_begin(const struct call *c, struct step_change *change, const struct step *before, int act,
                       const char *option);
// Puts the decision and who took it into after. option is one of the definition's.
void step_change_decide(struct call *c, struct step_change *change, const Sokuo__V1__PlaybookOption *option,
                        const char *basis);
// Puts "finished now, by the actor" into after, and until when it is to be approved.
void step_change_finish(struct call *c, struct step_change *change);
// What its journal row says: kind, text, and what changed.
const char *step_change_kind(const struct step_change *change);
const char *step_change_text(struct call *c, const struct step_change *change);
const char *step_change_json(struct call *c, const struct step_change *change);
// Writes it, with journal row, confirmation, release of what waited, closed branches, raised severity.
// ret_done is false when the step was changed meanwhile or the operation is done already. Runs as the server:
// the caller has checked what the actor may do. What dozens change on one incident at once is written
// together (decision 0071).
enum err step_save(struct call *c, const struct step_change *change, bool *ret_done) MUST_USE;
// Keeps the answer of an operation that changed nothing.
enum err step_keep_answer(struct call *c, const struct operation *operation) MUST_USE;
// Approval afterwards. ret_done as step_save.
enum err step_ratify(struct call *c, const struct step *step, bool approved, const char *reason,
                     const struct operation *operation, bool *ret_done) MUST_USE;
// Decisions whose time is over, as the server; at most so many.
enum err step_due_defaults(struct call *c, int most, struct uuid **ret_tenants, struct uuid **ret_ids,
                           int *ret_count) MUST_USE;
// As the server: the default of this decision is not taken any more.
enum err step_disarm(struct call *c, const struct step *step) MUST_USE;
// Option of a decision by its id; NULL when there is none such.
const Sokuo__V1__PlaybookOption *step_option(const Sokuo__V1__PlaybookStep *definition, const char *id);
