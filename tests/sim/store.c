// SPDX-License-Identifier: Apache-2.0
// The database: transactions one after the other, commits whose answer is lost, a failover that loses what
// nobody was told of.
#include "tests/sim/sim.h"

#include <string.h>

struct tally tally;

int64_t db_now(const struct world *w)
{
    return w->now_us + w->clock_offset_us;
}

// Reads what the step looks at, and steps.
void work_step(struct world *w, struct work *work, struct escalation_event event)
{
    const struct row *row = &w->db.rows[work->escalation];
    work->now_us = db_now(w);
    work->read_generation = row->e.generation;
    work->session = w->sessions;
    work->reach = (uint8_t)w->reach;
    work->event = event;
    struct escalation_facts facts = {.policy = &w->policy, .reach = &w->reaches[w->reach]};
    mutant_step(w, &row->e, &facts, &work->event, work->now_us, &work->turn);
}

int place_of(const struct world *w, const struct escalation_event *event)
{
    bool is_there = event->level < w->policy.level_count && event->rank < ESC_RANKS_MOST;
    return is_there ? event->level * ESC_RANKS_MOST + event->rank : -1;
}

struct escalation_event as_told(const struct world *w, struct escalation_event event)
{
    int place = place_of(w, &event);
    const struct escalation_reach *reach = &w->reaches[w->reach];
    struct escalation_person person = {ESC_VACANT, 0};
    if (place >= 0)
        person = reach->people[event.level][event.rank];
    if (person.standing == ESC_VACANT)
        event.level = event.rank = ESC_OUTSIDE;
    if (person.standing == ESC_VACANT || event.contact >= person.contacts)
        event.contact = ESC_OUTSIDE;
    return event;
}

static void put_notices(struct world *w, const struct work *work)
{
    for (int i = 0; i < work->turn.count; i++) {
        const struct escalation_effect *effect = &work->turn.effects[i];
        if (effect->kind != ESC_NOTIFY)
            continue;
        if (w->db.notices == NOTICES) {
            w->is_full = true;
            return;
        }
        w->notices[w->db.notices++] = (struct notice){.escalation = (uint8_t)work->escalation,
                                                      .position = (uint8_t)i,
                                                      .level = effect->level,
                                                      .rank = effect->rank,
                                                      .contact = effect->contact,
                                                      .not_before_us = db_now(w),
                                                      .generation = work->turn.after.generation};
        for (int sender = 0; sender < w->senders_used; sender++) {
            if (w->senders[sender].state == SENDER_IDLE && !w->senders[sender].is_dead)
                w->senders[sender].at_us = w->now_us + between(w, 0, S / 10);
        }
    }
}

static void put_effects(struct world *w, const struct work *work)
{
    struct row *row = &w->db.rows[work->escalation];
    for (int i = 0; i < work->turn.count; i++) {
        const struct escalation_effect *effect = &work->turn.effects[i];
        tell(w, "  %s %s to %d.%d.%d of escalation %d", escalation_effect_word(effect->kind),
             escalation_why_word(effect->why), effect->level, effect->rank, effect->contact,
             work->escalation);
        tally.effects[effect->kind]++;
        tally.whys[effect->why]++;
        tally.late += effect->late_us > ESC_MIN_GAP_S * S;
        if (effect->kind == ESC_SETTLED)
            row->settled = work->turn.after.generation;
        if (effect->kind == ESC_RED || effect->kind == ESC_RED_OVER)
            row->is_red = effect->kind == ESC_RED;
    }
}

static void put_log(struct world *w, const struct work *work)
{
    if (w->db.logged == LOGGED || work->turn.after.generation >= GENERATIONS) {
        w->is_full = true;
        return;
    }
    if (w->config->mutant == MUTANT_UNLOGGED && work->event.act == ESC_DELIVERED)
        return;
    w->logged[w->db.logged++] =
        (struct logged){work->event, work->now_us, (uint8_t)work->escalation, work->reach};
}

// Whom the row names: who is called, or was when it was answered.
static int8_t called(const struct world *w, const struct work *work)
{
    const struct escalation *e = &work->turn.after;
    const struct escalation_event there = {.level = e->level, .rank = e->rank};
    bool is_somebody = e->phase == ESC_CALLING || e->phase == ESC_SNOOZED || e->phase == ESC_HELD ||
                       e->phase == ESC_ANSWERED;
    int place = is_somebody ? place_of(w, &there) : -1;
    bool is_vacant = place < 0 || w->reaches[work->reach].people[e->level][e->rank].standing == ESC_VACANT;
    return is_vacant ? -1 : (int8_t)place;
}

