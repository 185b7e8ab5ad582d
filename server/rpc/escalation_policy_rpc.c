// SPDX-License-Identifier: Apache-2.0
// EscalationService: policies, what is wrong with them, what would happen by them.
#include "server/domain/role_name.h"
#include "server/domain/words.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/playbook_words.h"
#include "server/rpc/policy_holes.h"
#include "server/store/call_store.h"
#include "server/store/duty_store.h"
#include "server/store/escalation_store.h"
#include "server/store/message.h"
#include "server/store/office_store.h"

#define ROLES_SAVING (ROLES_SISO | ROLE_BIT(ADMIN))
#define LINES_MOST 100
#define SLOWEST_S (7 * 86400)

// --- what is wrong, in words ---

struct words {
    const char *ja, *en;
};

static struct words problem_words(int kind)
{
    static const struct words words[] = {
        [ESC_NO_LEVELS] = {"段がありません。呼び出す役割を1つ以上入れてください。",
                           "There is no level. Add at least one duty."},
        [ESC_TOO_MANY_LEVELS] = {"段は8つまでです。", "At most eight levels."},
        [ESC_BAD_DIRECTION] = {"上り(報告)か下り(指示)を選んでください。", "Choose upward or downward."},
        [ESC_BAD_HOURS] = {"いつ数えるか(常時・開庁時間)を選んでください。", "Choose when silence counts."},
        [ESC_UNKNOWN_ROLE] = {"役割を選んでください。", "Choose a duty."},
        [ESC_ROLE_TWICE] = {"同じ役割が2回あります。片方を消してください。",
                            "The same duty stands there twice. Remove one."},
        [ESC_BAD_RANKS] = {"呼び出す人数は1人から6人までです。", "One to six persons are called."},
        [ESC_TOO_FAST] =
            {"時間が短すぎます。次の人まで60秒以上、次の連絡先まで15秒以上にしてください。",
             "Too fast: at least 60 s until the next person, 15 s until the next contact point."},
        [ESC_CONTACT_TOO_LATE] = {"次の連絡先までの時間は、次の人までの時間より短くしてください。",
                                  "The next contact point must come before the next person."},
        [ESC_ROUND_TOO_SOON] = {"呼び直しまでの時間は60秒以上にしてください。",
                                "Rounds are at least 60 s apart."},
        [ESC_NEGATIVE_TIME] = {"時間に負の値は使えません。", "A time cannot be negative."},
        [ESC_HEADQUARTERS_BELOW] = {"災害対策本部の系列は最後の段に置いてください。",
                                    "The line of the disaster headquarters is the last level."},
        [ESC_SEVERE_SLEEPS] = {"S3以上は夜間・休日も数えてください(常時)。",
                               "From S3 on silence counts always."},
        [ESC_SEVERE_GIVES_UP] = {"S4は応答があるまで呼び続けてください(回数255)。",
                                 "At S4 calling goes on for ever (rounds 255)."},
        [ESC_NO_HEADQUARTERS] = {"S3以上は、最後の段を災害対策本部の系列にしてください。",
                                 "From S3 on the last level is the line of the disaster headquarters."},
        [ESC_FEW_RANKS] = {"代行者のいる役割は、本人を含めて3人以上呼び出してください。",
                           "Of a duty with deputies, at least three are called."},
        [ESC_HOLE_NOBODY] = {"今、誰にも連絡がつきません。担当と連絡先を登録してください。",
                             "Nobody can be reached now. Register holders and contact points."},
        [ESC_HOLE_NO_DEPUTY] = {"連絡がつくのは1人だけです。代行順位と連絡先を登録してください。",
                                "Only one person can be reached. Register deputies and contact points."},
        [ESC_HOLE_FEW] = {"連絡がつくのは2人だけです。3人以上にしてください。",
                          "Only two persons can be reached. Three are needed."},
    };
    bool is_known = kind > 0 && kind < (int)(sizeof words / sizeof *words);
    return is_known ? words[kind] : (struct words){"", ""};
}

struct problem {
    struct escalation_problem of;
    const struct place_hole *places; // NULL: it is one of the level itself
};

