// SPDX-License-Identifier: Apache-2.0
#include "server/engine/engine.h"

#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/codec/codec.h"
#include "server/engine/turn.h"
#include "server/store/db.h"
#include "server/store/wake.h"

// Memory of one turn's call.
enum { TURN_MEMORY = 16 << 20 };

static const struct turn {
    const char *name;
    uint64_t every_us;
    enum err (*run)(struct call *c);
} turns[] = {
    {"escalations", 0, turn_escalations}, // woken; sleeps as turn_escalations_wait_us says
    {"escalation_audit", UINT64_C(30) * 1000 * 1000, turn_escalation_audit},
    {"triage_overdue", UINT64_C(5) * 1000 * 1000, turn_triage_overdue},
    {"step_defaults", UINT64_C(5) * 1000 * 1000, turn_step_defaults},
    {"ratify_overdue", UINT64_C(5) * 1000 * 1000, turn_ratify_overdue},
    {"orders_due", UINT64_C(1) * 1000 * 1000, turn_orders_due},
    {"order_reminders", UINT64_C(5) * 1000 * 1000, turn_order_reminders},
    {"notices", UINT64_C(500) * 1000, turn_notices},
    {"readiness", UINT64_C(15) * 1000 * 1000, turn_readiness},
    {"heartbeat", UINT64_C(60) * 1000 * 1000, turn_heartbeat},
    {"housekeeping", UINT64_C(60) * 1000 * 1000, turn_housekeeping},
};
enum { TURN_COUNT = sizeof turns / sizeof turns[0] };

static struct {
    struct db *db;
    bool is_stopping;
    unsigned running;
    unsigned wakes; // so far
    struct fiber_cond stop, woken, stopped;
} engine;

static void turn_once(const struct turn *turn)
{
    struct call c;
    call_begin(&c, engine.db, TURN_MEMORY);
    c.actor.is_known = c.actor.is_system = true;
    c.method = turn->name;
    c.now_us = db_now_us(engine.db);
    enum err err = turn->run(&c);
    if (err != ERR_OK)
        log_warn("turn_failed", LOG_S("turn", turn->name), LOG_S("err", err_word(err)),
                 LOG_S("why", c.error_en));
    call_end(&c);
}

static void turn_keep(void *arg)
{
    const struct turn *turn = arg;
    while (!engine.is_stopping) {
        if (!db_wait_ready(engine.db, UINT64_C(1000) * 1000))
            continue;
        unsigned wakes = engine.wakes;
        turn_once(turn);
        if (engine.is_stopping)
            continue;
        if (turn->every_us > 0)
            fiber_cond_wait(&engine.stop, turn->every_us);
        else if (wakes == engine.wakes) // what was said during the turn counts, too
            fiber_cond_wait(&engine.woken, turn_escalations_wait_us(engine.db));
    }
    engine.running--;
    fiber_cond_broadcast(&engine.stopped);
}

static void on_wake(void *arg, const struct uuid *tenant_id, enum wake_kind kind)
{
    if (kind != WAKE_ENGINE)
        return;
    engine.wakes++;
    fiber_cond_broadcast(&engine.woken);
}

void engine_begin(struct db *db)
{
    codec_begin();
    engine.db = db;
    wake_subscribe(on_wake, NULL);
    engine.running = TURN_COUNT;
    for (int i = 0; i < TURN_COUNT; i++)
        fiber_spawn(turn_keep, (void *)&turns[i]);
}

void engine_end(void)
{
    engine.is_stopping = true;
    turn_notices_stop();
    fiber_cond_broadcast(&engine.stop);
    fiber_cond_broadcast(&engine.woken);
    while (engine.running > 0)
        fiber_cond_wait(&engine.stopped, UINT64_C(1000) * 1000);
}
