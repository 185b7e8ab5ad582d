// SPDX-License-Identifier: Apache-2.0
// `sokuo serve`: starts the database, the workers and the engines, keeps them running, stops them in order.
#pragma once

#include <stdbool.h>

#include "server/base/config.h"

// Exit codes that the supervisor and its children agree on.
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1, // the log says why
    EXIT_USAGE = 2,
    EXIT_LATER = 75, // the database cannot be reached now; try again (EX_TEMPFAIL)
};

// Descriptor at which a worker finds its listening socket.
#define SUPERVISOR_LISTEN_FD 3

struct supervisor_options {
    bool is_demo;    // an empty database gets the demo city
    bool adopts_key; // the key file becomes the database's (secret_key_store.h)
};

// Serves until SIGTERM or SIGINT; returns the exit code. When the first worker answers it prints one line:
// READY {"url":…,"login":…,"password":…}.
int supervisor_run(const struct config *config, const struct supervisor_options *options);
