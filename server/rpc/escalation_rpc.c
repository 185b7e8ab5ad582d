// SPDX-License-Identifier: Apache-2.0
// EscalationService: calls that run, and what people do about them.
#include "server/domain/incident.h"
#include "server/domain/role_name.h"
#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/store/call_store.h"
#include "server/store/duty_store.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define ANSWER(x) SOKUO__V1__ESCALATION_ANSWER_KIND__ESCALATION_ANSWER_KIND_##x
#define LINES_EACH 30
#define ROLES_CALLING (ROLES_TEAM | ROLE_BIT(DUTY_DESK))

// --- looking ---

enum err rpc_list_escalations(struct call *c, const Sokuo__V1__ListEscalationsRequest *req,
                              Sokuo__V1__ListEscalationsResponse *res)
{
    struct uuid incident, id = msg_take_uuid(req->escalation_id);
    if (*req->incident_id)
        TRY(incident_find(c, req->incident_id, &incident));
    const struct call_wish wish = {
        .incident_id = *req->incident_id ? &incident : NULL,
        .mine_of = req->mine ? &c->actor.person_id : NULL,
        .id = *req->escalation_id ? &id : NULL,
        .ended = req->ended,
        .lines = *req->escalation_id ? 200 : LINES_EACH,
    };
    int count = 0;
    TRY(call_list(c, &wish, &res->escalations, &count));
    res->n_escalations = (size_t)count;
    return call_health(c, res);
}

// --- doing something about a call ---

static enum err refuse_order(struct call *c)
{
    return call_fail(c, ERR_FAILED_PRECONDITION, "ANSWER_THE_ORDER",
                     "この呼出は指示についてのものです。指示の画面で応答してください。",
                     "This call belongs to an order. Answer the order.");
}

static enum err refuse_stranger(struct call *c)
{
    return call_fail(
        c, ERR_PERMISSION_DENIED, "NOT_YOUR_CALL",
        "この呼出に応答できるのは、呼び出された人と、CSIRT・当直です。CSIRTに伝えてください。",
        "Only those who were called, the CSIRT and the duty desk act on this call. Tell the CSIRT.");
}

// Whoever was called, whoever began it, and those who call people.
static enum err check_concerned(struct call *c, const Sokuo__V1__Escalation *call)
{
    struct uuid id = msg_take_uuid(call->id);
    struct uuid by = msg_take_uuid(call->by ? call->by->person_id : NULL);
    bool was = false;
    if (call->is_mine || c->actor.roles & ROLES_CALLING ||
        (!uuid_is_nil(&by) && uuid_equal(&by, &c->actor.person_id)))
        return ERR_OK;
    TRY(call_was_called(c, &id, &c->actor.person_id, &was));
    return was ? ERR_OK : refuse_stranger(c);
}

static enum err refuse_ended(struct call *c, const Sokuo__V1__Escalation *call)
{
    bool is_stopped = call->phase == CALL_PHASE(STOPPED);
    return call_fail(c, ERR_FAILED_PRECONDITION, "CALL_IS_OVER",
                     is_stopped ? "この呼出は中止されています。必要なら新しく呼び出してください。"
                                : "この呼出には応答がありました。",
                     is_stopped ? "This call was stopped. Begin a new one where it is needed."
                                : "This call has been answered.");
}

// One change of a call: told once an operation, then the call as it stands.
static enum err tell(struct call *c, const struct call_saying *saying, struct operation *operation,
                     ProtobufCMessage *res, Sokuo__V1__Escalation **ret)
{
    bool is_done = false, is_known = false;
    TRY(call_tell(c, saying, operation, &is_done));
    if (!is_done)
        TRY(operation_look_up(c, operation, res, &is_known));
    if (is_done) {
        wake_send(&c->actor.tenant_id, WAKE_ENGINE);
        wake_send(&c->actor.tenant_id, WAKE_FEED);
    }
    return call_get(c, &saying->id, ret);
}

