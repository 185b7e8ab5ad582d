// SPDX-License-Identifier: Apache-2.0
// CommandService: who commands, taking command, handing it over, reviewing what deputies decided.
#include "server/domain/command.h"

#include "server/domain/duty.h"
#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/playbook_words.h"
#include "server/store/command_store.h"
#include "server/store/duty_store.h"
#include "server/store/message.h"

#define END(x) SOKUO__V1__COMMAND_END__COMMAND_END_##x

// --- how a person stands to command ---

static bool is_person(const Sokuo__V1__DutyPlace *place, const struct uuid *person_id)
{
    struct uuid id = msg_take_uuid(place->person ? place->person->id : NULL);
    return !uuid_is_nil(&id) && uuid_equal(&id, person_id);
}

// Adds the duty to what the person stands in for.
static void add_place(const Sokuo__V1__Duty *duty, const struct uuid *person_id, uint64_t *stands_in,
                      uint64_t *unreached)
{
    bool is_reached = false;
    for (size_t i = 0; i < duty->n_places; i++) {
        const Sokuo__V1__DutyPlace *place = duty->places[i];
        if (place->rank > 1 && is_person(place, person_id)) {
            *stands_in |= UINT64_C(1) << duty->role;
            *unreached |= is_reached ? 0 : UINT64_C(1) << duty->role;
            return;
        }
        is_reached |= place->reach == REACH(REACHABLE);
    }
}

static enum err stand_of(struct call *c, const struct uuid *person_id, struct command_stand *ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_COMMAND_DUTIES, params, &rows));
    const struct duty_wish wish = {.person_id = *person_id};
    Sokuo__V1__Duty **duties = NULL;
    int count = 0;
    TRY(duty_list(c, &wish, &duties, &count));
    uint64_t stands_in = 0, unreached = 0;
    for (int i = 0; i < count; i++) {
        if (!duties[i]->scope)
            add_place(duties[i], person_id, &stands_in, &unreached);
    }
    *ret = command_stand_of((uint64_t)row_i64(rows, 0, rows_col(rows, "duties")), stands_in, unreached);
    return ERR_OK;
}

// The command as it is, and what the caller may do about it.
struct standing {
    struct command_now now;
    struct command_stand stand;
    enum command_ground ground;
    int64_t lease_until_us; // TIME_NULL: nobody commands
};

static enum err look(struct call *c, const struct incident *incident, struct standing *ret)
{
    TRY(command_read(c, &incident->id, &ret->now));
    TRY(stand_of(c, &c->actor.person_id, &ret->stand));
    const struct command_now *now = &ret->now;
    ret->lease_until_us =
        now->present ? now->last_act_us + command_lease_us((int)incident->m.severity) : TIME_NULL;
    int said = now->present ? (int)now->present->role : 0;
    const struct command_view view = {
        .is_free = !now->present,
        .is_mine = now->present && uuid_equal(&now->holder_id, &c->actor.person_id),
        .holder_is_absent = now->holder_is_absent,
        .holder_is_acting = now->present && now->present->by->capacity == CAPACITY(ACTING),
        .holder_role = said ? said : command_stand_of(now->holder_duties, 0, 0).role,
        .lease_until_us = ret->lease_until_us,
    };
    ret->ground = command_may_take(&view, ret->stand, c->now_us);
    return ERR_OK;
}

// --- the command as it is ---

enum err rpc_get_command(struct call *c, const Sokuo__V1__GetCommandRequest *req,
                         Sokuo__V1__GetCommandResponse *res)
{
    struct uuid id;
    struct incident *incident = NULL;
    struct standing standing;
    int count = 0;
    TRY(incident_find(c, req->incident_id, &id));
    TRY(incident_get(c, &id, &incident));
    TRY(look(c, incident, &standing));
    res->command = standing.now.present;
    res->lease_until = msg_time(c, standing.lease_until_us);
    res->may_take_by = msg_text(command_ground_word(standing.ground));
    res->may_take = *res->may_take_by != '\0';
    res->history = standing.now.history;
    res->n_history = (size_t)standing.now.history_count;
    res->conflicts = standing.now.claims;
    res->n_conflicts = (size_t)standing.now.claim_count;
    TRY(command_undecided(c, &id, &res->undecided, &count));
    res->n_undecided = (size_t)count;
    TRY(command_proxies(c, &id, NULL, 0, &res->proxy_decisions, &count));
    res->n_proxy_decisions = (size_t)count;
    return ERR_OK;
}

// --- taking and handing over ---

