// SPDX-License-Identifier: Apache-2.0
// ContactService: answering by the one-time link of a message. Looking changes nothing; the answer goes
// through the same change as one given in the client, as that person.
#include <string.h>
#include <time.h>

#include "server/domain/words.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/rpc.h"
#include "server/store/message.h"
#include "server/store/notice_store.h"

#define ORDER_KIND(x) SOKUO__V1__ORDER_ANSWER_KIND__ORDER_ANSWER_KIND_##x
#define CALL_KIND(x) SOKUO__V1__ESCALATION_ANSWER_KIND__ESCALATION_ANSWER_KIND_##x
#define STATE_ACKNOWLEDGED 5 // OrderState; up to CONFIRMED these are answers
#define STATE_CONFIRMED 9

static const struct {
    const char *word, *ja, *en;
    Sokuo__V1__OrderAnswerKind order;
    Sokuo__V1__EscalationAnswerKind call;
} answers[] = {
    {"ACKNOWLEDGE", "確認", "acknowledgement", ORDER_KIND(ACKNOWLEDGE), CALL_KIND(ACKNOWLEDGE)},
    {"ACCEPT", "了解", "acceptance", ORDER_KIND(ACCEPT), CALL_KIND(ACCEPT)},
    {"REFUSE", "「できません」", "refusal", ORDER_KIND(REFUSE), CALL_KIND(REFUSE)},
};
enum { ANSWERS = sizeof answers / sizeof answers[0] };

static const char *client_ip(const struct call *c)
{
    return c->request && c->request->client_ip ? c->request->client_ip : "";
}

// Tokens cannot be guessed; who tries is slowed down all the same.
static enum err find_link(struct call *c, const char *token, struct notice_link *ret)
{
    TRY(notice_link_brake(c, client_ip(c)));
    enum err err = notice_by_link(c, token, ret);
    if (err == ERR_NOT_FOUND)
        TRY(notice_link_missed(c, client_ip(c)));
    return err;
}

