// SPDX-License-Identifier: Apache-2.0
// Moves along the lifecycle and what they bring with them, for every handler that moves.
#pragma once

#include "server/rpc/change.h"

// Moves change->after one step, if the lifecycle, the caller's duties and the guards allow it. Sets and
// clears the times that go with the state. Refuses with what is missing.
enum err move_step(struct call *c, struct change *change, int to, const char *reason) MUST_USE;
// Notes the state's change, once, after all steps.
void move_note(struct call *c, struct change *change);
// Notes the secondary kinds when they changed.
void move_note_types(struct call *c, struct change *change);
// Puts a person in as handler; the nil id does nothing.
enum err move_handler(struct call *c, struct change *change, const struct uuid *person_id) MUST_USE;
// Applies the rules that raise; notes severity and rules. is_triaged: an unknown spread counts as spreading.
enum err move_severity(struct call *c, struct change *change, int wanted, const char *reason,
                       bool is_triaged) MUST_USE;
