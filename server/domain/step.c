// SPDX-License-Identifier: Apache-2.0
#include "server/domain/step.h"

#define PENDING STEP_STATE(PENDING)
#define READY STEP_STATE(READY)
#define IN_PROGRESS STEP_STATE(IN_PROGRESS)
#define DONE STEP_STATE(DONE)
#define SKIPPED STEP_STATE(SKIPPED)
#define NOT_APPLICABLE STEP_STATE(NOT_APPLICABLE)
#define BLOCKED STEP_STATE(BLOCKED)

#define OPEN_STATES (1u << PENDING | 1u << READY | 1u << IN_PROGRESS | 1u << BLOCKED)
#define DROPPED_STATES (1u << SKIPPED | 1u << NOT_APPLICABLE)
#define FINISHED_STATES (1u << DONE | DROPPED_STATES)
#define EVERY_STATE (OPEN_STATES | FINISHED_STATES)

enum { STAY = 0, BACK = -1 }; // states to go to that depend on the step

// Rows are tried in order: the first whose act and state fit says what becomes of the report.
static const struct step_rule {
    int act;
    unsigned from; // bits of states
    int outcome, to;
} rules[] = {
    {STEP_ACT(START), 1u << IN_PROGRESS | FINISHED_STATES, OUTCOME(UNCHANGED), STAY},
    {STEP_ACT(START), EVERY_STATE, OUTCOME(CHANGED), IN_PROGRESS},
    {STEP_ACT(DONE), OPEN_STATES, OUTCOME(CHANGED), DONE},
    {STEP_ACT(DONE), 1u << DONE, OUTCOME(CONFIRMED), STAY},
    {STEP_ACT(DONE), DROPPED_STATES, OUTCOME(ALTHOUGH_DROPPED), STAY},
    {STEP_ACT(SKIP), OPEN_STATES, OUTCOME(CHANGED), SKIPPED},
    {STEP_ACT(SKIP), 1u << SKIPPED, OUTCOME(CONFIRMED), STAY},
    {STEP_ACT(SKIP), EVERY_STATE, OUTCOME(DIFFERED), STAY},
    {STEP_ACT(NOT_APPLICABLE), OPEN_STATES, OUTCOME(CHANGED), NOT_APPLICABLE},
    {STEP_ACT(NOT_APPLICABLE), 1u << NOT_APPLICABLE, OUTCOME(CONFIRMED), STAY},
    {STEP_ACT(NOT_APPLICABLE), EVERY_STATE, OUTCOME(DIFFERED), STAY},
    {STEP_ACT(BLOCK), OPEN_STATES, OUTCOME(CHANGED), BLOCKED},
    {STEP_ACT(BLOCK), EVERY_STATE, OUTCOME(DIFFERED), STAY},
    {STEP_ACT(UNDO), FINISHED_STATES | 1u << BLOCKED, OUTCOME(CHANGED), BACK},
    {STEP_ACT(UNDO), EVERY_STATE, OUTCOME(UNCHANGED), STAY},
    {STEP_ACT(HAND_OVER), OPEN_STATES, OUTCOME(CHANGED), STAY},
    {STEP_ACT(HAND_OVER), EVERY_STATE, OUTCOME(UNCHANGED), STAY},
    {STEP_ACT(TAKE), OPEN_STATES, OUTCOME(CHANGED), STAY},
    {STEP_ACT(TAKE), EVERY_STATE, OUTCOME(UNCHANGED), STAY},
    {STEP_ACT(NOTE), EVERY_STATE, OUTCOME(CHANGED), STAY},
    {STEP_ACT_DECIDE, OPEN_STATES, OUTCOME(CHANGED), DONE},
    {STEP_ACT_DECIDE, 1u << DONE, OUTCOME(CONFIRMED), STAY},
    {STEP_ACT_DECIDE, DROPPED_STATES, OUTCOME(ALTHOUGH_DROPPED), STAY},
};

bool step_is_open(int state)
{
    return state > 0 && state < 8 && (1u << state & OPEN_STATES);
}

static int state_before(const struct step_view *view)
{
    if (view->was_started)
        return (int)IN_PROGRESS;
    return view->was_ready ? (int)READY : (int)PENDING;
}