static void apply(struct world *w, struct work *work)
{
    struct row *row = &w->db.rows[work->escalation];
    struct escalation before = row->e;
    if (w->config->mutant == MUTANT_VERSION_READ_AGAIN)
        work->turn.after.generation = row->e.generation + 1;
    tell(w, "escalation %d generation %u: %s, %s", work->escalation, work->turn.after.generation,
         escalation_act_word(work->event.act), escalation_phase_word(work->turn.after.phase));
    int notices = w->db.notices;
    row->e = work->turn.after;
    row->called = called(w, work);
    row->is_claimed = false;
    w->db.commits++;
    tally.acts[work->event.act]++;
    put_log(w, work);
    if (w->is_full)
        return;
    put_effects(w, work);
    if (w->config->mutant != MUTANT_OUTBOX_LATER)
        put_notices(w, work);
    if (w->config->twin)
        w->config->twin->turned(w, work);
    w->db.turns_at[work->escalation][row->e.generation]++;
    check_turn(w, work, &before, w->db.notices - notices);
    if (row->e.due_us != ESC_NEVER)
        engines_hint(w, row->e.due_us);
}

// The guard: the row is as it was read.
static bool is_guarded(const struct world *w, const struct work *work)
{
    int mutant = w->config->mutant;
    bool is_same = w->db.rows[work->escalation].e.generation == work->read_generation;
    return is_same || mutant == MUTANT_NO_GUARD || mutant == MUTANT_VERSION_READ_AGAIN;
}

// What becomes of a commit that the database was asked for; the change itself is the caller's.
static enum commit outcome(struct world *w, bool *ret_is_applied)
{
    *ret_is_applied = false;
    if (w->now_us < w->down_until_us || strikes(w, FAULT_REFUSED, 60))
        return COMMIT_FAILED;
    if (strikes(w, FAULT_UNKNOWN, 60)) {
        tally.unknown++;
        *ret_is_applied = below(w, 2);
        tell(w, "the answer to a commit is lost (%s)", *ret_is_applied ? "applied" : "not applied");
        return COMMIT_UNKNOWN;
    }
    *ret_is_applied = true;
    return COMMIT_DONE;
}

static void remember(struct world *w, bool can_lose)
{
    w->can_lose = can_lose && (w->faults & FAULT_FAILOVER);
    if (!w->can_lose)
        return;
    w->before_unknown = w->db;
    if (w->config->twin)
        w->config->twin->keep(w);
}

static void save(struct world *w, struct work *work, enum commit commit)
{
    if (work->turn.verdict != ESC_CHANGED)
        return;
    apply(w, work);
    if (w->config->mutant != MUTANT_LEAF_LATER || commit == COMMIT_DONE)
        w->db.leaves++;
    if (w->db.leaves != w->db.commits && !w->is_full)
        violate(w, T15, "a committed change without its leaf");
}

// Whoever answers, refuses or stops makes what waits to go out unwanted at once, whatever becomes of it.
static void settle(struct world *w, const struct work *work)
{
    struct row *row = &w->db.rows[work->escalation];
    int act = work->event.act;
    bool settles = act == ESC_ACKNOWLEDGE || act == ESC_ACCEPT || act == ESC_STOP;
    settles |= act == ESC_REFUSE && work->place >= 0 && work->place == row->called;
    settles |= act == ESC_HANDED_OVER && (work->place < 0 || work->place != row->called);
    if (settles)
        row->settled = row->e.generation;
}

// What was told is applied, and then the time, in one transaction.
static void save_told(struct world *w, struct work *work, enum commit commit)
{
    const struct row *row = &w->db.rows[work->escalation];
    settle(w, work);
    save(w, work, commit);
    struct work tick = {.escalation = work->escalation, .operation = -1, .engine = -1, .place = -1};
    if (w->is_full || row->e.due_us == ESC_NEVER || row->e.due_us > db_now(w))
        return;
    work_step(w, &tick, (struct escalation_event){.act = ESC_TICK, .generation = row->e.generation});
    save(w, &tick, commit);
}

