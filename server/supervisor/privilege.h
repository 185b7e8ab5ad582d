// SPDX-License-Identifier: Apache-2.0
// Root is for binding a port below 1024 and for nothing else.
#pragma once

#include <stdbool.h>

#include "server/base/err.h"

// When this process is root: gives the data directory to an unprivileged user, becomes that user for good,
// and checks that there is no way back. The user is `user` if not empty, else the owner of the directory,
// else the first of sokuo, postgres and nobody that exists. Does nothing for others. False with advice in the
// log.
bool privilege_drop(const char *user, const char *data_dir) MUST_USE;
