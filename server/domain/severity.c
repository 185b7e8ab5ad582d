// SPDX-License-Identifier: Apache-2.0
#include "server/domain/severity.h"

#include <stddef.h>
#include <string.h>

#include "server/domain/incident.h"

static const struct {
    int incident_type, severity;
} proposals[] = {
    {TYPE(INTRUSION), SEVERITY(S3)},
    {TYPE(INSIDER), SEVERITY(S3)},
    {TYPE(PHISHING), SEVERITY(S1)},
    {TYPE(SNS_IMPERSONATION), SEVERITY(S1)},
    {TYPE(UNAUTHORIZED_TAKEOUT), SEVERITY(S1)},
    {TYPE(UNAUTHORIZED_SOFTWARE), SEVERITY(S1)},
    {TYPE(DESIGN_DEFECT), SEVERITY(S1)},
    {TYPE(PROGRAM_BUG), SEVERITY(S1)},
    {TYPE(OPERATION_ERROR), SEVERITY(S1)},
    {TYPE(MAINTENANCE_DEFECT), SEVERITY(S1)},
    {TYPE(AUDIT_FAILURE), SEVERITY(S1)},
    {TYPE(MANAGEMENT_DEFECT), SEVERITY(S1)},
    {TYPE(EQUIPMENT_FAILURE), SEVERITY(S1)},
    {TYPE(EARTHQUAKE), SEVERITY(S3)},
    {TYPE(TSUNAMI), SEVERITY(S4)},
    {TYPE(STORM_FLOOD), SEVERITY(S3)},
    {TYPE(FIRE), SEVERITY(S3)},
    {TYPE(LANDSLIDE), SEVERITY(S3)},
    {TYPE(FACILITY_DAMAGE), SEVERITY(S3)},
    {TYPE(KEY_PERSON_LOSS), SEVERITY(S1)},
    {TYPE(CONTRACTOR_SHORTAGE), SEVERITY(S1)},
    {TYPE(LGWAN_OUTAGE), SEVERITY(S3)},
    {TYPE(TELECOM_OUTAGE), SEVERITY(S3)},
    {TYPE(DATACENTER_OUTAGE), SEVERITY(S3)},
};

static const char *const words[SEVERITY_RULE_COUNT] = {
    "TYPE",         "TWO_ZONES",        "ELECTION",   "HEADQUARTERS",  "TRIAGE_OVERDUE", "MY_NUMBER",
    "SPECIAL_CARE", "MALICIOUS_INTENT", "REPORTABLE", "ZONE_MYNUMBER", "SPREADING",
};

#define RULES_PLUS_ONE (RULE_TWO_ZONES | RULE_ELECTION | RULE_HEADQUARTERS | RULE_TRIAGE_OVERDUE)
#define RULES_MIN_S3 \
    (RULE_MY_NUMBER | RULE_SPECIAL_CARE | RULE_MALICIOUS_INTENT | RULE_REPORTABLE | RULE_ZONE_MYNUMBER)

int severity_of_type(int incident_type)
{
    for (size_t i = 0; i < sizeof proposals / sizeof proposals[0]; i++) {
        if (proposals[i].incident_type == incident_type)
            return proposals[i].severity;
    }
    return SEVERITY(S2);
}

static bool is_feared(int finding)
{
    return finding == (int)FINDING(SUSPECTED) || finding == (int)FINDING(CONFIRMED);
}

static bool affects_availability(const struct severity_facts *f)
{
    int group = incident_type_group(f->incident_type);
    return f->availability_level == SOKUO__V1__ASSET_LEVEL__ASSET_LEVEL_2 || group == GROUP(DISASTER) ||
           group == GROUP(INFRASTRUCTURE) || f->incident_type == (int)TYPE(DOS) ||
           f->incident_type == (int)TYPE(EQUIPMENT_FAILURE) ||
           f->incident_type == (int)TYPE(MIGRATION_FAILURE);
}

static bool is_spreading(const struct severity_facts *f)
{
    if (f->incident_type != (int)TYPE(MALWARE))
        return false;
    return f->spread == (int)SPREAD(SPREADING) || (f->spread == (int)SPREAD(UNSPECIFIED) && f->is_triaged);
}

static unsigned rules_that_hold(const struct severity_facts *f)
{
    bool availability = affects_availability(f);
    unsigned rules = 0;
    rules |= f->zone_count >= 2 ? RULE_TWO_ZONES : 0;
    rules |= f->election && availability ? RULE_ELECTION : 0;
    rules |= f->headquarters && availability ? RULE_HEADQUARTERS : 0;
    rules |= f->is_overdue ? RULE_TRIAGE_OVERDUE : 0;
    rules |= is_feared(f->my_number) ? RULE_MY_NUMBER : 0;
    rules |= is_feared(f->special_care) ? RULE_SPECIAL_CARE : 0;
    rules |= is_feared(f->malicious_intent) ? RULE_MALICIOUS_INTENT : 0;
    rules |= f->persons_at_most > 100 || f->persons_known > 100 || is_feared(f->property_damage)
                 ? RULE_REPORTABLE
                 : 0;
    rules |= f->zone_mynumber_or_lgwan ? RULE_ZONE_MYNUMBER : 0;
    rules |= is_spreading(f) ? RULE_SPREADING : 0;
    return rules;
}

struct severity_result severity_raise(int current, unsigned rules_before, const struct severity_facts *facts)
{
    struct severity_result result = {.severity = current};
    if (current == (int)SEVERITY(UNSPECIFIED)) {
        result.severity = severity_of_type(facts->incident_type);
        result.rules = RULE_TYPE;
    }
    // An election and a headquarters at once are one reason, not two.
    unsigned now = rules_that_hold(facts);
    unsigned fresh = now & ~rules_before;
    if ((fresh & RULE_HEADQUARTERS) && (now & RULE_ELECTION))
        fresh &= ~(unsigned)RULE_HEADQUARTERS;
    if ((fresh & RULE_ELECTION) && (rules_before & RULE_HEADQUARTERS))
        fresh &= ~(unsigned)RULE_ELECTION;
    result.severity += __builtin_popcount(fresh & RULES_PLUS_ONE);
    if ((fresh & RULES_MIN_S3) && result.severity < (int)SEVERITY(S3))
        result.severity = SEVERITY(S3);
    if ((fresh & RULE_SPREADING) || result.severity > (int)SEVERITY(S4))
        result.severity = SEVERITY(S4);
    result.rules |= now | (rules_before & (RULE_TYPE | RULE_TRIAGE_OVERDUE));
    return result;
}

bool severity_may_lower(uint64_t roles, int from, bool was_assessed)
{
    if (!was_assessed)
        return (roles & ROLES_TEAM) != 0;
    return (roles & (from >= (int)SEVERITY(S3) ? ROLES_COMMAND : ROLES_SISO)) != 0;
}

const char *severity_rule_word(unsigned rule)
{
    for (unsigned i = 0; i < SEVERITY_RULE_COUNT; i++) {
        if (rule == 1u << i)
            return words[i];
    }
    return "";
}

unsigned severity_rule_parse(const char *word)
{
    for (unsigned i = 0; i < SEVERITY_RULE_COUNT; i++) {
        if (strcmp(words[i], word) == 0)
            return 1u << i;
    }
    return 0;
}
