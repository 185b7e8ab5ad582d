// SPDX-License-Identifier: Apache-2.0
// What the steps of a plan have to do with each other, and who may move a revision along its life.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/domain/words.h"
#include "sokuo/v1/playbook.pb-c.h"

#define PLAYBOOK_STEPS_MOST 300
#define PLAYBOOK_AFTER_MOST 20
#define PLAYBOOK_PROBLEMS_MOST 200

enum playbook_problem_kind {
    PLAN_DUPLICATE_NUMBER,    // other has the number, too
    PLAN_MISSING_PREDECESSOR, // item of after names no step
    PLAN_CYCLE,               // the step waits for itself; other is the next one on the way
    PLAN_UNREACHABLE,         // it waits for a cycle (other), or every option of other's decision closes it
    PLAN_TARGET_BACKWARDS,    // other, item of after, is due later than the step
    PLAN_NO_DEFAULT,
    PLAN_UNKNOWN_DEFAULT, // not among the options
    PLAN_FEW_OPTIONS,     // fewer than two
    PLAN_DUPLICATE_OPTION,
    PLAN_UNKNOWN_CLOSES, // item of the option's closes names no step
    PLAN_CLOSES_EARLIER, // it names the step itself or one that comes before it
    PLAN_UNKNOWN_PLAN,   // item of the option's adds names no plan
    PLAN_NO_RECEIVER,    // a notice to nobody
    PLAN_NO_DEPUTY, // decides, tells or acts ahead of approval, but no post holds the duty: nobody can stand
                    // in
};

struct playbook_problem {
    enum playbook_problem_kind kind;
    size_t step;   // position in the plan
    size_t item;   // see above
    size_t option; // of the decision, where the problem is an option's
    size_t other;  // position of another step, where there is one
};

// Judges the steps; codes are those of all plans that may be added. Writes at most room problems and returns
// how many.
size_t playbook_judge(Sokuo__V1__PlaybookStep *const *steps, size_t count, const char *const *codes,
                      size_t code_count, struct playbook_problem *ret, size_t room);
// Whether a post of the city holds the duty, so that deputies can stand in: not everybody (staff), not a
// contractor, not the server's administrator.
bool role_has_deputies(int role);

// Life of a revision, one row a move.
struct revision_move {
    Sokuo__V1__RevisionAct act;
    Sokuo__V1__RevisionState from, to;
    uint64_t roles;    // any of these duties
    bool by_author;    // its author may do it, whatever his duties
    bool never_author; // its author may not (four eyes)
    bool needs_reason;
    bool needs_sound; // no faults
};

#define REVISION_ACT(x) SOKUO__V1__REVISION_ACT__REVISION_ACT_##x
#define REVISION_STATE(x) SOKUO__V1__REVISION_STATE__REVISION_STATE_##x
// Duties that write plans.
#define ROLES_WRITE_PLANS                                                                      \
    (ROLES_LEAD | ROLE_BIT(HANDLER) | ROLE_BIT(CSIRT_MEMBER) | ROLE_BIT(EOC) | ROLE_BIT(EDU) | \
     ROLE_BIT(WATER))

// The row of an act in a state; NULL when the life has none.
const struct revision_move *revision_move_find(int act, int state);
// Whether the caller may: his duties, and whether he wrote the revision.
bool revision_move_permitted(const struct revision_move *move, uint64_t roles, bool is_author);
// Stable word of an act such as "SUBMIT".
const char *revision_act_word(int act);
