// SPDX-License-Identifier: Apache-2.0
// What is due when, for all turns in one statement.
#pragma once

#include "server/store/escalation_store.h"

// As the columns of query engine_next; DUE_NONE: at a pace of its own.
enum due {
    DUE_CALLS,
    DUE_NOTICES,
    DUE_TRIAGES,
    DUE_DEFAULTS,
    DUE_RATIFICATIONS,
    DUE_ORDERS,
    DUE_REMINDERS,
    DUE_READINESS,
    DUE_COUNT,
    DUE_NONE = DUE_COUNT,
};

struct due_look {
    int64_t at_us[DUE_COUNT]; // by the database's clock; INT64_MAX: nothing waits
    struct esc_look clocks;
};
enum err due_read(struct call *c, struct due_look *ret) MUST_USE;
