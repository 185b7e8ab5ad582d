// SPDX-License-Identifier: Apache-2.0
// Child processes for fibers: start, wait, signal. A child never outlives this process: the kernel sends it
// death_signal when the supervisor dies, however it dies.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/base/fiber.h"

struct child {
    const char *name;
    pid_t pid;  // 0 = not running
    int status; // as waitpid gives it, once it is over
    struct fiber_cond exited;
    struct child *next; // of those that run
};

struct child_plan {
    const char *const *argv;
    const char *cwd; // NULL = stay
    // Descriptors; 0 = none.
    int pass_fd;      // becomes descriptor 3
    int out_fd;       // becomes standard output; without it, standard error: our own output is for READY
    int err_fd;       // becomes standard error; without it, ours
    int death_signal; // sent when the supervisor dies
};

// Listens to SIGCHLD on the fibers' loop. Once.
void children_begin(void);
void children_end(void);
// Starts a program. False, with a line in the log, when the system refuses.
bool child_start(struct child *child, const struct child_plan *plan);
// Sleeps until it has ended or the time is over (0 = for ever). False when it still runs.
bool child_wait(struct child *child, uint64_t timeout_us);
// Does nothing when it does not run.
void child_signal(const struct child *child, int signal);
// Sends the signal to every child that runs.
void children_signal(int signal);
// Asks with `first`, waits, and insists with `second` until it has ended.
void child_stop(struct child *child, int first, uint64_t patience_us, int second);
