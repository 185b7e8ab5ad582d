// SPDX-License-Identifier: Apache-2.0
// Engines: claim what is due, step it, commit; any of them may stall, end, or come back.
#include "tests/sim/sim.h"

#define POLL_US (25 * S)
// The database gives up on a silent session after this.
#define SESSION_US (20 * S)

// Sleeps until something is due, but no longer than a poll.
static void engine_rest(struct world *w, struct engine *engine)
{
    int64_t wake_us = w->now_us + between(w, POLL_US / 2, POLL_US);
    for (int i = 0; i < w->escalations; i++) {
        const struct escalation *e = &w->db.rows[i].e;
        if (e->due_us == ESC_NEVER)
            continue;
        int64_t due_us = e->due_us - w->clock_offset_us + between(w, 0, S);
        wake_us = due_us < wake_us ? due_us : wake_us;
    }
    engine->is_working = false;
    engine->at_us = wake_us > w->now_us ? wake_us : w->now_us + S / 4;
}

void engines_hint(struct world *w, int64_t due_us)
{
    int64_t at_us = due_us - w->clock_offset_us;
    for (int i = 0; i < w->engines_used; i++) {
        struct engine *engine = &w->engines[i];
        if (engine->is_dead || engine->is_working || engine->at_us <= at_us || strikes(w, FAULT_HINT, 200))
            continue;
        engine->at_us = at_us > w->now_us ? at_us : w->now_us + 1000;
    }
}

static int due_row(const struct world *w)
{
    int found = -1;
    for (int i = 0; i < w->escalations; i++) {
        const struct row *row = &w->db.rows[i];
        bool is_due = row->e.due_us != ESC_NEVER && row->e.due_us <= db_now(w);
        if (w->config->mutant == MUTANT_OWN_CLOCK)
            is_due = row->e.due_us != ESC_NEVER && row->e.due_us <= db_now(w) + 5 * S;
        if (is_due && !row->locked && !row->is_claimed &&
            (found < 0 || row->e.due_us < w->db.rows[found].e.due_us))
            found = i;
    }
    return found;
}

static void engine_claim(struct world *w, int at)
{
    struct engine *engine = &w->engines[at];
    int found = w->now_us < w->down_until_us ? -1 : due_row(w);
    if (found < 0) {
        engine_rest(w, engine);
        return;
    }
    struct row *row = &w->db.rows[found];
    row->locked = (uint8_t)(at + 1);
    row->is_claimed = w->config->mutant == MUTANT_CLAIM_STICKS;
    engine->is_working = true;
    engine->work.escalation = found;
    engine->work.operation = engine->work.place = -1;
    engine->work.engine = at;
    int64_t skew_us = w->config->mutant == MUTANT_OWN_CLOCK ? 5 * S : 0;
    w->clock_offset_us += skew_us;
    work_step(w, &engine->work, (struct escalation_event){.act = ESC_TICK, .generation = row->e.generation});
    w->clock_offset_us -= skew_us;
    engine->work.now_us -= skew_us;
    if (w->config->twin)
        w->config->twin->claim(w, at);
    engine->at_us = w->now_us + between(w, 1000, 50000);
    if (strikes(w, FAULT_ZOMBIE, 60)) {
        tell(w, "engine %d stalls", at);
        engine->at_us = w->now_us + between(w, S, 3 * SESSION_US);
        w->unwell_until_us = engine->at_us > w->unwell_until_us ? engine->at_us : w->unwell_until_us;
        if (engine->at_us - w->now_us > SESSION_US / 4)
            sessions_end(w, at); // what it knows is old now
    }
}

static void engine_commit(struct world *w, int at)
{
    struct engine *engine = &w->engines[at];
    enum commit commit = work_commit(w, &engine->work);
    sessions_end(w, at);
    engine->is_working = false;
    engine->at_us = w->now_us + (commit == COMMIT_DONE ? 1000 : between(w, S / 10, S));
    if (commit != COMMIT_DONE)
        tell(w, "engine %d: commit %s", at, commit == COMMIT_CONFLICT ? "finds another version" : "failed");
}

void engine_kill(struct world *w, int at, int64_t back_us)
{
    tell(w, "engine %d ends, and is back at %.3f s", at, (double)back_us / S);
    sessions_end(w, at);
    w->engines[at].is_dead = true;
    w->engines[at].is_working = false;
    w->engines[at].at_us = back_us;
    w->unwell_until_us = back_us > w->unwell_until_us ? back_us : w->unwell_until_us;
}

void engine_act(struct world *w, int at)
{
    struct engine *engine = &w->engines[at];
    if (engine->is_dead) {
        engine->is_dead = false;
        engine_rest(w, engine);
    } else if (!engine->is_working)
        engine_claim(w, at);
    else if (strikes(w, FAULT_KILL, 30))
        engine_kill(w, at, w->now_us + between(w, S, 10 * S));
    else
        engine_commit(w, at);
}
