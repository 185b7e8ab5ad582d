// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/task.h"

#include <signal.h>
#include <uv.h>

#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/store/db.h"
#include "server/supervisor/supervisor.h"

// Most memory of a command: an import of a whole city.
enum { TASK_MEMORY = 256 << 20 };
static const uint64_t patience_us = UINT64_C(10) * 1000 * 1000;

static struct {
    const struct task *task;
    struct db *db;
    uv_signal_t signals[2];
    bool is_stopping;
    struct fiber_cond stop;
    int code;
} state;

static void signal_stop(uv_signal_t *handle, int number)
{
    (void)handle, (void)number;
    state.is_stopping = true;
    fiber_cond_broadcast(&state.stop);
}

static void story(void *arg)
{
    (void)arg;
    if (db_wait_ready(state.db, patience_us)) {
        struct call c;
        call_begin(&c, state.db, TASK_MEMORY);
        c.actor.is_known = c.actor.is_system = true;
        c.method = state.task->name;
        c.now_us = db_now_us(state.db);
        state.code = state.task->run(&c, state.task->arg);
        call_end(&c);
    } else {
        log_error("no_database", LOG_S("what", "the database does not answer"),
                  LOG_S("do", "start the server (sokuo serve), or name the database with --data or --db"));
    }
    db_close(state.db);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&state.signals[i], NULL);
}

int task_run(const struct task *task)
{
    static const int stop_signals[2] = {SIGTERM, SIGINT};
    uv_loop_t *loop = uv_default_loop();
    state.task = task;
    state.code = EXIT_LATER;
    fiber_runtime_begin(loop);
    for (int i = 0; i < 2; i++) {
        uv_signal_init(loop, &state.signals[i]);
        uv_signal_start(&state.signals[i], signal_stop, stop_signals[i]);
    }
    state.db = db_open(loop, &(struct db_options){.conninfo = task->conninfo,
                                                  .read_lanes = 1,
                                                  .write_lanes = 1,
                                                  .lease_lanes = task->lease_lanes ? task->lease_lanes : 1,
                                                  .name = task->name});
    fiber_spawn(story, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    fiber_runtime_end();
    return state.code;
}

void task_wait_stop(void)
{
    while (!state.is_stopping)
        fiber_cond_wait(&state.stop, UINT64_C(3600) * 1000 * 1000);
}