static const char *clock_text(struct call *c, int64_t us)
{
    time_t at = (time_t)(us / 1000000 + 32400);
    struct tm tm;
    gmtime_r(&at, &tm);
    return call_printf(c, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

static bool is_answered(const struct notice_link *link)
{
    bool order = link->addressee_state >= STATE_ACKNOWLEDGED && link->addressee_state <= STATE_CONFIRMED;
    return link->used_us != TIME_NULL || order ||
           (uuid_is_nil(&link->order_id) && link->answered_us != TIME_NULL);
}

static const char *answered_text(struct call *c, const struct notice_link *link)
{
    int64_t at_us = link->answered_us != TIME_NULL ? link->answered_us : link->used_us;
    if (link->is_over)
        return c->lang == LANG_EN ? "It was withdrawn; nothing is to be done."
                                  : "取り消されました。対応は要りません。";
    return call_printf(c, c->lang == LANG_EN ? "Answered at %s." : "%s に回答済みです。",
                       clock_text(c, at_us));
}

static void offer(struct call *c, const struct notice_link *link, Sokuo__V1__OpenLinkResponse *res)
{
    res->answers = call_alloc(c, ANSWERS * sizeof *res->answers);
    if (link->wants_acceptance)
        res->answers[res->n_answers++] = msg_text("ACCEPT");
    res->answers[res->n_answers++] = msg_text("ACKNOWLEDGE");
    res->answers[res->n_answers++] = msg_text("REFUSE");
}

enum err rpc_open_link(struct call *c, const Sokuo__V1__OpenLinkRequest *req,
                       Sokuo__V1__OpenLinkResponse *res)
{
    struct notice_link link;
    TRY(find_link(c, req->token, &link));
    bool is_closed = link.confidentiality == 0 || link.confidentiality >= (int)CLASS(RESTRICTED);
    res->person_name = msg_text(link.person);
    res->text = msg_text(is_closed ? "" : link.text);
    res->incident_number = msg_text(link.number);
    res->mode = (Sokuo__V1__Mode)link.mode;
    res->due_at = msg_time(c, link.due_us);
    if (is_answered(&link) || link.is_over)
        res->answered = msg_text(answered_text(c, &link));
    else
        offer(c, &link, res);
    return ERR_OK;
}

// --- answering ---

static int answer_of(const char *word)
{
    for (int i = 0; i < ANSWERS; i++)
        if (strcmp(answers[i].word, word) == 0)
            return i;
    return -1;
}

static enum err answer_order(struct call *c, const struct notice_link *link, int answer, const char *note,
                             const char *operation_id)
{
    Sokuo__V1__AnswerOrderRequest req = SOKUO__V1__ANSWER_ORDER_REQUEST__INIT;
    Sokuo__V1__AnswerOrderResponse res = SOKUO__V1__ANSWER_ORDER_RESPONSE__INIT;
    char *addressee = msg_uuid(c, &link->addressee_id);
    req.operation_id = msg_text(operation_id);
    req.order_id = msg_uuid(c, &link->order_id);
    req.kind = answers[answer].order;
    req.note = msg_text(note);
    req.means = SOKUO__V1__MEANS__MEANS_SYSTEM;
    req.addressee_ids = &addressee;
    req.n_addressee_ids = *addressee != '\0';
    return rpc_answer_order(c, &req, &res);
}

static enum err answer_call(struct call *c, const struct notice_link *link, int answer, const char *note,
                            const char *operation_id)
{
    Sokuo__V1__AnswerEscalationRequest req = SOKUO__V1__ANSWER_ESCALATION_REQUEST__INIT;
    Sokuo__V1__AnswerEscalationResponse res = SOKUO__V1__ANSWER_ESCALATION_RESPONSE__INIT;
    req.operation_id = msg_text(operation_id);
    req.escalation_id = msg_uuid(c, &link->escalation_id);
    req.kind = answers[answer].call;
    req.note = msg_text(note);
    return rpc_answer_escalation(c, &req, &res);
}

static enum err give(struct call *c, const struct notice_link *link, int answer, const char *note)
{
    struct uuid id = uuid_derive(&link->id, (uint32_t)answer + 1);
    const char *operation_id = msg_uuid(c, &id);
    TRY(notice_act_as(c, link));
    enum err err = uuid_is_nil(&link->order_id) ? answer_call(c, link, answer, note, operation_id)
                                                : answer_order(c, link, answer, note, operation_id);
    c->actor = (struct actor){.is_system = true};
    return err;
}

enum err rpc_answer_by_link(struct call *c, const Sokuo__V1__AnswerByLinkRequest *req,
                            Sokuo__V1__AnswerByLinkResponse *res)
{
    struct notice_link link;
    int answer = answer_of(req->answer);
    if (answer < 0)
        return call_fail_field(c, "answer", "UNKNOWN_ANSWER",
                               "回答は ACKNOWLEDGE, ACCEPT, REFUSE のどれかです。",
                               "Answer ACKNOWLEDGE, ACCEPT or REFUSE.");
    TRY(find_link(c, req->token, &link));
    if (is_answered(&link) || link.is_over) {
        res->answered = msg_text(answered_text(c, &link));
        return ERR_OK;
    }
    if (answers[answer].order == ORDER_KIND(REFUSE) && *req->note == '\0')
        return call_fail_field(c, "note", "REQUIRED", "できない理由を書いてください。",
                               "Say why you cannot.");
    TRY(give(c, &link, answer, req->note));
    TRY(notice_link_used(c, &link));
    res->answered = msg_text(
        call_printf(c, c->lang == LANG_EN ? "%s: your %s was received." : "%s %sを受け付けました。",
                    clock_text(c, c->now_us), c->lang == LANG_EN ? answers[answer].en : answers[answer].ja));
    return ERR_OK;
}
