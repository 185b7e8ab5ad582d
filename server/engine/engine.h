// SPDX-License-Identifier: Apache-2.0
// Turns that run by the clock. Any number of engines may run on one database: what is due is claimed with
// SKIP LOCKED or guarded by version, so that each thing is done once. What is due stays due: a turn that
// failed runs again.
#pragma once

#include "server/base/call.h"

// Starts a fiber a turn on the fibers' loop.
void engine_begin(struct db *db);
// Asks the turns to end and sleeps until they have. On a fiber.
void engine_end(void);
