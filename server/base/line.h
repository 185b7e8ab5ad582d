// SPDX-License-Identifier: Apache-2.0
// A line before a scarce thing: so many fibers are inside at once, the others wait in order, on their own
// stacks.
#pragma once

struct line {
    int places; // how many may be inside
    int inside;
    struct line_waiter *first, *last;
};

// Sleeps until there is a place.
void line_enter(struct line *line);
// Gives the place to who waits longest.
void line_leave(struct line *line);
