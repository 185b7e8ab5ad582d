// SPDX-License-Identifier: Apache-2.0
// CommandService: giving orders, calling them off.
#include "server/domain/incident.h"
#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/order_show.h"
#include "server/store/message.h"

#define AHEAD_MOST_US (INT64_C(7) * 86400 * 1000000)

// --- what is asked for ---

static enum err check_text(struct call *c, const char *text)
{
    int line = 0;
    switch (order_text_check(text, &line)) {
    case ORDER_TEXT_EMPTY:
        return call_fail_field(c, "text", "REQUIRED", "指示の内容を入力してください。",
                               "Say what is to be done.");
    case ORDER_TEXT_MANY_LINES:
        return call_fail_field(
            c, "text", "TOO_MANY_LINES", "指示は%1$d行以内にしてください。詳しいことは資料に分けてください。",
            "An order has at most %1$d lines. Put details into a document.", ORDER_LINES_MOST);
    case ORDER_TEXT_LONG_LINE:
        return call_fail_field(
            c, "text", "LINE_TOO_LONG", "%1$d行目が長すぎます。1行は%2$d文字以内にしてください。",
            "Line %1$d is too long. A line has at most %2$d characters.", line, ORDER_LINE_CHARS_MOST);
    case ORDER_TEXT_FITS:
        break;
    }
    return ERR_OK;
}

static enum err check_target(struct call *c, const Sokuo__V1__OrderTarget *target, size_t at)
{
    bool is_whole = target->kind == ORDER_TARGET(ALL) || target->kind == ORDER_TARGET(TEAM) ||
                    (target->kind == ORDER_TARGET(DUTY) && target->role != 0) ||
                    (target->kind == ORDER_TARGET(UNIT) && *target->unit_id) ||
                    (target->kind == ORDER_TARGET(PERSONS) && target->n_person_ids > 0);
    if (is_whole)
        return ERR_OK;
    return call_fail_field(c, call_printf(c, "targets[%zu]", at), "REQUIRED",
                           "宛先が決まっていません。役割・組織・人のいずれかを選んでください。",
                           "This target names nobody. Choose a duty, a unit or persons.");
}

static enum err check_request(struct call *c, const Sokuo__V1__IssueOrderRequest *req)
{
    TRY(check_text(c, req->text));
    if (req->n_targets == 0)
        return call_fail_field(c, "targets", "REQUIRED", "宛先を1つ以上選んでください。",
                               "Choose at least one target.");
    for (size_t i = 0; i < req->n_targets; i++)
        TRY(check_target(c, req->targets[i], i));
    return ERR_OK;
}

static enum err take_times(struct call *c, const Sokuo__V1__IssueOrderRequest *req, struct order_giving *ret)
{
    TRY(change_occurred(c, req->occurred_at, &ret->occurred_at_us));
    ret->send_at_us = msg_take_time(req->send_at);
    ret->due_at_us = msg_take_time(req->due_at);
    if (ret->send_at_us != TIME_NULL && ret->send_at_us <= c->now_us)
        ret->send_at_us = TIME_NULL;
    if (ret->send_at_us != TIME_NULL && ret->send_at_us > c->now_us + AHEAD_MOST_US)
        return call_fail_field(c, "sendAt", "TOO_FAR_AHEAD", "送信の予約は7日先までです。",
                               "An order goes out at most seven days ahead.");
    int64_t begins_us = ret->send_at_us != TIME_NULL       ? ret->send_at_us
                        : ret->occurred_at_us != TIME_NULL ? ret->occurred_at_us
                                                           : c->now_us;
    if (ret->due_at_us != TIME_NULL && ret->due_at_us <= begins_us)
        return call_fail_field(c, "dueAt", "BEFORE_BEGIN", "期限が、指示を出す日時より前になっています。",
                               "It is due before it goes out.");
    return ERR_OK;
}

// --- who may, and whom it reaches ---

static enum err refuse_giving(struct call *c)
{
    return call_fail(c, ERR_PERMISSION_DENIED, "NO_ORDER_DUTY",
                     "指示を出せるのは、指揮者、その上席、自分の所属に対する所属長です。"
                     "指揮者に依頼してください。",
                     "Orders are given by who commands, by superiors, and by heads to their own units. Ask "
                     "who commands.");
}

static enum err check_reach(struct call *c, enum order_scope scope, const struct order_look *look)
{
    if (look->addressees == 0)
        return call_fail_field(c, "targets", "NOBODY", "その宛先には今日、該当する人がいません。",
                               "These targets reach nobody today.");
    if (scope == ORDER_TO_OWN_UNITS && look->outside > 0)
        return call_fail(c, ERR_PERMISSION_DENIED, "NOT_YOUR_UNIT",
                         "所属長が指示を出せるのは自分の所属だけです。所属外の宛先が%1$d件あります。",
                         "A head gives orders to their own units only. %1$d addressees are outside.",
                         look->outside);
    return ERR_OK;
}

static enum err begin(struct call *c, const Sokuo__V1__IssueOrderRequest *req,
                      const struct operation *operation, Sokuo__V1__IssueOrderResponse *res,
                      struct incident **ret_incident, bool *ret_answered)
{
    struct uuid id;
    TRY(incident_find(c, req->incident_id, &id));
    struct param find[2], get[3];
    struct db_stmt stmts[] = {incident_get_stmt(c, &id, get), operation_find(c, operation, find)};
    TRY(db_read(c, stmts, 2));
    TRY(operation_replay(c, operation, stmts[1].rows, &res->base, ret_answered));
    if (*ret_answered)
        return ERR_OK;
    TRY(incident_take(c, stmts[0].rows, ret_incident));
    if (order_scope_of(c, *ret_incident) == ORDER_TO_NOBODY)
        return refuse_giving(c);
    if (!state_is_open((int)(*ret_incident)->m.state))
        return call_fail(c, ERR_FAILED_PRECONDITION, "INCIDENT_SETTLED",
                         "この事案は終わっています。指示は出せません。",
                         "This incident is over. No more orders are given on it.");
    return ERR_OK;
}

