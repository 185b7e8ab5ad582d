// SPDX-License-Identifier: Apache-2.0
// What the parts of AuthService share.
#pragma once

#include "server/store/login_store.h"
#include "sokuo/v1/auth.pb-c.h"

// Asks for the caller's password again, with the same throttle as a login. Answers the account.
enum err auth_password_again(struct call *c, const char *password, struct account *ret) MUST_USE;
// Refuses a new password that is too weak, saying why; field is its JSON path.
enum err auth_password_judge(struct call *c, const char *field, const char *password,
                             const char *login) MUST_USE;
// True when the code belongs to the account's present (or pending) secret; *ret_step is the step to remember.
bool auth_totp_right(struct call *c, const struct account *account, bool pending, const char *code,
                     int64_t *ret_step);
// What the account is told about itself. The caller's identity must see the tenant.
enum err auth_me(struct call *c, const struct uuid *tenant_id, const struct uuid *account_id,
                 Sokuo__V1__Me **ret) MUST_USE;
