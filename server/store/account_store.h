// SPDX-License-Identifier: Apache-2.0
// Accounts, their second factors, sessions and tokens. Every change writes its journal row (stream
// 'account').
#pragma once

#include "server/store/db.h"
#include "server/store/secret.h"

struct account {
    struct uuid tenant_id, id, person_id;
    const char *login, *person_name, *password_hash;
    const void *totp_secret, *totp_pending; // sealed; NULL = none
    int totp_secret_len, totp_pending_len;
    int64_t totp_last_step;
    bool is_open;
};

// Purpose under which second factors are sealed, with the account as the row.
#define ACCOUNT_TOTP_PURPOSE "account.totp_secret"

// Reads the account of row 0; false when there is none.
bool account_from(const struct rows *rows, struct account *ret);
// NOT_FOUND when the tenant has none such.
enum err account_get(struct call *c, const struct uuid *id, struct account *ret) MUST_USE;
// By login name; run with reach 'system'. NOT_FOUND also when several tenants have it and tenant_code is
// NULL.
enum err account_find(struct call *c, const char *login, const char *tenant_code,
                      struct account *ret) MUST_USE;

// Makes an account for a person. ALREADY_EXISTS when the login is taken, NOT_FOUND when there is no such
// person.
enum err account_add(struct call *c, const struct uuid *id, const struct uuid *person_id, const char *login,
                     const char *password_hash, bool must_change) MUST_USE;
// Sets a password of the owner's own choice and ends the other sessions; ABORTED when it was changed
// meanwhile.
enum err account_change_password(struct call *c, const struct account *account, const char *hash) MUST_USE;
// Sets a first password, which has to be changed, and ends sessions and tokens; takes the second factor
// away if asked.
enum err account_reset(struct call *c, const struct uuid *id, const char *hash, bool remove_totp) MUST_USE;
// Opens or shuts; shutting ends sessions and tokens.
enum err account_set_enabled(struct call *c, const struct uuid *id, bool enabled) MUST_USE;
// Keeps the same password under a stronger hash; failing is no harm.
void account_rehash(struct call *c, const struct account *account, const char *hash);

// Remembers a secret that waits for its proof.
enum err account_totp_begin(struct call *c, const struct uuid *id, const void *sealed, size_t len) MUST_USE;
// Makes the pending secret the one that counts, with new recovery codes (SHA-256 in hex).
enum err account_totp_confirm(struct call *c, const struct account *account, int64_t step,
                              const char *const *codes, int count) MUST_USE;
// Replaces the recovery codes.
enum err account_recovery_renew(struct call *c, const struct uuid *id, const char *const *codes,
                                int count) MUST_USE;

// Makes an API token for an account; expires_us TIME_NULL: in one year. Answers the token and its row.
struct token {
    const char *secret;
    const char *prefix;
    struct uuid id;
    int64_t created_us, last_used_us, expires_us;
};
enum err token_add(struct call *c, const struct uuid *account_id, const char *name, int64_t expires_us,
                   struct token *ret) MUST_USE;
// Ends a session or a token; owner nil: anybody's of the tenant. NOT_FOUND when there is none such. Unless it
// is the caller's present one, the device that came with it is shut: see device_store.h.
enum err session_revoke(struct call *c, const struct uuid *id, bool is_token,
                        const struct uuid *owner) MUST_USE;
// Ends the sessions of an account except one (nil: all), and its tokens if asked.
enum err session_revoke_all(struct call *c, const struct uuid *account_id, const struct uuid *except,
                            bool tokens, int *ret_count) MUST_USE;
