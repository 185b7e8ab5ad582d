// SPDX-License-Identifier: Apache-2.0
// What must be so before the first worker starts: the schema, the first administrator, the demo city.
#pragma once

#include <stdbool.h>

#include "server/base/config.h"

// Migrates the database at conninfo and, in an empty one, makes the first administrator; is_demo loads the demo city
// into it. Prints {"login":…,"password":…} to standard output (password null when it was made before). Returns an exit
// code of supervisor.h. Blocking; uses a loop of its own.
int prepare_run(const char *conninfo, bool is_demo);
