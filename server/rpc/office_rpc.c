// SPDX-License-Identifier: Apache-2.0
// DutyService: days on which the city hall is closed or open otherwise than by law.
#include "server/domain/words.h"
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/office_store.h"

#define ROLES_SETTING (ROLES_SISO | ROLE_BIT(ADMIN))
#define DAYS_USUAL 366
#define DAYS_MOST 800

static enum err fill(struct call *c, int32_t from, int32_t count, Sokuo__V1__OfficeDay ***ret,
                     size_t *ret_count)
{
    int found = 0;
    TRY(office_days(c, from, count, ret, &found));
    *ret_count = (size_t)found;
    return ERR_OK;
}

enum err rpc_list_office_days(struct call *c, const Sokuo__V1__ListOfficeDaysRequest *req,
                              Sokuo__V1__ListOfficeDaysResponse *res)
{
    const char *from = NULL;
    TRY(directory_day(c, "from", req->from, &from));
    TRY(directory_number(c, "days", req->days, 0, DAYS_MOST));
    TRY(fill(c, from ? day_number(from) : day_of(c->now_us), req->days ? req->days : DAYS_USUAL, &res->days,
             &res->n_days));
    res->open_minute = office_hours_default.open_min;
    res->close_minute = office_hours_default.close_min;
    res->may_set = (c->actor.roles & ROLES_SETTING) != 0;
    return ERR_OK;
}

enum err rpc_set_office_day(struct call *c, const Sokuo__V1__SetOfficeDayRequest *req,
                            Sokuo__V1__SetOfficeDayResponse *res)
{
    struct operation operation;
    const char *day = NULL;
    bool is_known = false, is_done = true;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(directory_day(c, "day", req->day, &day));
    TRY(directory_number(c, "kind", (int)req->kind, OFFICE_DAY(CLOSED), OFFICE_DAY(AS_USUAL)));
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (!is_known)
        TRY(office_day_set(c, day, (int)req->kind, req->name, &operation, &is_done));
    if (!is_done)
        TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (!is_done && !is_known)
        return call_fail_field(c, "day", "PAST_DAY", "過去の日は変えられません。今日以降の日にしてください。",
                               "The past stays as it was. Choose today or a later day.");
    return fill(c, day_number(day), DAYS_USUAL, &res->days, &res->n_days);
}