static const char *about_whom(const Sokuo__V1__Escalation *call)
{
    return role_name((int)(call->level_role ? call->level_role : call->role), LANG_JA);
}

// --- answers ---

struct answer {
    int act;
    const char *word;
};

static struct answer answer_of(int kind)
{
    static const struct answer answers[] = {
        [ANSWER(ACKNOWLEDGE)] = {ESC_ACKNOWLEDGE, "確認"},
        [ANSWER(ACCEPT)] = {ESC_ACCEPT, "引き受ける"},
        [ANSWER(REFUSE)] = {ESC_REFUSE, "できない"},
        [ANSWER(TAKE_BACK)] = {ESC_ACK_EXPIRED, "確認の取消し"},
    };
    bool is_known = kind > 0 && kind < (int)(sizeof answers / sizeof *answers);
    return is_known ? answers[kind] : (struct answer){0, ""};
}

static enum err whom_for(struct call *c, const Sokuo__V1__AnswerEscalationRequest *req,
                         struct incident_person *ret)
{
    *ret = (struct incident_person){.id = c->actor.person_id, .name = c->actor.person_name};
    struct uuid id = msg_take_uuid(req->person_id);
    if (uuid_is_nil(&id) || uuid_equal(&id, &c->actor.person_id))
        return ERR_OK;
    if (!(c->actor.roles & ROLES_CALLING))
        return call_fail(c, ERR_PERMISSION_DENIED, "NOT_ON_BEHALF",
                         "ほかの人の応答を記録できるのは、CSIRTと当直です。",
                         "Only the CSIRT and the duty desk record somebody else's answer.");
    return incident_person(c, "personId", &id, ret);
}

static enum err check_answer(struct call *c, const Sokuo__V1__AnswerEscalationRequest *req,
                             const Sokuo__V1__Escalation *call)
{
    if (answer_of((int)req->kind).act == 0)
        return call_fail_field(c, "kind", "REQUIRED", "応答を選んでください。", "Choose an answer.");
    if (req->kind == ANSWER(REFUSE) && !*req->note)
        return call_fail_field(c, "note", "REQUIRED",
                               "できない理由を書いてください。すぐに次の人を呼び出します。",
                               "Say why not. The next person is called at once.");
    if (*call->order_id)
        return refuse_order(c);
    return check_concerned(c, call);
}

// That an answer came late is part of the fact.
static const char *late_words(struct call *c, const Sokuo__V1__Escalation *call, int kind,
                              const struct uuid *person_id)
{
    bool is_held = call->phase == CALL_PHASE(HELD) && kind == ANSWER(ACKNOWLEDGE);
    bool is_answered = call->phase == CALL_PHASE(ANSWERED) && kind <= ANSWER(ACCEPT);
    if (call->phase == CALL_PHASE(STOPPED))
        return "(中止の後)";
    if (!(is_held || is_answered) || !call->answered_by)
        return "";
    struct uuid by = msg_take_uuid(call->answered_by->person_id);
    return uuid_equal(&by, person_id) ? "" : call_printf(c, "(%sの応答の後)", call->answered_by->person_name);
}

// Nobody answers before they are called.
static enum err when(struct call *c, const Sokuo__V1__AnswerEscalationRequest *req,
                     const Sokuo__V1__Escalation *call, int64_t *ret_us)
{
    int64_t begun_us = msg_take_time(call->begun_at);
    TRY(change_occurred(c, req->occurred_at, ret_us));
    if (*ret_us != TIME_NULL && *ret_us < begun_us)
        *ret_us = begun_us;
    return ERR_OK;
}

