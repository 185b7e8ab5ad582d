// SPDX-License-Identifier: Apache-2.0
// The body of a worker process: one loop, HTTP/1.1 over TCP or TLS, the web client, the event streams.
// Everything that knows h2o lives behind this header.
//
// Story of a worker: the supervisor opens one listening socket a worker (SO_REUSEPORT) and hands it down, so
// that connections wait while a worker is replaced. SIGTERM drains, SIGHUP reads the certificate again. A
// worker that hangs ends itself (watchdog); the supervisor starts another.
#pragma once

#include "server/base/config.h"
#include "server/base/err.h"

struct edge_options {
    int listen_fd; // a listening socket to take over; -1 = open one at config->bind and config->port
    int ready_fd;  // gets one line "ready PORT\n" when connections are accepted, then is closed; -1 = nobody
                   // asks
    const char *name;     // of this process, for the log and the database, such as "edge1"
    const char *conninfo; // libpq connection string
    const char *run_dir;  // directory of the wake-up sockets
};

// Serves until SIGTERM or SIGINT, drains for at most ten seconds, returns ERR_OK; other codes when it could
// not begin (the log says why). Once a process. Does not wait for the database: /readyz and every call say so
// meanwhile.
enum err edge_run(const struct config *config, const struct edge_options *options) MUST_USE;
