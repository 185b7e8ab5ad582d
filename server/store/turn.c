// SPDX-License-Identifier: Apache-2.0
#include "server/store/turn.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define SLICE_NS \
    UINT64_C(500000) // of turns in one round of the loop; writing their answers takes twice as long again

struct queue {
    struct turn *first, **end;
};

static struct {
    bool is_begun;
    uv_idle_t idle; // active while anything is in line
    struct queue queues[TURN_KINDS];
    unsigned count;
} line;

static void take_one(void)
{
    struct queue *q = line.queues;
    while (q->first == NULL)
        q++;
    struct turn *turn = q->first;
    q->first = turn->next;
    if (q->first == NULL)
        q->end = &q->first;
    line.count--;
    turn->fn(turn); // turn is gone
}

static void on_idle(uv_idle_t *idle)
{
    uint64_t until_ns = uv_hrtime() + SLICE_NS;
    while (line.count > 0 && uv_hrtime() < until_ns)
        take_one();
    if (line.count == 0)
        (void)uv_idle_stop(idle);
}

void turn_begin(struct uv_loop_s *loop)
{
    assert(!line.is_begun && line.count == 0);
    line.is_begun = true;
    for (int kind = 0; kind < TURN_KINDS; kind++)
        line.queues[kind] = (struct queue){.end = &line.queues[kind].first};
    (void)uv_idle_init(loop, &line.idle);
}

void turn_end(void)
{
    while (line.count > 0)
        take_one();
    line.is_begun = false;
    uv_close((uv_handle_t *)&line.idle, NULL);
}

void turn_give(struct turn *turn, enum turn_kind kind)
{
    if (!line.is_begun) {
        turn->fn(turn);
        return;
    }
    struct queue *q = &line.queues[kind];
    turn->next = NULL;
    *q->end = turn;
    q->end = &turn->next;
    line.count++;
    (void)uv_idle_start(&line.idle, on_idle);
}

unsigned turn_count(void)
{
    return line.count;
}
