// SPDX-License-Identifier: Apache-2.0
// The plans as they ship, put in force.
#pragma once

#include "server/base/call.h"

// For the call's tenant: all shipped plans it has no plan for yet become effective as revision 1, in one
// transaction. May be called at every start and by several machines at once. *ret_count: how many were
// missing.
enum err playbook_ship(struct call *c, int *ret_count) MUST_USE;
// The same for every tenant. As the server itself.
enum err playbook_ship_all(struct call *c) MUST_USE;
