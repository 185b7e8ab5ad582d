// SPDX-License-Identifier: Apache-2.0
// Operations that shut devices sent: kept whole, settled once by a person.
#pragma once

#include "server/store/operation_store.h"
#include "sokuo/v1/sync.pb-c.h"

#define HELD_OUTCOME(x) SOKUO__V1__HELD_OUTCOME__HELD_OUTCOME_##x

struct held {
    Sokuo__V1__HeldOperation m; // without may_take_in
    struct uuid id, account_id; // whose record it is noted in
    int64_t recorded_us;
    bool is_applied; // an operation with its id was done
    bool is_visible; // the caller may see what it is about
};

// Those that the caller may see: nobody settled them, or settled within thirty days. ret_more: there are more
// than room.
enum err held_list(struct call *c, bool settled, int room, struct held **ret, int *ret_count,
                   bool *ret_more) MUST_USE;
// One; NOT_FOUND also when the caller may not see what it is about.
enum err held_get(struct call *c, const struct uuid *id, struct held *ret) MUST_USE;
// Settles it as m says (outcome, reason), by the caller. ret_done false: it was settled, or changed its
// ground, meanwhile.
enum err held_settle(struct call *c, const struct held *held, const struct operation *operation,
                     bool *ret_done) MUST_USE;
