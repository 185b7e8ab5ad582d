// SPDX-License-Identifier: Apache-2.0
// Rotas with their overrides, and the calendars of their members. Changes write the journal (stream
// 'directory').
#pragma once

#include "server/domain/rota.h"
#include "server/store/operation_store.h"
#include "sokuo/v1/duty.pb-c.h"

// A rota as rota_on wants it, and as people see it (without shifts).
struct rota_row {
    struct rota rota;
    int role;
    struct uuid id, scope_id;
    Sokuo__V1__Rota *m;
};

// Those in use, by role and place: of role (0: all) at scope (nil: all), or the one with id (nil: all). With
// the overrides that end after since_us.
struct rota_wish {
    int role;
    struct uuid scope_id, id;
    int64_t since_us;
};
enum err rota_list(struct call *c, const struct rota_wish *wish, struct rota_row **ret_rotas,
                   int *ret_count) MUST_USE;

struct rota_edit {
    struct uuid id; // nil: a new one, with the operation's id
    int version, role, hand_over_minute, period_days;
    struct uuid scope_id;         // nil: the city
    const char *name, *starts_on; // NULL: today
    const struct uuid *members;
    int member_count;
    bool is_end;
};
// Not done: done before, nothing such, or another version. ALREADY_EXISTS: the duty has a rota.
enum err rota_save(struct call *c, const struct rota_edit *edit, const struct operation *operation,
                   bool *ret_done) MUST_USE;
// from_us TIME_NULL: now. Not done: done before, or no such rota.
enum err rota_override_add(struct call *c, const struct uuid *rota_id, const struct rota_override *override,
                           const char *reason, const struct operation *operation, bool *ret_done) MUST_USE;
// Not done: done before, or there is none.
enum err rota_override_take_back(struct call *c, const struct uuid *rota_id, const struct uuid *id,
                                 const struct operation *operation, bool *ret_done) MUST_USE;

// Makes the caller's calendar anew; *ret_secret is told this once. The former address ends.
enum err calendar_make(struct call *c, const struct uuid *operation_id, const char **ret_secret) MUST_USE;
enum err calendar_revoke(struct call *c, const struct uuid *operation_id) MUST_USE;
// Whose calendar: c->actor becomes that person without any duty. NOT_FOUND.
enum err calendar_enter(struct call *c, const char *secret) MUST_USE;
