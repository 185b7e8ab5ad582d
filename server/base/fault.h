// SPDX-License-Identifier: Apache-2.0
// Named places where tests make things go wrong. Compiled out unless meson's -Dfaults=true.
#pragma once

#include <stdbool.h>

#define FAULT_MAP(X)                                                                                      \
    X(DB_LOST_BEFORE_SYNC)    /* the connection breaks before a batch is sent */                          \
    X(DB_LOST_AFTER_SYNC)     /* it breaks after the batch was sent, before the answer: commit unknown */ \
    X(DB_ANSWER_LOST)         /* libpq finds it broken where the batch's first answer should be */        \
    X(DB_BATCH_FAILS)         /* a batch fails as a whole and is retried unit by unit */                  \
    X(EDGE_KILL_BEFORE_REPLY) /* the worker dies after the commit, before the client hears of it */

enum fault {
#define X(name) FAULT_##name,
    FAULT_MAP(X)
#undef X
        FAULT_COUNT
};

#ifdef SOKUO_FAULTS
// True when the point is armed; counts down. Armed by SOKUO_FAULT="NAME[:countdown],…" or fault_arm.
bool fault_hit(enum fault point);
void fault_arm(enum fault point, unsigned countdown);
#define FAULT(name) fault_hit(FAULT_##name)
#else
#define FAULT(name) false
#endif
