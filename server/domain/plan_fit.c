// SPDX-License-Identifier: Apache-2.0
#include "server/domain/plan_fit.h"

#include "server/domain/incident.h"

static bool has(const int16_t *list, int count, int value)
{
    for (int i = 0; i < count; i++) {
        if (list[i] == value)
            return true;
    }
    return false;
}

static bool has_any(const int16_t *list, int count, const int *values, int value_count)
{
    for (int i = 0; i < value_count; i++) {
        if (has(list, count, values[i]))
            return true;
    }
    return false;
}

unsigned plan_fits(const struct plan_view *plan, const struct call_for_plans *incident)
{
    bool zone = has_any(plan->zones, plan->zone_count, incident->zones, incident->zone_count);
    bool elsewhere = plan->zone_count > 0 && incident->zone_count > 0 && !zone;
    bool too_mild = incident->severity && incident->severity < plan->severity_from;
    unsigned fit = 0;
    if (incident->type && has(plan->types, plan->type_count, incident->type))
        fit |= FIT_TYPE;
    if (has_any(plan->types, plan->type_count, incident->secondary_types, incident->secondary_count))
        fit |= FIT_SECONDARY_TYPE;
    int group = (int)incident_type_group(incident->type);
    if (!fit && group && !too_mild && !elsewhere && has(plan->groups, plan->group_count, group))
        fit |= FIT_GROUP;
    if (fit && zone)
        fit |= FIT_ZONE;
    return fit | (plan->is_running ? FIT_RUNNING : 0);
}

unsigned plan_fit_settled(unsigned fit, bool some_fit_by_type)
{
    if (!some_fit_by_type || !(fit & FIT_GROUP))
        return fit;
    return fit & FIT_RUNNING;
}

int plan_fit_rank(unsigned fit)
{
    return !!(fit & FIT_RUNNING) * 16 + !!(fit & FIT_TYPE) * 8 + !!(fit & FIT_SECONDARY_TYPE) * 4 +
           !!(fit & FIT_GROUP) * 2 + !!(fit & FIT_ZONE);
}

const char *plan_fit_word(unsigned bit)
{
    switch ((enum plan_fit)bit) {
    case FIT_RUNNING:
        return "RUNNING";
    case FIT_TYPE:
        return "TYPE";
    case FIT_SECONDARY_TYPE:
        return "SECONDARY_TYPE";
    case FIT_GROUP:
        return "GROUP";
    case FIT_ZONE:
        return "ZONE";
    }
    return "";
}