static int giver_capacity(const struct call *c, const struct incident *incident)
{
    bool commands = uuid_equal(&incident->commander_id, &c->actor.person_id);
    if (commands && incident->m.command)
        return (int)incident->m.command->capacity;
    return c->actor.capacity ? c->actor.capacity : (int)CAPACITY(SELF);
}

static Sokuo__V1__Order *forecast(struct call *c, const Sokuo__V1__IssueOrderRequest *req,
                                  const struct incident *incident, const struct order_look *look)
{
    Sokuo__V1__Order *order = call_alloc(c, sizeof *order);
    sokuo__v1__order__init(order);
    Sokuo__V1__OrderProgress *p = order->progress = call_alloc(c, sizeof *p);
    sokuo__v1__order_progress__init(p);
    p->addressee_count = p->unanswered_count = look->addressees;
    p->department_count = look->departments;
    p->section_count = look->sections;
    p->n_state_counts = ORDER_STATE(UNREACHABLE) + 1;
    p->state_counts = call_alloc(c, p->n_state_counts * sizeof *p->state_counts);
    for (size_t i = 0; i < p->n_state_counts; i++)
        p->state_counts[i] = 0;
    p->state_counts[ORDER_STATE(UNREACHABLE)] = look->no_way;
    p->state_counts[ORDER_STATE(QUEUED)] = look->addressees - look->no_way;
    p->as_of = msg_time(c, c->now_us);
    order->incident_id = incident->m.id;
    order->incident_number = incident->m.number;
    order->mode = incident->m.mode;
    order->text = req->text;
    order->targets = req->targets;
    order->n_targets = req->n_targets;
    order->is_request = look->is_request;
    order->wants_acceptance = req->wants_acceptance;
    return order;
}

// Nothing of what is shown is kept: it is read again whenever it is asked for.
static enum err give(struct call *c, const Sokuo__V1__IssueOrderRequest *req, struct incident *incident,
                     struct operation *operation, Sokuo__V1__IssueOrderResponse *res)
{
    Sokuo__V1__OrderTargets targets = SOKUO__V1__ORDER_TARGETS__INIT;
    struct order_aim aim = order_aim_of(c, req->targets, req->n_targets);
    struct order_giving giving = {.incident_id = incident->id,
                                  .text = req->text,
                                  .targets = &targets,
                                  .aim = &aim,
                                  .wants_acceptance = req->wants_acceptance,
                                  .capacity = giver_capacity(c, incident)};
    struct order_look look;
    targets.targets = req->targets;
    targets.n_targets = req->n_targets;
    TRY(take_times(c, req, &giving));
    TRY(order_look(c, &incident->id, &aim, &look));
    TRY(check_reach(c, order_scope_of(c, incident), &look));
    giving.is_request = look.is_request;
    giving.addressees = look.addressees;
    res->holes = look.holes;
    res->n_holes = (size_t)look.hole_count;
    if (req->dry_run) {
        res->order = forecast(c, req, incident, &look);
        return ERR_OK;
    }
    operation_pack(c, operation, &res->base);
    bool is_done = false;
    TRY(order_add(c, &giving, operation, &is_done));
    if (!is_done)
        TRY(operation_look_up(c, operation, &res->base, &is_done));
    return order_show(c, &operation->id, &res->order);
}

enum err rpc_issue_order(struct call *c, const Sokuo__V1__IssueOrderRequest *req,
                         Sokuo__V1__IssueOrderResponse *res)
{
    struct operation operation;
    struct incident *incident = NULL;
    bool is_answered = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(check_request(c, req));
    TRY(begin(c, req, &operation, res, &incident, &is_answered));
    return is_answered ? order_show(c, &operation.id, &res->order) : give(c, req, incident, &operation, res);
}

// --- calling off ---

static enum err check_withdrawing(struct call *c, const struct order *order)
{
    struct order_teller teller = order_teller_of(c, order, NULL);
    if (!teller.is_giver && !teller.is_commander)
        return call_fail(c, ERR_PERMISSION_DENIED, "NOT_YOUR_ORDER",
                         "取り消せるのは、指示を出した人か、今の指揮者です。",
                         "An order is called off by who gave it, or who commands now.");
    if (order->m.withdrawn_at)
        return call_fail(c, ERR_FAILED_PRECONDITION, "WITHDRAWN_ALREADY", "この指示は取り消されています。",
                         "This order is called off already.");
    return ERR_OK;
}

enum err rpc_withdraw_order(struct call *c, const Sokuo__V1__WithdrawOrderRequest *req,
                            Sokuo__V1__WithdrawOrderResponse *res)
{
    struct operation operation;
    struct uuid id = msg_take_uuid(req->order_id);
    struct order *order = NULL;
    bool is_done = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_done));
    if (is_done)
        return order_show(c, &id, &res->order);
    TRY(order_get(c, &id, &order));
    TRY(check_withdrawing(c, order));
    operation_pack(c, &operation, &res->base);
    TRY(order_withdraw(c, order, req->reason, &operation, &is_done));
    if (!is_done)
        TRY(operation_look_up(c, &operation, &res->base, &is_done));
    return order_show(c, &id, &res->order);
}
