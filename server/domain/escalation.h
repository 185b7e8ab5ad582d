// SPDX-License-Identifier: Apache-2.0
// Escalation: who is called next when nobody answers, and when. One escalation is a call to one duty (an
// order's addressee, or the command of an incident). It climbs a frozen policy: the contact points of the
// person, the deputies in their order, the next duty up, at last the line of the disaster headquarters. Time
// and facts come in; the new state, when it is due again, and what must be done come out. Decision 0057 says
// how the engine carries it out.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/escalation_policy.h"
#include "server/domain/office_hours.h"

// Not due at all; NULL in the database.
#define ESC_NEVER INT64_MAX
// Between two levels, and between two deputies after an outage.
#define ESC_MIN_GAP_S 60
// A place that is on no ladder: somebody else answers on behalf.
#define ESC_OUTSIDE 255
#define ESC_EFFECTS_MOST 16

// due_us is ESC_NEVER in the phases IDLE, ANSWERED, STOPPED and EXHAUSTED, and in no other.
enum escalation_phase {
    ESC_IDLE,      // not armed yet
    ESC_CALLING,   // somebody was called and has not answered
    ESC_WAITING,   // for the hall to open, or for the next round
    ESC_SNOOZED,   // put off by a person
    ESC_HELD,      // acknowledged for a time
    ESC_ANSWERED,  // accepted, or acknowledged for good
    ESC_STOPPED,   // called off; nothing wakes it
    ESC_EXHAUSTED, // everybody was called as often as the policy says
};

enum escalation_act {
    ESC_ARM,
    ESC_TICK,
    ESC_DELIVERED,
    ESC_BOUNCED,     // event.contact does not work
    ESC_UNREACHABLE, // no contact point of the person works
    ESC_READ,        // seen is not answered: changes no time
    ESC_ACKNOWLEDGE,
    ESC_ACCEPT,
    ESC_REFUSE,
    ESC_ACK_EXPIRED, // somebody takes the acknowledgement back
    ESC_ESCALATE,    // by hand, one level up
    ESC_SNOOZE,      // until event.until_us
    ESC_STOP,
    ESC_ABSENT,      // registered, injured, or declared by a superior
    ESC_HANDED_OVER, // to that person
    ESC_ACT_END,
};

// Whom it is about: level of the policy, position in the duty's succession (0 = the holder), contact point of
// the person in the person's own order. Level ESC_OUTSIDE = somebody who is on no level.
struct escalation_event {
    int act;
    uint32_t generation; // of a tick: the state's when it was armed
    uint8_t level, rank, contact;
    int64_t until_us;
};

// How a person stands to being called now.
enum escalation_standing {
    ESC_VACANT, // nobody holds the place
    ESC_PRESENT,
    ESC_AWAY, // registered absence, or hurt or missing
};

struct escalation_person {
    uint8_t standing;
    uint8_t contacts; // contact points that may be used, at most 8
};

struct escalation_reach {
    struct escalation_person people[ESC_LEVELS_MOST][ESC_RANKS_MOST];
};

// What the step looks at besides the state.
struct escalation_facts {
    const struct escalation_policy *policy; // as frozen when armed
    const struct escalation_reach *reach;   // as it is now
    const struct office_hours *office;      // NULL = office_hours_default
};

enum escalation_flag {
    ESC_WAS_DELIVERED = 1,
    ESC_WAS_READ = 2,
    ESC_IS_RED = 4,
    ESC_WAS_ACCEPTED = 8,
    ESC_WAS_ANSWERED = 16, // answer_level and answer_rank say by whom
};

