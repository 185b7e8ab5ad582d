// SPDX-License-Identifier: Apache-2.0
// Steps of plans under way: what is mine, and what became of it.
#include <string.h>

#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/run_store.h"
#include "server/store/step_store.h"
#include "server/store/wake.h"

#define TRIES 20 // 32 people may write one step at once: each try means that somebody else got through
#define STEPS_DEFAULT 100
#define STEPS_MAX 300
#define NOTE_MAX_BYTES 24000 // of all notes of a step together

// --- mine ---

enum err rpc_list_my_steps(struct call *c, const Sokuo__V1__ListMyStepsRequest *req,
                           Sokuo__V1__ListMyStepsResponse *res)
{
    struct uuid incident_id = msg_take_uuid(req->incident_id), *ids;
    int most = req->max_steps <= 0 ? STEPS_DEFAULT : req->max_steps > STEPS_MAX ? STEPS_MAX : req->max_steps;
    int id_count, count, run_count = 0;
    struct step **steps;
    TRY(step_mine(c, &incident_id, most, &ids, &id_count, &res->more));
    TRY(step_many(c, ids, id_count, &steps, &count));
    TRY(step_around(c, steps, count, &res->runs, &run_count));
    res->steps = msg_list(c, count + 1);
    for (int i = 0; i < count; i++)
        res->steps[res->n_steps++] = &steps[i]->m;
    res->n_runs = (size_t)run_count;
    res->server_time = msg_time(c, c->now_us);
    return ERR_OK;
}

// --- what every report needs ---

// The step as it is now, with what stands around it; known: as it was read before (NULL: it was done before).
// Absent when what was done took it out of the caller's sight: it was done nevertheless.
static enum err show(struct call *c, const struct uuid *id, struct step *known, Sokuo__V1__Step **ret_step)
{
    enum err err = known ? ERR_OK : step_get(c, id, &known);
    if (err == ERR_NOT_FOUND) {
        call_clear_error(c);
        return ERR_OK;
    }
    TRY(err);
    struct step *step;
    TRY(step_show(c, known, &step));
    *ret_step = step ? &step->m : NULL;
    return ERR_OK;
}

static enum err begin(struct call *c, const struct operation *operation, const struct uuid *id,
                      ProtobufCMessage *res, struct step **ret_step, bool *ret_answered)
{
    const struct rows *answers = NULL;
    TRY(step_look(c, id, operation, ret_step, &answers));
    TRY(operation_replay(c, operation, answers, res, ret_answered));
    return *ret_answered || *ret_step ? ERR_OK : step_not_found(c);
}

static enum err stale(struct call *c, const struct step *now)
{
    return call_fail(
        c, ERR_ABORTED, "STALE_VERSION",
        "この手順は、ほかの人が先に更新しました(現在の版 %d)。入力は残っています。"
        "最新の内容を確かめて、もう一度送ってください。",
        "This step was changed by somebody else first (it is at version %d now). What you entered is kept: "
        "look at the latest state and send it again.",
        now->m.version);
}

// Whoever was slower reads again and decides again; so many were faster, one after the other: it may pass.
static enum err busy(struct call *c)
{
    return call_fail(
        c, ERR_ABORTED, "BUSY_STEP",
        "同じ手順をほかの人も更新しています。入力は残っています。少し待って、もう一度送ってください。",
        "Others are changing the same step. What you entered is kept: wait a little and send it again.");
}

static enum err missing(struct call *c, unsigned needs)
{
    if (needs & STEP_NEED_REASON)
        return call_fail_field(c, "reason", "REASON", "理由を入力してください。", "Say why.");
    if (needs & STEP_NEED_PERSON)
        return call_fail_field(c, "toPersonId", "PERSON", "引き継ぐ人を選んでください。",
                               "Choose who takes it over.");
    if (needs & STEP_NEED_VERSION)
        return call_fail_field(c, "version", "REQUIRED", "見ていた版(version)を付けて送ってください。",
                               "Send the version that you saw.");
    if (needs & STEP_NEED_DECISION)
        return call_fail(c, ERR_FAILED_PRECONDITION, "DECISION",
                         "この手順は判断です。選択肢を1つ選んで決定してください。",
                         "This step is a decision. Choose one of its options.");
    if (needs & STEP_NEED_QUESTION)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NO_DECISION",
                         "この手順には選ぶものがありません。「完了」で進めてください。",
                         "There is nothing to decide in this step. Finish it instead.");
    if (needs & STEP_NEED_NOTICE)
        return call_fail_field(c, "notice", "NOTICE", "知らせた相手と、伝えた内容を入力してください。",
                               "Say to whom notice was given, and what was said.");
    return call_fail_field(c, "evidenceIds", "EVIDENCE",
                           "写真かファイルを付けるか、紙の保管場所を入力してください。",
                           "Attach a photo or a file, or say where the paper is kept.");
}

