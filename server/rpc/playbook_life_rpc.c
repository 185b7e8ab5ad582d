// SPDX-License-Identifier: Apache-2.0
// The life of a plan: drafts come in, move to review, are approved with a date.
#include <string.h>
#include <time.h>

#include "server/domain/playbook.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/playbook_rpc.h"
#include "server/rpc/playbook_words.h"
#include "server/store/message.h"

#define TRIES 20 // of those who save one plan at once, one gets through each time
#define SKEW_US INT64_C(300000000)
#define YEARS_US INT64_C(157680000000000) // five years

// --- import

struct import {
    const Sokuo__V1__ImportPlaybookRequest *req;
    struct operation operation;
    struct plan_sent sent;
    struct uuid organ_id;
    const char *organ_name;
    const struct revision *replaces;
};

static enum err unreadable(struct call *c, const struct plan_faults *faults)
{
    const Sokuo__V1__PlaybookFault *first = faults->items[0]; // there is one: it is why it cannot be read
    return call_fail_field(c, "source", "UNREADABLE_PLAN",
                           "計画として読めないため、保存できません。%d行目 %d文字目: %s (%s)",
                           "It cannot be kept: it is not readable as a plan. Line %d, column %d: %s (%s)",
                           first->line, first->column, first->message->ja, first->message->en);
}

// A draft with faults is kept, too, as long as one can say which plan it is.
static enum err check_sent(struct call *c, struct import *in)
{
    const struct plan_check *check = &in->sent.check;
    const Sokuo__V1__Playbook *plan = check->source.playbook;
    if (check->source.is_pack || (plan && check->source.is_fragment))
        return call_fail_field(
            c, "source", "IS_FRAGMENT",
            "断片だけは取り込めません。断片の手順は、それを使う計画に書いてください。",
            "A fragment cannot be imported by itself. Write its steps into the plans that use it.");
    if (!plan || !*plan->code || strlen(plan->code) > 20)
        return unreadable(c, &check->faults);
    for (size_t i = 0; i < check->faults.count; i++) {
        if (strcmp(check->faults.items[i]->reason, "YAML") == 0 ||
            strcmp(check->faults.items[i]->reason, "TOO_DEEP") == 0)
            return unreadable(c, &check->faults);
    }
    return ERR_OK;
}

static enum err not_the_newest(struct call *c)
{
    return call_fail(
        c, ERR_ABORTED, "NOT_THE_NEWEST_DRAFT",
        "編集していた案は、ほかの人が先に進めたか、別の計画です。入力は残っています。"
        "最新の案を開いて、もう一度保存してください。",
        "The draft was taken further by somebody else, or is another plan's. What you entered is kept: "
        "open the newest draft and save again.");
}

static enum err find_replaced(struct call *c, struct import *in)
{
    struct revision *found = NULL;
    if (!*in->req->replaces_id)
        return ERR_OK;
    TRY(revision_get(c, in->req->replaces_id, &found));
    bool is_newest = !*found->m.pending_id;
    if (found->kept_state != (int)REVISION_STATE(DRAFT) || !is_newest ||
        strcmp(found->m.code, in->sent.check.source.playbook->code) != 0 ||
        !uuid_equal(&found->organ_id, &in->organ_id))
        return not_the_newest(c);
    in->replaces = found;
    return ERR_OK;
}

static bool is_own_draft(const struct call *c, const struct revision *draft)
{
    const Sokuo__V1__Attribution *author = draft->m.written_by;
    struct uuid writer = msg_take_uuid(author ? author->person_id : NULL);
    return !uuid_is_nil(&writer) && uuid_equal(&writer, &c->actor.person_id);
}

// Which text of the city's an organ's edition goes by.
static enum err find_base(struct call *c, const struct import *in, struct revision *draft)
{
    const struct uuid base = msg_take_uuid(in->req->based_on_id);
    bool is_found = false;
    TRY(playbook_base(c, draft, &base, &is_found));
    if (is_found)
        return ERR_OK;
    return call_fail_field(
        c, "basedOnId", "NOT_THE_CITYS",
        "基にする版は、同じ番号の全庁の計画から選んでください。機関の版でだけ指定できます。",
        "Only an organ's edition is based on another: choose a revision of the city's plan "
        "with the same code.");
}

