// SPDX-License-Identifier: Apache-2.0
#include "server/domain/escalation.h"

#include <stddef.h>

#include "server/domain/escalation_climb.h"

// Moments outside of these 36,000 years come from no clock.
#define MOMENT_MOST (INT64_C(1) << 60)

_Static_assert(sizeof(struct escalation) == 88, "no padding: states are compared byte by byte");

typedef const struct escalation_event *event_t;

static int64_t moment(int64_t us)
{
    return us > MOMENT_MOST ? MOMENT_MOST : us < -MOMENT_MOST ? -MOMENT_MOST : us;
}

static bool is_phase(const struct climb *c, unsigned phases)
{
    return phases >> c->e->phase & 1;
}

#define IN(phase) (1u << (phase))
#define OPEN (IN(ESC_CALLING) | IN(ESC_WAITING) | IN(ESC_SNOOZED) | IN(ESC_EXHAUSTED))
#define ARMED (IN(ESC_CALLING) | IN(ESC_WAITING) | IN(ESC_SNOOZED) | IN(ESC_HELD))
#define BEGUN (OPEN | IN(ESC_HELD) | IN(ESC_ANSWERED))

static bool set_flag(struct climb *c, unsigned flag)
{
    bool is_new = is_phase(c, BEGUN) && !(c->e->flags & flag);
    if (is_new)
        c->e->flags |= (uint16_t)flag;
    return is_new;
}

static void settle(struct climb *c)
{
    struct escalation *e = c->e;
    if (e->flags & ESC_IS_RED)
        climb_emit(c, ESC_RED_OVER, ESC_WHY_NONE, e->level, e->rank, 0);
    e->flags &= (uint16_t)~ESC_IS_RED;
    e->red_us = ESC_NEVER;
    e->leaving = ESC_WHY_NONE;
    climb_emit(c, ESC_SETTLED, ESC_WHY_NONE, e->level, e->rank, 0);
}

static void reopen(struct climb *c)
{
    c->e->flags &= (uint16_t) ~(ESC_WAS_ANSWERED | ESC_WAS_ACCEPTED);
    c->e->answer_level = c->e->answer_rank = 0;
    c->e->leaving = ESC_WHY_NONE;
}

static bool is_called(const struct climb *c, int level, int rank)
{
    return c->e->level == level && c->e->rank == rank;
}

static bool on_arm(struct climb *c, event_t event)
{
    if (!is_phase(c, IN(ESC_IDLE)))
        return false;
    int64_t begin_us = climb_later(c, c->now_us, 0);
    if (begin_us > c->now_us) {
        c->e->phase = ESC_WAITING;
        c->e->until_us = begin_us;
    } else
        climb_advance(c, 0, 0, ESC_FIRST, c->now_us);
    return true;
}

// How many reminders were due from the first one until a moment.
static int reminders(const struct climb *c, int64_t first_us, int64_t until_us)
{
    int64_t each_s = c->facts->policy->levels[c->e->level].contact_after_s;
    if (c->facts->policy->hours != ESC_ALWAYS || each_s < 1 || first_us >= until_us)
        return 0;
    int64_t count = (until_us - first_us) / (each_s * 1000000) + 1;
    return count < UINT16_MAX ? (int)count : UINT16_MAX;
}

static void silence_over(struct climb *c)
{
    struct escalation *e = c->e;
    int64_t owed_us = moment(e->owed_us);
    c->late_us = c->now_us > owed_us ? c->now_us - owed_us : 0;
    if (e->level < climb_levels(c))
        c->missed = reminders(c, moment(e->contact_us), owed_us);
    int why = e->leaving > ESC_WHY_NONE && e->leaving < ESC_WHY_END ? e->leaving : ESC_SILENCE;
    climb_advance(c, e->level, e->rank + 1, why, owed_us);
}

static void tick_calling(struct climb *c)
{
    struct escalation *e = c->e;
    if (e->until_us <= c->now_us) {
        silence_over(c);
        return;
    }
    int64_t first_us = moment(e->contact_us);
    if (e->level < climb_levels(c))
        c->missed = reminders(c, first_us, c->now_us) - 1;
    c->missed = c->missed > 0 ? c->missed : 0;
    climb_contact(c, ESC_NEXT_CONTACT, c->missed > 0 ? c->now_us : first_us);
}

static void come_back(struct climb *c, int64_t from_us)
{
    reopen(c);
    climb_go_on(c, c->e->rank, ESC_CAME_BACK, from_us);
}

static bool on_tick(struct climb *c, event_t event)
{
    struct escalation *e = c->e;
    int64_t until_us = moment(e->until_us);
    if (e->phase == ESC_CALLING)
        tick_calling(c);
    else if (e->phase == ESC_HELD)
        come_back(c, until_us);
    else if (e->phase == ESC_SNOOZED)
        climb_go_on(c, e->rank, ESC_RESUMED, until_us);
    else if (e->round > 0)
        climb_round(c, ESC_NEXT_ROUND, until_us);
    else
        climb_advance(c, e->level, e->rank, ESC_FIRST, until_us);
    return true;
}

