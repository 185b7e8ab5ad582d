// SPDX-License-Identifier: Apache-2.0
// Calls that climb: claimed in batches until nothing is due, by several fibers when there is a backlog.
#include <inttypes.h>

#include "server/base/clock.h"
#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/domain/clock_guard.h"
#include "server/engine/escalation_batch.h"
#include "server/engine/turn.h"
#include "server/store/wake.h"

// Of a backlog many are taken at once, since who stands in duties is read once a batch; not so many that
// somebody who answers one of them waits for long.
enum { BATCH = 1000, BATCH_MOST = 3000, CLAIMERS = 2, BATCH_MEMORY = 128 << 20 };
#define FLOOR_US UINT64_C(1000000)

// A round: fibers claim until they find less than a batch; another begins when the first finds a whole one.
struct round {
    struct call *c;
    int64_t hold_us;
    int claimers, running;
    struct fiber_cond done;
    enum err err;
    int saved;
};

static int64_t next_look_us = INT64_MAX; // of the last round, by the database's clock
static struct clock_guard guard;

// A batch of its own call: its memory goes with it.
static enum err run(struct round *round, const struct esc_bite *bite, struct esc_outcome *ret)
{
    struct call c;
    call_begin(&c, round->c->db, BATCH_MEMORY);
    c.actor = round->c->actor;
    c.method = round->c->method;
    c.now_us = db_now_us(c.db);
    enum err err = esc_batch_run(&c, bite, ret);
    if (err != ERR_OK && err != ERR_UNAVAILABLE)
        log_warn("escalation_batch", LOG_S("err", err_word(err)), LOG_S("why", c.error_en),
                 LOG_I("claimed", ret->claimed));
    if (err == ERR_OK && ret->has_notices)
        wake_send(&ret->first.tenant_id, WAKE_ENGINE);
    call_end(&c);
    return err;
}

// Incidents that somebody was writing: each is waited for, then its calls are taken.
static enum err run_busy(struct round *round, const struct esc_outcome *outcome)
{
    for (int i = 0; i < outcome->busy_count; i++) {
        const struct esc_bite bite = {BATCH, round->hold_us, &outcome->busy[i].tenant_id,
                                      &outcome->busy[i].incident_id};
        struct esc_outcome done;
        TRY(run(round, &bite, &done));
        round->saved += done.saved;
    }
    return ERR_OK;
}

// One after the other after a batch that failed; the one that cannot be saved is put off.
static enum err run_single(struct round *round)
{
    for (int i = 0; i < BATCH_MOST; i++) {
        const struct esc_bite bite = {.most = 1, .hold_us = round->hold_us};
        struct esc_outcome outcome;
        enum err err = run(round, &bite, &outcome);
        if (err == ERR_OK && outcome.claimed == 0)
            break;
        if (err == ERR_UNAVAILABLE || err == ERR_COMMIT_UNKNOWN || (err != ERR_OK && outcome.claimed == 0))
            return err;
        if (err == ERR_OK)
            TRY(run_busy(round, &outcome));
        else if (err != ERR_ABORTED) {
            log_error("escalation_not_saved", LOG_S("err", err_word(err)));
            TRY(esc_postpone(round->c, &outcome.first));
        }
    }
    return ERR_OK;
}

static void claimer(void *arg);

static enum err claim_all(struct round *round)
{
    struct esc_outcome outcome;
    int most = BATCH;
    bool is_full;
    do {
        const struct esc_bite bite = {.most = most, .hold_us = round->hold_us};
        enum err err = run(round, &bite, &outcome);
        if (err == ERR_UNAVAILABLE || err == ERR_COMMIT_UNKNOWN)
            return err;
        if (err != ERR_OK)
            return run_single(round);
        is_full = outcome.claimed == most;
        most = BATCH_MOST;
        if (is_full && round->claimers < CLAIMERS) {
            round->claimers++;
            round->running++;
            fiber_spawn(claimer, round);
        }
        round->saved += outcome.saved;
        TRY(run_busy(round, &outcome));
    } while (is_full && outcome.saved > 0);
    return ERR_OK;
}

static void claimer(void *arg)
{
    struct round *round = arg;
    enum err err = claim_all(round);
    if (err != ERR_OK)
        round->err = err;
    round->running--;
    fiber_cond_broadcast(&round->done);
}

static enum err run_round(struct call *c, int64_t hold_us)
{
    struct round *round = call_alloc(c, sizeof *round);
    *round = (struct round){.c = c, .hold_us = hold_us, .claimers = 1, .running = 1};
    claimer(round);
    while (round->running > 0)
        fiber_cond_wait(&round->done, FLOOR_US);
    return round->err;
}

// What the guard says: how much of the clock is not to be believed. Only what is due by both clocks is due.
enum err turn_escalations_hold(struct call *c, const struct esc_look *look, int64_t *ret_hold_us)
{
    int64_t jump_us = clock_guard_look(&guard, look->wall_us, clock_boot_us(), look->highest_us);
    int64_t suspect_us = look->jump_us;
    if (jump_us != 0) {
        bool is_new = false;
        TRY(esc_clock_jumped(c, jump_us, &is_new));
        if (is_new) {
            log_error("clock_jumped", LOG_I("seconds", jump_us / 1000000));
            TRY(turn_escalation_audit(c)); // says so to people
        }
        suspect_us = jump_us;
    }
    *ret_hold_us = suspect_us > 0 ? suspect_us : 0;
    return ERR_OK;
}

enum err turn_escalations(struct call *c)
{
    struct esc_look look;
    int64_t hold_us;
    next_look_us = INT64_MAX;
    TRY(esc_next(c, &look));
    TRY(turn_escalations_hold(c, &look, &hold_us));
    if (look.look_us <= look.now_us - hold_us) {
        TRY(run_round(c, hold_us));
        TRY(esc_next(c, &look));
    }
    next_look_us = look.look_us == INT64_MAX ? INT64_MAX : look.look_us + hold_us;
    return ERR_OK;
}

uint64_t turn_escalations_next_us(struct db *db)
{
    int64_t left_us = next_look_us == INT64_MAX ? INT64_MAX : next_look_us - db_now_us(db);
    if (left_us == INT64_MAX)
        return UINT64_MAX;
    return clock_us() + (left_us > 0 ? (uint64_t)left_us : 0);
}

enum err turn_escalation_audit(struct call *c)
{
    int64_t count = 0;
    bool is_new = false;
    TRY(esc_audit(c, &count, &is_new));
    if (is_new)
        log_error("escalations_overdue", LOG_I("calls", count));
    return ERR_OK;
}
