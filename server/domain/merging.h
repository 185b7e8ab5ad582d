// SPDX-License-Identifier: Apache-2.0
// Steps with one key are done once an incident, however many plans ask for them (decision 0055): what of that
// can be said of a plan alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sokuo/v1/playbook.pb-c.h"

// The first step of the same plan that does this one, too: same key, for the same places, not waiting for it.
// NULL = none.
const Sokuo__V1__PlaybookStep *merging_twin(const Sokuo__V1__Playbook *plan, size_t at);
// What was said outside, or written down when it was taken in, is not said again for a second plan.
bool merging_is_told_once(const Sokuo__V1__PlaybookStep *step);