static bool on_delivered(struct climb *c, event_t event)
{
    return set_flag(c, ESC_WAS_DELIVERED);
}

static bool on_read(struct climb *c, event_t event)
{
    return set_flag(c, ESC_WAS_READ);
}

static bool on_bounced(struct climb *c, event_t event)
{
    struct escalation *e = c->e;
    if (!is_phase(c, IN(ESC_CALLING)) || !is_called(c, event->level, event->rank) || event->contact > 7)
        return false;
    if (e->bounced >> event->contact & 1)
        return false;
    e->bounced |= (uint8_t)(1u << event->contact);
    if (event->contact != e->contact || e->leaving)
        return true;
    if (climb_next_contact(c) < 0 && climb_has(c, e->level, e->rank))
        e->gone[e->level] |= (uint8_t)(1u << e->rank);
    climb_contact(c, ESC_NOT_DELIVERED, c->now_us);
    return true;
}

// Passes over a person from now on; the one who is called, or who holds it in these phases, is left at once.
static bool pass_over(struct climb *c, event_t event, uint8_t *ranks, unsigned holding, int why)
{
    unsigned bit = 1u << event->rank;
    if (ranks[event->level] & bit)
        return false;
    ranks[event->level] |= (uint8_t)bit;
    if (!is_called(c, event->level, event->rank))
        return true;
    if (is_phase(c, holding))
        reopen(c);
    if (is_phase(c, holding) || (is_phase(c, IN(ESC_CALLING)) && !c->e->leaving))
        climb_go_on(c, c->e->rank + 1, why, c->now_us);
    return true;
}

static bool on_unreachable(struct climb *c, event_t event)
{
    if (!is_phase(c, OPEN) || !climb_has(c, event->level, event->rank))
        return false;
    return pass_over(c, event, c->e->gone, 0, ESC_NOT_DELIVERED);
}

static bool on_absent(struct climb *c, event_t event)
{
    if (!is_phase(c, BEGUN) || !climb_has(c, event->level, event->rank))
        return false;
    return pass_over(c, event, c->e->gone, IN(ESC_HELD), ESC_IS_ABSENT);
}

// A refusal on behalf of somebody is that of whoever is called.
static bool on_refuse(struct climb *c, event_t event)
{
    struct escalation_event of = *event;
    if (event->level == ESC_OUTSIDE) {
        of.level = c->e->level;
        of.rank = c->e->rank;
    }
    if (!is_phase(c, BEGUN) || !climb_has(c, of.level, of.rank))
        return false;
    return pass_over(c, &of, c->e->refused, IN(ESC_HELD) | IN(ESC_ANSWERED), ESC_REFUSED);
}

static void answer(struct climb *c, event_t event)
{
    struct escalation *e = c->e;
    bool is_known = climb_has(c, event->level, event->rank);
    settle(c);
    e->flags |= ESC_WAS_ANSWERED;
    e->answer_level = is_known ? event->level : ESC_OUTSIDE;
    e->answer_rank = is_known ? event->rank : ESC_OUTSIDE;
    if (is_known) { // when it comes back, it comes back to whoever answered
        e->level = event->level;
        e->rank = event->rank;
    }
    e->phase = ESC_ANSWERED;
}

static bool on_acknowledge(struct climb *c, event_t event)
{
    int lasts_s = c->facts->policy->ack_lasts_s;
    if (!is_phase(c, OPEN))
        return false;
    answer(c, event);
    if (lasts_s > 0) {
        c->e->phase = ESC_HELD;
        c->e->until_us = climb_later(c, c->now_us, lasts_s);
    }
    return true;
}

static bool on_accept(struct climb *c, event_t event)
{
    if (!is_phase(c, BEGUN) || (is_phase(c, IN(ESC_ANSWERED)) && (c->e->flags & ESC_WAS_ACCEPTED)))
        return false;
    answer(c, event);
    c->e->flags |= ESC_WAS_ACCEPTED;
    return true;
}

static bool on_ack_expired(struct climb *c, event_t event)
{
    bool was_accepted = (c->e->flags & ESC_WAS_ACCEPTED) != 0;
    if (was_accepted || !is_phase(c, IN(ESC_HELD) | IN(ESC_ANSWERED)))
        return false;
    come_back(c, c->now_us);
    return true;
}

static bool on_escalate(struct climb *c, event_t event)
{
    struct escalation *e = c->e;
    if (!is_phase(c, BEGUN))
        return false;
    if (is_phase(c, IN(ESC_EXHAUSTED)) || (is_phase(c, IN(ESC_WAITING)) && e->round > 0)) {
        climb_round(c, ESC_BY_HAND, c->now_us);
        return true;
    }
    if (e->level + 1 >= climb_levels(c)) {
        c->turn->verdict = ESC_AT_TOP;
        return false;
    }
    reopen(c);
    climb_advance(c, e->level + 1, 0, ESC_BY_HAND, c->now_us);
    return true;
}

