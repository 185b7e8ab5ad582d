// SPDX-License-Identifier: Apache-2.0
// What people call a duty.
#pragma once

#include "server/base/call.h"

// Name of a Role; 不明, Unknown for 0, "" for a number that is none.
const char *role_name(int role, enum lang lang);
