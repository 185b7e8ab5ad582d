// SPDX-License-Identifier: Apache-2.0
#include "server/domain/escalation_climb.h"

#define US_PER_S INT64_C(1000000)
#define CONTACTS_MOST 8

int climb_levels(const struct climb *c)
{
    int count = c->facts->policy->level_count;
    return count < ESC_LEVELS_MOST ? count : ESC_LEVELS_MOST;
}

int climb_ranks(const struct climb *c, int level)
{
    int ranks = c->facts->policy->levels[level].ranks;
    return ranks < ESC_RANKS_MOST ? ranks : ESC_RANKS_MOST;
}

bool climb_has(const struct climb *c, int level, int rank)
{
    return level < climb_levels(c) && rank < climb_ranks(c, level);
}

int64_t climb_later(const struct climb *c, int64_t from_us, int64_t seconds)
{
    if (c->facts->policy->hours != ESC_OFFICE_HOURS)
        return from_us + seconds * US_PER_S;
    return office_add(c->facts->office ? c->facts->office : &office_hours_default, from_us, seconds);
}

void climb_emit(struct climb *c, int kind, int why, int level, int rank, int contact)
{
    if (c->turn->count == ESC_EFFECTS_MOST)
        return;
    c->turn->effects[c->turn->count++] = (struct escalation_effect){
        .kind = (uint8_t)kind,
        .why = (uint8_t)why,
        .level = (uint8_t)level,
        .rank = (uint8_t)rank,
        .contact = (uint8_t)contact,
        .missed = (uint16_t)(c->missed < UINT16_MAX ? c->missed : UINT16_MAX),
        .late_us = c->late_us,
    };
}

static int contacts_of(const struct climb *c, int level, int rank)
{
    struct escalation_person person = c->facts->reach->people[level][rank];
    if (person.standing != ESC_PRESENT)
        return 0;
    return person.contacts < CONTACTS_MOST ? person.contacts : CONTACTS_MOST;
}

static bool is_callable(const struct climb *c, int level, int rank)
{
    unsigned passed = c->e->refused[level] | c->e->gone[level];
    return contacts_of(c, level, rank) > 0 && !(passed >> rank & 1);
}

struct place climb_find(const struct climb *c, int level, int rank)
{
    for (; level < climb_levels(c); level++, rank = 0) {
        for (; rank < climb_ranks(c, level); rank++) {
            if (is_callable(c, level, rank))
                return (struct place){level, rank};
        }
    }
    return (struct place){climb_levels(c), 0};
}

int climb_why_passed(const struct climb *c, int level, int rank)
{
    struct escalation_person person = c->facts->reach->people[level][rank];
    if (c->e->refused[level] >> rank & 1)
        return ESC_REFUSED;
    if (person.standing == ESC_AWAY)
        return ESC_IS_ABSENT;
    if (person.standing != ESC_PRESENT)
        return ESC_IS_VACANT;
    return person.contacts == 0 ? ESC_NO_CONTACT : ESC_NOT_DELIVERED;
}

int climb_next_contact(const struct climb *c)
{
    const struct escalation *e = c->e;
    int count = climb_has(c, e->level, e->rank) ? contacts_of(c, e->level, e->rank) : 0;
    for (int i = 1; i <= count; i++) {
        int contact = (e->contact + i) % count;
        if (!(e->bounced >> contact & 1))
            return contact;
    }
    return -1;
}

// The person's time counts from from_us, so that nothing drifts; after an outage the times that follow are
// still a gap apart.
static void set_times(struct climb *c, const struct escalation_level *level, int64_t from_us)
{
    struct escalation *e = c->e;
    int64_t silence_s = level->deputy_after_s > ESC_MIN_GAP_S ? level->deputy_after_s : ESC_MIN_GAP_S;
    int64_t contact_s = level->contact_after_s > 1 ? level->contact_after_s : 1;
    bool is_late = c->now_us - from_us > ESC_MIN_GAP_US;
    e->until_us = e->owed_us = climb_later(c, from_us, silence_s);
    if (e->until_us < c->now_us + ESC_MIN_GAP_US)
        e->until_us = c->now_us + ESC_MIN_GAP_US;
    e->contact_us = climb_later(c, is_late ? c->now_us : from_us, contact_s);
    if (e->contact_us <= c->now_us)
        e->contact_us = climb_later(c, c->now_us, contact_s);
    if (e->contact_us >= e->until_us)
        e->contact_us = ESC_NEVER;
}

