// SPDX-License-Identifier: Apache-2.0
// Turns what PostgreSQL prints into our own log lines, so that there is one log.
#pragma once

#include "server/base/log.h"

// Starts reading on the fibers' loop; returns the descriptor to give PostgreSQL as standard error, -1 on
// failure.
int pg_log_begin(void);
void pg_log_end(void);
// Level of a line such as "FATAL:  lock file exists". What initdb says while all goes well is LOG_DEBUG.
enum log_level pg_log_level(const char *line);
