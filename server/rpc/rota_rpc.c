// SPDX-License-Identifier: Apache-2.0
// DutyService: rotas.
#include "server/rpc/rota_rpc.h"
#include "server/domain/duty.h"
#include "server/domain/words.h"
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/store/duty_store.h"
#include "server/store/message.h"

#define DAY_US INT64_C(86400000000)
#define SHIFTS_MAX 400
#define ROLES_ROTA (ROLES_LEAD | ROLE_BIT(ADMIN) | ROLE_BIT(EOC) | ROLE_BIT(FACILITY))

// --- shifts ---

static const char *name_of(const struct rota_row *rota, const struct uuid *person_id)
{
    for (int i = 0; i < rota->rota.member_count; i++) {
        if (uuid_equal(&rota->rota.members[i], person_id))
            return rota->m->members[i]->name;
    }
    for (int i = 0; i < rota->rota.override_count; i++) {
        if (uuid_equal(&rota->rota.overrides[i].person_id, person_id))
            return rota->m->overrides[i]->person->name;
    }
    return "";
}

Sokuo__V1__RotaShift *rota_shift_message(struct call *c, const struct rota_row *rota,
                                         const struct rota_shift *shift)
{
    Sokuo__V1__RotaShift *m = call_alloc(c, sizeof *m);
    sokuo__v1__rota_shift__init(m);
    m->rota_id = rota->m->id;
    m->rota_name = rota->m->name;
    m->person = msg_ref(c, shift->person_id, name_of(rota, &shift->person_id));
    m->from = msg_time(c, shift->from_us);
    m->until = msg_time(c, shift->until_us);
    m->overridden = shift->is_override;
    return m;
}

static void fill_shifts(struct call *c, struct rota_row *rota, int days)
{
    struct rota_shift *shifts = call_alloc(c, SHIFTS_MAX * sizeof *shifts);
    int count = rota_shifts(&rota->rota, c->now_us, c->now_us + days * DAY_US, shifts, SHIFTS_MAX);
    rota->m->shifts = msg_list(c, count);
    for (int i = 0; i < count; i++)
        rota->m->shifts[rota->m->n_shifts++] = rota_shift_message(c, rota, &shifts[i]);
    struct rota_shift now = rota_on(&rota->rota, c->now_us);
    rota->m->on_now = msg_ref(c, now.person_id, name_of(rota, &now.person_id));
}

enum err rpc_list_rotas(struct call *c, const Sokuo__V1__ListRotasRequest *req,
                        Sokuo__V1__ListRotasResponse *res)
{
    TRY(directory_number(c, "days", req->days, 0, 366));
    const struct rota_wish wish = {
        .role = (int)req->role, .scope_id = msg_take_uuid(req->scope_id), .since_us = c->now_us};
    struct rota_row *rotas = NULL;
    int count = 0;
    TRY(rota_list(c, &wish, &rotas, &count));
    res->rotas = msg_list(c, count);
    for (int i = 0; i < count; i++) {
        fill_shifts(c, &rotas[i], req->days ? req->days : 28);
        res->rotas[res->n_rotas++] = rotas[i].m;
    }
    return ERR_OK;
}

enum err rota_shifts_of(struct call *c, const struct uuid *person_id, int64_t from_us, int64_t until_us,
                        struct person_shift **ret_shifts, int *ret_count)
{
    const struct rota_wish wish = {.since_us = from_us};
    struct rota_row *rotas = NULL;
    int rota_count = 0, count = 0;
    TRY(rota_list(c, &wish, &rotas, &rota_count));
    struct rota_shift *shifts = call_alloc(c, SHIFTS_MAX * sizeof *shifts);
    struct person_shift *own = call_alloc(c, (size_t)(rota_count + 1) * SHIFTS_MAX * sizeof *own);
    for (int i = 0; i < rota_count; i++) {
        int n = rota_shifts(&rotas[i].rota, from_us, until_us, shifts, SHIFTS_MAX);
        for (int k = 0; k < n; k++) {
            if (uuid_equal(&shifts[k].person_id, person_id))
                own[count++] = (struct person_shift){&rotas[i], shifts[k]};
        }
    }
    *ret_shifts = own;
    *ret_count = count;
    return ERR_OK;
}

// --- saving ---

