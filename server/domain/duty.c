// SPDX-License-Identifier: Apache-2.0
#include "server/domain/duty.h"

#define ROLES_OVER_ALL (ROLES_LEAD | ROLE_BIT(MAYOR) | ROLE_BIT(HR) | ROLE_BIT(EOC) | ROLE_BIT(ADMIN))
#define ROLES_CALLING (ROLES_TEAM | ROLE_BIT(DUTY_DESK))

static bool stands_before(const struct duty_place *places, int at)
{
    for (int i = 0; i < at; i++) {
        if (uuid_equal(&places[i].person_id, &places[at].person_id))
            return true;
    }
    return false;
}

static int reach_of(const struct duty_place *places, int at)
{
    const struct duty_place *place = &places[at];
    if (uuid_is_nil(&place->person_id))
        return REACH(VACANT);
    if (stands_before(places, at))
        return REACH(REPEATED);
    if (place->is_absent)
        return REACH(ABSENT);
    return place->contact_count == 0 ? REACH(NO_CONTACT) : REACH(REACHABLE);
}

int duty_judge(struct duty_place *places, int count)
{
    int reachable = 0;
    for (int i = 0; i < count; i++) {
        places[i].reach = reach_of(places, i);
        reachable += places[i].reach == REACH(REACHABLE);
    }
    return reachable;
}

bool duty_may_declare(const struct duty_declarer *by, int kind)
{
    if (by->is_self || by->is_head || (by->roles & ROLES_OVER_ALL))
        return true;
    return kind == ABSENCE(NO_ANSWER) && (by->roles & ROLES_CALLING);
}