// Somebody answered before, or it was called off: what a person says then is on record, and the call does not
// hear of it.
static bool is_late(const struct escalation *e, int act)
{
    bool is_answered = e->phase == ESC_HELD || e->phase == ESC_ANSWERED;
    bool is_accepted = e->phase == ESC_ANSWERED && (e->flags & ESC_WAS_ACCEPTED);
    return e->phase == ESC_STOPPED || (act == ESC_ACKNOWLEDGE && is_answered) ||
           (act == ESC_ACCEPT && is_accepted);
}

static void twin_commit(struct world *w, const struct work *work, bool is_guarded)
{
    if (w->config->twin && !w->is_full)
        w->config->twin->commit(w, work, is_guarded);
}

enum commit work_commit(struct world *w, struct work *work)
{
    // What was read before a failover is not saved after it: another row may have that generation now.
    if (work->session != w->sessions)
        return COMMIT_FAILED;
    bool is_applied;
    enum commit commit = outcome(w, &is_applied);
    if (!is_applied)
        return commit;
    if (!is_guarded(w, work)) {
        tally.conflicts++;
        twin_commit(w, work, false);
        return COMMIT_CONFLICT;
    }
    bool is_again = work->operation >= 0 && w->db.operations[work->operation] > 0;
    if (is_again && w->config->mutant != MUTANT_NO_OPERATION_ID) {
        twin_commit(w, work, false);
        return commit; // the first answer again
    }
    bool is_asynchronous = w->config->mutant == MUTANT_ASYNCHRONOUS;
    remember(w, commit == COMMIT_UNKNOWN || is_asynchronous);
    if (work->operation >= 0) {
        w->db.operations[work->operation]++;
        work->is_late = is_late(&w->db.rows[work->escalation].e, work->event.act);
        if (!work->is_late)
            save_told(w, work, commit);
    } else
        save(w, work, commit);
    if (commit == COMMIT_DONE && work->operation >= 0)
        w->acked[work->escalation] = w->db.rows[work->escalation].e.generation;
    twin_commit(w, work, true);
    return commit;
}

static void put_notice(struct world *w, int at, const struct notice *after)
{
    w->can_lose = false; // the stream is in order: what came before is safe
    uint8_t visible = w->notices[at].visible;
    bool is_dropped = w->notices[at].is_dropped;
    w->notices[at] = *after;
    tally.suppressed += after->state == NOTICE_SUPPRESSED;
    tally.dead += after->state == NOTICE_DEAD;
    w->notices[at].visible = visible;
    w->notices[at].is_dropped = is_dropped;
}

enum commit lease_commit(struct world *w, int sender, int at, const struct notice *after)
{
    bool is_applied;
    enum commit commit = outcome(w, &is_applied);
    if (!is_applied)
        return commit;
    put_notice(w, at, after);
    if (w->config->twin)
        w->config->twin->lease(w, sender, at);
    return commit;
}

enum commit mark_commit(struct world *w, int sender, int at, const struct notice *after, int act)
{
    bool is_applied;
    enum commit commit = outcome(w, &is_applied);
    if (!is_applied)
        return commit;
    put_notice(w, at, after);
    const struct row *row = &w->db.rows[after->escalation];
    struct escalation_event event = {
        .act = act, .level = after->level, .rank = after->rank, .contact = after->contact};
    struct work told = {
        .escalation = after->escalation, .operation = -1, .engine = -1, .place = place_of(w, &event)};
    bool hears = act >= 0 && after->generation > row->settled;
    told.read_generation = row->e.generation;
    if (hears) {
        work_step(w, &told, as_told(w, event));
        save_told(w, &told, commit);
    }
    if (w->config->twin && !w->is_full)
        w->config->twin->mark(w, sender, after->state, after->not_before_us - db_now(w),
                              hears ? &told : NULL);
    return commit;
}

void sessions_end(struct world *w, int engine)
{
    for (int i = 0; i < w->escalations; i++) {
        struct row *row = &w->db.rows[i];
        if (!row->locked || (engine >= 0 && row->locked != engine + 1))
            continue;
        if (w->config->twin)
            w->config->twin->session_ends(w, row->locked - 1);
        row->locked = 0;
    }
}

void database_fails_over(struct world *w)
{
    w->sessions++;
    sessions_end(w, -1);
    if (!w->can_lose)
        return;
    tell(w, "the failover loses the last commit");
    tally.lost++;
    w->db = w->before_unknown;
    w->can_lose = false;
    for (int i = 0; i < w->escalations; i++)
        w->db.rows[i].locked = 0;
    if (w->config->twin)
        w->config->twin->lose(w);
}
