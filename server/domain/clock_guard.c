// SPDX-License-Identifier: Apache-2.0
#include "server/domain/clock_guard.h"

int64_t clock_guard_look(struct clock_guard *guard, int64_t wall_us, int64_t boot_us, int64_t highest_us)
{
    int64_t jump_us = 0;
    if (guard->is_known)
        jump_us = (wall_us - guard->wall_us) - (boot_us - guard->boot_us);
    else if (highest_us != INT64_MIN && wall_us < highest_us)
        jump_us = wall_us - highest_us; // how long nobody looked is not known: only back can be seen
    *guard = (struct clock_guard){true, wall_us, boot_us};
    return jump_us > CLOCK_JUMP_US || jump_us < -CLOCK_JUMP_US ? jump_us : 0;
}
