// SPDX-License-Identifier: Apache-2.0
// Accepting: caps, socket options, the list of connections, and the deadlines that libh2o does not have.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/base/err.h"

struct conn;

// Opens the listening socket, or takes over options->listen_fd; sets edge.port.
enum err listener_open(void) MUST_USE;
// Begins to accept.
enum err listener_begin(void) MUST_USE;
// Stops accepting; what is open stays.
void listener_end(void);
// Connections open now.
unsigned listener_connections(void);
// Ends connections that are between requests; called again and again while draining.
void listener_close_idle(void);
// Ends a connection whatever it does: libh2o finds its socket dead and lets go.
void listener_kill(struct conn *conn);
// Something arrived while the answer is being made: more requests may wait; of an event stream it can only be
// the end.
void listener_early_input(struct conn *conn);
// Serves HTTP to fd, one end of a socket pair: how the watchdog asks.
void listener_adopt(int fd);
