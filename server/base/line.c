// SPDX-License-Identifier: Apache-2.0
#include "server/base/line.h"

#include <stddef.h>

#include "server/base/fiber.h"

struct line_waiter {
    struct fiber *fiber;
    struct line_waiter *next;
};

void line_enter(struct line *line)
{
    if (line->inside < line->places) {
        line->inside++;
        return;
    }
    struct line_waiter here = {.fiber = fiber_self()};
    if (line->first)
        line->last->next = &here;
    else
        line->first = &here;
    line->last = &here;
    fiber_sleep();
}

void line_leave(struct line *line)
{
    struct line_waiter *next = line->first;
    if (!next) {
        line->inside--;
        return;
    }
    line->first = next->next;
    fiber_wake(next->fiber);
}
