// SPDX-License-Identifier: Apache-2.0
// Holes of a policy in duties that stand in many places: heads of sections and departments, managers of
// systems.
#pragma once

#include "server/domain/escalation_policy.h"
#include "server/store/duty_store.h"

#define HOLE_NAMES_MOST 10

// Places of one level with the same hole.
struct place_hole {
    int role, kind, count, of; // kind: ESC_HOLE_…; so many of all its places
    const char *names[HOLE_NAMES_MOST];
    int name_count;
};
#define PLACE_HOLES_MOST 3 // of a level: one a kind

// Such a duty is judged where it stands, for the whole city there is nobody to judge.
bool role_is_of_a_place(int role);
// Judges a level over all places of its duty, as readiness does. Too few who were accepted with a reason when
// the order of succession was set are no hole. Returns how many of ret are filled.
int place_holes(const struct escalation_level *level, Sokuo__V1__Duty *const *duties, int count,
                struct place_hole ret[PLACE_HOLES_MOST]);
// "79課のうち3課で、今、誰にも連絡がつきません: …"
const char *place_hole_text(struct call *c, const struct place_hole *hole, enum lang lang);