// "3段目 統括情報セキュリティ責任者: …"
static const char *problem_text(struct call *c, const struct escalation_policy *policy,
                                const struct problem *told, enum lang lang)
{
    const struct escalation_problem *problem = &told->of;
    struct words words = problem_words(problem->kind);
    bool is_of_level = problem->kind >= ESC_UNKNOWN_ROLE && problem->kind != ESC_ROUND_TOO_SOON &&
                       problem->kind != ESC_NEGATIVE_TIME && problem->kind != ESC_SEVERE_SLEEPS &&
                       problem->kind != ESC_SEVERE_GIVES_UP && problem->level < policy->level_count;
    const char *text = told->places      ? place_hole_text(c, told->places, lang)
                       : lang == LANG_JA ? words.ja
                                         : words.en;
    if (!is_of_level)
        return text;
    const char *role = role_name(policy->levels[problem->level].role, lang);
    return lang == LANG_JA ? call_printf(c, "%d段目 %s: %s", problem->level + 1, role, text)
                           : call_printf(c, "Level %d, %s: %s", problem->level + 1, role, text);
}

static Sokuo__V1__PolicyProblem *show_problem(struct call *c, const struct escalation_policy *policy,
                                              const struct problem *problem)
{
    Sokuo__V1__PolicyProblem *m = call_alloc(c, sizeof *m);
    sokuo__v1__policy_problem__init(m);
    m->kind = msg_text(escalation_problem_word(problem->of.kind));
    m->level = problem->of.level;
    m->message = msg_text(problem_text(c, policy, problem, c->lang));
    m->is_hole = escalation_problem_is_hole(problem->of.kind);
    return m;
}

// --- who would be reached ---

struct judged {
    struct esc_duty *duties[ESC_LEVELS_MOST];
    struct escalation_reach reach;
};

static enum err look(struct call *c, const struct escalation_policy *policy, const struct uuid *scope_id,
                     struct judged *ret)
{
    struct esc_duties duties;
    esc_duties_begin(c, &duties, ESC_LEVELS_MOST);
    for (int i = 0; i < policy->level_count; i++)
        ret->duties[i] =
            esc_duties_want(&duties, &c->actor.tenant_id, policy->levels[i].role, scope_id, (int)MODE(REAL));
    TRY(esc_duties_read(c, NULL, &duties));
    esc_reach(policy, ret->duties, NULL, 0, &ret->reach);
    return ERR_OK;
}

// All duties with their chains: read once, however many policies are judged.
struct duties {
    Sokuo__V1__Duty **all;
    int count;
};

static enum err read_duties(struct call *c, struct duties *ret)
{
    static const struct duty_wish all;
    return duty_list(c, &all, &ret->all, &ret->count);
}

static void judge_places(struct call *c, const struct escalation_policy *policy, const struct duties *duties,
                         struct problem problems[ESC_PROBLEMS_MOST], int *count)
{
    for (int i = 0; i < policy->level_count; i++) {
        struct place_hole *holes = call_alloc(c, PLACE_HOLES_MOST * sizeof *holes);
        bool is_judged = role_is_of_a_place(policy->levels[i].role);
        int found = is_judged ? place_holes(&policy->levels[i], duties->all, duties->count, holes) : 0;
        for (int k = 0; k < found && *count < ESC_PROBLEMS_MOST; k++)
            problems[(*count)++] = (struct problem){{(uint8_t)holes[k].kind, (uint8_t)i, 0}, &holes[k]};
    }
}

static enum err judge(struct call *c, const struct escalation_policy *policy, const struct duties *duties,
                      struct problem problems[ESC_PROBLEMS_MOST], int *ret_count)
{
    static const struct uuid city;
    struct escalation_problem found[ESC_PROBLEMS_MOST];
    struct judged judged;
    TRY(look(c, policy, &city, &judged));
    for (int i = 0; i < policy->level_count; i++) {
        for (int rank = 0; role_is_of_a_place(policy->levels[i].role) && rank < ESC_RANKS_LEAST; rank++)
            judged.reach.people[i][rank] = (struct escalation_person){ESC_PRESENT, 1};
    }
    *ret_count = escalation_check(policy, &judged.reach, found, ESC_PROBLEMS_MOST);
    for (int i = 0; i < *ret_count; i++)
        problems[i] = (struct problem){found[i], NULL};
    judge_places(c, policy, duties, problems, ret_count);
    return ERR_OK;
}

