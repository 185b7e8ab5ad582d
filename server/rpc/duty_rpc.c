// SPDX-License-Identifier: Apache-2.0
// DutyService: chains of duty, orders of succession, absences.
#include <stdlib.h>
#include <string.h>

#include "server/domain/duty.h"
#include "server/rpc/change.h"
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/rota_rpc.h"
#include "server/store/duty_store.h"
#include "server/store/message.h"

// --- chains ---

enum err rpc_list_duties(struct call *c, const Sokuo__V1__ListDutiesRequest *req,
                         Sokuo__V1__ListDutiesResponse *res)
{
    struct duty_wish wish = {.role = (int)req->role, .scope_id = msg_take_uuid(req->scope_id)};
    if (req->mine)
        wish.person_id = c->actor.person_id;
    int count = 0;
    TRY(duty_list(c, &wish, &res->duties, &count));
    res->n_duties = (size_t)count;
    return ERR_OK;
}

// --- succession ---

// The duty at its place, as it is or with these posts standing in; one that nobody holds and nobody stands in
// for is there all the same, empty.
static enum err duty_at(struct call *c, const struct duty_wish *wish, Sokuo__V1__Duty **ret_duty)
{
    Sokuo__V1__Duty **duties = NULL;
    int count = 0;
    TRY(duty_list(c, wish, &duties, &count));
    for (int i = 0; i < count; i++) {
        struct uuid scope = msg_take_uuid(duties[i]->scope ? duties[i]->scope->id : NULL);
        if (uuid_equal(&scope, &wish->scope_id)) {
            *ret_duty = duties[i];
            return ERR_OK;
        }
    }
    *ret_duty = call_alloc(c, sizeof **ret_duty);
    sokuo__v1__duty__init(*ret_duty);
    (*ret_duty)->role = (Sokuo__V1__Role)wish->role;
    (*ret_duty)->too_few = true;
    return ERR_OK;
}

static enum err check_succession(struct call *c, const Sokuo__V1__SetSuccessionRequest *req,
                                 struct succession *s)
{
    TRY(directory_number(c, "role", (int)req->role, 1, SOKUO__V1__ROLE__ROLE_COMMITTEE));
    TRY(directory_day(c, "validFrom", req->valid_from, &s->day));
    struct uuid *posts = call_alloc(c, (req->n_post_ids + 1) * sizeof *posts);
    for (size_t i = 0; i < req->n_post_ids; i++)
        posts[i] = msg_take_uuid(req->post_ids[i]);
    s->role = (int)req->role;
    s->scope_id = msg_take_uuid(req->scope_id);
    s->override_reason = req->override_reason;
    s->post_ids = posts;
    s->post_count = (int)req->n_post_ids;
    TRY(duty_scope_check(c, &s->scope_id));
    return succession_check_posts(c, posts, s->post_count);
}

static enum err check_enough(struct call *c, const struct succession *s)
{
    if (*s->override_reason)
        return ERR_OK;
    const struct duty_wish wish = {
        .role = s->role, .scope_id = s->scope_id, .post_ids = s->post_ids, .post_count = s->post_count};
    Sokuo__V1__Duty *duty = NULL;
    TRY(duty_at(c, &wish, &duty));
    if (!duty->too_few)
        return ERR_OK;
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "TOO_FEW_REACHABLE",
        "この順位で今連絡がつくのは%"
        "d人です。3人以上にしてください。やむを得ないときは理由を付けると登録でき、"
        "その理由は記録に残ります。",
        "With this order %d persons would be reached now. Three are needed. If it cannot be helped, give a "
        "reason: it is kept.",
        duty->reachable_count);
}

// What was done is in place; a repeated call sees the duty as it is now.
static enum err answer_succession(struct call *c, const struct succession *s,
                                  Sokuo__V1__SetSuccessionResponse *res)
{
    const struct duty_wish wish = {.role = s->role, .scope_id = s->scope_id};
    return duty_at(c, &wish, &res->duty);
}

enum err rpc_set_succession(struct call *c, const Sokuo__V1__SetSuccessionRequest *req,
                            Sokuo__V1__SetSuccessionResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    bool is_known, is_done;
    struct succession s = {0};
    TRY(check_succession(c, req, &s));
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return answer_succession(c, &s, res);
    TRY(check_enough(c, &s));
    TRY(succession_add(c, &s, &operation, &is_done));
    if (!is_done)
        TRY(operation_look_up(c, &operation, &res->base, &is_known));
    directory_changed(c);
    return answer_succession(c, &s, res);
}

// --- absences ---

static enum err check_absence(struct call *c, const Sokuo__V1__RegisterAbsenceRequest *req, struct absence *a)
{
    TRY(directory_number(c, "kind", (int)req->kind, 0, ABSENCE(DECLARED)));
    a->person_id = *req->person_id ? msg_take_uuid(req->person_id) : c->actor.person_id;
    a->kind = req->kind ? (int)req->kind : (int)ABSENCE(REGISTERED);
    a->from_us = msg_take_time(req->from);
    a->until_us = msg_take_time(req->until);
    a->reason = req->reason;
    int64_t from_us = a->from_us == TIME_NULL || a->from_us < c->now_us ? c->now_us : a->from_us;
    if (a->until_us != TIME_NULL && a->until_us <= from_us)
        return call_fail_field(c, "until", "OVER_ALREADY", "終わりの時刻は、始まりと今より後にしてください。",
                               "The end must come after the beginning and after now.");
    bool is_self = uuid_equal(&a->person_id, &c->actor.person_id);
    if (!is_self && !*req->reason)
        return call_fail_field(c, "reason", "REQUIRED", "ほかの人を不在にするときは、理由を書いてください。",
                               "Give a reason when you declare somebody else away.");
    return ERR_OK;
}

