// SPDX-License-Identifier: Apache-2.0
// Where things lie on disk. Everything is below one data directory; only sockets may move to a shorter place.
#pragma once

#include <stdbool.h>

#include "server/base/config.h"

#define PATHS_SIZE 4096
// A Unix socket's path takes 107 bytes; below the directory comes a name such as "/.s.PGSQL.5432.lock".
#define PATHS_RUN_MAX 80

struct paths {
    char data[PATHS_SIZE - 64]; // absolute
    char pg[PATHS_SIZE];        // the embedded PostgreSQL's cluster
    char run[PATHS_SIZE];       // sockets, mode 0700
    char key[PATHS_SIZE];       // encrypts second factors in the database
    char lock[PATHS_SIZE];      // held by the one supervisor that uses this data directory
};

// Works out the paths from --data; without it, /var/lib/sokuo for root and ~/.local/share/sokuo for others.
// Touches nothing. False when the path is too long.
bool paths_resolve(const struct config *config, struct paths *ret_paths) MUST_USE;
// The connection string that reaches the database: --db, or the embedded one as its administrator. Static
// memory.
const char *paths_conninfo(const struct config *config, const struct paths *paths);
// Creates the data and the socket directory (0700) and takes the lock. False when another server has it or
// something is in the way; the log says what to do.
bool paths_claim(const struct paths *paths) MUST_USE;