static bool on_snooze(struct climb *c, event_t event)
{
    struct escalation *e = c->e;
    int most_s = c->facts->policy->snooze_most_s;
    int64_t until_us = moment(event->until_us),
            most_us = c->now_us + (most_s > 0 ? most_s : 0) * INT64_C(1000000);
    until_us = until_us < most_us ? until_us : most_us;
    if (!is_phase(c, IN(ESC_CALLING) | IN(ESC_SNOOZED) | IN(ESC_HELD)) || until_us <= c->now_us)
        return false;
    reopen(c);
    climb_emit(c, ESC_SETTLED, ESC_WHY_NONE, e->level, e->rank, 0);
    e->phase = ESC_SNOOZED;
    e->until_us = until_us;
    return true;
}

static bool on_stop(struct climb *c, event_t event)
{
    if (is_phase(c, IN(ESC_STOPPED)))
        return false;
    settle(c);
    c->e->phase = ESC_STOPPED;
    return true;
}

static bool on_handed_over(struct climb *c, event_t event)
{
    struct escalation *e = c->e;
    if (!is_phase(c, BEGUN) || !climb_has(c, event->level, event->rank))
        return false;
    if (is_phase(c, IN(ESC_CALLING)) && is_called(c, event->level, event->rank))
        return false;
    e->refused[event->level] &= (uint8_t) ~(1u << event->rank);
    e->gone[event->level] &= (uint8_t) ~(1u << event->rank);
    reopen(c);
    climb_advance(c, event->level, event->rank, ESC_HANDED, c->now_us);
    return true;
}

static bool (*const acts[ESC_ACT_END])(struct climb *c, event_t event) = {
    [ESC_ARM] = on_arm,
    [ESC_TICK] = on_tick,
    [ESC_DELIVERED] = on_delivered,
    [ESC_BOUNCED] = on_bounced,
    [ESC_UNREACHABLE] = on_unreachable,
    [ESC_READ] = on_read,
    [ESC_ACKNOWLEDGE] = on_acknowledge,
    [ESC_ACCEPT] = on_accept,
    [ESC_REFUSE] = on_refuse,
    [ESC_ACK_EXPIRED] = on_ack_expired,
    [ESC_ESCALATE] = on_escalate,
    [ESC_SNOOZE] = on_snooze,
    [ESC_STOP] = on_stop,
    [ESC_ABSENT] = on_absent,
    [ESC_HANDED_OVER] = on_handed_over,
};

// Whether a tick is the one that was armed, and due by the database's clock.
static bool may_tick(struct climb *c, event_t event, int64_t now_us)
{
    if (event->generation != c->e->generation || !is_phase(c, ARMED))
        c->turn->verdict = ESC_STALE;
    else if (c->e->due_us == ESC_NEVER || now_us < c->e->due_us)
        c->turn->verdict = ESC_EARLY;
    else
        return true;
    return false;
}

// The one place that says when a state is due.
static void set_due(struct escalation *e)
{
    bool is_armed = ARMED >> e->phase & 1;
    if (!is_armed)
        e->until_us = ESC_NEVER;
    if (e->phase != ESC_CALLING) {
        e->contact_us = ESC_NEVER;
        e->owed_us = e->until_us;
    }
    e->due_us = e->contact_us < e->until_us ? e->contact_us : e->until_us;
}

struct escalation escalation_new(void)
{
    return (struct escalation){.due_us = ESC_NEVER,
                               .until_us = ESC_NEVER,
                               .owed_us = ESC_NEVER,
                               .contact_us = ESC_NEVER,
                               .red_us = ESC_NEVER};
}

void escalation_step(const struct escalation *before, const struct escalation_facts *facts,
                     const struct escalation_event *event, int64_t now_us, struct escalation_turn *ret)
{
    ret->after = *before;
    ret->verdict = ESC_UNCHANGED;
    ret->count = 0;
    ret->after.level_us = moment(before->level_us);
    struct climb c = {.facts = facts, .e = &ret->after, .turn = ret, .now_us = moment(now_us)};
    if (event->act < 0 || event->act >= ESC_ACT_END || before->phase > ESC_EXHAUSTED)
        return;
    if (event->act == ESC_TICK && !may_tick(&c, event, now_us))
        return;
    if (event->act == ESC_TICK)
        c.late_us = c.now_us - moment(before->due_us);
    // A clock that was set back does not turn time back.
    int64_t clock_us = before->generation > 0 ? moment(before->clock_us) : c.now_us;
    c.now_us = c.now_us > clock_us ? c.now_us : clock_us;
    if (!acts[event->act](&c, event)) {
        ret->after = *before;
        return;
    }
    ret->verdict = ESC_CHANGED;
    ret->after.clock_us = c.now_us;
    ret->after.generation++;
    set_due(&ret->after);
}
