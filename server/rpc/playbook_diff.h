// SPDX-License-Identifier: Apache-2.0
// What one plan changes against another, rendered for people.
#pragma once

#include "server/base/call.h"
#include "sokuo/v1/playbook.pb-c.h"

// The head first, then the steps in order, then those that are gone. In the call's arena.
void playbook_diff(struct call *c, const Sokuo__V1__Playbook *before, const Sokuo__V1__Playbook *after,
                   Sokuo__V1__PlaybookDifference ***ret, size_t *ret_count);
