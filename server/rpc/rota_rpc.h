// SPDX-License-Identifier: Apache-2.0
// Shifts of a person, for those who have to know of them.
#pragma once

#include "server/store/rota_store.h"

struct person_shift {
    const struct rota_row *rota;
    struct rota_shift shift;
};
// The person's shifts between two moments, rota by rota, in the call's arena.
enum err rota_shifts_of(struct call *c, const struct uuid *person_id, int64_t from_us, int64_t until_us,
                        struct person_shift **ret_shifts, int *ret_count) MUST_USE;
// A shift as people see it.
Sokuo__V1__RotaShift *rota_shift_message(struct call *c, const struct rota_row *rota,
                                         const struct rota_shift *shift);
