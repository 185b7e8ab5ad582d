// SPDX-License-Identifier: Apache-2.0
// Plans and their revisions, as kept. Their sense is rpc/playbook_check.h's, their life domain/playbook.h's.
#pragma once

#include "server/store/operation_store.h"
#include "sokuo/v1/playbook.pb-c.h"

struct revision {
    Sokuo__V1__Revision m; // state as shown: effective and superseded follow from dates
    struct uuid id, playbook_id, organ_id, based_on;
    int row_version, kept_state; // as in the row: draft, review, approved, withdrawn
    bool is_author;              // the caller wrote it, or a draft on the way to it
    const int16_t *types, *groups, *zones;
    int type_count, group_count, zone_count;
    int severity_from, severity_to, review_months;
    int64_t created_us; // of the plan
};

// Which revisions: any of these that is given.
struct revision_pick {
    const struct uuid *id, *playbook_id, *organ_id;
    const char *code; // the effective one of the city's plan
    bool heads;       // of each plan the effective one, or the newest that never was
};

struct revision_source {
    const void *source, *original; // original: NULL = it was YAML from the start
    size_t source_len, original_len;
    Sokuo__V1__Playbook *compiled; // NULL = has faults
    const char *version;
};

// In order of code, the city's first, newest first. In the call's arena.
enum err revision_list(struct call *c, const struct revision_pick *pick, struct revision **ret,
                       int *ret_count) MUST_USE;
// One by id or by code. NOT_FOUND with the same words for both.
enum err revision_get(struct call *c, const char *id_or_code, struct revision **ret) MUST_USE;
enum err revision_source(struct call *c, const struct uuid *id, struct revision_source *ret) MUST_USE;
// The one that was effective before it; nil when there is none.
enum err revision_before(struct call *c, const struct uuid *id, struct uuid *ret) MUST_USE;
// Codes of the tenant's plans.
enum err playbook_codes(struct call *c, const char *const **ret, size_t *ret_count) MUST_USE;
// The organ by id or by code (one of them); NOT_FOUND when there is none.
enum err playbook_organ(struct call *c, const struct uuid *id, const char *code, struct uuid *ret_id,
                        const char **ret_name) MUST_USE;
// The plan with this code of the city (organ nil) or an organ: nil when there is none; and its newest number.
enum err playbook_find(struct call *c, const char *code, const struct uuid *organ_id, struct uuid *ret_id,
                       int *ret_number) MUST_USE;
// Says in the draft (its plan, code and organ are known) what it is based on: base, else as its plan goes on.
// ret_found false: base is no revision of the city's plan.
enum err playbook_base(struct call *c, struct revision *draft, const struct uuid *base,
                       bool *ret_found) MUST_USE;
// What is above the filer of an incident, and the plans that run there.
enum err playbook_places(struct call *c, const struct uuid *incident_id, struct uuid **ret_units,
                         int *ret_unit_count, const char ***ret_running, int *ret_running_count) MUST_USE;

// What is kept of a plan's source.
struct revision_text {
    const void *source, *original;
    size_t source_len, original_len;
    const Sokuo__V1__Playbook *plan; // as read
    bool is_sound;                   // then the plan is kept compiled
    int fault_count;
    const char *reason;
};

// Keeps a draft (m says id, playbook_id, number, written_at). replaces: the draft it takes the place of, NULL
// = none; when it has the same id, it is written over. ret_done false: the operation was done already, or the
// draft changed.
enum err revision_keep(struct call *c, const struct revision *draft, const struct revision_text *text,
                       const struct revision *replaces, const struct operation *operation,
                       bool *ret_done) MUST_USE;

struct revision_change {
    int to;           // kept state
    const char *kind; // of the journal row, such as playbook.approved
    const char *reason;
    bool approves; // then the times count
    int64_t effective_us, review_due_us;
};
// Moves it along its life when it is still as read. ret_done as in revision_keep.
enum err revision_change(struct call *c, const struct revision *revision,
                         const struct revision_change *change, const struct operation *operation,
                         bool *ret_done) MUST_USE;

// Puts a plan as it ships in force, unless the tenant has one with its code. Statement of a unit; params of
// the call.
struct db_stmt playbook_ship_stmt(struct call *c, const struct revision_text *text);
