// SPDX-License-Identifier: Apache-2.0
// What shut devices held, reviewed by the security team (decision 0077): taken in as written down for its
// owner, or turned down. The change itself carries the held operation's id, and turning down spends that id:
// so one of the two happens, once.
#include <string.h>

#include "server/rpc/methods.gen.h"
#include "server/rpc/push_rpc.h"
#include "server/store/held_store.h"
#include "server/store/message.h"

#define HELD_MOST 200
#define ACT(name) SOKUO__V1__PUSH_OPERATION__ACT_##name
#define STEP_ACT(x) SOKUO__V1__STEP_ACT__STEP_ACT_##x

// Facts about the work, which somebody may write down for another. Command, answers and handing over are a
// person's own, and the bytes of a photo are on the device.
static bool may_take_in(const Sokuo__V1__PushOperation *op)
{
    switch ((int)op->act_case) {
    case ACT(UPDATE_STEP):
        return op->update_step->act == STEP_ACT(DONE) || op->update_step->act == STEP_ACT(SKIP) ||
               op->update_step->act == STEP_ACT(NOT_APPLICABLE) || op->update_step->act == STEP_ACT(BLOCK) ||
               op->update_step->act == STEP_ACT(NOTE);
    case ACT(DECIDE_STEP):
    case ACT(ADD_STEP):
    case ACT(ADD_ENTRY):
    case ACT(FILE_INCIDENT):
        return true;
    default:
        return false;
    }
}

enum err rpc_list_held(struct call *c, const Sokuo__V1__ListHeldRequest *req,
                       Sokuo__V1__ListHeldResponse *res)
{
    struct held *all;
    int count;
    bool is_more;
    TRY(held_list(c, req->settled, HELD_MOST, &all, &count, &is_more));
    res->held = msg_list(c, count + 1);
    res->n_held = (size_t)count;
    res->more = is_more;
    for (int i = 0; i < count; i++) {
        all[i].m.may_take_in = may_take_in(all[i].m.operation);
        res->held[i] = &all[i].m;
    }
    return ERR_OK;
}

// --- taking in ---

static void name_owner(struct call *c, char **name, const char *owner)
{
    if (!**name)
        *name = arena_strndup(&c->arena, owner, strlen(owner));
}

// Whose word it is stands in the change itself.
static void write_down_for(struct call *c, Sokuo__V1__PushOperation *op, const char *owner)
{
    if (op->act_case == ACT(UPDATE_STEP))
        name_owner(c, &op->update_step->done_by_name, owner);
    else if (op->act_case == ACT(DECIDE_STEP))
        name_owner(c, &op->decide_step->done_by_name, owner);
    else if (op->act_case == ACT(ADD_ENTRY)) {
        name_owner(c, &op->add_entry->sender, owner);
        op->add_entry->capacity = SOKUO__V1__CAPACITY__CAPACITY_SCRIBE;
    } else if (op->act_case == ACT(FILE_INCIDENT)) {
        Sokuo__V1__IncidentFacts *facts = op->file_incident->facts;
        if (!facts) {
            facts = call_alloc(c, sizeof *facts);
            sokuo__v1__incident_facts__init(facts);
            op->file_incident->facts = facts;
        }
        name_owner(c, &facts->finder, owner);
    }
}

static enum err settled_already(struct call *c, const struct held *held)
{
    const Sokuo__V1__Attribution *by = held->m.settled_by;
    const char *name = by ? by->person_name : "";
    return call_fail(c, ERR_FAILED_PRECONDITION, "HELD_SETTLED",
                     "この操作は、%sさんがすでに処理しました。一覧を読み直してください。",
                     "%s has settled this one. Load the list again.", name);
}

static void show_result(const Sokuo__V1__PushResult *result, Sokuo__V1__SettleHeldResponse *res)
{
    if (result->answer_case == SOKUO__V1__PUSH_RESULT__ANSWER_UPDATE_STEP)
        res->step_outcome = result->update_step->outcome;
    else if (result->answer_case == SOKUO__V1__PUSH_RESULT__ANSWER_DECIDE_STEP)
        res->step_outcome = result->decide_step->outcome;
    else if (result->answer_case == SOKUO__V1__PUSH_RESULT__ANSWER_FILE_INCIDENT &&
             result->file_incident->incident)
        res->incident_number = result->file_incident->incident->number;
}

// It happened when the list says, at the latest when it came. When an incident happened is what its filer
// says.
static struct call_device device_of(const struct call *c, const struct held *held)
{
    int64_t at_us = msg_take_time(held->m.occurred_at);
    bool is_filing = held->m.operation->act_case == ACT(FILE_INCIDENT);
    return (struct call_device){
        .age_us = is_filing ? 0 : c->now_us - (at_us == TIME_NULL ? held->recorded_us : at_us),
        .off_us = held->m.clock_off_ms * 1000,
    };
}

