// SPDX-License-Identifier: Apache-2.0
#include "server/domain/merging.h"

#include <string.h>

#include "server/domain/playbook.h"
#include "server/domain/step.h"

static size_t index_of(const Sokuo__V1__Playbook *plan, const char *no)
{
    size_t i = 0;
    while (i < plan->n_steps && strcmp(plan->steps[i]->no, no) != 0)
        i++;
    return i;
}

// Whether step at waits for step other, also by way of others. What was looked at is looked at once.
static bool waits_for(const Sokuo__V1__Playbook *plan, size_t at, size_t other)
{
    bool seen[PLAYBOOK_STEPS_MOST] = {false};
    size_t open[PLAYBOOK_STEPS_MOST], n = 0;
    seen[at] = true;
    open[n++] = at;
    while (n > 0) {
        const Sokuo__V1__PlaybookStep *step = plan->steps[open[--n]];
        for (size_t i = 0; i < step->n_after; i++) {
            size_t before = index_of(plan, step->after[i]);
            if (before == other)
                return true;
            if (before >= plan->n_steps || seen[before])
                continue;
            seen[before] = true;
            open[n++] = before;
        }
    }
    return false;
}

static int places(const Sokuo__V1__PlaybookStep *step)
{
    return step_fan_out((int)step->fan_out, (int)step->role);
}

const Sokuo__V1__PlaybookStep *merging_twin(const Sokuo__V1__Playbook *plan, size_t at)
{
    const Sokuo__V1__PlaybookStep *step = plan->steps[at];
    if (!*step->merge_key || plan->n_steps > PLAYBOOK_STEPS_MOST)
        return NULL;
    size_t first = 0;
    while (first < at && strcmp(plan->steps[first]->merge_key, step->merge_key) != 0)
        first++;
    bool is_same = first < at && places(plan->steps[first]) == places(step) &&
                   !plan->steps[first]->decision == !step->decision && !waits_for(plan, first, at);
    return is_same ? plan->steps[first] : NULL;
}

bool merging_is_told_once(const Sokuo__V1__PlaybookStep *step)
{
    return !step->decision && (step->notice || step->phase == SOKUO__V1__PHASE__PHASE_INTAKE);
}
