// SPDX-License-Identifier: Apache-2.0
// Ways out of the house: one vtable, a file a way. Nothing here knows the database: what is sent comes in,
// how it went comes out. Transfers are libcurl's, on the fibers' loop; a fiber sleeps until its own is over.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/call.h"
#include "server/domain/channel.h"

// One message to one address. Texts are never NULL.
struct notify_message {
    const char *address; // mail address, number, chat name; of Web Push the endpoint
    const char *person;  // name
    const char *subject, *text, *brief, *link, *number;
    const char *key; // idempotency key: 64 hexadecimal digits
    int severity, mode;
    bool is_urgent;
    bool is_again;                // tried before: a connection of its own, should a kept one be stuck
    const uint8_t *p256dh, *auth; // of Web Push: 65 and 16 bytes
};

enum notify_outcome {
    NOTIFY_TAKEN,   // the other side has it
    NOTIFY_LATER,   // try again
    NOTIFY_BOUNCED, // this address does not work
    NOTIFY_GONE,    // this address does not exist any more: forget it
};

struct notify_result {
    enum notify_outcome outcome;
    bool is_channels_fault; // the channel does not work, whatever the address
    int retry_after_s;      // as the other side asks; 0 = it does not say
    const char *answer;     // in one line: what the other side said, or what is wrong; no secret
};

struct notify_way {
    const char *name;
    // Sends; sleeps at most NOTIFY_TIMEOUT_S. Everything in the call's arena.
    void (*send)(struct call *c, const struct notify_channel *channel, const struct notify_message *message,
                 struct notify_result *ret);
    // What is wrong with the channel's settings (INVALID_ARGUMENT, names the field), before anything is sent.
    enum err (*check)(struct call *c, const struct notify_channel *channel);
};
extern const struct notify_way notify_smtp, notify_webhook, notify_web_push;

#define NOTIFY_TIMEOUT_S 20

// Settings of the process; texts live as long as it.
struct notify_settings {
    const char *public_url; // "" = links are left out
    const char *ca_file;    // certificates to trust; "" = the system's
    const char *hosts;      // comma separated: reached by http too, and by Web Push in the own network
};
void notify_begin(const struct notify_settings *settings);
const struct notify_settings *notify_settings(void);
// Ends what is under way (its fibers get NOTIFY_LATER); nothing is sent any more. Sleeps until nothing is
// left. On a fiber.
void notify_end(void);

// The way of a channel; NULL for kinds that send nothing.
const struct notify_way *notify_way(int kind);
// The address a link of ours begins with, without '/' at its end; "" = the server does not know it.
const char *notify_public_url(struct call *c);