// Puts a person in command; the times of command follow by themselves.
static void put_in_command(struct call *c, struct change *change, const struct incident_person *person,
                           struct command_stand stand, int64_t since_us)
{
    struct incident *after = &change->after;
    int capacity = stand.is_acting ? (int)CAPACITY(ACTING) : (int)CAPACITY(SELF);
    change_note(change, "commander", after->m.commander ? after->m.commander->name : "", person->name);
    change_note(change, "command.postName", after->m.command ? after->m.command->post_name : "",
                person->post_name);
    change_note_enum(change, "command.capacity", &sokuo__v1__capacity__descriptor,
                     after->m.command ? (int)after->m.command->capacity : 0, capacity);
    after->commander_id = person->id;
    after->command_post_id = person->post_id;
    after->m.commander = msg_ref(c, person->id, person->name);
    after->m.command = msg_who(c, &person->id, person->name, &person->post_id, person->post_name, capacity);
    after->m.commanded_since = msg_time(c, since_us);
}

// The command that begins with this change.
static Sokuo__V1__Command *next_command(struct call *c, const struct change *change,
                                        const struct command_now *now, const struct command_saying *saying)
{
    Sokuo__V1__Command *command = call_alloc(c, sizeof *command);
    sokuo__v1__command__init(command);
    command->epoch = now->history_count > 0 ? now->history[0]->epoch + 1 : 1;
    command->by = change->after.m.command;
    command->role = (Sokuo__V1__Role)saying->role;
    command->ground = msg_text(saying->ground);
    command->since = change->after.m.commanded_since;
    command->recorded_at = msg_time(c, c->now_us);
    return command;
}

static void say(struct call *c, struct change *change, const struct command_saying *saying)
{
    change->extra[change->extra_count++] = command_said(c, &change->after.id, &change->note.id, saying);
}

static int end_by(enum command_ground ground)
{
    return ground == COMMAND_ABSENT  ? (int)END(ABSENT)
           : ground == COMMAND_LEASE ? (int)END(LEASE)
                                     : (int)END(SUPERIOR);
}

// What the claimant could not know: somebody else had taken command after it was made.
static bool is_late_claim(const struct standing *standing, int64_t claimed_us)
{
    const Sokuo__V1__Command *present = standing->now.present;
    return standing->ground == COMMAND_HELD && claimed_us != TIME_NULL && present &&
           claimed_us < msg_take_time(present->recorded_at);
}

static enum err refuse_taking(struct call *c, const struct standing *standing)
{
    if (standing->ground == COMMAND_NONE)
        return call_fail(
            c, ERR_PERMISSION_DENIED, "NO_COMMAND_DUTY",
            "指揮を執る役割にも、その代行順位にも就いていません。CSIRTに連絡してください。",
            "You stand in no duty that commands, nor in its order of succession. Call the CSIRT.");
    const Sokuo__V1__Attribution *by = standing->now.present->by;
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "COMMAND_HELD",
        "%s(%s)が指揮を執っています。引き継ぎを受けるか、不在なら不在を登録してから執ってください。",
        "%s (%s) commands. Let them hand over, or register their absence first.", by->person_name,
        by->post_name);
}

static enum err claim_besides(struct call *c, struct change *change, const struct standing *standing,
                              const Sokuo__V1__TakeCommandRequest *req, int64_t claimed_us,
                              Sokuo__V1__TakeCommandResponse *res)
{
    change->note.kind = "command.conflict";
    change->note.text = call_printf(c, "指揮の重複: %sも指揮を執っていました(現在の指揮は%s)",
                                    c->actor.person_name, standing->now.present->by->person_name);
    change->note.reason = req->ground;
    change->extra[change->extra_count++] =
        command_claim(c, &change->after.id, &change->note.id, req->ground, claimed_us);
    res->command = standing->now.present;
    res->conflict = true;
    return ERR_OK;
}

static enum err take(struct call *c, struct change *change, const struct standing *standing,
                     const Sokuo__V1__TakeCommandRequest *req, int64_t since_us,
                     Sokuo__V1__TakeCommandResponse *res)
{
    if (standing->ground != COMMAND_FREE && !*req->ground)
        return call_fail_field(c, "ground", "REQUIRED", "指揮を替わる根拠を書いてください。",
                               "Say on what ground you take command.");
    struct incident_person me;
    TRY(incident_person(c, "personId", &c->actor.person_id, &me));
    put_in_command(c, change, &me, standing->stand, since_us);
    const struct command_saying saying = {standing->stand.role, req->ground, end_by(standing->ground)};
    change->note.kind = "command.taken";
    change->note.text = call_printf(c, "指揮を執る: %s%s", role_name(saying.role, LANG_JA),
                                    standing->stand.is_acting ? "(代行)" : "");
    change->note.reason = req->ground;
    say(c, change, &saying);
    res->command = next_command(c, change, &standing->now, &saying);
    return ERR_OK;
}

