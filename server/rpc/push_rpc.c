// SPDX-License-Identifier: Apache-2.0
// Push: the queue of a device, applied in its order. Each operation is the change it would have been online,
// with its own operation id; what is refused for good is kept and answered like any other, so that the queue
// goes on.
#include "server/rpc/push_rpc.h"

#include <string.h>

#include "server/base/log.h"
#include "server/codec/codec.h"
#include "server/rpc/connect.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/rpc.h"
#include "server/store/device_store.h"
#include "server/store/message.h"
#include "server/store/operation_store.h"

#define OPERATIONS_MAX 50
#define AGE_MAX_MS (INT64_C(100) * 366 * 86400 * 1000) // older than any device

// X(name in PushOperation, its case, message, method)
#define PUSH_ACTS(X)                                                                           \
    X(update_step, UPDATE_STEP, UpdateStep, "sokuo.v1.StepService/UpdateStep")                 \
    X(decide_step, DECIDE_STEP, DecideStep, "sokuo.v1.StepService/DecideStep")                 \
    X(add_step, ADD_STEP, AddStep, "sokuo.v1.StepService/AddStep")                             \
    X(add_entry, ADD_ENTRY, AddEntry, "sokuo.v1.IncidentService/AddEntry")                     \
    X(file_incident, FILE_INCIDENT, FileIncident, "sokuo.v1.IncidentService/FileIncident")     \
    X(begin_evidence, BEGIN_EVIDENCE, BeginEvidence, "sokuo.v1.EvidenceService/BeginEvidence") \
    X(take_command, TAKE_COMMAND, TakeCommand, "sokuo.v1.CommandService/TakeCommand")          \
    X(hand_over, HAND_OVER, HandOver, "sokuo.v1.CommandService/HandOver")                      \
    X(answer_order, ANSWER_ORDER, AnswerOrder, "sokuo.v1.CommandService/AnswerOrder")          \
    X(answer_escalation, ANSWER_ESCALATION, AnswerEscalation, "sokuo.v1.EscalationService/AnswerEscalation")

