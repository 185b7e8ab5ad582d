// SPDX-License-Identifier: Apache-2.0
// What befalls a world from outside, one thing at a time.
#include "tests/sim/sim.h"

static void unwell_until(struct world *w, int64_t us)
{
    w->unwell_until_us = us > w->unwell_until_us ? us : w->unwell_until_us;
}

static void database_away(struct world *w, int64_t until_us)
{
    w->down_until_us = until_us > w->down_until_us ? until_us : w->down_until_us;
    unwell_until(w, w->down_until_us);
    sessions_end(w, -1);
}

static void fail_over(struct world *w)
{
    if (!strikes(w, FAULT_FAILOVER, 700))
        return;
    tell(w, "failover");
    database_fails_over(w);
    database_away(w, w->now_us + between(w, S, 20 * S));
}

static void outage(struct world *w)
{
    if (!strikes(w, FAULT_OUTAGE, 500))
        return;
    int64_t until_us = w->now_us + between(w, S, 900 * S);
    if (below(w, 2)) {
        tell(w, "the database is away until %.3f s", (double)until_us / S);
        database_away(w, until_us);
        return;
    }
    tell(w, "all processes are away");
    for (int i = 0; i < w->engines_used; i++)
        engine_kill(w, i, until_us + between(w, 0, 5 * S));
    for (int i = 0; i < w->senders_used; i++)
        sender_kill(w, i, until_us + between(w, 0, 5 * S));
}

static void clock_jumps(struct world *w)
{
    if (!strikes(w, FAULT_CLOCK, 500))
        return;
    int64_t by_us = between(w, -600 * S, 900 * S);
    tell(w, "the database's clock jumps by %+.3f s", (double)by_us / S);
    w->clock_offset_us += by_us;
    unwell_until(w, w->now_us);
}

static void reach_changes(struct world *w)
{
    if (w->reach + 1 == REACHES || !strikes(w, FAULT_REACH, 800))
        return;
    w->reaches[w->reach + 1] = w->reaches[w->reach];
    w->reach++;
    int level = below(w, w->policy.level_count);
    for (int rank = 0; rank < ESC_RANKS_MOST; rank++) {
        if (below(w, 2))
            w->reaches[w->reach].people[level][rank] =
                (struct escalation_person){(uint8_t)below(w, 3), (uint8_t)below(w, 3)};
    }
    tell(w, "level %d: other people can be called", level);
    if (w->config->twin)
        w->config->twin->people(w);
}

static void person_acts(struct world *w)
{
    static const uint8_t acts[] = {ESC_STOP,        ESC_ESCALATE,   ESC_ESCALATE,    ESC_SNOOZE,
                                   ESC_ABSENT,      ESC_ABSENT,     ESC_HANDED_OVER, ESC_BOUNCED,
                                   ESC_ACK_EXPIRED, ESC_UNREACHABLE};
    int at = below(w, w->escalations);
    const struct escalation *e = &w->db.rows[at].e;
    struct escalation_event event = {.act = acts[below(w, sizeof acts)], .level = e->level, .rank = e->rank};
    if (event.act == ESC_HANDED_OVER || below(w, 4) == 0) {
        event.level = (uint8_t)below(w, w->policy.level_count);
        event.rank = (uint8_t)below(w, 3);
    }
    event.until_us = db_now(w) + between(w, -60 * S, 600 * S);
    operation_begin(w, at, event, w->now_us);
}

void chaos_act(struct world *w)
{
    w->chaos_at_us = w->now_us + between(w, 5 * S, 120 * S);
    switch (below(w, 9)) {
    case 0:
        if (strikes(w, FAULT_KILL, 700))
            engine_kill(w, below(w, w->engines_used), w->now_us + between(w, S, 20 * S));
        break;
    case 1:
        if (strikes(w, FAULT_KILL, 700))
            sender_kill(w, below(w, w->senders_used), w->now_us + between(w, S, 20 * S));
        break;
    case 2:
    case 3:
        fail_over(w);
        break;
    case 4:
        outage(w);
        break;
    case 5:
        clock_jumps(w);
        break;
    case 6:
        reach_changes(w);
        break;
    default:
        person_acts(w);
    }
}
