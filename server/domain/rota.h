// SPDX-License-Identifier: Apache-2.0
// Who is on duty: members in turn, and whoever takes a turn over. Japan has no summer time, so turns of whole
// days hand over at the same time of day for ever.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/uuid.h"

// Somebody is on instead, from…until.
struct rota_override {
    struct uuid id, person_id;
    int64_t from_us, until_us;
};

struct rota {
    int64_t starts_us;   // the first member's first turn begins
    int32_t period_days; // length of a turn
    const struct uuid *members;
    int member_count;
    const struct rota_override *overrides; // the newest first: it wins
    int override_count;
};

// A time without a change.
struct rota_shift {
    int64_t from_us, until_us; // INT64_MIN, INT64_MAX: no end
    struct uuid person_id;     // nil: nobody
    bool is_override;
};

// Who is on at a moment, and from when until when.
struct rota_shift rota_on(const struct rota *rota, int64_t at_us);
// The shifts with somebody on between two moments, in order, the first and last whole. Returns how many, at
// most max.
int rota_shifts(const struct rota *rota, int64_t from_us, int64_t until_us, struct rota_shift *shifts,
                int max);
// Who changes a rota may. A member gives their own shifts to somebody, or takes over another's.
struct rota_changer {
    struct uuid person_id;
    bool is_keeper; // keeps rotas by their duty
};
// Whether the caller may put person_id in place from…until.
bool rota_may_override(const struct rota *rota, const struct rota_changer *by,
                       const struct rota_override *wanted);
