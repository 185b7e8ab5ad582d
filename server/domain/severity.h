// SPDX-License-Identifier: Apache-2.0
// What the server may do to a severity (domain reference 3.3): propose one, and raise it. Only people lower
// it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/words.h"

// Rules that raise, in the order of their stable words.
enum severity_rule {
    RULE_TYPE = 1, // the proposal for the type, where nobody said anything
    RULE_TWO_ZONES = 2,
    RULE_ELECTION = 4,
    RULE_HEADQUARTERS = 8,
    RULE_TRIAGE_OVERDUE = 16,
    RULE_MY_NUMBER = 32,
    RULE_SPECIAL_CARE = 64,
    RULE_MALICIOUS_INTENT = 128,
    RULE_REPORTABLE = 256, // more than 100 persons, or damage to property feared
    RULE_ZONE_MYNUMBER = 512,
    RULE_SPREADING = 1024,
};
#define SEVERITY_RULE_COUNT 11

struct severity_facts {
    int incident_type;
    int zone_count;
    bool zone_mynumber_or_lgwan;
    int my_number, special_care, malicious_intent, property_damage; // Finding
    int64_t persons_known, persons_at_most;                         // -1 = unknown
    int spread;                                                     // Spread
    int availability_level;                                         // AssetLevel
    bool election, headquarters;                                    // situations of the city
    bool is_triaged; // an unknown spread of malware counts as spreading now
    bool is_overdue; // nobody triaged in time
};

struct severity_result {
    int severity;
    unsigned rules; // those that hold now, as bits of enum severity_rule
};

// Severity proposed for a type where nobody said anything. Unknown is not harmless: S2.
int severity_of_type(int incident_type);
// Raises from current by the rules that hold now and did not before; never lowers. Asking twice changes
// nothing.
struct severity_result severity_raise(int current, unsigned rules_before, const struct severity_facts *facts);
// Whether a holder of these duties may lower it: a provisional one anybody who triages, a judged one only
// SISO and above, from S3 on only CISO.
bool severity_may_lower(uint64_t roles, int from, bool was_assessed);
// Stable word of one rule bit, such as "MY_NUMBER"; and back (0 = unknown word).
const char *severity_rule_word(unsigned rule);
unsigned severity_rule_parse(const char *word);
