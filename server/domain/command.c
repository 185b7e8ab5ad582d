// SPDX-License-Identifier: Apache-2.0
#include "server/domain/command.h"

#include <stddef.h>

#define MINUTE_US INT64_C(60000000)
#define HOUR_US INT64_C(3600000000)

const int command_roles[] = {(int)ROLE(MAYOR),
                             (int)ROLE(CISO),
                             (int)ROLE(VCISO),
                             (int)ROLE(SISO),
                             (int)ROLE(CSIRT_LEAD),
                             (int)ROLE(CSIRT_DEPUTY),
                             0};

// 0 = the highest; behind them all for a duty that does not command, or one that was not said.
static int level_of(int role)
{
    int level = 0;
    while (command_roles[level] != 0 && command_roles[level] != role)
        level++;
    return level;
}

static int highest(uint64_t roles)
{
    for (const int *role = command_roles; *role != 0; role++) {
        if ((roles >> *role) & 1)
            return *role;
    }
    return 0;
}

struct command_stand command_stand_of(uint64_t roles, uint64_t stands_in, uint64_t unreached)
{
    int own = highest(roles), for_another = highest(unreached & stands_in), any = highest(stands_in);
    if (for_another != 0 && level_of(for_another) < level_of(own))
        return (struct command_stand){for_another, true};
    if (own != 0)
        return (struct command_stand){own, false};
    return (struct command_stand){any, any != 0};
}

static bool is_above(const struct command_view *view, struct command_stand stand)
{
    int own = level_of(stand.role), holder = level_of(view->holder_role);
    return own < holder || (own == holder && view->holder_is_acting && !stand.is_acting);
}

enum command_ground command_may_take(const struct command_view *view, struct command_stand stand,
                                     int64_t now_us)
{
    if (stand.role == 0)
        return COMMAND_NONE;
    if (view->is_mine)
        return COMMAND_MINE;
    if (view->is_free)
        return COMMAND_FREE;
    if (view->holder_is_absent)
        return COMMAND_ABSENT;
    if (is_above(view, stand))
        return COMMAND_SUPERIOR;
    return now_us > view->lease_until_us ? COMMAND_LEASE : COMMAND_HELD;
}

int64_t command_lease_us(int severity)
{
    switch (severity) {
    case SEVERITY(S4):
        return 30 * MINUTE_US;
    case SEVERITY(S3):
        return HOUR_US;
    case SEVERITY(S2):
        return 4 * HOUR_US;
    default:
        return 24 * HOUR_US;
    }
}

const char *command_ground_word(enum command_ground ground)
{
    switch (ground) {
    case COMMAND_FREE:
        return "FREE";
    case COMMAND_ABSENT:
        return "ABSENT";
    case COMMAND_LEASE:
        return "LEASE";
    case COMMAND_SUPERIOR:
        return "SUPERIOR";
    case COMMAND_NONE:
    case COMMAND_HELD:
    case COMMAND_MINE:
        break;
    }
    return "";
}
