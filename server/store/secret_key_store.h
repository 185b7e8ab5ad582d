// SPDX-License-Identifier: Apache-2.0
// Whether this machine's key file is the one that belongs to the database (decision 0039).
#pragma once

#include <stdbool.h>

#include "server/store/db.h"

// At every start, on a fiber, after migrate_run and secret_begin. The first machine's key becomes the
// database's. FAILED_PRECONDITION with advice when the database knows another one; with adopt this machine's
// takes its place.
enum err secret_key_claim(struct call *c, bool adopt) MUST_USE;
