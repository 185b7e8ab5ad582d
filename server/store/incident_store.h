// SPDX-License-Identifier: Apache-2.0
// Incidents as rows: read, listed, filed, written. The first wall stands here: what the actor may not read is
// not found, whatever the database would have shown.
#pragma once

#include <stdbool.h>

#include "server/domain/access.h"
#include "server/domain/incident.h"
#include "server/domain/severity.h"
#include "server/store/operation_store.h"
#include "sokuo/v1/incident.pb-c.h"

// An incident: as the contract shows it, and what only the server needs.
struct incident {
    Sokuo__V1__Incident m;
    struct uuid id, filer_id, filer_section_id, handler_id, commander_id, command_post_id, merged_into_id,
        unseal_by;
    int wall, search_bucket, unseal_role;
    int member;     // how the actor stands to it: MemberAccess
    unsigned rules; // bits of enum severity_rule
    unsigned acts;  // what the actor may do: bits of enum access_act
    bool has_links;
    bool is_excluding; // somebody is excluded (set by those who change members)
};

// What a change says in the chronology.
struct incident_note {
    const char *kind;       // "incident.state"
    const char *text;       // one line for people
    const char *reason;     // "" = none
    const char *changes;    // JSON array of {field, before, after}; NULL = none
    int64_t occurred_at_us; // TIME_NULL = now
    int entry_kind;         // EntryKind; CHANGE but for special ones
    struct uuid id;         // of the journal row: made by the caller
};

// Reads one. NOT_FOUND when it is not there or the actor may not read it: one and the same error.
enum err incident_get(struct call *c, const struct uuid *id, struct incident **ret_incident) MUST_USE;
// By id or by number such as 2026-0042.
enum err incident_find(struct call *c, const char *id_or_number, struct uuid *ret_id) MUST_USE;
// The statement behind incident_get, to be read together with others; params must have room for three.
struct db_stmt incident_get_stmt(struct call *c, const struct uuid *id, struct param *params);
// Takes what it found.
enum err incident_take(struct call *c, const struct rows *rows, struct incident **ret_incident) MUST_USE;
// Row of incident_get, incident_list or feed_incidents as an incident with acts; facts may be left out.
enum err incident_row(struct call *c, const struct rows *rows, int row,
                      struct incident *ret_incident) MUST_USE;
// The one error for what is not there and what may not be seen.
enum err incident_not_found(struct call *c);
// Ties to other incidents, those the actor may see.
enum err incident_links(struct call *c, struct incident *incident) MUST_USE;
// What the actor may do with it as it is now; sets acts, m.allowed_acts and m.possible_transitions.
void incident_show_acts(struct call *c, struct incident *incident);
// As access_decide for this actor.
unsigned incident_access(const struct call *c, const struct incident *incident);
// As incident_access, for an incident that was read for somebody else: how the actor stands among the members
// (MemberAccess) and whether the actor's section is concerned are told.
unsigned incident_access_as(const struct call *c, const struct incident *incident, int member,
                            bool is_concerned);
// What the lifecycle's guards look at.
struct incident_view incident_view_of(const struct call *c, const struct incident *incident);

// What the rules of severity look at.
struct severity_facts incident_severity_facts(const Sokuo__V1__Incident *m);
// Fills in the situations of the city (election, headquarters).
enum err incident_situation(struct call *c, struct severity_facts *facts) MUST_USE;
// Sets the words of m.severity_rules.
void incident_set_rules(struct call *c, struct incident *incident, unsigned rules);

// A filing: m holds title, description, type, severity, mode, confidentiality, facts, occurred_at.
struct incident_filing {
    struct incident incident;
    const char *changes; // JSON
    struct uuid journal_id;
    const struct uuid *item_ids; // intake items it is opened from; they become promoted in the same unit
    int item_count;
    bool calls_nobody;                  // no call looks for somebody who takes it on
    const struct intake_entry *entries; // what they tell its chronology, in the same unit
    int entry_count;
};

// Files. ret_done is false when the operation id was used before: then look it up. On success number,
// filed_at and due times stand in the incident.
enum err incident_file(struct call *c, struct incident_filing *filing, const struct operation *operation,
                       struct operation_facts *ret_facts, bool *ret_done) MUST_USE;
// Prepares what incident_file writes: id, ids of rows, folded text. Lets callers see the id before.
void incident_filing_begin(struct call *c, struct incident_filing *filing);

// Writes `after` when the row is still at before's version. ret_done is false when it is not, or the
// operation was done already. More statements may follow in the same unit (extra); they must be guarded by
// the journal row.
enum err incident_save(struct call *c, const struct incident *before, const struct incident *after,
                       const struct incident_note *note, const struct operation *operation,
                       struct db_stmt *extra, int extra_count, struct operation_facts *ret_facts,
                       bool *ret_done) MUST_USE;
// The same within a leased transaction, for changes of two incidents at once. op may be NULL with an id of
// its own in op_id.
enum err incident_save_leased(struct call *c, struct db_lease *lease, const struct incident *before,
                              const struct incident *after, const struct incident_note *note,
                              const struct operation *op, const struct uuid *op_id,
                              struct operation_facts *ret_facts, bool *ret_done) MUST_USE;
// Files within a leased transaction.
enum err incident_file_leased(struct call *c, struct db_lease *lease, struct incident_filing *filing,
                              const struct operation *operation, struct operation_facts *ret_facts,
                              bool *ret_done) MUST_USE;

// A page of the list.
struct incident_place {
    int64_t filed_at_us;
    struct uuid id;
};
enum err incident_list(struct call *c, const Sokuo__V1__IncidentFilter *filter,
                       const struct incident_place *before, int limit, Sokuo__V1__Incident ***ret_incidents,
                       int *ret_count) MUST_USE;
// Numbers for the head of the board.
enum err incident_counts(struct call *c, const Sokuo__V1__IncidentFilter *filter,
                         Sokuo__V1__CountIncidentsResponse *res) MUST_USE;
// Incidents by id as in lists; those the actor may not see are left out.
enum err incident_many(struct call *c, const struct uuid *ids, int count,
                       Sokuo__V1__Incident ***ret_incidents, int *ret_count) MUST_USE;

// A person who may be given an incident, with post and capacity of today. INVALID_ARGUMENT naming field when
// there is none such.
struct incident_person {
    struct uuid id, post_id;
    const char *name, *post_name;
    int capacity;
};
enum err incident_person(struct call *c, const char *field, const struct uuid *id,
                         struct incident_person *ret_person) MUST_USE;
// Whom to telephone about a new incident.
enum err incident_call_targets(struct call *c, Sokuo__V1__CallTarget ***ret_targets,
                               size_t *ret_count) MUST_USE;
// Names of sections and systems of facts; INVALID_ARGUMENT for an id that is not there.
enum err incident_check_refs(struct call *c, const Sokuo__V1__IncidentFacts *facts) MUST_USE;
