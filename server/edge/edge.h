// SPDX-License-Identifier: Apache-2.0
// The body of a worker process: one loop, HTTP/1.1 over TCP or TLS, the web client, the event streams.
// Everything that knows h2o lives behind this header.
//
// Story of a worker: the supervisor reserves the port once (edge_reserve), starts N processes that each call
// edge_run with that port; every worker listens on a socket of its own (SO_REUSEPORT) and says "ready" on
// ready_fd. SIGTERM drains, SIGHUP reads the certificate again. A worker that hangs ends itself (watchdog);
// the supervisor starts another.
#pragma once

#include "server/base/config.h"
#include "server/base/err.h"

struct edge_options {
    int port;      // to listen on, when config->port is 0; 0 = config->port
    int listen_fd; // a listening socket to take over, such as systemd's; -1 = open an own one
    int ready_fd;  // gets one line "ready\n" when the worker accepts connections, then is closed; -1 = nobody
                   // asks
    const char *name;     // of this process, for the log and the database, such as "edge1"
    const char *conninfo; // libpq connection string
    const char *run_dir;  // directory of the wake-up sockets
};

// Binds a socket that does not listen: it holds the port (any free one when config->port is 0) while workers
// come and go. Keep it open; ret_port gets the port. Says why not in the log.
enum err edge_reserve(const struct config *config, int *ret_fd, int *ret_port) MUST_USE;

// Serves until SIGTERM or SIGINT, drains for at most ten seconds, returns ERR_OK; other codes when it could
// not begin (the log says why). Once a process. Does not wait for the database: /readyz and every call say so
// meanwhile.
enum err edge_run(const struct config *config, const struct edge_options *options) MUST_USE;
