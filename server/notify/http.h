// SPDX-License-Identifier: Apache-2.0
// One POST and what came back, as the ways over HTTP need it.
#pragma once

#include "server/notify/transfer.h"

struct post {
    const char *url;
    const void *body;
    size_t body_len;
    const char *const *headers; // lines, ends with NULL
    const char *user, *secret;  // basic authentication; user "" = none
    bool is_inside_shut;        // transfer.h
};

// Sends it. False: it may not be sent, or there was no answer: *ret is filled. True: t->status says.
bool http_post(struct call *c, const struct post *post, struct transfer *t, struct notify_result *ret);
// What an answer means for a message: 2xx taken, 408, 425, 429 and 5xx later, others by the channel's fault.
void http_judge(struct call *c, const struct transfer *t, struct notify_result *ret);
