// SPDX-License-Identifier: Apache-2.0
#include "server/domain/escalation_policy.h"

#include <stddef.h>

#include "server/domain/escalation.h"
#include "server/domain/playbook.h"

#define MIN(n) ((n)*60)
#define HOURS(n) ((n)*3600)
#define SEVERE(severity) ((severity) >= (int)SEVERITY(S3) || (severity) == (int)SEVERITY(UNSPECIFIED))

enum { LEAST_CONTACT_S = 15 };

// Two contact points and a reminder fit into a person's time: two fifths of it each (decision 0057).
#define LEVEL(the_role, the_ranks, silence_s)                              \
    {                                                                      \
        ROLE(the_role), (silence_s)*2 / 5, (silence_s), (the_ranks), false \
    }
#define HEADQUARTERS(silence_s)                                            \
    {                                                                      \
        ROLE(MAYOR), (silence_s)*2 / 5, (silence_s), ESC_RANKS_LEAST, true \
    }
// Who commands by severity (domain reference 3.3). Nobody at the top: the line of the disaster headquarters
// (2.4).
#define COMMAND(s)                                                                                       \
    5,                                                                                                   \
    {                                                                                                    \
        LEVEL(POC, 3, s), LEVEL(CSIRT_LEAD, 3, s), LEVEL(SISO, 3, s), LEVEL(CISO, 3, s), HEADQUARTERS(s) \
    }
#define COMMAND_S2(s)                                                \
    3,                                                               \
    {                                                                \
        LEVEL(POC, 3, s), LEVEL(CSIRT_LEAD, 3, s), LEVEL(SISO, 3, s) \
    }
#define COMMAND_S1(s)                                               \
    3,                                                              \
    {                                                               \
        LEVEL(ISM, 3, s), LEVEL(POC, 3, s), LEVEL(CSIRT_LEAD, 3, s) \
    }
#define COMMAND_S0(s)    \
    1,                   \
    {                    \
        LEVEL(POC, 3, s) \
    }
// The way of an order (2.5), and of the exceptions back up.
#define ORDER(s)                                                                                      \
    6,                                                                                                \
    {                                                                                                 \
        LEVEL(STAFF, 1, s), LEVEL(ISM, 3, s), LEVEL(ISO, 3, s), LEVEL(SISO, 3, s), LEVEL(CISO, 3, s), \
            HEADQUARTERS(s)                                                                           \
    }
#define ORDER_S2(s)                                                               \
    4,                                                                            \
    {                                                                             \
        LEVEL(STAFF, 1, s), LEVEL(ISM, 3, s), LEVEL(ISO, 3, s), LEVEL(SISO, 3, s) \
    }
#define ORDER_S1(s)                                            \
    3,                                                         \
    {                                                          \
        LEVEL(STAFF, 1, s), LEVEL(ISM, 3, s), LEVEL(ISO, 3, s) \
    }
#define ORDER_S0(s)                          \
    2,                                       \
    {                                        \
        LEVEL(STAFF, 1, s), LEVEL(ISM, 3, s) \
    }
#define FOREVER ESC_ROUNDS_FOREVER

// The last column of times is the silence until the deputy acts. Upward, domain reference 2.4 (2): S4 5
// minutes, S3 10, S2 20, S1 60. Downward from S3 on, 2.5: ten minutes a step; below, the times of 2.4. S0,
// the hours, the rounds, how long an acknowledgement and a snooze last are ours (decision 0057).
//
// direction, hours, severity, rounds, a round after, acknowledged for, snoozed for at most, levels
static const struct escalation_policy defaults[] = {
    {ESC_UPWARD, ESC_OFFICE_HOURS, SEVERITY(S0), 0, HOURS(1), 0, HOURS(8), COMMAND_S0(MIN(60))},
    {ESC_UPWARD, ESC_OFFICE_HOURS, SEVERITY(S1), 1, HOURS(4), 0, HOURS(8), COMMAND_S1(MIN(60))},
    {ESC_UPWARD, ESC_ALWAYS, SEVERITY(S2), 3, HOURS(1), HOURS(4), HOURS(2), COMMAND_S2(MIN(20))},
    {ESC_UPWARD, ESC_ALWAYS, SEVERITY(S3), FOREVER, MIN(10), HOURS(1), MIN(30), COMMAND(MIN(10))},
    {ESC_UPWARD, ESC_ALWAYS, SEVERITY(S4), FOREVER, MIN(5), MIN(30), MIN(15), COMMAND(MIN(5))},
    {ESC_DOWNWARD, ESC_OFFICE_HOURS, SEVERITY(S0), 0, HOURS(1), 0, HOURS(8), ORDER_S0(MIN(60))},
    {ESC_DOWNWARD, ESC_OFFICE_HOURS, SEVERITY(S1), 1, HOURS(4), 0, HOURS(8), ORDER_S1(MIN(60))},
    {ESC_DOWNWARD, ESC_ALWAYS, SEVERITY(S2), 3, HOURS(1), HOURS(4), HOURS(2), ORDER_S2(MIN(20))},
    {ESC_DOWNWARD, ESC_ALWAYS, SEVERITY(S3), FOREVER, MIN(10), HOURS(1), MIN(30), ORDER(MIN(10))},
    {ESC_DOWNWARD, ESC_ALWAYS, SEVERITY(S4), FOREVER, MIN(5), MIN(30), MIN(15), ORDER(MIN(10))},
};
enum { DEFAULTS_EACH = sizeof defaults / sizeof defaults[0] / 2 };