static enum err find_plan(struct call *c, struct import *in, struct revision *draft)
{
    int newest;
    const char *code = in->sent.check.source.playbook->code;
    TRY(playbook_find(c, code, &in->organ_id, &draft->playbook_id, &newest));
    if (uuid_is_nil(&draft->playbook_id))
        draft->playbook_id = uuid_v7();
    draft->organ_id = in->organ_id;
    draft->m.code = in->sent.check.source.playbook->code;
    TRY(find_base(c, in, draft));
    draft->id = uuid_v7();
    draft->m.number = newest + 1;
    // Over one's own draft; after another's words a draft is a new one, so that both stay on record as
    // authors.
    const struct revision *replaced = in->replaces;
    if (replaced && is_own_draft(c, replaced)) {
        draft->id = replaced->id;
        draft->m.number = replaced->m.number;
    }
    return ERR_OK;
}

static Sokuo__V1__Words *title_of(struct call *c, const Sokuo__V1__Playbook *plan)
{
    Sokuo__V1__Words *title = call_alloc(c, sizeof *title);
    sokuo__v1__words__init(title);
    title->ja = (char *)words_in(plan->title, LANG_JA);
    title->en = (char *)words_in(plan->title, LANG_EN);
    return title;
}

static void show_draft(struct call *c, const struct import *in, struct revision *draft)
{
    const Sokuo__V1__Playbook *plan = in->sent.check.source.playbook;
    draft->m.id = msg_uuid(c, &draft->id);
    draft->m.playbook_id = msg_uuid(c, &draft->playbook_id);
    draft->m.version = plan->version;
    draft->m.title = title_of(c, plan);
    draft->m.state = REVISION_STATE(DRAFT);
    draft->m.organ = msg_ref(c, in->organ_id, in->organ_name);
    draft->m.step_count = (int32_t)plan->n_steps;
    draft->m.fault_count = (int32_t)in->sent.check.faults.grave;
    draft->m.written_by = msg_who(c, &c->actor.person_id, c->actor.person_name, &(struct uuid){0},
                                  c->actor.post_name, c->actor.capacity);
    draft->m.written_at = msg_time(c, c->now_us);
    draft->m.reason = in->req->reason;
    draft->m.threat_groups = plan->threat_groups;
    draft->m.n_threat_groups = plan->n_threat_groups;
}

static enum err import_once(struct call *c, struct import *in, Sokuo__V1__ImportPlaybookResponse *res,
                            bool *ret_done)
{
    struct revision *draft = call_alloc(c, sizeof *draft); // the answer points into it
    sokuo__v1__revision__init(&draft->m);
    TRY(find_plan(c, in, draft));
    show_draft(c, in, draft);
    res->revision = &draft->m;
    operation_pack(c, &in->operation, &res->base);
    const struct revision_text text = {
        .source = in->sent.yaml,
        .source_len = in->sent.yaml_len,
        .original = in->sent.original,
        .original_len = in->sent.original_len,
        .plan = in->sent.check.source.playbook,
        .is_sound = in->sent.check.is_sound,
        .fault_count = draft->m.fault_count,
        .reason = in->req->reason,
    };
    return revision_keep(c, draft, &text, in->replaces, &in->operation, ret_done);
}

// Somebody was faster: with the number, with the plan, or with this very operation.
static bool is_worth_another_try(enum err err)
{
    return err == ERR_ALREADY_EXISTS || err == ERR_FAILED_PRECONDITION || err == ERR_ABORTED;
}

