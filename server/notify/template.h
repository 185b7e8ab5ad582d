// SPDX-License-Identifier: Apache-2.0
// Bodies of webhooks with places such as {{text}}: each value is escaped as the body's format asks, so that
// nothing a person wrote can change the structure. {{text|slack}} and {{text|xml}} escape for what is inside
// first.
#pragma once

#include "server/notify/notify.h"

// In a URL everything but {{secret}} is percent-encoded: that may be several parts of the path.
enum template_format { TEMPLATE_JSON, TEMPLATE_FORM, TEMPLATE_PLAIN, TEMPLATE_URL };

struct template
{
    const char *name, *type, *body; // type: the content type
};

// A shipped template: mattermost, slack, teams, lineworks, sms, voice, generic. NULL when there is none.
const struct template *template_shipped(const char *name);
// The format of a content type; without one, that of the body.
enum template_format template_format(const char *type, const char *body);
// Fills the places. NULL when a place is not known (*ret_unknown names it).
const char *template_fill(struct call *c, const char *body, enum template_format format,
                          const struct notify_channel *channel, const struct notify_message *message,
                          const char **ret_unknown);
// A Japanese number as +81…; others without blanks, dashes and brackets.
const char *template_e164(struct call *c, const char *number);