// Steps of the hierarchy (domain reference 2.1), tenfold; those beside it stand with the section heads.
enum { STEP_BESIDE = 40 };
static const uint8_t steps[] = {
    [ROLE(MAYOR)] = 1,       [ROLE(CISO)] = 10,         [ROLE(VCISO)] = 15,        [ROLE(SISO)] = 20,
    [ROLE(CSIRT_LEAD)] = 25, [ROLE(CSIRT_DEPUTY)] = 27, [ROLE(ISO)] = 30,          [ROLE(ISM)] = 40,
    [ROLE(SYSMGR)] = 40,     [ROLE(HANDLER)] = 50,      [ROLE(CSIRT_MEMBER)] = 50, [ROLE(POC)] = 50,
    [ROLE(DUTY_DESK)] = 50,  [ROLE(SYSOP)] = 50,        [ROLE(STAFF)] = 60,        [ROLE(CONTRACTOR)] = 60,
};

const struct escalation_policy *escalation_policy_default(int direction, int severity)
{
    int at = severity >= (int)SEVERITY(S0) && severity <= (int)SEVERITY(S4) ? severity : (int)SEVERITY(S3);
    return &defaults[(direction == ESC_DOWNWARD ? DEFAULTS_EACH : 0) + at - (int)SEVERITY(S0)];
}

static int step_of(int role)
{
    bool is_listed = role > 0 && role < (int)(sizeof steps) && steps[role] > 0;
    return is_listed ? steps[role] : STEP_BESIDE;
}

void escalation_policy_freeze(const struct escalation_policy *policy, int role, struct escalation_policy *ret)
{
    *ret = *policy;
    ret->level_count = 0;
    int count = policy->level_count < ESC_LEVELS_MOST ? policy->level_count : ESC_LEVELS_MOST, from = 0;
    while (from < count && policy->levels[from].role != role)
        from++;
    bool is_own = from < count;
    if (!is_own && count > 0) {
        struct escalation_level *level = &ret->levels[ret->level_count++];
        *level = policy->levels[0];
        level->role = role;
        level->ranks = role_has_deputies(role) ? ESC_RANKS_LEAST : 1;
        level->is_headquarters = false;
    }
    for (int i = is_own ? from : 0; i < count && ret->level_count < ESC_LEVELS_MOST; i++) {
        if (is_own || step_of(policy->levels[i].role) < step_of(role))
            ret->levels[ret->level_count++] = policy->levels[i];
    }
    for (int i = ret->level_count; i < ESC_LEVELS_MOST; i++)
        ret->levels[i] = (struct escalation_level){0};
}

void escalation_policy_test(int role, int silence_s, struct escalation_policy *ret)
{
    *ret = (struct escalation_policy){
        .direction = ESC_DOWNWARD,
        .hours = ESC_ALWAYS,
        .severity = SEVERITY(S1),
        .round_after_s = ESC_MIN_GAP_S,
        .level_count = 1,
        .levels = {{.role = role,
                    .contact_after_s = silence_s * 2 / 5,
                    .deputy_after_s = silence_s,
                    .ranks = role_has_deputies(role) ? ESC_RANKS_LEAST : 1}},
    };
}

struct judge {
    const struct escalation_policy *policy;
    const struct escalation_reach *reach;
    struct escalation_problem *ret;
    int count, room;
};

static void tell(struct judge *j, bool is_so, int kind, int level, int other)
{
    if (is_so && j->count < j->room)
        j->ret[j->count++] = (struct escalation_problem){(uint8_t)kind, (uint8_t)level, (uint8_t)other};
}

static void judge_whole(struct judge *j)
{
    const struct escalation_policy *p = j->policy;
    bool is_always = p->hours == ESC_ALWAYS;
    tell(j, p->level_count == 0, ESC_NO_LEVELS, 0, 0);
    tell(j, p->level_count > ESC_LEVELS_MOST, ESC_TOO_MANY_LEVELS, 0, 0);
    tell(j, p->direction != ESC_UPWARD && p->direction != ESC_DOWNWARD, ESC_BAD_DIRECTION, 0, 0);
    tell(j, !is_always && p->hours != ESC_OFFICE_HOURS, ESC_BAD_HOURS, 0, 0);
    tell(j, p->rounds > 0 && p->round_after_s < ESC_MIN_GAP_S, ESC_ROUND_TOO_SOON, 0, 0);
    tell(j, p->ack_lasts_s < 0 || p->snooze_most_s < 0, ESC_NEGATIVE_TIME, 0, 0);
    tell(j, SEVERE(p->severity) && !is_always, ESC_SEVERE_SLEEPS, 0, 0);
    tell(j, p->severity == SEVERITY(S4) && p->rounds != ESC_ROUNDS_FOREVER, ESC_SEVERE_GIVES_UP, 0, 0);
}

