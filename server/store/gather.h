// SPDX-License-Identifier: Apache-2.0
// Calls that want the same kind of thing of the same thing at the same moment are served in one go: who comes
// while one go is under way goes together in the next (decision 0071).
#pragma once

#include "server/base/call.h"

struct fiber;

// A call that waits to be served. On the caller's stack; the kind's own struct begins with it.
struct gather_seat {
    struct call *call;
    struct fiber *fiber;
    struct gather_seat *next;
    enum err err;
};

struct gather_kind {
    int most; // seats in one go
    // Serves them all, or fails for all. `whole` acts as the server for their tenant; what is in its arena
    // lives until the last of their calls ends. May sleep.
    enum err (*serve)(struct call *whole, struct gather_seat *const *seats, int count);
};

// Sleeps until this seat was served, along with those of other calls of the tenant for the same key. Errors:
// those of serve.
enum err gather(struct call *c, const struct gather_kind *kind, const struct uuid *key,
                struct gather_seat *seat) MUST_USE;
