// SPDX-License-Identifier: Apache-2.0
// The embedded PostgreSQL: made on first use, started, watched, restarted, stopped. All on fibers.
#pragma once

#include <stdbool.h>

#include "server/base/err.h"
#include "server/supervisor/backoff.h"
#include "server/supervisor/child.h"
#include "server/supervisor/paths.h"
#include "server/supervisor/pg_conf.h"

struct pg {
    const struct paths *paths;
    struct pg_conf conf;
    char bin[256]; // directory of initdb and postgres
    int log_fd;    // PostgreSQL's standard error
    struct child server;
    struct backoff backoff;
    bool is_stopping;
};

// Finds the installed PostgreSQL of this major version (0 = the newest from 14 on) and writes its directory
// of programs. False when there is none. Root is where to look, "/usr/lib/postgresql" in earnest.
bool pg_find(const char *root, int major, char *ret_bin, size_t size) MUST_USE;
// Makes the cluster when there is none, starts the server, and sleeps until it takes connections. False with
// advice in the log: no PostgreSQL installed, another major version, a foreign server on the directory.
bool pg_begin(struct pg *pg) MUST_USE;
// arg is the struct pg. Starts it again whenever it ends, until pg_stop. For a fiber of its own.
void pg_keep(void *arg);
// Fast shutdown; after 20 s an immediate one.
void pg_stop(struct pg *pg);