struct step_verdict step_decide(const struct step_view *view, int act)
{
    struct step_verdict verdict = {.outcome = OUTCOME(UNCHANGED), .to = view->state};
    const struct step_rule *end = rules + sizeof rules / sizeof rules[0];
    for (const struct step_rule *r = rules; r < end; r++) {
        if (r->act != act || !(r->from & 1u << view->state))
            continue;
        verdict.outcome = r->outcome;
        verdict.to = r->to == BACK ? state_before(view) : r->to == STAY ? view->state : r->to;
        break;
    }
    if (act == STEP_ACT_DECIDE && verdict.outcome == (int)OUTCOME(CONFIRMED) && !view->is_same_option)
        verdict.outcome = OUTCOME(DIFFERED);
    // Saying again what one said is no second witness.
    if (verdict.outcome == (int)OUTCOME(CONFIRMED) && view->is_same_person)
        verdict.outcome = OUTCOME(UNCHANGED);
    return verdict;
}

unsigned step_missing(const struct step_view *view, const struct step_report *report)
{
    int act = report->act;
    unsigned missing = 0;
    bool needs_reason =
        act == (int)STEP_ACT(SKIP) || act == (int)STEP_ACT(BLOCK) || act == (int)STEP_ACT(UNDO);
    if (needs_reason && !report->has_reason)
        missing |= STEP_NEED_REASON;
    if (act == (int)STEP_ACT(HAND_OVER) && !report->has_person)
        missing |= STEP_NEED_PERSON;
    if ((act == (int)STEP_ACT(HAND_OVER) || act == (int)STEP_ACT(UNDO)) && !report->has_version)
        missing |= STEP_NEED_VERSION;
    if (act == STEP_ACT_DECIDE && !view->is_decision)
        missing |= STEP_NEED_QUESTION;
    if (act == (int)STEP_ACT(DONE) && view->is_decision && step_is_open(view->state))
        missing |= STEP_NEED_DECISION;
    bool finishes = act == (int)STEP_ACT(DONE) && step_is_open(view->state);
    if (finishes && view->needs_notice && !report->has_notice)
        missing |= STEP_NEED_NOTICE;
    if (finishes && view->needs_evidence && !report->has_evidence)
        missing |= STEP_NEED_EVIDENCE;
    return missing;
}

bool step_may(const struct step_actor *actor, int act)
{
    if (actor->is_system)
        return true;
    if (actor->roles & ROLE_BIT(AUDITOR))
        return false;
    if (act == STEP_ACT_RATIFY)
        return actor->may_read && (actor->roles & (ROLES_LEAD | ROLE_BIT(MAYOR)));
    if (actor->is_own)
        return true;
    if (!actor->may_read)
        return false;
    // On behalf: who commands, for decisions too; the rest of the team for everything else.
    if (actor->is_commander || (actor->roles & ROLES_LEAD))
        return true;
    return act != STEP_ACT_DECIDE && (actor->roles & (ROLES_TEAM | ROLE_BIT(DUTY_DESK)));
}

unsigned step_offers(const struct step_actor *actor, const struct step_view *view)
{
    unsigned offers = 0;
    for (int act = STEP_ACT(START); act < STEP_ACT_RATIFY; act++) {
        bool fits = view->is_decision ? act != (int)STEP_ACT(DONE) : act != STEP_ACT_DECIDE;
        bool is_of_use = step_is_open(view->state) ? act != (int)STEP_ACT(UNDO) || view->state == (int)BLOCKED
                                                   : act == (int)STEP_ACT(UNDO) || act == (int)STEP_ACT(NOTE);
        is_of_use &= act != (int)STEP_ACT(START) || view->state != (int)IN_PROGRESS;
        is_of_use &= act != (int)STEP_ACT(BLOCK) || view->state != (int)BLOCKED;
        if (fits && is_of_use && step_may(actor, act))
            offers |= 1u << act;
    }
    if (view->is_waiting_for_ratification && !view->did_it && step_may(actor, STEP_ACT_RATIFY))
        offers |= 1u << STEP_ACT_RATIFY;
    return offers;
}

const char *step_act_word(int act)
{
    static const char *const words[] = {"",     "START",     "DONE", "SKIP", "NOT_APPLICABLE", "BLOCK",
                                        "UNDO", "HAND_OVER", "TAKE", "NOTE", "DECIDE",         "RATIFY"};
    return act > 0 && act < STEP_ACT_END ? words[act] : "";
}

int step_fan_out(int fan_out, int role)
{
    if (fan_out != (int)FAN_OUT(UNSPECIFIED))
        return fan_out;
    if (role == (int)ROLE(ISM))
        return FAN_OUT(SECTION);
    if (role == (int)ROLE(SYSMGR))
        return FAN_OUT(SYSTEM);
    return role == (int)ROLE(ISO) ? (int)FAN_OUT(DEPARTMENT) : (int)FAN_OUT(ONCE);
}
