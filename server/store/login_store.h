// SPDX-License-Identifier: Apache-2.0
// A login from the first look to the opened session, with what slows wrong ones down (decision 0026).
//
// Story: login_begin looks whether this name and this network may try now and finds the account. login_charge
// counts the try as if it had failed, before the password is looked at, so that many at once do not get past.
// Then one of: login_failed (stays counted), login_halfway (right password, code still missing: the try is
// taken back), or login_finish (all failures are forgotten, a session opens).
#pragma once

#include "server/store/account_store.h"

struct login_try {
    const char *network;                            // see throttle_network
    const char *line_key, *address_key, *known_key; // rows of login_throttle
    bool has_account;
    struct account account; // when has_account
};

// Run all of them with reach 'system'. login may name the tenant: "sato@city". RESOURCE_EXHAUSTED, with
// c->error_retry_at_us, when it is too early; the same for names that do not exist.
enum err login_begin(struct call *c, const char *login, const char *address, struct login_try *ret) MUST_USE;
// RESOURCE_EXHAUSTED when others tried the same name meanwhile.
enum err login_charge(struct call *c, struct login_try *try) MUST_USE;
// Writes the failure down. why: 'password', 'totp', 'recovery_code' or 'closed'.
enum err login_failed(struct call *c, struct login_try *try, const char *why) MUST_USE;
enum err login_halfway(struct call *c, struct login_try *try) MUST_USE;

// What opens a session: the proof of the second factor, and where it comes from.
struct login_entry {
    int64_t totp_step;            // 0 = none
    const uint8_t *recovery_hash; // NULL = none
    const char *secret;           // of the session, as it will be presented
    const char *ip, *user_agent;
};
// *ret_entered false: the code was used meanwhile, or the account was shut.
enum err login_finish(struct call *c, struct login_try *try, const struct login_entry *entry,
                      bool *ret_entered) MUST_USE;
// The caller's password was right again (changes that ask for it): its failures are forgotten.
enum err login_right_again(struct call *c, struct login_try *try) MUST_USE;
