// SPDX-License-Identifier: Apache-2.0
// A way out of the house as it is set up; the secret in clear. What the store keeps and the ways of notify/
// use.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/uuid.h"

// ChannelKind of contact.proto.
enum notify_kind { NOTIFY_SMTP = 1, NOTIFY_WEBHOOK, NOTIFY_WEB_PUSH, NOTIFY_IN_APP, NOTIFY_KINDS };

// Texts are never NULL.
struct notify_channel {
    struct uuid tenant_id, id;
    int kind, version;
    const char *name, *template, *url, *sender, *user, *secret, *body, *headers;
    bool requires_tls;
    const uint8_t *push_private, *push_public; // of Web Push: 32 and 65 bytes; NULL = none
};
