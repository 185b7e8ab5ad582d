// SPDX-License-Identifier: Apache-2.0
// CommandService: answering orders, for oneself or on behalf of others. An answer that comes late, to an
// order that was answered or called off, is recorded like any other.
#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/order_show.h"
#include "server/store/message.h"

#define TRIES \
    40 // 32 people may answer for one addressee at once: each try means that somebody else got through

// --- for whom ---

static enum err not_addressed(struct call *c)
{
    return call_fail(c, ERR_FAILED_PRECONDITION, "NOT_ADDRESSED",
                     "あなたあての指示ではありません。代わりに答えるときは、だれの分かを選んでください。",
                     "This order is not for you. To answer on behalf, say for whom.");
}

static enum err my_addressee(struct call *c, const struct uuid *order_id, struct uuid *ret)
{
    TRY(order_my_addressee(c, order_id, ret));
    return uuid_is_nil(ret) ? not_addressed(c) : ERR_OK;
}

// Each once, however often it is named.
static int take_ids(const Sokuo__V1__AnswerOrderRequest *req, struct uuid *ret)
{
    int count = 0;
    for (size_t i = 0; i < req->n_addressee_ids; i++) {
        struct uuid id = msg_take_uuid(req->addressee_ids[i]);
        bool is_known = false;
        for (int k = 0; k < count && !is_known; k++)
            is_known = uuid_equal(&ret[k], &id);
        if (!is_known)
            ret[count++] = id;
    }
    return count;
}

static enum err find_people(struct call *c, const struct order *order,
                            const Sokuo__V1__AnswerOrderRequest *req, struct order_person **ret,
                            int *ret_count)
{
    struct uuid *ids = call_alloc(c, (req->n_addressee_ids + 1) * sizeof *ids);
    int count = take_ids(req, ids);
    if (count == 0) {
        TRY(my_addressee(c, &order->id, &ids[0]));
        count = 1;
    }
    TRY(order_people_of(c, &order->id, ids, count, ret, ret_count));
    if (*ret_count == count)
        return ERR_OK;
    return call_fail_field(c, "addresseeIds", "NO_SUCH_ADDRESSEE", "この指示の宛先にない人が含まれています。",
                           "One of them is no addressee of this order.");
}

// --- what becomes of it ---

static enum err refuse_capacity(struct call *c, int kind)
{
    if (kind == (int)ORDER_ANSWER(CONFIRM))
        return call_fail(c, ERR_PERMISSION_DENIED, "NOT_PERMITTED",
                         "完了を確認できるのは、指示を出した人か、今の指揮者です。",
                         "That it is done is confirmed by who gave the order, or who commands now.");
    return call_fail(c, ERR_PERMISSION_DENIED, "NOT_PERMITTED",
                     "その人の代わりには答えられません。所属長かCSIRTに依頼してください。",
                     "You cannot answer for them. Ask the head of their section, or the CSIRT.");
}

static enum err refuse_verdict(struct call *c, int verdict)
{
    if (verdict == ORDER_NOT_DONE)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NOT_DONE",
                         "まだ完了の報告がありません。先に完了を報告してもらってください。",
                         "It has not been reported done. That comes first.");
    return call_fail(c, ERR_FAILED_PRECONDITION, "NO_ANSWER", "取り消せる回答がありません。",
                     "There is no answer to take back.");
}

static int64_t ack_until(const struct call *c, const struct order *order, const struct order_decided *d)
{
    const struct order_person *before = d->before;
    bool is_held = d->outcome.after.state == (int)ORDER_STATE(ACKNOWLEDGED) && before->has_call &&
                   !order->m.wants_acceptance;
    if (!is_held)
        return TIME_NULL;
    bool was_held = before->standing.state == (int)ORDER_STATE(ACKNOWLEDGED);
    return was_held ? msg_take_time(before->m.ack_until) : order_ack_until(order->severity, c->now_us);
}

