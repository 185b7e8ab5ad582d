// SPDX-License-Identifier: Apache-2.0
// Policies of escalation: which duties are called one after the other, and how long each may be silent. A
// policy is frozen when an escalation is armed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/words.h"

#define ESC_LEVELS_MOST 8
// Positions of a succession order that are called: the holder and the deputies.
#define ESC_RANKS_MOST 6
// Domain reference 2.4: the holder and two deputies.
#define ESC_RANKS_LEAST 3
#define ESC_ROUNDS_FOREVER 255
#define ESC_PROBLEMS_MOST 64

enum escalation_direction {
    ESC_UPWARD = 1,   // a matter looks for somebody who takes command of it
    ESC_DOWNWARD = 2, // an order looks for its addressee's answer; exceptions climb back
};

enum escalation_hours {
    ESC_ALWAYS = 1,
    ESC_OFFICE_HOURS = 2, // silence is counted while the hall is open
};

struct escalation_level {
    int32_t role;            // Role
    int32_t contact_after_s; // silence until the next contact point, or the same again
    int32_t deputy_after_s;  // silence until the next rank, after the last one until the next level
    uint8_t ranks;           // that are called, the holder included
    bool is_headquarters;    // line of the disaster headquarters
};

struct escalation_policy {
    uint8_t direction, hours;
    uint8_t severity; // Severity; 0 = not judged yet
    uint8_t rounds;   // after the first; ESC_ROUNDS_FOREVER
    int32_t round_after_s;
    int32_t ack_lasts_s; // 0 = an acknowledgement is for good
    int32_t snooze_most_s;
    uint8_t level_count;
    struct escalation_level levels[ESC_LEVELS_MOST];
};

// The default for a severity; unknown severities count as S3.
const struct escalation_policy *escalation_policy_default(int direction, int severity);
// Freezes the policy for a call to a duty: from the duty's own level up. A duty without a level of its own is
// called with the times of the first level, then the levels above its step of the hierarchy (domain 2.1).
void escalation_policy_freeze(const struct escalation_policy *policy, int role,
                              struct escalation_policy *ret);

// The policy of a test: the duty's own persons, one after the other, and nobody else; once, whatever the
// hour.
void escalation_policy_test(int role, int silence_s, struct escalation_policy *ret);

enum escalation_problem_kind {
    // Faults of the policy itself: it cannot be saved.
    ESC_NO_LEVELS = 1,
    ESC_TOO_MANY_LEVELS,
    ESC_BAD_DIRECTION,
    ESC_BAD_HOURS,
    ESC_UNKNOWN_ROLE,
    ESC_ROLE_TWICE,       // the level's duty stands in `other`, too
    ESC_BAD_RANKS,        // none, or more than ESC_RANKS_MOST
    ESC_TOO_FAST,         // a level of less than a minute, or a contact point that gets less than 15 seconds
    ESC_CONTACT_TOO_LATE, // the contact points' time is not shorter than the rank's
    ESC_ROUND_TOO_SOON,   // less than a minute
    ESC_NEGATIVE_TIME,    // of an acknowledgement or a snooze
    ESC_HEADQUARTERS_BELOW, // its line stands under another level
    ESC_SEVERE_SLEEPS,      // from S3 on, hours must be ESC_ALWAYS
    ESC_SEVERE_GIVES_UP,    // at S4, rounds must go on for ever
    ESC_NO_HEADQUARTERS,    // from S3 on, the last level must be the headquarters' line
    ESC_FEW_RANKS,          // fewer than three ranks for a duty that has deputies
    // Holes in who can be reached: it may be made effective only by an override that is recorded.
    ESC_HOLE_NOBODY,    // nobody of the level can be reached
    ESC_HOLE_NO_DEPUTY, // only one of the ranks can be reached
    ESC_HOLE_FEW,       // fewer than three of the ranks can be reached
};

struct escalation_problem {
    uint8_t kind;
    uint8_t level;
    uint8_t other; // a level for ESC_ROLE_TWICE, else how many ranks can be reached
};

struct escalation_reach;
// Judges a policy, and with reach (as of now) who would be reached by it. Writes at most room problems and
// returns how many; 0 = it may be made effective.
int escalation_check(const struct escalation_policy *policy, const struct escalation_reach *reach,
                     struct escalation_problem *ret, int room);
// The hole in a duty of which so many ranks can be reached; 0: none.
int escalation_hole_of(int role, int reached);
bool escalation_problem_is_hole(int kind);
// Stable word of a problem, such as "HOLE_NO_DEPUTY"; "" when unknown.
const char *escalation_problem_word(int kind);
