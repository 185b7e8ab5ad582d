// SPDX-License-Identifier: Apache-2.0
#include "server/engine/engine.h"

#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/codec/codec.h"
#include "server/engine/turn.h"
#include "server/store/db.h"

// Memory of one turn's call.
enum { TURN_MEMORY = 16 << 20 };

static const struct turn {
    const char *name;
    uint64_t every_us;
    enum err (*run)(struct call *c);
} turns[] = {
    {"triage_overdue", UINT64_C(5) * 1000 * 1000, turn_triage_overdue},
    {"step_defaults", UINT64_C(5) * 1000 * 1000, turn_step_defaults},
    {"ratify_overdue", UINT64_C(5) * 1000 * 1000, turn_ratify_overdue},
    {"orders_due", UINT64_C(1) * 1000 * 1000, turn_orders_due},
    {"order_reminders", UINT64_C(5) * 1000 * 1000, turn_order_reminders},
    {"notices", UINT64_C(500) * 1000, turn_notices},
    {"housekeeping", UINT64_C(60) * 1000 * 1000, turn_housekeeping},
};
enum { TURN_COUNT = sizeof turns / sizeof turns[0] };

static struct {
    struct db *db;
    bool is_stopping;
    unsigned running;
    struct fiber_cond stop, stopped;
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
        turn_once(turn);
        if (!engine.is_stopping)
            fiber_cond_wait(&engine.stop, turn->every_us);
    }
    engine.running--;
    fiber_cond_broadcast(&engine.stopped);
}

void engine_begin(struct db *db)
{
    codec_begin();
    engine.db = db;
    engine.running = TURN_COUNT;
    for (int i = 0; i < TURN_COUNT; i++)
        fiber_spawn(turn_keep, (void *)&turns[i]);
}

void engine_end(void)
{
    engine.is_stopping = true;
    turn_notices_stop();
    fiber_cond_broadcast(&engine.stop);
    while (engine.running > 0)
        fiber_cond_wait(&engine.stopped, UINT64_C(1000) * 1000);
}