static enum err import_keep(struct call *c, struct import *in, Sokuo__V1__ImportPlaybookResponse *res)
{
    bool is_done = false, is_found = false;
    for (int i = 0; i < TRIES; i++) {
        enum err err = find_replaced(c, in);
        bool is_stale = err == ERR_ABORTED; // perhaps by this very operation
        if (err == ERR_OK)
            err = import_once(c, in, res, &is_done);
        if (err == ERR_OK && is_done)
            return ERR_OK;
        if (err != ERR_OK && !is_worth_another_try(err))
            return err;
        call_clear_error(c);
        TRY(operation_look_up(c, &in->operation, &res->base, &is_found));
        if (is_found)
            return ERR_OK;
        if (is_stale)
            return not_the_newest(c);
    }
    return call_fail(
        c, ERR_ABORTED, "BUSY_PLAN",
        "同じ計画をほかの人も保存しています。入力は残っています。少し待って、もう一度送ってください。",
        "Others are saving the same plan. What you entered is kept: wait a little and send it again.");
}

enum err rpc_import_playbook(struct call *c, const Sokuo__V1__ImportPlaybookRequest *req,
                             Sokuo__V1__ImportPlaybookResponse *res)
{
    struct import *in = call_alloc(c, sizeof *in);
    bool is_found = false;
    in->req = req;
    in->organ_name = "";
    operation_make(c, req->operation_id, &req->base, &in->operation);
    TRY(operation_look_up(c, &in->operation, &res->base, &is_found));
    if (is_found)
        return ERR_OK;
    if (*req->organ_id) {
        struct uuid id = msg_take_uuid(req->organ_id);
        TRY(playbook_organ(c, &id, NULL, &in->organ_id, &in->organ_name));
    }
    TRY(plan_open_sent(c, &req->source, &in->sent));
    TRY(check_sent(c, in));
    res->faults = plan_faults_take(c, &in->sent.check.faults, &res->n_faults);
    return import_keep(c, in, res);
}

// --- moves

static enum err not_in_this_state(struct call *c)
{
    return call_fail(c, ERR_FAILED_PRECONDITION, "NOT_IN_THIS_STATE",
                     "この版は今、その操作ができる状態ではありません。最新の状態を確かめてください。",
                     "This revision is in no state for that. Look at its latest state.");
}

static enum err check_move(struct call *c, const struct revision *r,
                           const Sokuo__V1__ApprovePlaybookRequest *req, struct revision_move *ret_move)
{
    const struct revision_move *move = revision_move_find((int)req->act, r->kept_state);
    bool is_in_force =
        r->kept_state == (int)REVISION_STATE(APPROVED) && r->m.state != REVISION_STATE(APPROVED);
    if (!move || is_in_force)
        return not_in_this_state(c);
    if (r->is_author && move->never_author)
        return call_fail(
            c, ERR_PERMISSION_DENIED, "FOUR_EYES",
            "自分が書いた計画は承認できません。ほかのCISO・副CISO・統括責任者に依頼してください。",
            "Nobody approves what they wrote. Ask another CISO, deputy CISO or general security officer.");
    if (!revision_move_permitted(move, c->actor.roles, r->is_author))
        return call_fail(
            c, ERR_PERMISSION_DENIED, "NOT_PERMITTED",
            "この操作ができる職に就いていません。承認と差し戻しは CISO・副CISO・統括責任者が行います。",
            "Your duties do not allow this. CISO, deputy CISO or general security officer approve and "
            "return.");
    if (move->needs_reason && !*req->reason)
        return call_fail_field(c, "reason", "REQUIRED", "理由を書いてください。", "Say why.");
    *ret_move = *move;
    return ERR_OK;
}

static enum err check_sound(struct call *c, const struct revision *r)
{
    struct revision_source source;
    struct plan_check *check = call_alloc(c, sizeof *check);
    TRY(revision_source(c, &r->id, &source));
    TRY(plan_recheck(c, &source, check));
    if (check->is_sound && source.compiled)
        return ERR_OK;
    return call_fail(c, ERR_FAILED_PRECONDITION, "PLAN_HAS_FAULTS",
                     "計画に誤りが%zu件あります。直して保存し直してから、もう一度出してください。",
                     "The plan has %zu faults. Correct them, save it, then try again.", check->faults.grave);
}

