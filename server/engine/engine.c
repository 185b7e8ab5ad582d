// SPDX-License-Identifier: Apache-2.0
#include "server/engine/engine.h"

#include "server/base/clock.h"
#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/codec/codec.h"
#include "server/engine/due.h"
#include "server/engine/turn.h"
#include "server/store/db.h"
#include "server/store/wake.h"

// Memory of one turn's call.
enum { TURN_MEMORY = 16 << 20 };
#define MS UINT64_C(1000)
#define S (1000 * MS)
#define FLOOR_US (4 * S)   // somebody looks so often, whatever woke or did not wake us
#define BUSY_US (20 * MS)  // between two looks
#define FEED_US (500 * MS) // after a look, when something changed that may have made something due
#define NEVER UINT64_MAX

struct turn {
    const char *name;
    enum err (*run)(struct call *c);
    enum due due;      // runs when this is; DUE_NONE: at its own pace
    uint64_t pause_us; // at least, between two runs
};

static const struct turn turns[] = {
    {"escalations", turn_escalations, DUE_CALLS, 2 * MS},
    {"triage_overdue", turn_triage_overdue, DUE_TRIAGES, 1 * S},
    {"step_defaults", turn_step_defaults, DUE_DEFAULTS, 1 * S},
    {"ratify_overdue", turn_ratify_overdue, DUE_RATIFICATIONS, 1 * S},
    {"orders_due", turn_orders_due, DUE_ORDERS, 500 * MS},
    {"order_reminders", turn_order_reminders, DUE_REMINDERS, 1 * S},
    {"notices", turn_notices, DUE_NOTICES, 50 * MS},
    {"readiness", turn_readiness, DUE_READINESS, 5 * S},
    {"escalation_audit", turn_escalation_audit, DUE_NONE, 30 * S},
    {"heartbeat", turn_heartbeat, DUE_NONE, 60 * S},
    {"housekeeping", turn_housekeeping, DUE_NONE, 60 * S},
};
enum { TURN_COUNT = sizeof turns / sizeof turns[0] };

static struct {
    struct db *db;
    bool is_stopping;
    unsigned running;
    uint64_t looked_us, look_us;    // the last look; the next
    uint64_t due_us[DUE_COUNT];     // by the monotonic clock
    struct fiber_cond look, change; // look_us, due_us changed
    struct fiber_cond stop, stopped;
} engine;

static void begin_call(struct call *c, const char *name)
{
    call_begin(c, engine.db, TURN_MEMORY);
    c->actor.is_known = c->actor.is_system = true;
    c->method = name;
    c->now_us = db_now_us(engine.db);
}

static void end_call(struct call *c, enum err err)
{
    if (err != ERR_OK)
        log_warn("turn_failed", LOG_S("turn", c->method), LOG_S("err", err_word(err)),
                 LOG_S("why", c->error_en));
    call_end(c);
}

// --- looking

// A moment of the database's clock by the monotonic one.
static uint64_t moment(const struct due_look *look, int64_t at_us)
{
    uint64_t now_us = clock_us();
    if (at_us == INT64_MAX)
        return NEVER;
    return at_us <= look->clocks.now_us ? now_us : now_us + (uint64_t)(at_us - look->clocks.now_us);
}

static enum err look_once(struct call *c)
{
    struct due_look look;
    int64_t hold_us = 0;
    TRY(due_read(c, &look));
    TRY(turn_escalations_hold(c, &look.clocks, &hold_us));
    if (look.at_us[DUE_CALLS] != INT64_MAX)
        look.at_us[DUE_CALLS] += hold_us;
    for (int due = 0; due < DUE_COUNT; due++)
        engine.due_us[due] = moment(&look, look.at_us[due]);
    fiber_cond_broadcast(&engine.change);
    return ERR_OK;
}

// The next look comes then at the latest.
static void look_by(uint64_t at_us)
{
    uint64_t soonest_us = engine.looked_us + BUSY_US;
    at_us = at_us > soonest_us ? at_us : soonest_us;
    if (at_us >= engine.look_us)
        return;
    engine.look_us = at_us;
    fiber_cond_broadcast(&engine.look);
}

static void keep_looking(void *arg)
{
    while (!engine.is_stopping) {
        uint64_t now_us = clock_us();
        if (now_us < engine.look_us) {
            fiber_cond_wait(&engine.look, engine.look_us - now_us);
            continue;
        }
        if (!db_wait_ready(engine.db, 1 * S))
            continue;
        engine.looked_us = clock_us();
        engine.look_us = engine.looked_us + FLOOR_US; // earlier, when somebody says so meanwhile
        struct call c;
        begin_call(&c, "look");
        end_call(&c, look_once(&c));
    }
    engine.running--;
    fiber_cond_broadcast(&engine.stopped);
}

// --- turns

static void run_turn(const struct turn *turn)
{
    struct call c;
    begin_call(&c, turn->name);
    end_call(&c, turn->run(&c));
}

static uint64_t later(uint64_t one_us, uint64_t other_us)
{
    return one_us > other_us ? one_us : other_us;
}

// What it left is looked at again; of calls the turn itself has looked.
static void turn_ran(const struct turn *turn)
{
    if (turn->due == DUE_NONE)
        return;
    if (turn->due == DUE_CALLS)
        engine.due_us[DUE_CALLS] = turn_escalations_next_us(engine.db);
    else
        look_by(0);
}

static void keep_turn(void *arg)
{
    const struct turn *turn = arg;
    uint64_t again_us = 0;
    while (!engine.is_stopping) {
        uint64_t now_us = clock_us();
        uint64_t at_us = turn->due == DUE_NONE ? again_us : later(again_us, engine.due_us[turn->due]);
        if (now_us < at_us) {
            fiber_cond_wait(turn->due == DUE_NONE ? &engine.stop : &engine.change,
                            at_us == NEVER ? 3600 * S : at_us - now_us);
            continue;
        }
        if (!db_wait_ready(engine.db, 1 * S))
            continue;
        if (turn->due != DUE_NONE)
            engine.due_us[turn->due] = NEVER; // until the next look
        run_turn(turn);
        turn_ran(turn);
        again_us = clock_us() + turn->pause_us;
    }
    engine.running--;
    fiber_cond_broadcast(&engine.stopped);
}

// --- the engine

// Whatever changes wakes the feeds, and may have made something due; what begins calls, notices or orders
// says so itself.
static void on_wake(void *arg, const struct uuid *tenant_id, enum wake_kind kind)
{
    if (kind == WAKE_ENGINE)
        look_by(0);
    else if (kind == WAKE_FEED)
        look_by(engine.looked_us + FEED_US);
}

void engine_begin(struct db *db)
{
    codec_begin();
    engine.db = db;
    for (int due = 0; due < DUE_COUNT; due++)
        engine.due_us[due] = NEVER;
    wake_subscribe(on_wake, NULL);
    engine.running = TURN_COUNT + 1;
    for (int i = 0; i < TURN_COUNT; i++)
        fiber_spawn(keep_turn, (void *)&turns[i]);
    fiber_spawn(keep_looking, NULL);
}

void engine_end(void)
{
    engine.is_stopping = true;
    turn_notices_stop();
    fiber_cond_broadcast(&engine.stop);
    fiber_cond_broadcast(&engine.change);
    fiber_cond_broadcast(&engine.look);
    while (engine.running > 0)
        fiber_cond_wait(&engine.stopped, 1 * S);
}
