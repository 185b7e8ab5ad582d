// SPDX-License-Identifier: Apache-2.0
// The listening sockets. The supervisor opens them before it drops root and keeps them, so that a connection
// that comes while a worker restarts waits instead of being refused.
#pragma once

#include <stdbool.h>

#include "server/base/config.h"

// Opens count listening sockets (SO_REUSEPORT: the kernel spreads connections) on config->bind and
// config->port; port 0 takes any free one. False when the address is taken or not ours; the log says so.
bool listen_open(const struct config *config, int count, int *fds, int *ret_port) MUST_USE;
