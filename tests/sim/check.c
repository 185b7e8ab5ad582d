// SPDX-License-Identifier: Apache-2.0
// The invariants of the reliability reference, 4.6, as code. None of them trusts what escalation.c says of
// itself: they look at rows before and after, at the outbox, and at what people saw.
#include "tests/sim/sim.h"

#include <string.h>

// Longest that something may be overdue in a healthy world.
#define OVERDUE_US (60 * S)

const char *const invariant_words[INVARIANTS] = {
    [T1] = "T1 one turn a generation",
    [T2] = "T2 what is due happens",
    [T3] = "T3 nothing after the answer",
    [T4] = "T4 every call has its notice",
    [T5] = "T5 no notice is lost",
    [T6] = "T6 seen once",
    [T7] = "T7 no level before the one below",
    [T8] = "T8 never early",
    [T9] = "T9 a minute between levels",
    [T10] = "T10 time goes forward",
    [T11] = "T11 the step is a function",
    [T12] = "T12 the log tells the state",
    [T13] = "T13 due when armed only",
    [T14] = "T14 what was acknowledged stays",
    [T15] = "T15 a leaf a change",
    [T16] = "T16 holes are said",
    [TWIN] = "PostgreSQL does what memory does",
};

void violate(struct world *w, int invariant, const char *why)
{
    if (w->violated)
        return;
    w->violated = invariant;
    w->violated_us = w->now_us;
    tell(w, "VIOLATED %s: %s", invariant_words[invariant], why);
}

static bool is_armed(const struct escalation *e)
{
    return e->phase >= ESC_CALLING && e->phase <= ESC_HELD;
}

static bool is_round(const struct work *work, const struct escalation *before)
{
    bool may = work->event.act == ESC_TICK || work->event.act == ESC_ESCALATE;
    return may && before->round > 0 && (before->phase == ESC_WAITING || before->phase == ESC_EXHAUSTED);
}

static bool is_by_person(const struct work *work)
{
    int act = work->event.act;
    return act == ESC_ESCALATE || act == ESC_HANDED_OVER || act == ESC_ARM;
}

static void check_levels(struct world *w, const struct work *work, const struct escalation *before)
{
    int at = work->escalation, act = work->event.act;
    const struct escalation *after = &work->turn.after;
    if (is_round(work, before))
        w->db.fired[at] = -1;
    // Who answered was called once, and may be called again.
    if (after->phase == ESC_HELD || after->phase == ESC_ANSWERED) {
        w->db.level[at] = (int8_t)after->level;
        w->db.fired[at] = w->db.level[at] > w->db.fired[at] ? w->db.level[at] : w->db.fired[at];
    }
    for (int i = 0; i < work->turn.count; i++) {
        const struct escalation_effect *effect = &work->turn.effects[i];
        int level = effect->level;
        if (effect->kind != ESC_NOTIFY && effect->kind != ESC_GAP)
            continue;
        if (level > w->db.fired[at] + 1 && act != ESC_HANDED_OVER)
            violate(w, T7, "a level was called before the one below it");
        w->db.fired[at] = level > w->db.fired[at] ? (int8_t)level : w->db.fired[at];
        if (effect->kind != ESC_NOTIFY)
            continue;
        bool is_soon = after->clock_us - w->db.level_us[at] < ESC_MIN_GAP_S * S;
        if (level > w->db.level[at] && w->db.level[at] >= 0 && is_soon && !is_by_person(work))
            violate(w, T9, "two levels of one escalation within a minute");
        if (level != w->db.level[at] || is_round(work, before)) {
            w->db.level[at] = (int8_t)level;
            w->db.level_us[at] = after->clock_us;
        }
    }
}

static void check_holes(struct world *w, const struct work *work, const struct escalation *before)
{
    const struct escalation *after = &work->turn.after;
    const struct row *row = &w->db.rows[work->escalation];
    int gaps = 0, calls = 0;
    for (int i = 0; i < work->turn.count; i++) {
        gaps += work->turn.effects[i].kind == ESC_GAP;
        calls += work->turn.effects[i].kind == ESC_NOTIFY;
    }
    bool is_start = work->event.act == ESC_ARM || is_round(work, before);
    int from = is_start ? -1 : before->level;
    if (calls && work->event.act != ESC_HANDED_OVER && after->level - from - 1 > gaps)
        violate(w, T16, "a level without anybody was passed silently");
    bool is_exhausted = after->phase == ESC_EXHAUSTED || (after->phase == ESC_WAITING && after->round > 0);
    if (is_exhausted && !row->is_red)
        violate(w, T16, "everybody was called in vain and it is not red");
    bool is_over = after->phase == ESC_HELD || after->phase == ESC_ANSWERED || after->phase == ESC_STOPPED;
    if (is_over && row->is_red && work->event.act != ESC_DELIVERED)
        violate(w, T16, "it was answered and is still red");
}

