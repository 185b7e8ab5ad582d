// SPDX-License-Identifier: Apache-2.0
#include "server/domain/playbook.h"

#include <string.h>

#define NONE UINT16_MAX

struct judge {
    Sokuo__V1__PlaybookStep *const *steps;
    size_t count;
    const char *const *codes;
    size_t code_count;
    struct playbook_problem *problems;
    size_t found, room;
    uint16_t before[PLAYBOOK_STEPS_MOST][PLAYBOOK_AFTER_MOST]; // positions; NONE = no such step
    uint8_t waits[PLAYBOOK_STEPS_MOST];                        // 1 = on a cycle or behind one
};

static void tell(struct judge *j, struct playbook_problem problem)
{
    if (j->found < j->room)
        j->problems[j->found++] = problem;
}

static size_t after_count(const Sokuo__V1__PlaybookStep *step)
{
    return step->n_after < PLAYBOOK_AFTER_MOST ? step->n_after : PLAYBOOK_AFTER_MOST;
}

static uint16_t position_of(const struct judge *j, const char *no)
{
    for (size_t i = 0; i < j->count; i++) {
        if (strcmp(j->steps[i]->no, no) == 0)
            return (uint16_t)i;
    }
    return NONE;
}

static void judge_number(struct judge *j, size_t at)
{
    const char *no = j->steps[at]->no;
    uint16_t first = position_of(j, no);
    if (*no && first < at)
        tell(j, (struct playbook_problem){PLAN_DUPLICATE_NUMBER, .step = at, .other = first});
}

static void judge_before(struct judge *j, size_t at)
{
    const Sokuo__V1__PlaybookStep *step = j->steps[at];
    for (size_t i = 0; i < after_count(step); i++) {
        uint16_t other = position_of(j, step->after[i]);
        j->before[at][i] = other;
        if (other == NONE) {
            tell(j, (struct playbook_problem){PLAN_MISSING_PREDECESSOR, .step = at, .item = i});
            continue;
        }
        const Sokuo__V1__PlaybookStep *earlier = j->steps[other];
        if (earlier->origin == step->origin && earlier->target_min > step->target_min)
            tell(j, (struct playbook_problem){PLAN_TARGET_BACKWARDS, .step = at, .item = i, .other = other});
    }
}

static bool waits_for_one(const struct judge *j, size_t at)
{
    for (size_t i = 0; i < after_count(j->steps[at]); i++) {
        if (j->before[at][i] != NONE && j->waits[j->before[at][i]])
            return true;
    }
    return false;
}

// Takes away what can be done until nothing more can: what stays is on a cycle or behind one.
static void find_waiting(struct judge *j)
{
    memset(j->waits, 1, sizeof j->waits);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < j->count; i++) {
            if (j->waits[i] && !waits_for_one(j, i)) {
                j->waits[i] = 0;
                changed = true;
            }
        }
    }
}

static size_t waiting_before(const struct judge *j, size_t at)
{
    for (size_t i = 0; i < after_count(j->steps[at]); i++) {
        if (j->before[at][i] != NONE && j->waits[j->before[at][i]])
            return j->before[at][i];
    }
    return at;
}

// Walks backwards from a waiting step: whoever is met twice is on a cycle. Each cycle is told once.
static void tell_cycles(struct judge *j)
{
    uint16_t walk[PLAYBOOK_STEPS_MOST] = {0}; // number of the walk that was here
    bool on_cycle[PLAYBOOK_STEPS_MOST] = {false};
    for (size_t i = 0; i < j->count; i++) {
        size_t at = i;
        for (; j->waits[at] && walk[at] == 0; at = waiting_before(j, at))
            walk[at] = (uint16_t)(i + 1);
        if (!j->waits[at] || walk[at] != i + 1)
            continue;
        tell(j, (struct playbook_problem){PLAN_CYCLE, .step = at, .other = waiting_before(j, at)});
        for (; !on_cycle[at]; at = waiting_before(j, at))
            on_cycle[at] = true;
    }
    for (size_t i = 0; i < j->count; i++) {
        if (j->waits[i] && !on_cycle[i])
            tell(j, (struct playbook_problem){PLAN_UNREACHABLE, .step = i, .other = waiting_before(j, i)});
    }
}

// Whether one comes, by any way, before another. Only among steps that can be done.
static bool comes_before(const struct judge *j, size_t first, size_t last)
{
    bool seen[PLAYBOOK_STEPS_MOST] = {false};
    uint16_t stack[PLAYBOOK_STEPS_MOST];
    size_t depth = 0;
    seen[last] = true;
    stack[depth++] = (uint16_t)last;
    while (depth > 0) {
        size_t at = stack[--depth];
        if (at == first)
            return true;
        for (size_t i = 0; i < after_count(j->steps[at]); i++) {
            uint16_t other = j->before[at][i];
            if (other != NONE && !seen[other]) {
                seen[other] = true;
                stack[depth++] = other;
            }
        }
    }
    return false;
}

static void judge_option(struct judge *j, size_t at, size_t o)
{
    const Sokuo__V1__PlaybookOption *option = j->steps[at]->decision->options[o];
    for (size_t i = 0; i < option->n_closes; i++) {
        uint16_t other = position_of(j, option->closes[i]);
        if (other == NONE)
            tell(j, (struct playbook_problem){PLAN_UNKNOWN_CLOSES, .step = at, .option = o, .item = i});
        else if (comes_before(j, other, at))
            tell(j, (struct playbook_problem){PLAN_CLOSES_EARLIER, .step = at, .option = o, .item = i,
                                              .other = other});
    }
    for (size_t i = 0; i < option->n_adds; i++) {
        size_t k = 0;
        while (k < j->code_count && strcmp(j->codes[k], option->adds[i]) != 0)
            k++;
        if (k == j->code_count)
            tell(j, (struct playbook_problem){PLAN_UNKNOWN_PLAN, .step = at, .option = o, .item = i});
    }
    for (size_t i = 0; i < o; i++) {
        if (*option->id && strcmp(j->steps[at]->decision->options[i]->id, option->id) == 0)
            tell(j, (struct playbook_problem){PLAN_DUPLICATE_OPTION, .step = at, .option = o});
    }
}

