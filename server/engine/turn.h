// SPDX-License-Identifier: Apache-2.0
// The turns, one file each: what is due now is done once, whoever else runs the same turn. Safe to repeat.
#pragma once

#include "server/base/call.h"

// Raises incidents that nobody triaged in time by one severity, once each (domain reference 2.5).
enum err turn_triage_overdue(struct call *c) MUST_USE;
// Deletes what nobody needs any more: ended sessions, old operation ids, old login delays.
enum err turn_housekeeping(struct call *c) MUST_USE;
