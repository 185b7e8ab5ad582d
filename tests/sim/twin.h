// SPDX-License-Identifier: Apache-2.0
// PostgreSQL beside the database in memory. On a fiber, after pg_begin.
#pragma once

#include "tests/sim/sim.h"

extern const struct twin twin;