static bool option_closes(const Sokuo__V1__PlaybookOption *option, const char *no)
{
    for (size_t i = 0; i < option->n_closes; i++) {
        if (strcmp(option->closes[i], no) == 0)
            return true;
    }
    return false;
}

// A step that every option closes will never be done.
static void judge_always_closed(struct judge *j, size_t at)
{
    const Sokuo__V1__PlaybookDecision *decision = j->steps[at]->decision;
    for (size_t i = 0; decision->n_options > 1 && i < decision->options[0]->n_closes; i++) {
        const char *no = decision->options[0]->closes[i];
        size_t o = 1;
        while (o < decision->n_options && option_closes(decision->options[o], no))
            o++;
        uint16_t closed = position_of(j, no);
        if (o == decision->n_options && closed != NONE)
            tell(j, (struct playbook_problem){PLAN_UNREACHABLE, .step = closed, .other = at});
    }
}

static void judge_decision(struct judge *j, size_t at)
{
    const Sokuo__V1__PlaybookDecision *decision = j->steps[at]->decision;
    bool is_known = false;
    if (decision->n_options < 2)
        tell(j, (struct playbook_problem){PLAN_FEW_OPTIONS, .step = at});
    for (size_t o = 0; o < decision->n_options; o++) {
        judge_option(j, at, o);
        is_known = is_known || strcmp(decision->options[o]->id, decision->default_option) == 0;
    }
    judge_always_closed(j, at);
    if (!*decision->default_option)
        tell(j, (struct playbook_problem){PLAN_NO_DEFAULT, .step = at});
    else if (!is_known)
        tell(j, (struct playbook_problem){PLAN_UNKNOWN_DEFAULT, .step = at});
}

bool role_has_deputies(int role)
{
    return role != (int)ROLE(UNSPECIFIED) && role != (int)ROLE(STAFF) && role != (int)ROLE(CONTRACTOR) &&
           role != (int)ROLE(ADMIN);
}

static void judge_duty(struct judge *j, size_t at)
{
    const Sokuo__V1__PlaybookStep *step = j->steps[at];
    bool needs_one =
        step->decision || step->notice || step->ratify_min > 0 || (int)step->role == (int)ROLE(ADMIN);
    // A role that could not be read has its own fault already.
    if (needs_one && (int)step->role != (int)ROLE(UNSPECIFIED) && !role_has_deputies((int)step->role))
        tell(j, (struct playbook_problem){PLAN_NO_DEPUTY, .step = at});
    if (step->notice && (!step->notice->to || !*step->notice->to->ja))
        tell(j, (struct playbook_problem){PLAN_NO_RECEIVER, .step = at});
}

size_t playbook_judge(Sokuo__V1__PlaybookStep *const *steps, size_t count, const char *const *codes,
                      size_t code_count, struct playbook_problem *ret, size_t room)
{
    struct judge j = {
        steps, count < PLAYBOOK_STEPS_MOST ? count : PLAYBOOK_STEPS_MOST, codes, code_count, ret, 0, room};
    for (size_t i = 0; i < j.count; i++) {
        judge_number(&j, i);
        judge_before(&j, i);
    }
    find_waiting(&j);
    tell_cycles(&j);
    for (size_t i = 0; i < j.count; i++) {
        if (steps[i]->decision)
            judge_decision(&j, i);
        judge_duty(&j, i);
    }
    return j.found;
}

static const struct revision_move moves[] = {
    {REVISION_ACT(SUBMIT), REVISION_STATE(DRAFT), REVISION_STATE(REVIEW), ROLES_WRITE_PLANS,
     .needs_sound = true},
    {REVISION_ACT(APPROVE), REVISION_STATE(REVIEW), REVISION_STATE(APPROVED), ROLES_SISO,
     .never_author = true, .needs_sound = true},
    {REVISION_ACT(RETURN), REVISION_STATE(REVIEW), REVISION_STATE(DRAFT), ROLES_SISO, .by_author = true,
     .needs_reason = true},
    {REVISION_ACT(WITHDRAW), REVISION_STATE(DRAFT), REVISION_STATE(WITHDRAWN), ROLES_LEAD, .by_author = true,
     .needs_reason = true},
    {REVISION_ACT(WITHDRAW), REVISION_STATE(REVIEW), REVISION_STATE(WITHDRAWN), ROLES_LEAD, .by_author = true,
     .needs_reason = true},
    // Approved, but its day has not come.
    {REVISION_ACT(WITHDRAW), REVISION_STATE(APPROVED), REVISION_STATE(WITHDRAWN), ROLES_SISO,
     .needs_reason = true},
};

const struct revision_move *revision_move_find(int act, int state)
{
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if ((int)moves[i].act == act && (int)moves[i].from == state)
            return &moves[i];
    }
    return NULL;
}

bool revision_move_permitted(const struct revision_move *move, uint64_t roles, bool is_author)
{
    if (is_author && move->never_author)
        return false;
    return (is_author && move->by_author) || (roles & move->roles) != 0;
}

const char *revision_act_word(int act)
{
    static const char *const words[] = {"", "SUBMIT", "APPROVE", "RETURN", "WITHDRAW"};
    return act > 0 && act < (int)(sizeof words / sizeof words[0]) ? words[act] : "";
}
