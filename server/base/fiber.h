// SPDX-License-Identifier: Apache-2.0
// Stackful fibers on one uv loop: code that waits reads top to bottom (decision 0001).
//
// A fiber runs until it sleeps; only the loop wakes it. Stacks have a guard page below and are reused.
// Nothing thread-local and no errno survives a sleep. ASan knows about the switches.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct uv_loop_s;
struct fiber;

// Must be called once before any other, on the thread that runs the loop.
void fiber_runtime_begin(struct uv_loop_s *loop);
// Frees the spare stacks. No fiber may be alive.
void fiber_runtime_end(void);
struct uv_loop_s *fiber_loop(void);

// Starts fn(arg). From the loop it runs at once, until it sleeps first; from a fiber it runs in the next
// round.
void fiber_spawn(void (*fn)(void *arg), void *arg);
// The running fiber; NULL on the loop's own stack.
struct fiber *fiber_self(void);
// Sleeps until fiber_wake. Only on a fiber.
void fiber_sleep(void);
// Wakes a sleeping fiber: from the loop at once, from another fiber in the next round. A fiber that is not
// asleep must not be woken.
void fiber_wake(struct fiber *f);
// Sleeps so many microseconds (granularity 1 ms).
void fiber_sleep_us(uint64_t us);
// Runs fn(arg) on the thread pool and sleeps until it is done. At most eight run at once; false when 64 wait
// already.
bool fiber_work(void (*fn)(void *arg), void *arg);
// Fibers alive.
unsigned fiber_count(void);

// A place where fibers wait for something to become true: a list on the waiters' stacks.
struct fiber_cond {
    struct fiber_waiter *first;
};

// Sleeps until fiber_cond_broadcast or until the time is over; false when it was the time.
bool fiber_cond_wait(struct fiber_cond *cond, uint64_t timeout_us);
// Wakes all that wait now.
void fiber_cond_broadcast(struct fiber_cond *cond);
