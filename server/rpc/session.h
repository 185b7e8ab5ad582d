// SPDX-License-Identifier: Apache-2.0
// Who is calling. A short memory of sessions keeps the database out of the way of bursts; a revoked session
// is forgotten at once on this machine (WAKE_SESSIONS) and within two seconds on others.
#pragma once

#include "server/rpc/rpc.h"

// Subscribes to WAKE_SESSIONS. Once a process, from rpc_begin.
void session_begin(void);
// Language of the answer: Japanese unless Accept-Language prefers English.
enum lang session_language(const struct rpc_request *req);
// Forgets every remembered session of this process.
void session_forget_all(void);
// Value of a cookie in a Cookie header; NULL when absent. The copy is in the call's arena.
const char *session_cookie(struct call *c, const char *header, const char *name);
// SHA-256 of a secret: what the database keeps.
void session_hash(const char *secret, uint8_t ret_hash[32]);
