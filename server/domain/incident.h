// SPDX-License-Identifier: Apache-2.0
// The lifecycle of an incident (domain reference 3.4) as one table, and who may move along it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/domain/words.h"

// What must be the case before a move. Each bit has a stable word (guard_word).
enum guard {
    GUARD_HANDLER = 1,           // somebody handles it
    GUARD_SEVERITY = 2,          // a person has judged the severity
    GUARD_COMMANDER = 4,         // somebody commands
    GUARD_SEVEN_ITEMS = 8,       // the intake slip was filed, unknown answers included
    GUARD_REASON = 16,           // the move says why
    GUARD_OBSERVATION = 32,      // the time of observation is over
    GUARD_S3_MUST_ACTIVATE = 64, // S3 and above may not be handled by the section alone
};
#define GUARD_COUNT 7

struct transition {
    Sokuo__V1__IncidentState from, to;
    unsigned guards;
    uint64_t roles;    // any of these duties may do it
    uint64_t roles_s3; // instead, from S3 on; 0 = the same
    bool disaster;     // only for disasters (threat group 3): they may be activated at once
    bool merging;      // only by merging, never asked for by itself
};

// What the guards look at.
struct incident_view {
    Sokuo__V1__IncidentState state;
    int incident_type;
    int severity;
    bool severity_assessed, has_handler, has_commander, is_filed, has_reason;
    int64_t monitoring_until_us; // INT64_MIN = none
    int64_t now_us;
};

// The whole table.
const struct transition *transition_table(size_t *ret_count);
// The row from one state to another; NULL when the lifecycle has none.
const struct transition *transition_find(int from, int to);
// Whether the row exists for this incident at all (disasters only, never a merge by itself).
bool transition_applies(const struct transition *t, const struct incident_view *view);
// Whether a holder of these duties may do it at this severity.
bool transition_permitted(const struct transition *t, uint64_t roles, int severity);
// Guards that are not met, as bits of enum guard.
unsigned transition_missing(const struct transition *t, const struct incident_view *view);
// Stable word of one guard bit, such as "HANDLER".
const char *guard_word(unsigned guard);
// Not closed, merged or archived.
bool state_is_open(int state);
// Threat group of a type: its hundred.
Sokuo__V1__ThreatGroup incident_type_group(int incident_type);