static enum err fill_problems(struct call *c, const struct escalation_policy *policy,
                              const struct duties *duties, Sokuo__V1__PolicyProblem ***ret, size_t *ret_count)
{
    struct problem problems[ESC_PROBLEMS_MOST];
    int count = 0;
    TRY(judge(c, policy, duties, problems, &count));
    *ret = msg_list(c, count + 1);
    for (int i = 0; i < count; i++)
        (*ret)[i] = show_problem(c, policy, &problems[i]);
    *ret_count = (size_t)count;
    return ERR_OK;
}

enum err rpc_list_policies(struct call *c, const Sokuo__V1__ListPoliciesRequest *req,
                           Sokuo__V1__ListPoliciesResponse *res)
{
    struct policy_now all[10];
    struct duties duties;
    TRY(policy_all(c, all));
    TRY(read_duties(c, &duties));
    res->policies = msg_list(c, 10);
    for (int i = 0; i < 10; i++) {
        Sokuo__V1__EscalationPolicy *shown = all[i].shown;
        TRY(fill_problems(c, &all[i].policy, &duties, &shown->problems, &shown->n_problems));
        res->policies[res->n_policies++] = shown;
    }
    res->may_save = (c->actor.roles & ROLES_SAVING) != 0;
    return ERR_OK;
}

// --- saving ---

static enum err check_place(struct call *c, const Sokuo__V1__EscalationPolicy *policy)
{
    if ((int)policy->direction != ESC_UPWARD && (int)policy->direction != ESC_DOWNWARD)
        return call_fail_field(c, "policy.direction", "BAD_DIRECTION",
                               "上り(報告)か下り(指示)を選んでください。", "Choose upward or downward.");
    if (policy->severity < (int)SEVERITY(S0) || policy->severity > (int)SEVERITY(S4))
        return call_fail_field(c, "policy.severity", "OUT_OF_RANGE", "重大度はS0からS4までです。",
                               "The severity is S0 to S4.");
    return ERR_OK;
}

// Numbers that the rules take for granted.
static enum err check_numbers(struct call *c, const Sokuo__V1__EscalationPolicy *policy)
{
    bool is_odd = policy->rounds < 0 || policy->rounds > ESC_ROUNDS_FOREVER ||
                  policy->round_after_s > SLOWEST_S || policy->ack_lasts_s > SLOWEST_S ||
                  policy->snooze_most_s > SLOWEST_S;
    for (size_t i = 0; i < policy->n_levels; i++)
        is_odd |= policy->levels[i]->deputy_after_s > SLOWEST_S;
    if (!is_odd)
        return ERR_OK;
    return call_fail_field(c, "policy", "OUT_OF_RANGE", "回数は0から255まで、時間は7日以内にしてください。",
                           "Rounds are 0 to 255, times at most seven days.");
}

static enum err check_policy(struct call *c, const struct escalation_policy *policy,
                             const char *override_reason)
{
    struct problem problems[ESC_PROBLEMS_MOST];
    struct duties duties;
    int count = 0;
    const struct problem *hole = NULL;
    TRY(read_duties(c, &duties));
    TRY(judge(c, policy, &duties, problems, &count));
    for (int i = 0; i < count; i++) {
        if (!escalation_problem_is_hole(problems[i].of.kind))
            return call_fail_field(c, call_printf(c, "policy.levels[%d]", problems[i].of.level),
                                   escalation_problem_word(problems[i].of.kind), "%1$s%2$.0s", "%1$.0s%2$s",
                                   problem_text(c, policy, &problems[i], LANG_JA),
                                   problem_text(c, policy, &problems[i], LANG_EN));
        hole = hole ? hole : &problems[i];
    }
    if (!hole || *override_reason)
        return ERR_OK;
    return call_fail(c, ERR_FAILED_PRECONDITION, "POLICY_HOLE",
                     "%1$s%2$.0s やむを得ないときは理由を付けると有効にでき、その理由は記録に残ります。",
                     "%1$.0s%2$s If it cannot be helped, give a reason: it is kept.",
                     problem_text(c, policy, hole, LANG_JA), problem_text(c, policy, hole, LANG_EN));
}

static enum err answer_saved(struct call *c, const Sokuo__V1__SavePolicyRequest *req,
                             Sokuo__V1__SavePolicyResponse *res)
{
    struct policy_now now;
    struct duties duties;
    TRY(policy_get(c, (int)req->policy->direction, req->policy->severity, &now));
    TRY(read_duties(c, &duties));
    res->policy = now.shown;
    return fill_problems(c, &now.policy, &duties, &res->policy->problems, &res->policy->n_problems);
}

