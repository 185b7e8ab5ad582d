// SPDX-License-Identifier: Apache-2.0
#include "server/domain/incident.h"

// Moves back to containment (再燃・範囲拡大) and to triage (再開) are rows like all others.
static const struct transition table[] = {
    {STATE(DETECTED), STATE(INTAKE), GUARD_SEVEN_ITEMS,
     ROLE_BIT(POC) | ROLE_BIT(DUTY_DESK) | ROLE_BIT(STAFF) | ROLES_LEAD, 0, false, false},
    {STATE(DETECTED), STATE(ACTIVATED), 0, ROLES_SISO, 0, true, false},
    {STATE(INTAKE), STATE(TRIAGE), GUARD_HANDLER, ROLES_TEAM, 0, false, false},
    {STATE(INTAKE), STATE(ACTIVATED), 0, ROLES_SISO, 0, true, false},
    {STATE(TRIAGE), STATE(ACTIVATED), GUARD_SEVERITY, ROLES_LEAD, 0, false, false},
    {STATE(TRIAGE), STATE(HANDLING_LOCAL), GUARD_SEVERITY | GUARD_S3_MUST_ACTIVATE, ROLES_LEAD, 0, false,
     false},
    {STATE(TRIAGE), STATE(CLOSED_FALSE), GUARD_SEVERITY | GUARD_S3_MUST_ACTIVATE | GUARD_REASON, ROLES_LEAD,
     0, false, false},
    {STATE(TRIAGE), STATE(MERGED), 0, ROLES_LEAD, 0, false, true},
    {STATE(HANDLING_LOCAL), STATE(ACTIVATED), GUARD_SEVERITY, ROLES_LEAD, 0, false, false},
    {STATE(HANDLING_LOCAL), STATE(CLOSED), GUARD_REASON | GUARD_S3_MUST_ACTIVATE, ROLES_LEAD | ROLE_BIT(POC),
     0, false, false},
    {STATE(HANDLING_LOCAL), STATE(MERGED), 0, ROLES_LEAD, 0, false, true},
    {STATE(ACTIVATED), STATE(CONTAINMENT), GUARD_COMMANDER, ROLES_SISO, 0, false, false},
    {STATE(ACTIVATED), STATE(MERGED), 0, ROLES_LEAD, 0, false, true},
    {STATE(CONTAINMENT), STATE(ERADICATION), GUARD_REASON, ROLES_LEAD, 0, false, false},
    {STATE(CONTAINMENT), STATE(MERGED), 0, ROLES_LEAD, 0, false, true},
    {STATE(ERADICATION), STATE(RECOVERY), GUARD_REASON, ROLES_LEAD, 0, false, false},
    {STATE(ERADICATION), STATE(CONTAINMENT), GUARD_REASON | GUARD_COMMANDER, ROLES_LEAD, 0, false, false},
    {STATE(ERADICATION), STATE(MERGED), 0, ROLES_LEAD, 0, false, true},
    {STATE(RECOVERY), STATE(MONITORING), 0, ROLES_LEAD | ROLE_BIT(SYSMGR) | ROLE_BIT(ISM), 0, false, false},
    {STATE(RECOVERY), STATE(CONTAINMENT), GUARD_REASON | GUARD_COMMANDER, ROLES_LEAD, 0, false, false},
    {STATE(RECOVERY), STATE(MERGED), 0, ROLES_LEAD, 0, false, true},
    {STATE(MONITORING), STATE(CLOSED), GUARD_REASON | GUARD_OBSERVATION, ROLES_SISO, ROLES_COMMAND, false,
     false},
    {STATE(MONITORING), STATE(CONTAINMENT), GUARD_REASON | GUARD_COMMANDER, ROLES_LEAD, 0, false, false},
    {STATE(MONITORING), STATE(MERGED), 0, ROLES_LEAD, 0, false, true},
    {STATE(CLOSED), STATE(REVIEW), 0, ROLES_LEAD | ROLE_BIT(COMMITTEE), 0, false, false},
    {STATE(CLOSED), STATE(TRIAGE), GUARD_REASON, ROLES_LEAD, 0, false, false},
    {STATE(CLOSED), STATE(CONTAINMENT), GUARD_REASON | GUARD_COMMANDER, ROLES_LEAD, 0, false, false},
    {STATE(CLOSED_FALSE), STATE(TRIAGE), GUARD_REASON, ROLES_LEAD, 0, false, false},
    {STATE(REVIEW), STATE(ARCHIVED), GUARD_REASON, ROLE_BIT(COMMITTEE) | ROLES_COMMAND, 0, false, false},
    {STATE(REVIEW), STATE(TRIAGE), GUARD_REASON, ROLES_LEAD, 0, false, false},
    {STATE(REVIEW), STATE(CONTAINMENT), GUARD_REASON | GUARD_COMMANDER, ROLES_LEAD, 0, false, false},
};

static const char *const guard_words[GUARD_COUNT] = {
    "HANDLER", "SEVERITY", "COMMANDER", "SEVEN_ITEMS", "REASON", "OBSERVATION", "S3_MUST_ACTIVATE",
};

const struct transition *transition_table(size_t *ret_count)
{
    *ret_count = sizeof table / sizeof table[0];
    return table;
}

const struct transition *transition_find(int from, int to)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if ((int)table[i].from == from && (int)table[i].to == to)
            return &table[i];
    }
    return NULL;
}

bool transition_applies(const struct transition *t, const struct incident_view *view)
{
    if (t->merging)
        return false;
    return !t->disaster || incident_type_group(view->incident_type) == GROUP(DISASTER);
}

bool transition_permitted(const struct transition *t, uint64_t roles, int severity)
{
    uint64_t needed = severity >= (int)SEVERITY(S3) && t->roles_s3 ? t->roles_s3 : t->roles;
    return (roles & needed) != 0 && (roles & ROLE_BIT(AUDITOR)) == 0;
}

static bool guard_is_met(unsigned guard, const struct incident_view *view)
{
    switch ((enum guard)guard) {
    case GUARD_HANDLER:
        return view->has_handler;
    case GUARD_SEVERITY:
        return view->severity_assessed;
    case GUARD_COMMANDER:
        return view->has_commander;
    case GUARD_SEVEN_ITEMS:
        return view->is_filed;
    case GUARD_REASON:
        return view->has_reason;
    case GUARD_OBSERVATION:
        return view->monitoring_until_us <= view->now_us;
    case GUARD_S3_MUST_ACTIVATE:
        return view->severity < (int)SEVERITY(S3);
    }
    return false;
}

unsigned transition_missing(const struct transition *t, const struct incident_view *view)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < GUARD_COUNT; i++) {
        unsigned guard = 1u << i;
        if ((t->guards & guard) && !guard_is_met(guard, view))
            missing |= guard;
    }
    return missing;
}

const char *guard_word(unsigned guard)
{
    for (unsigned i = 0; i < GUARD_COUNT; i++) {
        if (guard == 1u << i)
            return guard_words[i];
    }
    return "";
}

bool state_is_open(int state)
{
    return state >= (int)STATE(DETECTED) && state <= (int)STATE(MONITORING);
}

Sokuo__V1__ThreatGroup incident_type_group(int incident_type)
{
    int group = incident_type / 100;
    return group >= 1 && group <= 5 ? (Sokuo__V1__ThreatGroup)group : GROUP(UNSPECIFIED);
}