// The same day so many months later, as calendars go.
static int64_t months_later(int64_t us, int months)
{
    const int64_t japan = INT64_C(9) * 3600;
    time_t seconds = (time_t)(us / 1000000 + japan);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    tm.tm_mon += months;
    return ((int64_t)timegm(&tm) - japan) * 1000000;
}

static enum err check_times(struct call *c, const struct revision *r,
                            const Sokuo__V1__ApprovePlaybookRequest *req, struct revision_change *change)
{
    int64_t from = msg_take_time(req->effective_from), due = msg_take_time(req->review_due);
    if (from != TIME_NULL && (from < c->now_us - SKEW_US || from > c->now_us + YEARS_US))
        return call_fail_field(
            c, "effectiveFrom", "OUT_OF_RANGE",
            "施行日時は、今から5年以内にしてください。さかのぼって施行することはできません。",
            "It holds from now on or within five years. It cannot hold from a day in the past.");
    change->effective_us = from == TIME_NULL || from < c->now_us ? c->now_us : from;
    change->review_due_us = due != TIME_NULL ? due : months_later(change->effective_us, r->review_months);
    if (change->review_due_us <= change->effective_us ||
        change->review_due_us > change->effective_us + YEARS_US)
        return call_fail_field(c, "reviewDue", "OUT_OF_RANGE",
                               "見直し期限は、施行日より後の5年以内にしてください。",
                               "The review is due after the day it holds from, within five years.");
    return ERR_OK;
}

static void show_moved(struct call *c, struct revision *r, const struct revision_change *change)
{
    r->m.state = (Sokuo__V1__RevisionState)change->to;
    if (!change->approves)
        return;
    if (change->effective_us <= c->now_us)
        r->m.state = REVISION_STATE(EFFECTIVE);
    r->m.effective_from = msg_time(c, change->effective_us);
    r->m.review_due = msg_time(c, change->review_due_us);
    r->m.approved_at = msg_time(c, c->now_us);
    r->m.approved_by = msg_who(c, &c->actor.person_id, c->actor.person_name, &(struct uuid){0},
                               c->actor.post_name, c->actor.capacity);
}

static const char *journal_kind(int act)
{
    static const char *const kinds[] = {"", "playbook.submitted", "playbook.approved", "playbook.returned",
                                        "playbook.withdrawn"};
    return kinds[act];
}

enum err rpc_approve_playbook(struct call *c, const Sokuo__V1__ApprovePlaybookRequest *req,
                              Sokuo__V1__ApprovePlaybookResponse *res)
{
    struct operation operation;
    struct revision *revision = NULL;
    struct revision_move move = {0};
    bool is_found = false, is_done = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    // The revision first: whoever sees it moved by this very operation then finds the answer, too.
    TRY(revision_get(c, req->revision_id, &revision));
    TRY(operation_look_up(c, &operation, &res->base, &is_found));
    if (is_found)
        return ERR_OK;
    TRY(check_move(c, revision, req, &move));
    if (move.needs_sound)
        TRY(check_sound(c, revision));
    struct revision_change change = {.to = (int)move.to,
                                     .kind = journal_kind((int)req->act),
                                     .reason = req->reason,
                                     .approves = req->act == REVISION_ACT(APPROVE),
                                     .effective_us = TIME_NULL,
                                     .review_due_us = TIME_NULL};
    if (change.approves)
        TRY(check_times(c, revision, req, &change));
    show_moved(c, revision, &change);
    res->revision = &revision->m;
    operation_pack(c, &operation, &res->base);
    enum err err = revision_change(c, revision, &change, &operation, &is_done);
    if (err == ERR_OK && is_done)
        return ERR_OK;
    if (err != ERR_OK && !is_worth_another_try(err))
        return err;
    call_clear_error(c);
    TRY(operation_look_up(c, &operation, &res->base, &is_found));
    return is_found ? ERR_OK : not_in_this_state(c);
}
