// SPDX-License-Identifier: Apache-2.0
// A clock that jumps: what the wall clock says has passed against what really passed (reliability reference
// 4.4). Two machines are compared, so that half a minute is nothing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_JUMP_US INT64_C(30000000)

struct clock_guard {
    bool is_known;
    int64_t wall_us, boot_us; // when it was last looked at
};

// Looks at both clocks. Returns by how much the wall clock jumped since the last look, forward or back; 0
// when it did not. The first look compares with the latest that is known of the wall clock (INT64_MIN:
// nothing).
int64_t clock_guard_look(struct clock_guard *guard, int64_t wall_us, int64_t boot_us, int64_t highest_us);