static enum err check_declarer(struct call *c, const struct uuid *person_id, int kind)
{
    struct duty_declarer by = {.roles = c->actor.roles,
                               .is_self = uuid_equal(person_id, &c->actor.person_id)};
    TRY(absence_whom(c, person_id, &by.is_head));
    if (duty_may_declare(&by, kind))
        return ERR_OK;
    return call_fail(
        c, ERR_PERMISSION_DENIED, "NOT_THEIR_HEAD",
        "ほかの人の不在を登録できるのは、その人の所属長と全庁の責任者です。所属長かCSIRTに伝えてください。",
        "Only the head of their section, or a duty over the whole city, says that somebody else is away. "
        "Tell one of them.");
}

static enum err take_absence(struct call *c, const struct uuid *id, Sokuo__V1__Absence **ret_absence)
{
    static const struct uuid anybody;
    Sokuo__V1__Absence **absences = NULL;
    int count = 0;
    TRY(absence_list(c, &anybody, id, &absences, &count));
    if (count == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_ABSENCE", "その不在の登録はありません。",
                         "There is no such absence.");
    *ret_absence = absences[0];
    return ERR_OK;
}

// Shifts during the absence; of one without an end those of the next four weeks.
static enum err add_uncovered(struct call *c, const struct uuid *person_id,
                              Sokuo__V1__RegisterAbsenceResponse *res)
{
    const int64_t month_us = INT64_C(28) * 86400 * 1000000;
    int64_t from_us = msg_take_time(res->absence->from), until_us = msg_take_time(res->absence->until);
    struct person_shift *shifts = NULL;
    int count = 0;
    if (from_us < c->now_us)
        from_us = c->now_us;
    TRY(rota_shifts_of(c, person_id, from_us, until_us == TIME_NULL ? from_us + month_us : until_us, &shifts,
                       &count));
    res->uncovered = msg_list(c, count);
    for (int i = 0; i < count; i++)
        res->uncovered[res->n_uncovered++] = rota_shift_message(c, shifts[i].rota, &shifts[i].shift);
    return ERR_OK;
}

static enum err answer_absence(struct call *c, const struct uuid *id, const struct uuid *person_id,
                               Sokuo__V1__RegisterAbsenceResponse *res)
{
    const struct duty_wish wish = {.person_id = *person_id};
    Sokuo__V1__Duty **duties = NULL;
    int count = 0;
    TRY(duty_list(c, &wish, &duties, &count));
    res->weakened = msg_list(c, count);
    for (int i = 0; i < count; i++) {
        if (duties[i]->too_few)
            res->weakened[res->n_weakened++] = duties[i];
    }
    TRY(take_absence(c, id, &res->absence));
    return add_uncovered(c, person_id, res);
}

enum err rpc_register_absence(struct call *c, const Sokuo__V1__RegisterAbsenceRequest *req,
                              Sokuo__V1__RegisterAbsenceResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    bool is_known, is_done;
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    struct absence a = {0};
    if (!is_known) {
        TRY(check_absence(c, req, &a));
        TRY(check_declarer(c, &a.person_id, a.kind));
        TRY(absence_add(c, &a, &operation, &is_done));
        if (!is_done)
            TRY(operation_look_up(c, &operation, &res->base, &is_known));
        directory_changed(c);
    }
    struct uuid person_id = *req->person_id ? msg_take_uuid(req->person_id) : c->actor.person_id;
    return answer_absence(c, &operation.id, &person_id, res);
}

enum err rpc_end_absence(struct call *c, const Sokuo__V1__EndAbsenceRequest *req,
                         Sokuo__V1__EndAbsenceResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    bool is_known, is_done = false;
    struct uuid id = msg_take_uuid(req->id);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    TRY(take_absence(c, &id, &res->absence));
    if (is_known)
        return ERR_OK;
    struct uuid person_id = msg_take_uuid(res->absence->person->id);
    TRY(check_declarer(c, &person_id, (int)res->absence->kind));
    TRY(absence_end(c, &id, &operation, &is_done));
    if (is_done)
        directory_changed(c);
    return take_absence(c, &id, &res->absence);
}

enum err rpc_list_absences(struct call *c, const Sokuo__V1__ListAbsencesRequest *req,
                           Sokuo__V1__ListAbsencesResponse *res)
{
    static const struct uuid any;
    struct uuid person_id = msg_take_uuid(req->person_id);
    int count = 0;
    TRY(absence_list(c, &person_id, &any, &res->absences, &count));
    res->n_absences = (size_t)count;
    return ERR_OK;
}
