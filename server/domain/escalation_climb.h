// SPDX-License-Identifier: Apache-2.0
// Inside of escalation: the ladder and how it is climbed. Only escalation.c uses it.
#pragma once

#include "server/domain/escalation.h"

#define ESC_MIN_GAP_US (ESC_MIN_GAP_S * INT64_C(1000000))

struct climb {
    const struct escalation_facts *facts;
    struct escalation *e;
    struct escalation_turn *turn;
    int64_t now_us;
    int64_t late_us; // of a tick
    int missed;      // reminders that this call stands for
};

struct place {
    int level, rank;
};

// Levels and ranks of the policy, whatever its bytes say.
int climb_levels(const struct climb *c);
int climb_ranks(const struct climb *c, int level);
bool climb_has(const struct climb *c, int level, int rank);
// When so many seconds of silence will have passed, by the policy's hours.
int64_t climb_later(const struct climb *c, int64_t from_us, int64_t seconds);
void climb_emit(struct climb *c, int kind, int why, int level, int rank, int contact);
// The first place from this one on that can be called; level climb_levels() when there is none.
struct place climb_find(const struct climb *c, int level, int rank);
// Another contact point of the person called, or the same once more; -1 when none works.
int climb_next_contact(const struct climb *c);
// Why a person is passed over.
int climb_why_passed(const struct climb *c, int level, int rank);
// Calls the first place from this one on; red when there is none. from_us: when the time begins to count.
void climb_advance(struct climb *c, int level, int rank, int why, int64_t from_us);
// Goes on at the present level from this rank on before the silence is over, but to no other level sooner
// than the gap allows.
void climb_go_on(struct climb *c, int rank, int why, int64_t from_us);
// Calls the person by another contact point, or reminds; leaves a person who has none. The next one counts
// from from_us.
void climb_contact(struct climb *c, int why, int64_t from_us);
// From the first level again; who was unreachable or absent is tried again.
void climb_round(struct climb *c, int why, int64_t from_us);