// Applies it with the rights of the caller, at its own time. Somebody who takes the same one in at this
// moment may be faster: then it is applied, too.
static enum err take_in(struct call *c, struct held *held, const char *paper_location,
                        Sokuo__V1__SettleHeldResponse *res)
{
    Sokuo__V1__PushOperation *op = held->m.operation;
    if (!may_take_in(op))
        return call_fail(
            c, ERR_FAILED_PRECONDITION, "OWNERS_ALONE",
            "この操作は本人だけができます。本人に確かめ、ここでは「反映しない」で片付けてください。",
            "Only its owner can do this. Ask them, and turn it down here.");
    if (held->is_applied)
        return ERR_OK;
    const struct call_device device = device_of(c, held);
    Sokuo__V1__PushResult result;
    sokuo__v1__push_result__init(&result);
    write_down_for(c, op, held->m.person ? held->m.person->name : "");
    if (held->m.lacks_evidence)
        op->update_step->paper_location = msg_text(paper_location);
    enum err err = push_apply(c, op, &device, &result);
    if (err == ERR_OK)
        show_result(&result, res);
    if (err != ERR_ALREADY_EXISTS)
        return err;
    struct held now;
    call_clear_error(c);
    TRY(held_get(c, &held->id, &now));
    return now.m.outcome == HELD_OUTCOME(UNSPECIFIED) ? ERR_OK : settled_already(c, &now);
}

// --- settling ---

static enum err check(struct call *c, const Sokuo__V1__SettleHeldRequest *req, const struct held *held)
{
    bool takes = req->outcome == HELD_OUTCOME(TAKEN_IN), turns = req->outcome == HELD_OUTCOME(TURNED_DOWN);
    if (!takes && !turns)
        return call_fail_field(c, "outcome", "REQUIRED", "反映するか、しないかを選んでください。",
                               "Say whether it is taken in or turned down.");
    if (turns && !*req->reason)
        return call_fail_field(c, "reason", "REQUIRED", "反映しない理由を書いてください。",
                               "Say why it is turned down.");
    if (held->m.outcome != HELD_OUTCOME(UNSPECIFIED))
        return settled_already(c, held);
    if (turns && held->is_applied)
        return call_fail(c, ERR_FAILED_PRECONDITION, "HELD_APPLIED",
                         "この操作は、ほかの人が反映したところです。一覧を読み直してください。",
                         "Somebody has just taken this one in. Load the list again.");
    return ERR_OK;
}

static void show_settled(struct call *c, const Sokuo__V1__SettleHeldRequest *req, struct held *held)
{
    const struct actor *a = &c->actor;
    held->m.outcome = req->outcome;
    held->m.settle_reason = req->reason;
    held->m.settled_by = msg_who(c, &a->person_id, a->person_name, &a->post_id, a->post_name, a->capacity);
    held->m.settled_at = msg_time(c, c->now_us);
    held->m.may_take_in = may_take_in(held->m.operation);
}

// Somebody settled it meanwhile, or this very operation came twice.
static enum err lost(struct call *c, const struct operation *operation,
                     const Sokuo__V1__SettleHeldRequest *req, struct held *held,
                     Sokuo__V1__SettleHeldResponse *res)
{
    bool is_found = false;
    call_clear_error(c);
    sokuo__v1__settle_held_response__init(res);
    TRY(operation_look_up(c, operation, &res->base, &is_found));
    if (is_found)
        return ERR_OK;
    TRY(held_get(c, &held->id, held));
    TRY(check(c, req, held));
    return call_fail(c, ERR_ABORTED, "BUSY_HELD",
                     "ほかの人も同じ操作を処理しています。もう一度送ってください。",
                     "Others are settling the same one. Send it again.");
}

enum err rpc_settle_held(struct call *c, const Sokuo__V1__SettleHeldRequest *req,
                         Sokuo__V1__SettleHeldResponse *res)
{
    struct uuid id = msg_take_uuid(req->held_id);
    struct operation operation;
    struct held *held = call_alloc(c, sizeof *held); // the answer points into it
    bool is_found = false, is_done = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_found));
    if (is_found)
        return ERR_OK;
    TRY(held_get(c, &id, held));
    TRY(check(c, req, held));
    if (req->outcome == HELD_OUTCOME(TAKEN_IN))
        TRY(take_in(c, held, req->paper_location, res));
    show_settled(c, req, held);
    res->held = &held->m;
    operation_pack(c, &operation, &res->base);
    enum err err = held_settle(c, held, &operation, &is_done);
    if (err == ERR_ALREADY_EXISTS || (err == ERR_OK && !is_done))
        return lost(c, &operation, req, held, res);
    return err;
}