static enum err decide_taking(struct call *c, struct change *change, const ProtobufCMessage *message,
                              ProtobufCMessage *response)
{
    const Sokuo__V1__TakeCommandRequest *req = (const Sokuo__V1__TakeCommandRequest *)message;
    Sokuo__V1__TakeCommandResponse *res = (Sokuo__V1__TakeCommandResponse *)response;
    struct standing standing;
    int64_t at_us;
    change->extra_count = 0;
    TRY(look(c, &change->before, &standing));
    TRY(change_occurred(c, req->occurred_at, &at_us));
    change->note.occurred_at_us = at_us;
    change->note.entry_kind = ENTRY_KIND(DECISION);
    res->incident = &change->after.m;
    if (is_late_claim(&standing, at_us))
        return claim_besides(c, change, &standing, req, at_us, res);
    if (standing.ground == COMMAND_NONE || standing.ground == COMMAND_HELD)
        return refuse_taking(c, &standing);
    change->extra[change->extra_count++] = command_answers_calls(c, &change->after.id, &change->note.id);
    if (standing.ground != COMMAND_MINE)
        return take(c, change, &standing, req, at_us == TIME_NULL ? c->now_us : at_us, res);
    change->note.kind = "command.confirmed"; // and the lease runs anew
    change->note.text = "指揮を続けていることの確認";
    change->note.reason = req->ground;
    res->command = standing.now.present;
    return ERR_OK;
}

enum err rpc_take_command(struct call *c, const Sokuo__V1__TakeCommandRequest *req,
                          Sokuo__V1__TakeCommandResponse *res)
{
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->incident_id,
        .act = ACCESS_READ,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_taking);
}

static enum err check_successor(struct call *c, const struct incident *incident, const struct uuid *person_id,
                                struct command_stand *ret_stand)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&incident->id)};
    struct rows *rows = NULL;
    TRY(stand_of(c, person_id, ret_stand));
    TRY(db_query(c, Q_INCIDENT_MEMBERS, params, &rows));
    bool is_excluded = false;
    for (int i = 0; i < rows_count(rows); i++) {
        struct uuid id = row_uuid(rows, i, rows_col(rows, "person_id"));
        is_excluded |=
            uuid_equal(&id, person_id) && row_i64(rows, i, rows_col(rows, "access")) == MEMBER(EXCLUDED);
    }
    if (ret_stand->role != 0 && !is_excluded)
        return ERR_OK;
    return call_fail_field(
        c, "personId", "NO_COMMAND_DUTY",
        "その人には指揮を引き継げません。指揮を執る役割か、その代行順位に就いている人を選んでください。",
        "Command cannot go to that person. Choose somebody who stands in a duty that commands.");
}

static enum err fill_handed(struct call *c, const struct uuid *incident_id, Sokuo__V1__HandOverResponse *res)
{
    int count = 0;
    TRY(command_undecided(c, incident_id, &res->undecided, &count));
    res->n_undecided = (size_t)count;
    TRY(command_proxies(c, incident_id, NULL, 0, &res->proxy_decisions, &count));
    for (int i = 0; i < count; i++) {
        if (!res->proxy_decisions[i]->review)
            res->proxy_decisions[res->n_proxy_decisions++] = res->proxy_decisions[i];
    }
    return ERR_OK;
}