static enum err decide(struct call *c, const struct order *order, const struct order_person *person, int kind,
                       int64_t at_us, struct order_decided *ret)
{
    struct order_teller teller = order_teller_of(c, order, person);
    *ret = (struct order_decided){.before = person,
                                  .capacity = order_capacity(&teller, kind, person->standing.state)};
    if (ret->capacity == 0)
        return refuse_capacity(c, kind);
    if (ret->capacity == (int)CAPACITY(SELF) && person->m.role != 0 && c->actor.capacity)
        ret->capacity = c->actor.capacity; // by a post held as a deputy
    order_answer(&person->standing, kind, at_us, order->m.wants_acceptance, &ret->outcome);
    if (ret->outcome.verdict == ORDER_NOT_DONE || ret->outcome.verdict == ORDER_NO_ANSWER)
        return refuse_verdict(c, ret->outcome.verdict);
    ret->ack_until_us = ack_until(c, order, ret);
    return ERR_OK;
}

static bool is_read_already(const struct order_person *people, int count, int kind)
{
    for (int i = 0; i < count; i++) {
        if (kind != (int)ORDER_ANSWER(READ) || people[i].standing.times[kind] == ORDER_NEVER)
            return false;
    }
    return true;
}

// --- what the chronology says ---

static const char *kind_name(int kind)
{
    static const char *const names[] = {
        [ORDER_ANSWER(READ)] = "既読",
        [ORDER_ANSWER(ACKNOWLEDGE)] = "確認",
        [ORDER_ANSWER(ACCEPT)] = "了解",
        [ORDER_ANSWER(REFUSE)] = "できない",
        [ORDER_ANSWER(DONE)] = "完了",
        [ORDER_ANSWER(CONFIRM)] = "完了を確認",
        [ORDER_ANSWER(TAKE_BACK)] = "回答の取消し",
    };
    return names[kind];
}

// Whoever answers for themselves is named as who they are, though another may be asked by now.
static const char *answer_text(struct call *c, const struct order *order, const struct order_decided *decided,
                               int count, int kind)
{
    const Sokuo__V1__OrderAddressee *first = &decided[0].before->m;
    bool is_behalf = decided[0].capacity == (int)CAPACITY(SCRIBE);
    bool is_theirs = is_behalf || kind == (int)ORDER_ANSWER(CONFIRM);
    const char *post = first->post ? first->post->name : "", *name = first->person ? first->person->name : "";
    post = is_theirs ? post : msg_text(c->actor.post_name);
    name = is_theirs ? name : msg_text(c->actor.person_name);
    const char *others = count > 1 ? call_printf(c, "ほか%d人", count - 1) : "";
    return call_printf(c, "%s%d %s%s%s%s: %s%s", order->m.is_request ? "要請" : "指示", (int)order->m.no,
                       post, *post && *name ? " " : "", name, others, kind_name(kind),
                       is_behalf ? "(代理回答)" : "");
}

// --- the answer ---

static enum err answer_once(struct call *c, const Sokuo__V1__AnswerOrderRequest *req,
                            struct operation *operation, struct uuid **ret_ids, int *ret_count,
                            bool *ret_done)
{
    struct uuid id = msg_take_uuid(req->order_id);
    struct order *order = NULL;
    struct order_person *people = NULL;
    struct order_telling telling = {.kind = (int)req->kind, .means = (int)req->means, .note = req->note};
    TRY(order_get(c, &id, &order));
    if (order->gone_at_us == TIME_NULL)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NOT_GONE_YET", "この指示はまだ送られていません。",
                         "This order has not gone out yet.");
    TRY(find_people(c, order, req, &people, ret_count));
    *ret_ids = call_alloc(c, (size_t)*ret_count * sizeof **ret_ids);
    for (int i = 0; i < *ret_count; i++)
        (*ret_ids)[i] = people[i].id;
    *ret_done = is_read_already(people, *ret_count, (int)req->kind);
    if (*ret_done)
        return ERR_OK;
    TRY(change_occurred(c, req->occurred_at, &telling.occurred_at_us));
    int64_t at_us = telling.occurred_at_us == TIME_NULL ? c->now_us : telling.occurred_at_us;
    at_us = at_us < order->gone_at_us ? order->gone_at_us : at_us; // nobody answers before they are asked
    struct order_decided *decided = call_alloc(c, (size_t)*ret_count * sizeof *decided);
    for (int i = 0; i < *ret_count; i++)
        TRY(decide(c, order, &people[i], (int)req->kind, at_us, &decided[i]));
    telling.at_us = at_us;
    telling.order = order;
    telling.decided = decided;
    telling.count = *ret_count;
    telling.text = answer_text(c, order, decided, *ret_count, (int)req->kind);
    return order_tell(c, &telling, operation, ret_done);
}

