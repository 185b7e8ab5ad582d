// SPDX-License-Identifier: Apache-2.0
// LINE WORKS (Bot API 2.0): a service account's JWT is exchanged for a token, which is kept until it ends.
#pragma once

#include "server/notify/notify.h"

// The header line with a token that works now. NULL: *ret says why. The channel's secret is JSON: clientId,
// clientSecret, serviceAccount, privateKey (PEM).
const char *lineworks_header(struct call *c, const struct notify_channel *channel, struct notify_result *ret);
// Forgets the token: it was refused.
void lineworks_forget(const struct notify_channel *channel);
// The secret has what is needed.
bool lineworks_secret_is_whole(struct call *c, const char *secret);
// The body of the request for a token (RFC 7523). NULL when the private key is none.
const char *lineworks_request(struct call *c, const char *secret, int64_t now_s);