enum err rpc_save_policy(struct call *c, const Sokuo__V1__SavePolicyRequest *req,
                         Sokuo__V1__SavePolicyResponse *res)
{
    struct operation operation;
    struct escalation_policy policy;
    bool is_known, is_done = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(check_place(c, req->policy));
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return answer_saved(c, req, res);
    if (!req->as_shipped) {
        TRY(check_numbers(c, req->policy));
        esc_policy_take(req->policy, &policy);
        TRY(check_policy(c, &policy, req->override_reason));
    }
    const char *text =
        call_printf(c, "エスカレーションの方針を変更: %s %s%s",
                    (int)req->policy->direction == ESC_UPWARD ? "上り" : "下り",
                    severity_name(req->policy->severity), req->as_shipped ? " (標準に戻す)" : "");
    TRY(policy_save(c, (int)req->policy->direction, req->policy->severity, req->as_shipped ? NULL : &policy,
                    req->override_reason, text, &operation, &is_done));
    if (!is_done)
        TRY(operation_look_up(c, &operation, &res->base, &is_known));
    return answer_saved(c, req, res);
}

// --- previews ---

static Sokuo__V1__EscalationLine *show_line(struct call *c, const struct escalation_policy *policy,
                                            const struct judged *judged,
                                            const struct escalation_forecast *forecast)
{
    static const struct uuid nobody;
    const struct escalation_effect *effect = &forecast->effect;
    bool is_level = effect->level < policy->level_count;
    const struct esc_duty *duty = is_level ? judged->duties[effect->level] : NULL;
    bool is_somebody = effect->kind <= ESC_HEADQUARTERS && duty && effect->rank < duty->count;
    const struct esc_person *person = is_somebody ? &duty->people[effect->rank] : NULL;
    bool has_contact = effect->kind == ESC_NOTIFY && person && effect->contact < person->contact_count;
    const struct esc_line_facts facts = {
        .effect = *effect,
        .at_us = forecast->at_us,
        .role = is_level ? policy->levels[effect->level].role : 0,
        .contact_kind = has_contact ? person->contact_kinds[effect->contact] : 0,
        .person_id = person ? person->person_id : nobody,
        .post_id = person ? person->post_id : nobody,
        .person_name = person ? person->person_name : "",
        .post_name = person ? person->post_name : "",
    };
    return esc_line_show(c, &facts, policy);
}

static enum err take_policy(struct call *c, const Sokuo__V1__PreviewPolicyRequest *req,
                            struct escalation_policy *ret)
{
    struct policy_now now;
    TRY(check_place(c, req->policy));
    if (req->policy->n_levels > 0) {
        TRY(check_numbers(c, req->policy));
        esc_policy_take(req->policy, ret);
        return ERR_OK;
    }
    TRY(policy_get(c, (int)req->policy->direction, req->policy->severity, &now));
    *ret = now.policy;
    return ERR_OK;
}

enum err rpc_preview_policy(struct call *c, const Sokuo__V1__PreviewPolicyRequest *req,
                            Sokuo__V1__PreviewPolicyResponse *res)
{
    struct escalation_policy whole, policy;
    struct judged judged;
    struct duties duties;
    struct office_hours *office = NULL;
    struct escalation_forecast forecast[LINES_MOST];
    struct uuid scope = msg_take_uuid(req->scope_id);
    TRY(take_policy(c, req, &whole));
    TRY(duty_scope_check(c, &scope));
    TRY(read_duties(c, &duties));
    TRY(fill_problems(c, &whole, &duties, &res->problems, &res->n_problems));
    escalation_policy_freeze(&whole, req->role ? (int)req->role : whole.levels[0].role, &policy);
    TRY(look(c, &policy, &scope, &judged));
    TRY(office_hours_read(c, NULL, &c->actor.tenant_id, 1, &office));
    const struct escalation_facts facts = {&policy, &judged.reach, office};
    int64_t at_us = req->at ? msg_take_time(req->at) : c->now_us;
    int count = escalation_forecast(&facts, at_us, forecast, LINES_MOST);
    res->lines = msg_list(c, count + 1);
    for (int i = 0; i < count; i++) {
        if (forecast[i].effect.kind != ESC_SETTLED)
            res->lines[res->n_lines++] = show_line(c, &policy, &judged, &forecast[i]);
    }
    return ERR_OK;
}
