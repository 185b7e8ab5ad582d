// SPDX-License-Identifier: Apache-2.0
// The chronology: one incident's journal rows.
#pragma once

#include "server/store/incident_store.h"

// Statement for the last entries, to be read together with the incident; params must have room for three.
struct db_stmt entry_last_stmt(struct call *c, const struct uuid *incident_id, int count,
                               struct param *params);
// Rows as entries, newest first as they came. The caller has checked that the actor may read the incident.
enum err entry_rows(struct call *c, const struct rows *rows, int count,
                    Sokuo__V1__Entry ***ret_entries) MUST_USE;
// One row; col_of positions are those of the entry queries, offset by first columns of other queries.
enum err entry_row(struct call *c, const struct rows *rows, int row, Sokuo__V1__Entry **ret_entry) MUST_USE;
// A page: entries with a seq between after and before (neither of them).
enum err entry_page(struct call *c, const struct uuid *incident_id, int after, int before, const int *kinds,
                    size_t kind_count, bool oldest_first, int limit, Sokuo__V1__Entry ***ret_entries,
                    int *ret_count) MUST_USE;
// Entries before number `before` that happened in [from_us, until_us) (TIME_NULL = no bound), as they
// happened.
enum err entry_extract(struct call *c, const struct uuid *incident_id, int before, int64_t from_us,
                       int64_t until_us, int limit, Sokuo__V1__Entry ***ret_entries, int *ret_count) MUST_USE;
// Names that may stand in its chronology: everybody the city knows, whoever wrote into it, who took evidence.
enum err entry_names(struct call *c, const struct uuid *incident_id, const char ***ret_names,
                     int *ret_count) MUST_USE;
// One entry of an incident. NOT_FOUND when there is none such.
enum err entry_get(struct call *c, const struct uuid *incident_id, const struct uuid *id,
                   Sokuo__V1__Entry **ret_entry) MUST_USE;
// Adds an entry to an incident the actor may read, under its change_kind if it has one. entry holds what the
// answer will show; ret_done is false when the operation was done already, the corrected entry is corrected
// already, or the incident takes no entries any more.
enum err entry_add(struct call *c, const struct incident *incident, const Sokuo__V1__Entry *entry,
                   const struct operation *operation, struct operation_facts *ret_facts,
                   bool *ret_done) MUST_USE;