static void check_function(struct world *w, const struct work *work, const struct escalation *before)
{
    if (work->turn.after.generation % 4 != 0)
        return;
    struct escalation_facts facts = {.policy = &w->policy, .reach = &w->reaches[work->reach]};
    struct escalation_turn again;
    mutant_step(w, before, &facts, &work->event, work->now_us, &again);
    if (memcmp(&again.after, &work->turn.after, sizeof again.after) != 0 || again.count != work->turn.count)
        violate(w, T11, "the same arguments gave another state");
}

void check_turn(struct world *w, const struct work *work, const struct escalation *before, int notices_added)
{
    const struct escalation *after = &work->turn.after;
    int calls = 0;
    for (int i = 0; i < work->turn.count; i++)
        calls += work->turn.effects[i].kind == ESC_NOTIFY;
    if (w->db.turns_at[work->escalation][after->generation] > 1)
        violate(w, T1, "two turns of one generation were saved");
    bool is_tick = work->event.act == ESC_TICK;
    if (is_tick && (work->read_generation != before->generation || !is_armed(before)))
        violate(w, T3, "a tick was saved over what came after it was read");
    if (before->phase == ESC_STOPPED)
        violate(w, T3, "something happened after the stop");
    if (calls != notices_added && !w->is_full)
        violate(w, T4, "a call without its notice");
    if (is_tick && work->now_us < before->due_us)
        violate(w, T8, "a tick before its time");
    if (before->generation > 0 && after->clock_us < before->clock_us)
        violate(w, T10, "time went back");
    if ((after->due_us != ESC_NEVER) != is_armed(after))
        violate(w, T13, "due and not armed, or armed and not due");
    if (work->operation >= 0 && w->db.operations[work->operation] > 1)
        violate(w, T14, "one operation was applied twice");
    check_levels(w, work, before);
    check_holes(w, work, before);
    if (work->read_generation == before->generation)
        check_function(w, work, before);
}

void check_always(struct world *w)
{
    bool is_well = w->now_us >= w->down_until_us && w->now_us - w->unwell_until_us > OVERDUE_US + 2 * S;
    for (int i = 0; i < w->escalations; i++) {
        const struct escalation *e = &w->db.rows[i].e;
        if (e->generation < w->acked[i])
            violate(w, T14, "a change that somebody was told of is gone");
        if (is_well && e->due_us != ESC_NEVER && db_now(w) - e->due_us > OVERDUE_US + 2 * S)
            violate(w, T2, "overdue in a healthy world");
    }
}

void check_seen(struct world *w, const struct notice *notice)
{
    tally.seen_again += notice->visible > 1;
    if (notice->visible > 1 && (w->is_provider_honest || !notice->is_troubled))
        violate(w, T6, "a notice was seen twice without a reason on record");
}

static void check_log(struct world *w)
{
    struct escalation told[ESCALATIONS];
    for (int i = 0; i < ESCALATIONS; i++)
        told[i] = escalation_new();
    for (int i = 0; i < w->db.logged; i++) {
        const struct logged *l = &w->logged[i];
        struct escalation_facts facts = {.policy = &w->policy, .reach = &w->reaches[l->reach]};
        struct escalation_turn turn;
        mutant_step(w, &told[l->escalation], &facts, &l->event, l->now_us, &turn);
        told[l->escalation] = turn.after;
    }
    for (int i = 0; i < w->escalations; i++) {
        if (memcmp(&told[i], &w->db.rows[i].e, sizeof told[i]) != 0)
            violate(w, T12, "the log, told again, ends in another state");
    }
}

void check_end(struct world *w)
{
    for (int i = 0; i < w->db.notices; i++) {
        const struct notice *notice = &w->notices[i];
        if (notice->state == NOTICE_QUEUED)
            violate(w, T5, "a notice was neither sent nor given up");
        if (notice->state == NOTICE_SENT && notice->visible == 0 && !notice->is_dropped)
            violate(w, T5, "a notice counts as sent and was not");
    }
    check_log(w);
}