static enum err show(struct call *c, const Sokuo__V1__AnswerOrderRequest *req, const struct uuid *ids,
                     int count, Sokuo__V1__AnswerOrderResponse *res)
{
    struct uuid order_id = msg_take_uuid(req->order_id);
    struct order *order = NULL;
    struct order_person *people = NULL;
    int found = 0;
    TRY(order_get(c, &order_id, &order));
    TRY(order_count(c, order, 1));
    TRY(order_people_of(c, &order_id, ids, count, &people, &found));
    TRY(order_put_answers(c, people, found, true));
    res->addressees = msg_list(c, found + 1);
    for (int i = 0; i < found; i++)
        res->addressees[res->n_addressees++] = &people[i].m;
    if (found == 1 && people[0].is_asked)
        order->m.mine = &people[0].m;
    else
        TRY(order_put_mine(c, order, 1));
    res->order = &order->m;
    return ERR_OK;
}

// The first answer again: the addressees it was for, as they stand now.
static enum err replay(struct call *c, const Sokuo__V1__AnswerOrderRequest *req,
                       const struct operation *operation, Sokuo__V1__AnswerOrderResponse *res,
                       bool *ret_found)
{
    TRY(operation_look_up(c, operation, &res->base, ret_found));
    if (!*ret_found)
        return ERR_OK;
    struct uuid *ids = call_alloc(c, (req->n_addressee_ids + 1) * sizeof *ids),
                id = msg_take_uuid(req->order_id);
    int count = take_ids(req, ids);
    if (count == 0) {
        TRY(my_addressee(c, &id, &ids[0]));
        count = 1;
    }
    return show(c, req, ids, count, res);
}

static enum err check(struct call *c, const Sokuo__V1__AnswerOrderRequest *req)
{
    if (req->kind == ORDER_ANSWER(UNSPECIFIED) || req->kind > ORDER_ANSWER(TAKE_BACK))
        return call_fail_field(c, "kind", "REQUIRED", "回答を選んでください。", "Choose an answer.");
    if (req->kind == ORDER_ANSWER(REFUSE) && !*req->note)
        return call_fail_field(c, "note", "REQUIRED", "できない理由を入力してください。",
                               "Say why it cannot be done.");
    return ERR_OK;
}

enum err rpc_answer_order(struct call *c, const Sokuo__V1__AnswerOrderRequest *req,
                          Sokuo__V1__AnswerOrderResponse *res)
{
    struct operation operation;
    struct uuid *ids = NULL;
    int count = 0;
    bool is_done = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(check(c, req));
    operation_pack(c, &operation, &res->base);
    for (int i = 0; i < TRIES; i++) {
        TRY(replay(c, req, &operation, res, &is_done));
        if (is_done)
            return ERR_OK;
        TRY(answer_once(c, req, &operation, &ids, &count, &is_done));
        if (is_done)
            return show(c, req, ids, count, res);
    }
    return call_fail(
        c, ERR_ABORTED, "BUSY_ORDER",
        "同じ宛先にほかの人も答えています。入力は残っています。少し待って、もう一度送ってください。",
        "Others are answering for the same addressee. What you entered is kept: wait a little "
        "and send it again.");
}