static void judge_level(struct judge *j, int at, int count)
{
    const struct escalation_level *level = &j->policy->levels[at];
    bool is_known = level->role > 0 && level->role <= (int)ROLE(COMMITTEE);
    bool is_ranked = level->ranks >= 1 && level->ranks <= ESC_RANKS_MOST;
    bool has_few = is_ranked && level->ranks < ESC_RANKS_LEAST && role_has_deputies(level->role);
    tell(j, !is_known, ESC_UNKNOWN_ROLE, at, 0);
    tell(j, !is_ranked, ESC_BAD_RANKS, at, 0);
    tell(j, has_few, ESC_FEW_RANKS, at, level->ranks);
    tell(j, level->deputy_after_s < ESC_MIN_GAP_S || level->contact_after_s < LEAST_CONTACT_S, ESC_TOO_FAST,
         at, 0);
    tell(j, level->contact_after_s >= level->deputy_after_s, ESC_CONTACT_TOO_LATE, at, 0);
    tell(j, level->is_headquarters && at + 1 < count, ESC_HEADQUARTERS_BELOW, at, 0);
    tell(j, SEVERE(j->policy->severity) && at + 1 == count && !level->is_headquarters, ESC_NO_HEADQUARTERS,
         at, 0);
    for (int i = 0; i < at; i++)
        tell(j, j->policy->levels[i].role == level->role, ESC_ROLE_TWICE, at, i);
}

static void judge_reach(struct judge *j, int at)
{
    const struct escalation_level *level = &j->policy->levels[at];
    int ranks = level->ranks < ESC_RANKS_MOST ? level->ranks : ESC_RANKS_MOST, reached = 0;
    for (int rank = 0; rank < ranks; rank++) {
        struct escalation_person person = j->reach->people[at][rank];
        reached += person.standing == ESC_PRESENT && person.contacts > 0;
    }
    int hole = escalation_hole_of(level->role, reached);
    tell(j, hole != 0, hole, at, reached);
}

int escalation_check(const struct escalation_policy *policy, const struct escalation_reach *reach,
                     struct escalation_problem *ret, int room)
{
    struct judge j = {policy, reach, ret, 0, room};
    judge_whole(&j);
    int count = policy->level_count < ESC_LEVELS_MOST ? policy->level_count : ESC_LEVELS_MOST;
    for (int at = 0; at < count; at++) {
        judge_level(&j, at, count);
        if (reach)
            judge_reach(&j, at);
    }
    return j.count;
}

int escalation_hole_of(int role, int reached)
{
    if (reached == 0)
        return ESC_HOLE_NOBODY;
    if (!role_has_deputies(role) || reached >= ESC_RANKS_LEAST)
        return 0;
    return reached == 1 ? ESC_HOLE_NO_DEPUTY : ESC_HOLE_FEW;
}

bool escalation_problem_is_hole(int kind)
{
    return kind >= ESC_HOLE_NOBODY && kind <= ESC_HOLE_FEW;
}

const char *escalation_problem_word(int kind)
{
    static const char *const words[] = {
        [ESC_NO_LEVELS] = "NO_LEVELS",
        [ESC_TOO_MANY_LEVELS] = "TOO_MANY_LEVELS",
        [ESC_BAD_DIRECTION] = "BAD_DIRECTION",
        [ESC_BAD_HOURS] = "BAD_HOURS",
        [ESC_UNKNOWN_ROLE] = "UNKNOWN_ROLE",
        [ESC_ROLE_TWICE] = "ROLE_TWICE",
        [ESC_BAD_RANKS] = "BAD_RANKS",
        [ESC_TOO_FAST] = "TOO_FAST",
        [ESC_CONTACT_TOO_LATE] = "CONTACT_TOO_LATE",
        [ESC_ROUND_TOO_SOON] = "ROUND_TOO_SOON",
        [ESC_NEGATIVE_TIME] = "NEGATIVE_TIME",
        [ESC_HEADQUARTERS_BELOW] = "HEADQUARTERS_BELOW",
        [ESC_SEVERE_SLEEPS] = "SEVERE_SLEEPS",
        [ESC_SEVERE_GIVES_UP] = "SEVERE_GIVES_UP",
        [ESC_NO_HEADQUARTERS] = "NO_HEADQUARTERS",
        [ESC_FEW_RANKS] = "FEW_RANKS",
        [ESC_HOLE_NOBODY] = "HOLE_NOBODY",
        [ESC_HOLE_NO_DEPUTY] = "HOLE_NO_DEPUTY",
        [ESC_HOLE_FEW] = "HOLE_FEW",
    };
    return kind >= ESC_NO_LEVELS && kind <= ESC_HOLE_FEW ? words[kind] : "";
}