static enum err decide_handing(struct call *c, struct change *change, const ProtobufCMessage *message,
                               ProtobufCMessage *response)
{
    const Sokuo__V1__HandOverRequest *req = (const Sokuo__V1__HandOverRequest *)message;
    Sokuo__V1__HandOverResponse *res = (Sokuo__V1__HandOverResponse *)response;
    struct uuid person_id = msg_take_uuid(req->person_id);
    struct command_now now;
    struct command_stand stand;
    struct incident_person person;
    int64_t at_us;
    change->extra_count = 0;
    TRY(command_read(c, &change->before.id, &now));
    if (!now.present || !uuid_equal(&now.holder_id, &c->actor.person_id))
        return call_fail(c, ERR_PERMISSION_DENIED, "NOT_IN_COMMAND",
                         "引き継げるのは、今指揮を執っている人だけです。",
                         "Only who commands hands command over.");
    TRY(incident_person(c, "personId", &person_id, &person));
    TRY(check_successor(c, &change->before, &person_id, &stand));
    TRY(change_occurred(c, req->occurred_at, &at_us));
    change->note.occurred_at_us = at_us;
    change->note.entry_kind = ENTRY_KIND(DECISION);
    put_in_command(c, change, &person, stand, at_us == TIME_NULL ? c->now_us : at_us);
    const struct command_saying saying = {stand.role, req->note, END(HANDED_OVER)};
    res->n_undecided = res->n_proxy_decisions = 0;
    TRY(fill_handed(c, &change->before.id, res));
    change->note.kind = "command.handed_over";
    change->note.text = call_printf(c, "指揮を引き継ぐ: %sへ(未決%d件、後閲待ち%d件)", person.name,
                                    (int)res->n_undecided, (int)res->n_proxy_decisions);
    change->note.reason = req->note;
    say(c, change, &saying);
    res->incident = &change->after.m;
    res->command = next_command(c, change, &now, &saying);
    return ERR_OK;
}

enum err rpc_hand_over(struct call *c, const Sokuo__V1__HandOverRequest *req,
                       Sokuo__V1__HandOverResponse *res)
{
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->incident_id,
        .act = ACCESS_READ,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_handing);
}

// --- reviews ---

static enum err check_review(struct call *c, const Sokuo__V1__ReviewProxyDecisionsRequest *req,
                             Sokuo__V1__ProxyDecision *const *decisions, int count)
{
    if (!req->agreed && !*req->reason)
        return call_fail_field(c, "reason", "REQUIRED", "異議には理由を書いてください。",
                               "Give a reason to object.");
    if (req->n_entry_ids == 0 || (size_t)count != req->n_entry_ids)
        return call_fail_field(c, "entryIds", "NO_SUCH_DECISION", "代行者の決定でないものが含まれています。",
                               "One of them is no decision of a deputy.");
    for (int i = 0; i < count; i++) {
        struct uuid by = msg_take_uuid(decisions[i]->by->person_id);
        if (uuid_equal(&by, &c->actor.person_id))
            return call_fail_field(c, "entryIds", "YOUR_OWN", "自分の決定は自分で後閲できません。",
                                   "You cannot review what you decided yourself.");
    }
    return ERR_OK;
}

static enum err decide_review(struct call *c, struct change *change, const ProtobufCMessage *message,
                              ProtobufCMessage *response)
{
    const Sokuo__V1__ReviewProxyDecisionsRequest *req =
        (const Sokuo__V1__ReviewProxyDecisionsRequest *)message;
    Sokuo__V1__ReviewProxyDecisionsResponse *res = (Sokuo__V1__ReviewProxyDecisionsResponse *)response;
    struct uuid *ids = call_alloc(c, (req->n_entry_ids + 1) * sizeof *ids);
    for (size_t i = 0; i < req->n_entry_ids; i++)
        ids[i] = msg_take_uuid(req->entry_ids[i]);
    int count = 0;
    TRY(command_proxies(c, &change->before.id, ids, (int)req->n_entry_ids, &res->proxy_decisions, &count));
    TRY(check_review(c, req, res->proxy_decisions, count));
    Sokuo__V1__ProxyReview *review = call_alloc(c, sizeof *review);
    sokuo__v1__proxy_review__init(review);
    review->agreed = req->agreed;
    review->reason = req->reason;
    review->by = msg_who(c, &c->actor.person_id, c->actor.person_name, &c->actor.post_id, c->actor.post_name,
                         c->actor.capacity);
    review->at = msg_time(c, c->now_us);
    for (int i = 0; i < count; i++)
        res->proxy_decisions[i]->review = review;
    res->n_proxy_decisions = (size_t)count;
    change->note.kind = "command.reviewed";
    change->note.entry_kind = ENTRY_KIND(DECISION);
    change->note.text = call_printf(c, "後閲: 代行者の決定%d件を%s", count, req->agreed ? "承認" : "異議");
    change->note.reason = req->reason;
    change->extra_count = 0;
    change->extra[change->extra_count++] = proxy_review(c, &change->after.id, &change->note.id, ids,
                                                        (int)req->n_entry_ids, req->agreed, req->reason);
    return ERR_OK;
}

enum err rpc_review_proxy_decisions(struct call *c, const Sokuo__V1__ReviewProxyDecisionsRequest *req,
                                    Sokuo__V1__ReviewProxyDecisionsResponse *res)
{
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->incident_id,
        .act = ACCESS_READ,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_review);
}
