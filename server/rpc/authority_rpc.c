// SPDX-License-Identifier: Apache-2.0
// DutyService: who may do what.
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/store/authority_store.h"

enum err rpc_list_authorities(struct call *c, const Sokuo__V1__ListAuthoritiesRequest *req,
                              Sokuo__V1__ListAuthoritiesResponse *res)
{
    int count = 0;
    TRY(authority_list(c, &res->authorities, &count));
    res->n_authorities = (size_t)count;
    if (!req->history)
        return ERR_OK;
    TRY(authority_changes(c, &res->changes, &count));
    res->n_changes = (size_t)count;
    return ERR_OK;
}

static enum err check(struct call *c, const Sokuo__V1__SetAuthorityRequest *req, struct authority_rule *rule,
                      struct authority_ground *ground)
{
    TRY(directory_number(c, "act", (int)req->act, ACT(OWN_DEVICE), ACT(PAY_RANSOM)));
    TRY(directory_number(c, "role", (int)req->role, 1, SOKUO__V1__ROLE__ROLE_COMMITTEE));
    TRY(directory_number(c, "level", (int)req->level, AUTHORITY(NONE), AUTHORITY(ALONE)));
    TRY(directory_number(c, "levelS3", (int)req->level_s3, 0, AUTHORITY(ALONE)));
    *ground = (struct authority_ground){.reason = req->reason, .legal_basis = req->legal_basis};
    TRY(directory_day(c, "validFrom", req->valid_from, &ground->day));
    *rule = (struct authority_rule){(int)req->act, (int)req->role, (int)req->level,
                                    (int)(req->level_s3 ? req->level_s3 : req->level)};
    return ERR_OK;
}

enum err rpc_set_authority(struct call *c, const Sokuo__V1__SetAuthorityRequest *req,
                           Sokuo__V1__SetAuthorityResponse *res)
{
    struct operation operation;
    bool is_known, is_done = true;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (!is_known) {
        struct authority_rule rule;
        struct authority_ground ground;
        TRY(check(c, req, &rule, &ground));
        TRY(authority_set(c, &rule, &ground, &operation, &is_done));
        if (is_done)
            directory_changed(c);
    }
    if (!is_done) {
        TRY(operation_look_up(c, &operation, &res->base, &is_known));
        if (!is_known)
            return call_fail_field(c, "validFrom", "PAST_DAY",
                                   "過去の日からは変えられません。今日以降の日にしてください。",
                                   "What held in the past stays. Choose today or a later day.");
    }
    int count = 0;
    TRY(authority_list(c, &res->authorities, &count));
    res->n_authorities = (size_t)count;
    return ERR_OK;
}
