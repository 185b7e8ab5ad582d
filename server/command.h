// SPDX-License-Identifier: Apache-2.0
// Commands that work on the database. Each runs on a fiber as the server itself, with its own name as
// argv[0]; prints data to standard output and complaints to standard error; returns an exit code of
// supervisor.h.
#pragma once

#include "server/base/call.h"

// token create --login L [--name N] [--days D] [--json]: prints a bearer token as its last line.
int token_command(struct call *c, int argc, char **argv);
