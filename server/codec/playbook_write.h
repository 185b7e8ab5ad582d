// SPDX-License-Identifier: Apache-2.0
// A plan as YAML, written afresh: for plans that came as CACAO, and for copies that leave the house.
#pragma once

#include "server/base/call.h"
#include "sokuo/v1/playbook.pb-c.h"

struct playbook_writing {
    const char *comment; // put before it, one "# " a line; NULL = none
    // For a disclosure request: without details, reasons, zones, whom to call, merge keys and authors'
    // comments; telephone numbers, mail and network addresses in the texts are blacked out.
    bool is_redacted;
};

// Writes the plan's own steps; fragments stay named.
void playbook_write(struct call *c, const Sokuo__V1__Playbook *plan, const struct playbook_writing *how,
                    struct buf *out);
// The text with telephone numbers, extensions, mail and network addresses blacked out.
const char *playbook_blacken(struct call *c, const char *text);
