// SPDX-License-Identifier: Apache-2.0
// What becomes of a report about a step (reliability reference 6): one table of states and acts. Facts are
// never refused because somebody was faster: they become a confirmation, a differing opinion, or "done
// although dropped".
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/words.h"
#include "sokuo/v1/step.pb-c.h"

#define STEP_STATE(x) SOKUO__V1__STEP_STATE__STEP_STATE_##x
#define STEP_ACT(x) SOKUO__V1__STEP_ACT__STEP_ACT_##x
#define OUTCOME(x) SOKUO__V1__STEP_OUTCOME__STEP_OUTCOME_##x
#define FAN_OUT(x) SOKUO__V1__FAN_OUT__FAN_OUT_##x
#define TARGET_ORIGIN(x) SOKUO__V1__TARGET_ORIGIN__TARGET_ORIGIN_##x

// Beyond StepAct: a decision is DONE with an option, an approval afterwards is an act of its own.
#define STEP_ACT_DECIDE ((int)STEP_ACT(NOTE) + 1)
#define STEP_ACT_RATIFY ((int)STEP_ACT(NOTE) + 2)
#define STEP_ACT_END ((int)STEP_ACT(NOTE) + 3)

// How the caller stands to the step.
struct step_actor {
    uint64_t roles;
    bool is_own;       // by duty at the place, or by name
    bool is_commander; // commands or handles the incident
    bool may_read;     // the incident
    bool is_system;    // the server's own turn
};

// The step as it is.
struct step_view {
    int state;
    bool is_decision, needs_notice, needs_evidence;
    bool was_ready, was_started; // before it was finished or blocked
    bool is_same_person;         // the caller finished it
    bool is_same_option;         // of a decision taken: the option is the one chosen
    bool is_waiting_for_ratification;
    bool did_it; // the caller did what is to be approved
};

// What the caller brings.
struct step_report {
    int act; // StepAct, STEP_ACT_DECIDE
    bool has_reason, has_notice, has_evidence, has_person, has_version;
};

// What must be there and is not, as bits.
enum step_need {
    STEP_NEED_REASON = 1,
    STEP_NEED_NOTICE = 2,   // to whom and what
    STEP_NEED_EVIDENCE = 4, // an attachment, or where the paper is kept
    STEP_NEED_PERSON = 8,
    STEP_NEED_VERSION = 16,  // the state that was seen
    STEP_NEED_DECISION = 32, // finished by deciding, not by DONE
    STEP_NEED_QUESTION = 64, // there is nothing to decide
};

struct step_verdict {
    int outcome; // StepOutcome
    int to;      // state afterwards
};

// Whether the caller may do it at all, leaving aside what state the step is in.
bool step_may(const struct step_actor *actor, int act);
// What is missing for it, as bits of enum step_need.
unsigned step_missing(const struct step_view *view, const struct step_report *report);
// What becomes of it.
struct step_verdict step_decide(const struct step_view *view, int act);
// Acts to offer, as bits 1 << act: permitted, and of use in this state.
unsigned step_offers(const struct step_actor *actor, const struct step_view *view);
// Stable word of an act, such as "HAND_OVER"; "" when unknown.
const char *step_act_word(int act);
// Not finished and not dropped.
bool step_is_open(int state);
// For whom a step of a role becomes how many, where the plan does not say (domain reference 4.3).
int step_fan_out(int fan_out, int role);