// Written down for somebody: the scribe answers for the writing, the name is who did it.
static void put_scribe(struct step_change *change, const char *name)
{
    if (!*name)
        return;
    change->by_name = name;
    change->capacity = CAPACITY(SCRIBE);
}

// The person's own, or on behalf of whom it is for.
static void put_capacity(const struct call *c, struct step_change *change)
{
    if (!step_actor_of(c, change->before).is_own && change->capacity == (int)CAPACITY(SELF))
        change->capacity = CAPACITY(ACTING);
}

static void put_note(struct call *c, struct step_change *change, const char *note)
{
    if (!*note)
        return;
    change->note = note;
    const char *before = change->before->m.note;
    if (change->outcome == (int)OUTCOME(CONFIRMED) || change->outcome == (int)OUTCOME(DIFFERED) ||
        change->outcome == (int)OUTCOME(ALTHOUGH_DROPPED) || strlen(before) > NOTE_MAX_BYTES)
        return; // kept with the confirmation, and in the chronology
    change->after.m.note = *before ? call_printf(c, "%s\n%s", before, note) : msg_text(note);
}

// Writes, or keeps the answer of what changed nothing.
static enum err finish(struct call *c, const struct step_change *change, bool says_something, bool *ret_done)
{
    if (change->outcome == (int)OUTCOME(UNCHANGED) && !says_something) {
        *ret_done = true;
        return step_keep_answer(c, change->operation);
    }
    TRY(step_save(c, change, ret_done));
    if (*ret_done)
        wake_send(&c->actor.tenant_id, WAKE_FEED);
    return ERR_OK;
}

// --- update ---

static bool has_notice(const Sokuo__V1__SentNotice *notice)
{
    return notice && *notice->to && *notice->text;
}

// What is attached is looked up only where the plan asks for something.
static enum err report_of(struct call *c, const struct step *step, const Sokuo__V1__UpdateStepRequest *req,
                          struct step_report *ret)
{
    bool has_evidence = *req->paper_location || *step->m.paper_location;
    if (step->m.definition->evidence && !has_evidence)
        TRY(step_has_evidence(c, step, &has_evidence));
    *ret = (struct step_report){
        .act = (int)req->act,
        .has_reason = *req->reason != '\0',
        .has_notice = has_notice(req->notice) || has_notice(step->m.notice),
        .has_evidence = has_evidence,
        .has_person = *req->to_person_id != '\0',
        .has_version = req->version != 0,
    };
    return ERR_OK;
}

static enum err put_person(struct call *c, struct step_change *change,
                           const Sokuo__V1__UpdateStepRequest *req)
{
    struct step *after = &change->after;
    bool is_taken =
        req->act == STEP_ACT(TAKE) || (req->act == STEP_ACT(START) && uuid_is_nil(&after->person_id));
    if (change->outcome != (int)OUTCOME(CHANGED))
        return ERR_OK;
    if (req->act == STEP_ACT(HAND_OVER)) {
        struct uuid id = msg_take_uuid(req->to_person_id);
        const char *name;
        TRY(step_person(c, "toPersonId", &id, &after->incident_id, &name));
        after->person_id = id;
        after->m.person = msg_ref(c, id, name);
    } else if (is_taken) {
        after->person_id = c->actor.person_id;
        after->m.person = msg_ref(c, c->actor.person_id, c->actor.person_name);
    }
    if (req->act == STEP_ACT(START))
        after->started_at_us = change->occurred_at_us == TIME_NULL ? c->now_us : change->occurred_at_us;
    return ERR_OK;
}