// The call as it stands, and whether the answer is the one it stands by.
static enum err show_answered(struct call *c, const Sokuo__V1__AnswerEscalationRequest *req,
                              Sokuo__V1__AnswerEscalationResponse *res)
{
    const struct uuid id = msg_take_uuid(req->escalation_id);
    struct uuid person = msg_take_uuid(req->person_id), by;
    TRY(call_get(c, &id, &res->escalation));
    const Sokuo__V1__Escalation *call = res->escalation;
    bool is_answer = req->kind == ANSWER(ACKNOWLEDGE) || req->kind == ANSWER(ACCEPT);
    by = msg_take_uuid(call->answered_by ? call->answered_by->person_id : NULL);
    person = uuid_is_nil(&person) ? c->actor.person_id : person;
    res->is_late = call->phase == CALL_PHASE(STOPPED) || (is_answer && !uuid_equal(&by, &person));
    return ERR_OK;
}

enum err rpc_answer_escalation(struct call *c, const Sokuo__V1__AnswerEscalationRequest *req,
                               Sokuo__V1__AnswerEscalationResponse *res)
{
    struct operation operation;
    bool is_known;
    Sokuo__V1__Escalation *call = NULL;
    struct incident_person person;
    struct call_saying saying = {.id = msg_take_uuid(req->escalation_id), .until_us = TIME_NULL};
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return show_answered(c, req, res);
    TRY(call_get(c, &saying.id, &call));
    TRY(check_answer(c, req, call));
    TRY(whom_for(c, req, &person));
    TRY(when(c, req, call, &saying.occurred_us));
    struct answer answer = answer_of((int)req->kind);
    bool is_other = !uuid_equal(&person.id, &c->actor.person_id);
    saying.act = answer.act;
    saying.about = person.id;
    saying.kind = "call.answered";
    saying.reason = req->note;
    saying.text = call_printf(c, "呼出(%s)に応答: %s%s%s%s", about_whom(call), answer.word,
                              late_words(c, call, (int)req->kind, &person.id), is_other ? " 代理入力: " : "",
                              is_other ? person.name : "");
    TRY(tell(c, &saying, &operation, &res->base, &res->escalation));
    return show_answered(c, req, res);
}

// --- snooze and stop ---

enum err rpc_snooze_escalation(struct call *c, const Sokuo__V1__SnoozeEscalationRequest *req,
                               Sokuo__V1__SnoozeEscalationResponse *res)
{
    struct operation operation;
    bool is_known;
    Sokuo__V1__Escalation *call = NULL;
    struct call_saying saying = {.id = msg_take_uuid(req->escalation_id),
                                 .act = ESC_SNOOZE,
                                 .until_us = msg_take_time(req->until),
                                 .occurred_us = TIME_NULL,
                                 .kind = "call.snoozed",
                                 .reason = req->reason};
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return call_get(c, &saying.id, &res->escalation);
    TRY(call_get(c, &saying.id, &call));
    TRY(check_concerned(c, call));
    if (saying.until_us <= c->now_us)
        return call_fail_field(c, "until", "OVER_ALREADY", "見合わせの終わりは、今より後にしてください。",
                               "The snooze must end after now.");
    if (call->phase != CALL_PHASE(CALLING) && call->phase != CALL_PHASE(SNOOZED) &&
        call->phase != CALL_PHASE(HELD))
        return refuse_ended(c, call);
    saying.text = call_printf(c, "呼出(%s)を見合わせる", about_whom(call));
    return tell(c, &saying, &operation, &res->base, &res->escalation);
}

enum err rpc_stop_escalation(struct call *c, const Sokuo__V1__StopEscalationRequest *req,
                             Sokuo__V1__StopEscalationResponse *res)
{
    struct operation operation;
    bool is_known;
    Sokuo__V1__Escalation *call = NULL;
    struct call_saying saying = {.id = msg_take_uuid(req->escalation_id),
                                 .act = ESC_STOP,
                                 .until_us = TIME_NULL,
                                 .occurred_us = TIME_NULL,
                                 .kind = "call.stopped",
                                 .reason = req->reason};
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return call_get(c, &saying.id, &res->escalation);
    TRY(call_get(c, &saying.id, &call));
    struct uuid by = msg_take_uuid(call->by ? call->by->person_id : NULL);
    bool is_own = !uuid_is_nil(&by) && uuid_equal(&by, &c->actor.person_id);
    if (!is_own && !(c->actor.roles & ROLES_CALLING))
        return refuse_stranger(c);
    if (call->phase == CALL_PHASE(STOPPED))
        return refuse_ended(c, call);
    saying.text = call_printf(c, "呼出(%s)を中止する", about_whom(call));
    return tell(c, &saying, &operation, &res->base, &res->escalation);
}