#define X(name, NAME, Name, method)                                                   \
    static enum err do_##name(struct call *c, const Sokuo__V1__PushOperation *op,     \
                              Sokuo__V1__PushResult *result)                          \
    {                                                                                 \
        Sokuo__V1__##Name##Response *answer = call_alloc(c, sizeof *answer);          \
        protobuf_c_message_init(codec_message("sokuo.v1." #Name "Response"), answer); \
        TRY(rpc_##name(c, op->name, answer));                                         \
        result->answer_case = SOKUO__V1__PUSH_RESULT__ANSWER_##NAME;                  \
        result->name = answer;                                                        \
        return ERR_OK;                                                                \
    }
PUSH_ACTS(X)
#undef X

struct act {
    int act_case;
    const char *method;
    enum err (*apply)(struct call *, const Sokuo__V1__PushOperation *, Sokuo__V1__PushResult *);
};

// By the operation's case; NULL when it carries none.
static const struct act *act_of(const Sokuo__V1__PushOperation *op)
{
    static const struct act acts[] = {
#define X(name, NAME, Name, method) {SOKUO__V1__PUSH_OPERATION__ACT_##NAME, method, do_##name},
        PUSH_ACTS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (acts[i].act_case == (int)op->act_case)
            return &acts[i];
    }
    return NULL;
}

static const char *operation_id_of(const Sokuo__V1__PushOperation *op)
{
#define X(name, NAME, Name, method)                            \
    if (op->act_case == SOKUO__V1__PUSH_OPERATION__ACT_##NAME) \
        return op->name->operation_id;
    PUSH_ACTS(X)
#undef X
    return "";
}

enum err push_apply(struct call *c, const Sokuo__V1__PushOperation *op, const struct call_device *device,
                    Sokuo__V1__PushResult *result)
{
    const char *method = c->method;
    const struct act *act = act_of(op);
    c->device = device;
    c->method = act->method;
    enum err err = act->apply(c, op, result);
    c->device = NULL;
    c->method = method;
    return err;
}

// What may pass: the queue stops and is sent again. All else is a refusal that stays.
static bool is_passing(const struct call *c, enum err err)
{
    if (err == ERR_ABORTED)
        return !c->error_reason || strcmp(c->error_reason, "STALE_VERSION") != 0;
    return err == ERR_CANCELED || err == ERR_UNAVAILABLE || err == ERR_COMMIT_UNKNOWN ||
           err == ERR_DEADLINE_EXCEEDED || err == ERR_RESOURCE_EXHAUSTED;
}

static void refuse(struct call *c, enum err err, const Sokuo__V1__PushOperation *op,
                   Sokuo__V1__PushResult *result)
{
    result->refusal = connect_error_info(c, err);
    result->code = msg_text(err_word(err));
    char account[UUID_TEXT_SIZE];
    log_warn("push.refused", LOG_S("call", c->id), LOG_S("method", act_of(op)->method),
             LOG_S("code", err_word(err)), LOG_S("reason", c->error_reason),
             LOG_S("account", uuid_format(&c->actor.account_id, account)));
    call_clear_error(c);
}

struct queue {
    struct device device;
    int64_t off_us;
    struct uuid operation_ids[OPERATIONS_MAX];
    Sokuo__V1__PushResult *refusals[OPERATIONS_MAX]; // answers that stand
};

static enum err check_operations(struct call *c, const Sokuo__V1__PushRequest *req, struct queue *queue)
{
    for (size_t i = 0; i < req->n_operations; i++) {
        const Sokuo__V1__PushOperation *op = req->operations[i];
        if (!act_of(op))
            return call_fail_field(c, "operations", "REQUIRED", "操作の中身がありません(番号 %lld)。",
                                   "Operation %lld carries no act.", (long long)op->seq);
        if (op->seq < 1 || op->seq - (int64_t)i != req->operations[0]->seq)
            return call_fail_field(c, "operations", "NOT_IN_ORDER", "操作の番号が続いていません(番号 %lld)。",
                                   "The numbers of the operations are not consecutive (%lld).",
                                   (long long)op->seq);
        queue->operation_ids[i] = msg_take_uuid(operation_id_of(op));
    }
    return ERR_OK;
}

// From a device that is shut nothing new is applied; what was applied before it was shut has its first
// answer.
static enum err check_device(struct call *c, const struct queue *queue, size_t i)
{
    if (!queue->device.is_shut)
        return ERR_OK;
    struct param params[2];
    const struct operation operation = {.id = queue->operation_ids[i]};
    struct db_stmt find = operation_find(c, &operation, params);
    TRY(db_read(c, &find, 1));
    if (rows_count(find.rows) > 0)
        return ERR_OK;
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "DEVICE_SHUT",
        "この端末のログインは別の端末から終了されたため、この操作は反映せずに保管しました。"
        "内容を確かめ、正しければもう一度行ってください。",
        "This device was logged out from another one, so this was kept and not applied. Check it, and do it "
        "again if it is right.");
}

// When an incident happened is what the person says; all else happened when it was done. No age refuses a
// fact.
static int64_t age_us_of(const Sokuo__V1__PushOperation *op)
{
    if (op->act_case == SOKUO__V1__PUSH_OPERATION__ACT_FILE_INCIDENT || op->age_ms < 0)
        return 0;
    return (op->age_ms < AGE_MAX_MS ? op->age_ms : AGE_MAX_MS) * 1000;
}

// One operation. ret_halted: it may pass later, and nothing after it is to be taken now.
static enum err take(struct call *c, struct queue *queue, size_t i, const Sokuo__V1__PushOperation *op,
                     Sokuo__V1__PushResult *result, bool *ret_halted)
{
    if (queue->refusals[i]) {
        *result = *queue->refusals[i];
        result->seq = op->seq;
        return ERR_OK;
    }
    struct call_device device = {.age_us = age_us_of(op), .off_us = queue->off_us};
    enum err err = check_device(c, queue, i);
    if (err == ERR_OK)
        err = push_apply(c, op, &device, result);
    *ret_halted = err != ERR_OK && is_passing(c, err);
    if (err == ERR_OK || *ret_halted)
        return err;
    refuse(c, err, op, result);
    return device_refuse(c, &queue->device, &queue->operation_ids[i], op, result);
}

static void halt(struct call *c, Sokuo__V1__PushResponse *res, const char *reason)
{
    res->halted = true;
    res->halt_reason = msg_text(reason);
    call_clear_error(c);
}

static enum err take_all(struct call *c, const Sokuo__V1__PushRequest *req, struct queue *queue,
                         Sokuo__V1__PushResponse *res)
{
    res->results = msg_list(c, (int)req->n_operations);
    for (size_t i = 0; i < req->n_operations; i++) {
        const Sokuo__V1__PushOperation *op = req->operations[i];
        Sokuo__V1__PushResult *result = call_alloc(c, sizeof *result);
        sokuo__v1__push_result__init(result);
        result->seq = op->seq;
        result->operation_id = msg_uuid(c, &queue->operation_ids[i]);
        bool is_halted = false;
        enum err err = take(c, queue, i, op, result, &is_halted);
        if (is_halted) {
            halt(c, res, err == ERR_DEADLINE_EXCEEDED ? "DEADLINE" : "UNAVAILABLE");
            return ERR_OK;
        }
        TRY(err);
        res->results[res->n_results++] = result;
    }
    return ERR_OK;
}

// Two people may share a browser, and one's session take the place of the other's between two moments.
static enum err check_account(struct call *c, const Sokuo__V1__PushRequest *req)
{
    struct uuid account_id = msg_take_uuid(req->account_id);
    if (uuid_is_nil(&account_id) || uuid_equal(&account_id, &c->actor.account_id))
        return ERR_OK;
    return call_fail(c, ERR_FAILED_PRECONDITION, "OTHER_ACCOUNT",
                     "この端末に残っている操作は、別の人のものです。本人がログインすると送られます。",
                     "What waits on this device is somebody else's. It is sent when they log in.");
}

enum err rpc_push(struct call *c, const Sokuo__V1__PushRequest *req, Sokuo__V1__PushResponse *res)
{
    struct queue *queue = call_alloc(c, sizeof *queue);
    *queue = (struct queue){.device.client_id = msg_take_uuid(req->client_id)};
    TRY(check_account(c, req));
    TRY(check_operations(c, req, queue));
    TRY(device_get(c, queue->operation_ids, (int)req->n_operations, &queue->device, queue->refusals));
    if (req->device_time)
        queue->off_us = msg_take_time(req->device_time) - c->now_us;
    res->clock_off_ms = queue->off_us / 1000;
    res->server_time = msg_time(c, c->now_us);
    res->next_seq = queue->device.last_seq + 1;
    if (req->n_operations == 0)
        return ERR_OK;
    int64_t first = req->operations[0]->seq;
    if (first > res->next_seq) {
        halt(c, res, "GAP");
        return ERR_OK;
    }
    TRY(take_all(c, req, queue, res));
    int64_t taken = first + (int64_t)res->n_results - 1;
    if (taken <= queue->device.last_seq)
        return ERR_OK;
    // Nothing is answered before the place in the queue is kept: an answer lost is asked for again.
    res->next_seq = taken + 1;
    return device_advance(c, &queue->device.client_id, taken, res->clock_off_ms);
}
