// SPDX-License-Identifier: Apache-2.0
// Alerts on their way to the intake queue: what a word of a source means as severity, when a rule opens an
// incident, which reports of one delivery are the same. Pure: no clock, no database.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sokuo/v1/intake.pb-c.h"

// New items of one integration within a minute; the rest is counted in one flood item (decision 0029).
#define INTAKE_NEW_PER_MINUTE 30
// Requests of one integration within a minute, unless it says otherwise, and at most.
#define INTAKE_RATE_DEFAULT 120
#define INTAKE_RATE_MOST 6000

// One report of a delivery, as far as folding needs it.
struct intake_report {
    const char *key; // dedup key
    int repeats; // set by intake_fold: how many of this delivery it stands for; 0 = a later one stands for it
};

// Severity that a source's word proposes, such as "critical" or "S3"; SEVERITY_UNSPECIFIED (不明) for others.
// Never above S3: only people and rules speak of a crisis, or a mapping that says S4.
Sokuo__V1__Severity intake_severity(const char *word);

// Folds reports of the same key into the last one of them: a source that reports "firing, resolved" means
// resolved.
void intake_fold(struct intake_report *reports, size_t count);

// Whether the rule opens an incident from an item of this severity and these labels. An unknown severity
// counts as S1: it does not pass a rule that asks for more.
bool intake_rule_opens(const Sokuo__V1__IntakeRule *rule, Sokuo__V1__Severity severity,
                       Sokuo__V1__Label *const *labels, size_t label_count);