static void call_place(struct climb *c, struct place place, int why, int64_t from_us)
{
    struct escalation *e = c->e;
    const struct escalation_level *level = &c->facts->policy->levels[place.level];
    bool is_climbing = place.level != e->level;
    bool is_new = is_climbing || place.rank != e->rank || e->phase == ESC_IDLE;
    if (place.level > e->level)
        climb_emit(c, level->is_headquarters ? ESC_HEADQUARTERS : ESC_LEVEL_UP, why, place.level, place.rank,
                   0);
    if (place.rank > 0 && is_new) {
        bool is_of_predecessor = why >= ESC_SILENCE && why <= ESC_NO_CONTACT && !is_climbing;
        int why_deputy = is_of_predecessor || why == ESC_HANDED ? why : climb_why_passed(c, place.level, 0);
        climb_emit(c, ESC_DEPUTY, why_deputy, place.level, place.rank, 0);
    }
    if (is_climbing || e->phase != ESC_CALLING)
        e->level_us = c->now_us;
    e->phase = ESC_CALLING;
    e->level = (uint8_t)place.level;
    e->rank = (uint8_t)place.rank;
    e->contact = e->bounced = 0;
    e->leaving = ESC_WHY_NONE;
    set_times(c, level, from_us);
    climb_emit(c, ESC_NOTIFY, why, place.level, place.rank, 0);
}

// Everybody was called or could not be.
static void exhaust(struct climb *c)
{
    struct escalation *e = c->e;
    const struct escalation_policy *policy = c->facts->policy;
    int64_t wait_s = policy->round_after_s > ESC_MIN_GAP_S ? policy->round_after_s : ESC_MIN_GAP_S;
    if (!(e->flags & ESC_IS_RED)) {
        e->flags |= ESC_IS_RED;
        e->red_us = c->now_us;
        int why = e->flags & ESC_WAS_DELIVERED ? ESC_NOBODY_ANSWERED : ESC_NOBODY_REACHED;
        climb_emit(c, ESC_RED, why, e->level, e->rank, 0);
    }
    e->leaving = ESC_WHY_NONE;
    bool goes_on = policy->rounds == ESC_ROUNDS_FOREVER || e->round < policy->rounds;
    e->phase = goes_on ? ESC_WAITING : ESC_EXHAUSTED;
    e->until_us = climb_later(c, c->now_us, wait_s);
    e->round = (uint8_t)(e->round < ESC_ROUNDS_FOREVER ? e->round + 1 : ESC_ROUNDS_FOREVER);
}

void climb_advance(struct climb *c, int level, int rank, int why, int64_t from_us)
{
    struct place next = climb_find(c, level, rank);
    // A level that is entered and has nobody is a hole that people must see.
    for (int hole = level + (rank > 0); hole < next.level; hole++)
        climb_emit(c, ESC_GAP, climb_why_passed(c, hole, 0), hole, 0, 0);
    if (next.level < climb_levels(c))
        call_place(c, next, why, from_us);
    else
        exhaust(c);
}

void climb_go_on(struct climb *c, int rank, int why, int64_t from_us)
{
    struct escalation *e = c->e;
    struct place next = climb_find(c, e->level, rank);
    bool is_soon = c->now_us < e->level_us + ESC_MIN_GAP_US;
    bool is_climbing = next.level != e->level && next.level < climb_levels(c);
    if (!is_soon || !is_climbing) {
        climb_advance(c, e->level, rank, why, from_us);
        return;
    }
    e->phase = ESC_CALLING;
    e->leaving = (uint16_t)why;
    e->until_us = e->owed_us = e->level_us + ESC_MIN_GAP_US;
    e->contact_us = ESC_NEVER;
}

void climb_contact(struct climb *c, int why, int64_t from_us)
{
    struct escalation *e = c->e;
    int contact = climb_next_contact(c);
    if (contact < 0) {
        bool is_there = climb_has(c, e->level, e->rank);
        int why_left = is_there ? climb_why_passed(c, e->level, e->rank) : ESC_IS_VACANT;
        climb_go_on(c, e->rank + 1, why_left, c->now_us);
        return;
    }
    int contact_s = c->facts->policy->levels[e->level].contact_after_s;
    contact_s = contact_s > 1 ? contact_s : 1;
    e->contact_us = climb_later(c, from_us, contact_s);
    if (e->contact_us <= c->now_us)
        e->contact_us = climb_later(c, c->now_us, contact_s);
    if (e->contact_us >= e->until_us)
        e->contact_us = ESC_NEVER;
    bool is_same = contact == e->contact;
    e->contact = (uint8_t)contact;
    climb_emit(c, ESC_NOTIFY, is_same && why == ESC_NEXT_CONTACT ? ESC_REMINDER : why, e->level, e->rank,
               contact);
}

void climb_round(struct climb *c, int why, int64_t from_us)
{
    struct escalation *e = c->e;
    for (int level = 0; level < ESC_LEVELS_MOST; level++)
        e->gone[level] = 0;
    e->phase = ESC_WAITING;
    e->level = e->rank = 0;
    climb_advance(c, 0, 0, why, from_us);
}
