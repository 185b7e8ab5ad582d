// SPDX-License-Identifier: Apache-2.0
// Turns: what one change sets off a thousandfold is done a few at a time in each round of the loop, so that
// everybody else is served in between (decision 0038).
#pragma once

struct uv_loop_s;

// Something in line; belongs to who gave it until fn is called, on the loop's own stack.
struct turn {
    void (*fn)(struct turn *turn);
    struct turn *next;
};

// What is under way goes on before anything new is begun: so there is little under way at any time.
enum turn_kind { TURN_GO_ON, TURN_BEGIN, TURN_KINDS };

// By wake_begin and wake_end; before and after, turns come at once.
void turn_begin(struct uv_loop_s *loop);
void turn_end(void);
// Calls turn->fn when its turn comes, in one of the next rounds.
void turn_give(struct turn *turn, enum turn_kind kind);
// How many are in line.
unsigned turn_count(void);
