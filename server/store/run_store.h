// SPDX-License-Identifier: Apache-2.0
// Runs: plans under way on incidents.
#pragma once

#include "server/store/incident_store.h"
#include "sokuo/v1/playbook.pb-c.h"

// A plan's effective edition, about to be started.
struct run_plan {
    const char *code, *version, *title_ja, *title_en;
    struct uuid revision_id;
    const void *compiled;
    int compiled_len;
    Sokuo__V1__Playbook *plan;
};

// A step of a run over all its places.
struct run_step {
    struct uuid run_id, merged_run_id;
    const char *no, *merged_no, *chosen_option;
    Sokuo__V1__Words *text;
    Sokuo__V1__Progress progress;
    Sokuo__V1__PlaybookStep *definition; // where asked for, or a decision was taken
    const char **after;
    int after_count;
    int64_t due_at_us, last_done_at_us;
};

// The effective editions of plans by code, in the edition of the filer's organ. NOT_FOUND naming a code that
// has none.
enum err run_plans(struct call *c, const struct incident *incident, char **codes, int count,
                   struct run_plan **ret_plans) MUST_USE;
// Starts them, or adds what is missing to those that run. ret_made: rows that were made. ret_done is false
// when the operation was done already. changes: of its entry in the chronology, as in incident_note.
enum err run_start(struct call *c, const struct incident *incident, const struct run_plan *plans, int count,
                   int64_t t0_us, const char *reason, const char *changes, const struct operation *operation,
                   int *ret_made, bool *ret_done) MUST_USE;
// A step that is in no plan.
struct added_step {
    Sokuo__V1__PlaybookStep definition; // its number is given by the database
    const struct uuid *ids;             // made by the caller: one a section, or one
    const struct uuid *section_ids;
    int section_count; // 0 = for the city
    struct uuid person_id;
    const char *person_name;
    int64_t due_at_us; // TIME_NULL = none
};
// Adds it, and the incident's run for such steps with the first. ret_done as run_start.
enum err run_add_step(struct call *c, const struct incident *incident, const struct added_step *step,
                      const struct operation *operation, bool *ret_done) MUST_USE;
// Runs the actor sees, newest first, with progress: of an incident, or (NULL) of open incidents.
enum err run_list(struct call *c, const struct uuid *incident_id, Sokuo__V1__Run ***ret_runs,
                  int *ret_count) MUST_USE;
// Runs by id that the actor sees; run_add_up puts in their progress.
enum err run_many(struct call *c, const struct uuid *ids, int count, Sokuo__V1__Run ***ret_runs,
                  int *ret_count) MUST_USE;
// Their steps and those of the runs that share steps with them, run by run, in order.
enum err run_steps(struct call *c, const struct uuid *run_ids, int count, bool with_definitions,
                   struct run_step **ret_steps, int *ret_count) MUST_USE;
// The statements of both, to be read along with others (room for two and three params), and what they found.
struct db_stmt run_many_stmt(struct call *c, const struct uuid *ids, int count, struct param *params);
struct db_stmt run_steps_stmt(struct call *c, const struct uuid *run_ids, int count, bool with_definitions,
                              struct param *params);
void run_many_take(struct call *c, const struct rows *rows, Sokuo__V1__Run ***ret_runs, int *ret_count);
enum err run_steps_take(struct call *c, const struct rows *rows, struct run_step **ret_steps,
                        int *ret_count) MUST_USE;
// Puts the progress of their steps into runs.
void run_add_up(struct call *c, Sokuo__V1__Run **runs, int run_count, const struct run_step *steps,
                int step_count);
// A run whole: head, steps, places.
enum err run_get(struct call *c, const struct uuid *id, const char *places_of,
                 Sokuo__V1__GetRunResponse *res) MUST_USE;
