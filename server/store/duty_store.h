// SPDX-License-Identifier: Apache-2.0
// Chains of duty as they stand today, orders of succession, absences. Changes write the journal (stream
// 'directory').
#pragma once

#include "server/store/db.h"
#include "server/store/operation_store.h"
#include "sokuo/v1/duty.pb-c.h"

// What duty_list looks for.
struct duty_wish {
    int role;              // 0: all
    struct uuid scope_id;  // nil: all
    struct uuid person_id; // only duties in which this person stands; nil: all
    // What would be if these stood in for role at scope_id (nil: the city); NULL: as it is.
    const struct uuid *post_ids;
    int post_count;
};

// Duties with their chains, judged, by role and place; in the call's arena.
enum err duty_list(struct call *c, const struct duty_wish *wish, Sokuo__V1__Duty ***ret_duties,
                   int *ret_count) MUST_USE;

// Sets an order of succession from day (NULL: today) on. Not done: the operation was done before.
struct succession {
    int role;
    struct uuid scope_id; // nil: the whole city
    const char *day, *override_reason;
    const struct uuid *post_ids;
    int post_count;
};
enum err succession_add(struct call *c, const struct succession *succession,
                        const struct operation *operation, bool *ret_done) MUST_USE;
// INVALID_ARGUMENT (field postIds) when one of the posts is not there or abolished.
enum err succession_check_posts(struct call *c, const struct uuid *post_ids, int count) MUST_USE;
// INVALID_ARGUMENT (field scopeId) when it is no unit and no system. A nil scope is the city.
enum err duty_scope_check(struct call *c, const struct uuid *scope_id) MUST_USE;

// Whether the caller is head of the person's section or department. INVALID_ARGUMENT (field personId): nobody
// such.
enum err absence_whom(struct call *c, const struct uuid *person_id, bool *ret_is_head) MUST_USE;
struct absence {
    struct uuid person_id;
    int kind;
    int64_t from_us, until_us; // TIME_NULL: now; until it is ended
    const char *reason;
};
// Its id is the operation's. Not done: done before, or it would end before it begins.
enum err absence_add(struct call *c, const struct absence *absence, const struct operation *operation,
                     bool *ret_done) MUST_USE;
// Not done: done before, or it is over.
enum err absence_end(struct call *c, const struct uuid *id, const struct operation *operation,
                     bool *ret_done) MUST_USE;
// Those that hold now or later, of one person (nil: everybody), or the one with this id.
enum err absence_list(struct call *c, const struct uuid *person_id, const struct uuid *id,
                      Sokuo__V1__Absence ***ret, int *ret_count) MUST_USE;
