// SPDX-License-Identifier: Apache-2.0
#include "server/domain/intake.h"

#include <string.h>
#include <strings.h>

// Words of Alertmanager rules, PagerDuty, Nagios, Icinga, Zabbix, Grafana and syslog.
static const struct {
    const char *word;
    Sokuo__V1__Severity severity;
} words[] = {
    {"s4", SOKUO__V1__SEVERITY__SEVERITY_S4},       {"s3", SOKUO__V1__SEVERITY__SEVERITY_S3},
    {"critical", SOKUO__V1__SEVERITY__SEVERITY_S3}, {"crit", SOKUO__V1__SEVERITY__SEVERITY_S3},
    {"fatal", SOKUO__V1__SEVERITY__SEVERITY_S3},    {"emergency", SOKUO__V1__SEVERITY__SEVERITY_S3},
    {"emerg", SOKUO__V1__SEVERITY__SEVERITY_S3},    {"disaster", SOKUO__V1__SEVERITY__SEVERITY_S3},
    {"page", SOKUO__V1__SEVERITY__SEVERITY_S3},     {"p1", SOKUO__V1__SEVERITY__SEVERITY_S3},
    {"s2", SOKUO__V1__SEVERITY__SEVERITY_S2},       {"error", SOKUO__V1__SEVERITY__SEVERITY_S2},
    {"err", SOKUO__V1__SEVERITY__SEVERITY_S2},      {"alert", SOKUO__V1__SEVERITY__SEVERITY_S2},
    {"major", SOKUO__V1__SEVERITY__SEVERITY_S2},    {"high", SOKUO__V1__SEVERITY__SEVERITY_S2},
    {"down", SOKUO__V1__SEVERITY__SEVERITY_S2},     {"unreachable", SOKUO__V1__SEVERITY__SEVERITY_S2},
    {"p2", SOKUO__V1__SEVERITY__SEVERITY_S2},       {"s1", SOKUO__V1__SEVERITY__SEVERITY_S1},
    {"warning", SOKUO__V1__SEVERITY__SEVERITY_S1},  {"warn", SOKUO__V1__SEVERITY__SEVERITY_S1},
    {"average", SOKUO__V1__SEVERITY__SEVERITY_S1},  {"medium", SOKUO__V1__SEVERITY__SEVERITY_S1},
    {"minor", SOKUO__V1__SEVERITY__SEVERITY_S1},    {"low", SOKUO__V1__SEVERITY__SEVERITY_S1},
    {"p3", SOKUO__V1__SEVERITY__SEVERITY_S1},       {"s0", SOKUO__V1__SEVERITY__SEVERITY_S0},
    {"info", SOKUO__V1__SEVERITY__SEVERITY_S0},     {"information", SOKUO__V1__SEVERITY__SEVERITY_S0},
    {"notice", SOKUO__V1__SEVERITY__SEVERITY_S0},   {"debug", SOKUO__V1__SEVERITY__SEVERITY_S0},
    {"none", SOKUO__V1__SEVERITY__SEVERITY_S0},     {"ok", SOKUO__V1__SEVERITY__SEVERITY_S0},
    {"up", SOKUO__V1__SEVERITY__SEVERITY_S0},       {"p4", SOKUO__V1__SEVERITY__SEVERITY_S0},
    {"p5", SOKUO__V1__SEVERITY__SEVERITY_S0},
};

Sokuo__V1__Severity intake_severity(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(words[i].word, word) == 0)
            return words[i].severity;
    }
    return SOKUO__V1__SEVERITY__SEVERITY_UNSPECIFIED;
}

void intake_fold(struct intake_report *reports, size_t count)
{
    for (size_t i = 0; i < count; i++)
        reports[i].repeats = 1;
    for (size_t i = count; i-- > 0;) {
        for (size_t earlier = 0; reports[i].repeats > 0 && earlier < i; earlier++) {
            if (reports[earlier].repeats == 0 || strcmp(reports[earlier].key, reports[i].key) != 0)
                continue;
            reports[i].repeats += reports[earlier].repeats;
            reports[earlier].repeats = 0;
        }
    }
}

static bool has_label(const Sokuo__V1__Label *wanted, Sokuo__V1__Label *const *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(labels[i]->name, wanted->name) == 0 && strcmp(labels[i]->value, wanted->value) == 0)
            return true;
    }
    return false;
}

bool intake_rule_opens(const Sokuo__V1__IntakeRule *rule, Sokuo__V1__Severity severity,
                       Sokuo__V1__Label *const *labels, size_t label_count)
{
    if (rule == NULL || !rule->opens_incident)
        return false;
    Sokuo__V1__Severity judged = severity;
    if (judged == SOKUO__V1__SEVERITY__SEVERITY_UNSPECIFIED)
        judged = SOKUO__V1__SEVERITY__SEVERITY_S1;
    if (judged < rule->min_severity)
        return false;
    for (size_t i = 0; i < rule->n_match; i++) {
        if (!has_label(rule->match[i], labels, label_count))
            return false;
    }
    return true;
}