// The row. All bytes count: two equal states are equal by memcmp. Zero is "not armed yet", with due_us
// ESC_NEVER.
struct escalation {
    int64_t due_us;     // when a tick has something to do
    int64_t until_us;   // the silence, the snooze, the acknowledgement lasts until then
    int64_t owed_us;    // when that would have been without an outage; the next place's time counts from it
    int64_t contact_us; // next contact point or reminder of the same person
    int64_t level_us;   // when the level was first called
    int64_t clock_us;   // latest time seen; never goes back
    int64_t red_us;     // since when it is red
    uint32_t generation;
    uint8_t phase, level, rank, contact;
    uint8_t round, answer_level, answer_rank;
    uint8_t bounced;  // contact points of the person called, as bits
    uint16_t leaving; // why the next place is due before the silence is over (enum escalation_why), or 0
    uint16_t flags;
    uint8_t refused[ESC_LEVELS_MOST]; // ranks, as bits
    uint8_t gone[ESC_LEVELS_MOST];    // unreachable or absent, forgotten with each round
};

enum escalation_effect_kind {
    ESC_NOTIFY,       // call this person by this contact point
    ESC_DEPUTY,       // this rank acts for the duty from now: declare and record it
    ESC_LEVEL_UP,     // the matter goes to this level
    ESC_HEADQUARTERS, // the same, to the line of the disaster headquarters
    ESC_GAP,          // nobody of this level can be called: red item
    ESC_RED,          // nobody could be notified, or nobody answered: red state
    ESC_RED_OVER,
    ESC_SETTLED, // notices of this escalation that have not gone out are not wanted any more
};

enum escalation_why {
    ESC_WHY_NONE,
    ESC_FIRST,          // the first call
    ESC_NEXT_CONTACT,   // silence: another contact point of the same person
    ESC_REMINDER,       // silence: the same contact point again
    ESC_SILENCE,        // silence of the one before
    ESC_NOT_DELIVERED,  // the contact point, or all of them, did not work
    ESC_REFUSED,        // the one before refused
    ESC_IS_ABSENT,      // the one before is absent
    ESC_IS_VACANT,      // nobody holds the place before
    ESC_NO_CONTACT,     // the one before has no contact point that may be used
    ESC_BY_HAND,        // a person raised it
    ESC_HANDED,         // handed over by a person
    ESC_CAME_BACK,      // the acknowledgement ran out or was taken back
    ESC_RESUMED,        // the snooze is over
    ESC_NEXT_ROUND,     // from the beginning again
    ESC_NOBODY_REACHED, // of a red state: no notice arrived anywhere
    ESC_NOBODY_ANSWERED,
    ESC_WHY_END,
};

// missed: reminders that were due during an outage and are one now. late_us: how much later than due. The key
// of an effect is the escalation, turn.after.generation, and its position in the list.
struct escalation_effect {
    uint8_t kind, why;
    uint8_t level, rank, contact;
    uint16_t missed;
    int64_t late_us;
};

enum escalation_verdict {
    ESC_CHANGED,   // save the state, carry out the effects
    ESC_UNCHANGED, // nothing new
    ESC_STALE,     // a tick of an earlier generation
    ESC_EARLY,     // a tick before its time
    ESC_AT_TOP,    // nothing above to escalate to
};

struct escalation_turn {
    struct escalation after;
    int verdict;
    int count;
    struct escalation_effect effects[ESC_EFFECTS_MOST];
};

// A new escalation, not armed.
struct escalation escalation_new(void);
// What becomes of the state. Total: any state, event and time are taken. Only with ESC_CHANGED is anything to
// be saved; after.generation is then one more. The same arguments give the same bytes.
void escalation_step(const struct escalation *before, const struct escalation_facts *facts,
                     const struct escalation_event *event, int64_t now_us, struct escalation_turn *ret);

// One line of a preview: when, and what.
struct escalation_forecast {
    int64_t at_us;
    struct escalation_effect effect;
};
// What would happen from now on if nobody answered. Writes at most room lines and returns how many.
int escalation_forecast(const struct escalation_facts *facts, int64_t now_us, struct escalation_forecast *ret,
                        int room);

// Stable words, such as "CALLING", "ACKNOWLEDGE", "LEVEL_UP", "NEXT_CONTACT"; "" when unknown.
const char *escalation_phase_word(int phase);
const char *escalation_act_word(int act);
const char *escalation_effect_word(int kind);
const char *escalation_why_word(int why);