// Whoever is on duty must be able to act: they hold the duty, or stand in for it.
static enum err check_standing(struct call *c, int role, const struct uuid *scope_id,
                               const struct uuid *persons, int count, const char *field)
{
    const struct duty_wish wish = {.role = role, .scope_id = *scope_id};
    Sokuo__V1__Duty **duties = NULL;
    int duty_count = 0;
    TRY(duty_list(c, &wish, &duties, &duty_count));
    for (int i = 0; i < count; i++) {
        bool stands = false;
        for (int d = 0; d < duty_count; d++) {
            struct uuid scope = msg_take_uuid(duties[d]->scope ? duties[d]->scope->id : NULL);
            for (size_t k = 0; uuid_equal(&scope, scope_id) && k < duties[d]->n_places; k++) {
                const Sokuo__V1__Ref *person = duties[d]->places[k]->person;
                struct uuid id = msg_take_uuid(person ? person->id : NULL);
                stands |= uuid_equal(&id, &persons[i]);
            }
        }
        if (!stands)
            return call_fail_field(
                c, field, "NOT_OF_THE_DUTY",
                "%d人目は、この役割の担当でも代行順位の職でもありません。先に役割か代行順位に加えてください"
                "。",
                "Person %d neither holds this duty nor stands in for it. Add their post first.", i + 1);
    }
    return ERR_OK;
}

static enum err no_such_rota(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_ROTA", "その当番表はありません。", "There is no such rota.");
}

static enum err take_rota(struct call *c, const struct uuid *id, struct rota_row **ret)
{
    const struct rota_wish wish = {.id = *id, .since_us = c->now_us};
    int count = 0;
    TRY(rota_list(c, &wish, ret, &count));
    if (count == 0)
        return no_such_rota(c);
    fill_shifts(c, *ret, 28);
    return ERR_OK;
}

static enum err check_rota(struct call *c, const Sokuo__V1__SaveRotaRequest *req, struct rota_edit *edit)
{
    *edit = (struct rota_edit){.id = msg_take_uuid(req->id),
                               .version = req->version,
                               .role = (int)req->role,
                               .scope_id = msg_take_uuid(req->scope_id),
                               .name = req->name,
                               .hand_over_minute = req->hand_over_minute,
                               .period_days = req->period_days ? req->period_days : 7,
                               .is_end = req->end};
    TRY(directory_number(c, "handOverMinute", req->hand_over_minute, 0, 1439));
    TRY(directory_number(c, "periodDays", edit->period_days, 1, 31));
    TRY(directory_day(c, "startsOn", req->starts_on, &edit->starts_on));
    if (!uuid_is_nil(&edit->id)) {
        struct rota_row *rota = NULL;
        TRY(take_rota(c, &edit->id, &rota));
        edit->role = rota->role;
        edit->scope_id = rota->scope_id;
    }
    TRY(directory_number(c, "role", edit->role, 1, SOKUO__V1__ROLE__ROLE_COMMITTEE));
    TRY(duty_scope_check(c, &edit->scope_id));
    struct uuid *members = call_alloc(c, (req->n_member_ids + 1) * sizeof *members);
    for (size_t i = 0; i < req->n_member_ids; i++)
        members[i] = msg_take_uuid(req->member_ids[i]);
    edit->members = members;
    edit->member_count = (int)req->n_member_ids;
    if (edit->member_count == 0)
        return call_fail_field(c, "memberIds", "REQUIRED", "当番に就く人を1人以上選んでください。",
                               "Choose at least one person.");
    return edit->is_end
               ? ERR_OK
               : check_standing(c, edit->role, &edit->scope_id, members, edit->member_count, "memberIds");
}

static enum err save(struct call *c, const struct rota_edit *edit, const struct operation *operation)
{
    bool is_done;
    enum err err = rota_save(c, edit, operation, &is_done);
    if (err == ERR_ALREADY_EXISTS) {
        call_clear_error(c);
        return call_fail_field(c, "role", "HAS_ROTA",
                               "この役割には当番表が既にあります。そちらを直してください。",
                               "This duty has a rota. Change that one.");
    }
    TRY(err);
    if (!is_done)
        return call_fail(c, ERR_ABORTED, "STALE",
                         "ほかの人が先に直しました。読み直してからもう一度お試しください。",
                         "Somebody else changed it first. Read it again, then try again.");
    directory_changed(c);
    return ERR_OK;
}

