// SPDX-License-Identifier: Apache-2.0
// Secrets: password hashes, random secrets, and what is kept encrypted in the database (decisions 0024,
// 0027).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/call.h"

// 256 bits as base64url, with its NUL.
#define SECRET_TEXT_SIZE 44
#define SECRET_HASH_LEN 32
// An API token is this and the secret.
#define SECRET_TOKEN_PREFIX "sokuo_"

// Reads the key that second factors are encrypted with; makes the file (mode 0600) when there is none. Once a
// process. False when it cannot be read or written; the log says what to do.
bool secret_begin(const char *key_path) MUST_USE;

// Tells this key from others and says nothing else about it.
void secret_fingerprint(uint8_t ret_fingerprint[SECRET_HASH_LEN]);

// A new random secret.
void secret_make(char out[SECRET_TEXT_SIZE]);
// SHA-256 of a secret as it is presented, prefix included: what the database keeps.
void secret_hash(const char *secret, uint8_t ret_hash[SECRET_HASH_LEN]);
// A first password: 20 letters and digits that cannot be mistaken for others (100 bits).
const char *secret_password_make(struct call *c);

// Argon2id. Sleeps: four at a time, on the thread pool. RESOURCE_EXHAUSTED when 64 wait already.
enum err secret_password_hash(struct call *c, const char *password, const char **ret_hash) MUST_USE;
// Compares; hash NULL takes the same time and is never right.
enum err secret_password_check(struct call *c, const char *hash, const char *password,
                               bool *ret_right) MUST_USE;
// The hash was made with weaker parameters than today's.
bool secret_password_is_old(const char *hash);

// 256 bits that only this key gives for the purpose and row, always the same.
void secret_derive(const char *purpose, const struct uuid *row, uint8_t ret_bytes[SECRET_HASH_LEN]);

// Encrypts for the row: only secret_open with the same purpose and row gets it back. Both in the call's
// arena.
const void *secret_seal(struct call *c, const char *purpose, const struct uuid *row, const void *data,
                        size_t len, size_t *ret_len);
// NULL when it was changed, belongs to another row, or was sealed with another key.
const void *secret_open(struct call *c, const char *purpose, const struct uuid *row, const void *sealed,
                        size_t len, size_t *ret_len);