static void put_content(struct step_change *change, const Sokuo__V1__UpdateStepRequest *req)
{
    Sokuo__V1__Step *m = &change->after.m;
    if (req->notice && (*req->notice->to || *req->notice->text))
        m->notice = req->notice;
    if (*req->paper_location)
        m->paper_location = req->paper_location;
    if (change->outcome == (int)OUTCOME(CHANGED) && req->act == STEP_ACT(BLOCK))
        m->reason = req->reason;
}

static void put_evidence(struct call *c, struct step_change *change, const Sokuo__V1__UpdateStepRequest *req)
{
    struct uuid *ids = call_alloc(c, req->n_evidence_ids * sizeof *ids + 1);
    for (size_t i = 0; i < req->n_evidence_ids; i++)
        ids[i] = msg_take_uuid(req->evidence_ids[i]);
    change->evidence_ids = ids;
    change->evidence_count = (int)req->n_evidence_ids;
}

static enum err decide_update(struct call *c, struct step *step, const Sokuo__V1__UpdateStepRequest *req,
                              struct step_change *change)
{
    TRY(step_permit(c, step, (int)req->act));
    struct step_view view = step_view_of(c, step);
    struct step_report report;
    TRY(report_of(c, step, req, &report));
    unsigned needs = step_missing(&view, &report);
    if (needs)
        return missing(c, needs);
    bool insists = req->act == STEP_ACT(UNDO) || req->act == STEP_ACT(HAND_OVER);
    if (insists && req->version != step->m.version)
        return stale(c, step);
    step_change_begin(c, change, step, (int)req->act, NULL);
    change->reason = req->reason;
    TRY(change_occurred(c, req->occurred_at, &change->occurred_at_us));
    put_scribe(change, req->done_by_name);
    put_capacity(c, change);
    put_note(c, change, req->note);
    put_content(change, req);
    put_evidence(c, change, req);
    TRY(put_person(c, change, req));
    if (change->outcome == (int)OUTCOME(CHANGED) && !step_is_open((int)change->after.m.state) &&
        step_is_open((int)step->m.state))
        step_change_finish(c, change);
    return ERR_OK;
}

static enum err update_once(struct call *c, struct operation *operation,
                            const Sokuo__V1__UpdateStepRequest *req, Sokuo__V1__UpdateStepResponse *res,
                            struct step **ret_step, bool *ret_done)
{
    struct uuid id = msg_take_uuid(req->step_id);
    TRY(begin(c, operation, &id, &res->base, ret_step, ret_done));
    if (*ret_done)
        return ERR_OK;
    struct step *step = *ret_step;
    struct step_change *change = call_alloc(c, sizeof *change);
    TRY(decide_update(c, step, req, change));
    res->outcome = (Sokuo__V1__StepOutcome)change->outcome;
    change->operation = operation;
    operation_pack(c, operation, &res->base);
    bool says_something =
        *req->note || *req->paper_location || has_notice(req->notice) || req->n_evidence_ids > 0;
    return finish(c, change, says_something, ret_done);
}

enum err rpc_update_step(struct call *c, const Sokuo__V1__UpdateStepRequest *req,
                         Sokuo__V1__UpdateStepResponse *res)
{
    if (req->act == STEP_ACT(UNSPECIFIED))
        return call_fail_field(c, "act", "REQUIRED", "何をしたかを選んでください。", "Say what was done.");
    struct operation operation;
    struct uuid id = msg_take_uuid(req->step_id);
    operation_make(c, req->operation_id, &req->base, &operation);
    struct step *step = NULL;
    bool is_done = false;
    for (int i = 0; i < TRIES && !is_done; i++)
        TRY(update_once(c, &operation, req, res, &step, &is_done));
    return is_done ? show(c, &id, step, &res->step) : busy(c);
}

// --- decide ---

static enum err no_option(struct call *c)
{
    return call_fail_field(c, "option", "NO_SUCH_OPTION",
                           "その選択肢はこの判断にありません。選び直してください。",
                           "This decision has no such option. Choose again.");
}