enum err rpc_save_rota(struct call *c, const Sokuo__V1__SaveRotaRequest *req,
                       Sokuo__V1__SaveRotaResponse *res)
{
    struct operation operation;
    bool is_known;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (!is_known) {
        struct rota_edit edit;
        TRY(check_rota(c, req, &edit));
        TRY(save(c, &edit, &operation));
    }
    if (req->end)
        return ERR_OK;
    struct uuid id = *req->id ? msg_take_uuid(req->id) : operation.id;
    struct rota_row *rota = NULL;
    TRY(take_rota(c, &id, &rota));
    res->rota = rota->m;
    return ERR_OK;
}

// --- overrides ---

static enum err check_override(struct call *c, const Sokuo__V1__OverrideRotaRequest *req,
                               const struct rota_row *rota, struct rota_override *wanted)
{
    *wanted = (struct rota_override){.person_id = msg_take_uuid(req->person_id),
                                     .from_us = msg_take_time(req->from),
                                     .until_us = msg_take_time(req->until)};
    if (wanted->from_us == TIME_NULL || wanted->from_us < c->now_us)
        wanted->from_us = c->now_us;
    if (wanted->until_us == TIME_NULL || wanted->until_us <= wanted->from_us ||
        wanted->until_us > wanted->from_us + 366 * DAY_US)
        return call_fail_field(c, "until", "BAD_TIME",
                               "終わりの時刻は、始まりより後、1年以内にしてください。",
                               "The end must come after the beginning, within a year.");
    return check_standing(c, rota->role, &rota->scope_id, &wanted->person_id, 1, "personId");
}

static enum err check_changer(struct call *c, const struct rota_row *rota, const struct rota_override *wanted)
{
    const struct rota_changer by = {c->actor.person_id, (c->actor.roles & ROLES_ROTA) != 0};
    if (rota_may_override(&rota->rota, &by, wanted))
        return ERR_OK;
    return call_fail(
        c, ERR_PERMISSION_DENIED, "NOT_YOUR_SHIFT",
        "交代できるのは、自分の当番を渡すときと、自分が引き受けるときだけです。ほかは当番表の管理者に頼んでく"
        "ださい。",
        "You may give a shift of yours away or take one over. Ask who keeps the rota for the rest.");
}

static enum err take_back(struct call *c, const struct uuid *id, const struct rota_row *rota,
                          const struct operation *operation, bool *ret_done)
{
    for (int i = 0; i < rota->rota.override_count; i++) {
        const Sokuo__V1__Attribution *by = rota->m->overrides[i]->by;
        struct uuid author = msg_take_uuid(by ? by->person_id : NULL);
        if (!uuid_equal(&rota->rota.overrides[i].id, id))
            continue;
        if (!uuid_equal(&author, &c->actor.person_id))
            TRY(check_changer(c, rota, &rota->rota.overrides[i]));
        return rota_override_take_back(c, &rota->id, id, operation, ret_done);
    }
    return call_fail_field(c, "takeBackId", "NO_SUCH_OVERRIDE", "その交代はありません。",
                           "There is no such override.");
}

static enum err override(struct call *c, const Sokuo__V1__OverrideRotaRequest *req,
                         const struct rota_row *rota, const struct operation *operation)
{
    struct uuid back = msg_take_uuid(req->take_back_id);
    struct rota_override wanted;
    bool is_done = false;
    if (!uuid_is_nil(&back)) {
        TRY(take_back(c, &back, rota, operation, &is_done));
    } else {
        TRY(check_override(c, req, rota, &wanted));
        TRY(check_changer(c, rota, &wanted));
        TRY(rota_override_add(c, &rota->id, &wanted, req->reason, operation, &is_done));
    }
    if (is_done)
        directory_changed(c);
    return ERR_OK;
}

enum err rpc_override_rota(struct call *c, const Sokuo__V1__OverrideRotaRequest *req,
                           Sokuo__V1__OverrideRotaResponse *res)
{
    struct operation operation;
    bool is_known;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    struct uuid id = msg_take_uuid(req->rota_id);
    struct rota_row *rota = NULL;
    TRY(take_rota(c, &id, &rota));
    if (!is_known) {
        TRY(override(c, req, rota, &operation));
        TRY(take_rota(c, &id, &rota));
    }
    res->rota = rota->m;
    return ERR_OK;
}
