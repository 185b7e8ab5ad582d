// SPDX-License-Identifier: Apache-2.0
// The session cookie.
#pragma once

#include "server/rpc/rpc.h"

// Name of the session cookie: "__Host-sid" over TLS, "sid" on plain HTTP, where browsers refuse the former.
const char *cookie_name(bool is_secure);
// Gives the session to the browser; it keeps it for seven days at most.
void cookie_set_session(struct call *c, struct rpc_response *res, bool is_secure, const char *secret);
// Takes it away, with what the browser has stored of us apart from drafts.
void cookie_clear_session(struct call *c, struct rpc_response *res, bool is_secure);
