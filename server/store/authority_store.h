// SPDX-License-Identifier: Apache-2.0
// The table of who may do what, as it holds today: what was shipped, with the city's own cells.
#pragma once

#include "server/domain/authority.h"
#include "server/store/operation_store.h"

// All cells that hold today, by act and role; in the call's arena.
enum err authority_list(struct call *c, Sokuo__V1__Authority ***ret, int *ret_count) MUST_USE;
// The most that the caller may do at this severity today (AuthorityLevel).
enum err authority_of(struct call *c, int act, int severity, int *ret_level) MUST_USE;
// Every cell the city ever set, or will have, the latest day first; in the call's arena.
enum err authority_changes(struct call *c, Sokuo__V1__Authority ***ret, int *ret_count) MUST_USE;

// From which day (NULL: today) a cell holds, and why.
struct authority_ground {
    const char *day, *reason, *legal_basis;
};

// Sets a cell. Not done: done before, or the day is past.
enum err authority_set(struct call *c, const struct authority_rule *rule,
                       const struct authority_ground *ground, const struct operation *operation,
                       bool *ret_done) MUST_USE;