static enum err decide_decision(struct call *c, struct step *step, const Sokuo__V1__DecideStepRequest *req,
                                struct step_change *change)
{
    TRY(step_permit(c, step, STEP_ACT_DECIDE));
    struct step_view view = step_view_of(c, step);
    struct step_report report = {.act = STEP_ACT_DECIDE};
    unsigned needs = step_missing(&view, &report);
    if (needs)
        return missing(c, needs);
    const Sokuo__V1__PlaybookOption *option = step_option(step->m.definition, req->option);
    if (!option)
        return no_option(c);
    step_change_begin(c, change, step, STEP_ACT_DECIDE, req->option);
    TRY(change_occurred(c, req->occurred_at, &change->occurred_at_us));
    put_scribe(change, req->done_by_name);
    put_capacity(c, change);
    const char *name = option->text ? option->text->ja : option->id;
    const char *note =
        call_printf(c, "根拠: %s%s%s%s%s", req->basis, *req->release_condition ? "。解除条件: " : "",
                    req->release_condition, *req->note ? "。" : "", req->note);
    if (change->outcome == (int)OUTCOME(CHANGED)) {
        step_change_decide(c, change, option, req->basis);
        put_note(c, change,
                 *req->release_condition ? call_printf(c, "解除条件: %s%s%s", req->release_condition,
                                                       *req->note ? "\n" : "", req->note)
                                         : req->note);
        change->note = note;
    } else {
        change->note = call_printf(c, "「%s」%s", name, note);
    }
    return ERR_OK;
}

static enum err decide_once(struct call *c, struct operation *operation,
                            const Sokuo__V1__DecideStepRequest *req, Sokuo__V1__DecideStepResponse *res,
                            struct step **ret_step, bool *ret_done)
{
    struct uuid id = msg_take_uuid(req->step_id);
    TRY(begin(c, operation, &id, &res->base, ret_step, ret_done));
    if (*ret_done)
        return ERR_OK;
    struct step *step = *ret_step;
    struct step_change *change = call_alloc(c, sizeof *change);
    TRY(decide_decision(c, step, req, change));
    res->outcome = (Sokuo__V1__StepOutcome)change->outcome;
    res->adds = change->option ? change->option->adds : NULL;
    res->n_adds = change->option ? change->option->n_adds : 0;
    change->operation = operation;
    operation_pack(c, operation, &res->base);
    return finish(c, change, true, ret_done);
}

enum err rpc_decide_step(struct call *c, const Sokuo__V1__DecideStepRequest *req,
                         Sokuo__V1__DecideStepResponse *res)
{
    struct operation operation;
    struct uuid id = msg_take_uuid(req->step_id);
    operation_make(c, req->operation_id, &req->base, &operation);
    struct step *step = NULL;
    bool is_done = false;
    for (int i = 0; i < TRIES && !is_done; i++)
        TRY(decide_once(c, &operation, req, res, &step, &is_done));
    return is_done ? show(c, &id, step, &res->step) : busy(c);
}

// --- approval afterwards ---

static enum err check_ratify(struct call *c, struct step *step, const Sokuo__V1__RatifyStepRequest *req)
{
    struct step_view view = step_view_of(c, step);
    TRY(step_permit(c, step, STEP_ACT_RATIFY));
    if (view.did_it)
        return call_fail(c, ERR_PERMISSION_DENIED, "OWN_DOING",
                         "自分が行ったことは自分では承認できません。別の承認者に依頼してください。",
                         "Nobody approves what they did themselves. Ask another approver.");
    if (!view.is_waiting_for_ratification)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NOTHING_TO_RATIFY",
                         "この手順には、事後承認を待つものがありません。画面を読み込み直してください。",
                         "Nothing in this step waits for approval. Load the screen again.");
    if (!req->approve && !*req->reason)
        return missing(c, STEP_NEED_REASON);
    return ERR_OK;
}

enum err rpc_ratify_step(struct call *c, const Sokuo__V1__RatifyStepRequest *req,
                         Sokuo__V1__RatifyStepResponse *res)
{
    struct operation operation;
    struct uuid id = msg_take_uuid(req->step_id);
    operation_make(c, req->operation_id, &req->base, &operation);
    struct step *step = NULL;
    bool is_done = false;
    for (int i = 0; i < TRIES && !is_done; i++) {
        TRY(begin(c, &operation, &id, &res->base, &step, &is_done));
        if (is_done)
            break;
        TRY(check_ratify(c, step, req));
        operation_pack(c, &operation, &res->base);
        TRY(step_ratify(c, step, req->approve, req->reason, &operation, &is_done));
    }
    if (!is_done)
        return busy(c);
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    return show(c, &id, step, &res->step);
}