// --- calling ---

static enum err raise(struct call *c, const Sokuo__V1__EscalateRequest *req, struct operation *operation,
                      Sokuo__V1__EscalateResponse *res)
{
    Sokuo__V1__Escalation *call = NULL;
    struct call_saying saying = {.id = msg_take_uuid(req->escalation_id),
                                 .act = ESC_ESCALATE,
                                 .until_us = TIME_NULL,
                                 .occurred_us = TIME_NULL,
                                 .kind = "call.raised",
                                 .reason = req->reason};
    TRY(call_get(c, &saying.id, &call));
    TRY(check_concerned(c, call));
    if (call->phase == CALL_PHASE(STOPPED))
        return refuse_ended(c, call);
    saying.text = call_printf(c, "呼出(%s)を1段上へ上げる", about_whom(call));
    return tell(c, &saying, operation, &res->base, &res->escalation);
}

static enum err check_calling(struct call *c, const Sokuo__V1__EscalateRequest *req,
                              const struct incident *incident)
{
    bool is_own = uuid_equal(&incident->handler_id, &c->actor.person_id) ||
                  uuid_equal(&incident->commander_id, &c->actor.person_id) ||
                  uuid_equal(&incident->filer_id, &c->actor.person_id);
    if (!is_own && !(c->actor.roles & ROLES_CALLING))
        return change_denied(c);
    if (req->role <= 0 || req->role > SOKUO__V1__ROLE__ROLE_COMMITTEE)
        return call_fail_field(c, "role", "REQUIRED", "呼び出す役割を選んでください。",
                               "Choose the duty to call.");
    if (incident->m.mode == MODE(TEST))
        return call_fail(c, ERR_FAILED_PRECONDITION, "TEST_CALLS_NOBODY",
                         "試験の事案では誰も呼び出しません。訓練の事案を使ってください。",
                         "A test calls nobody. Use an exercise.");
    if (!state_is_open((int)incident->m.state))
        return call_fail(c, ERR_FAILED_PRECONDITION, "INCIDENT_SETTLED",
                         "この事案は終わっています。呼出はできません。",
                         "This incident is over. Nobody is called to it any more.");
    return ERR_OK;
}

enum err rpc_escalate(struct call *c, const Sokuo__V1__EscalateRequest *req, Sokuo__V1__EscalateResponse *res)
{
    struct operation operation;
    bool is_known, is_done = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    struct uuid raised = msg_take_uuid(req->escalation_id);
    if (is_known)
        return call_get(c, *req->escalation_id ? &raised : &operation.id, &res->escalation);
    if (*req->escalation_id)
        return raise(c, req, &operation, res);
    struct call_beginning beginning = {
        .scope_id = msg_take_uuid(req->scope_id), .role = (int)req->role, .reason = req->reason};
    struct incident *incident = NULL;
    TRY(incident_find(c, req->incident_id, &beginning.incident_id));
    TRY(incident_get(c, &beginning.incident_id, &incident));
    TRY(check_calling(c, req, incident));
    TRY(duty_scope_check(c, &beginning.scope_id));
    beginning.text = call_printf(c, "呼出を始める: %s", role_name(beginning.role, LANG_JA));
    TRY(call_begin_new(c, &beginning, &operation, &is_done));
    if (is_done) {
        wake_send(&c->actor.tenant_id, WAKE_ENGINE);
        wake_send(&c->actor.tenant_id, WAKE_FEED);
    }
    return call_get(c, &operation.id, &res->escalation);
}
