// SPDX-License-Identifier: Apache-2.0
// Web Push: what the push service is told (RFC 8030, RFC 8292).
#pragma once

#include "server/notify/notify.h"

// What the web client's service worker is shown, as JSON: title, body, url, tag, urgent.
const char *web_push_payload(struct call *c, const struct notify_message *message);
// Value of the header Authorization for an endpoint: "vapid t=…, k=…". NULL when the key is none. sub:
// mailto: or https:.
const char *web_push_vapid(struct call *c, const struct notify_channel *channel, const char *endpoint,
                           const char *sub, int64_t now_s);
