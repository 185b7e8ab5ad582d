// SPDX-License-Identifier: Apache-2.0
// A process that works on the database with fibers: a loop, a database, one fiber. For commands and the
// engine.
#pragma once

#include "server/base/call.h"

struct task {
    const char *conninfo;
    const char *name; // for the database's list of connections
    // Runs on a fiber once the database is there, as the server itself (actor.is_system). Returns the exit
    // code.
    int (*run)(struct call *c, void *arg);
    void *arg;
    int lease_lanes; // interactive transactions at once; 0 = one
};

// Returns what run returned, or EXIT_LATER (supervisor.h) with a line in the log when the database does not
// answer within ten seconds. Once a process.
int task_run(const struct task *task);
// Sleeps until SIGTERM or SIGINT. On the task's fiber.
void task_wait_stop(void);
