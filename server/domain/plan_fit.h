// SPDX-License-Identifier: Apache-2.0
// Which plans an incident calls for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/domain/words.h"

enum plan_fit {
    FIT_RUNNING = 1, // it runs there already
    FIT_TYPE = 2,
    FIT_SECONDARY_TYPE = 4,
    FIT_GROUP = 8, // the type's group of threats, for want of a plan for the type
    FIT_ZONE = 16, // besides, it is for a zone that is concerned
};

struct plan_view {
    const int16_t *types, *groups, *zones; // zones: none = all
    int type_count, group_count, zone_count;
    int severity_from; // 0 = none
    bool is_running;
};

struct call_for_plans { // what the incident says
    int type, severity; // 0 = unknown
    const int *secondary_types, *zones;
    int secondary_count, zone_count;
};

// Why the plan fits, as bits; 0 = it does not. A plan for the type is proposed whatever the severity; by
// group only from its severity on, and only where its zones are.
unsigned plan_fits(const struct plan_view *plan, const struct call_for_plans *incident);
// Takes away what fits by group alone, once a plan fits by type. Call with the bits of all plans.
unsigned plan_fit_settled(unsigned fit, bool some_fit_by_type);
// The larger, the further up in the list.
int plan_fit_rank(unsigned fit);
// Stable word of one bit, such as "TYPE".
const char *plan_fit_word(unsigned bit);
