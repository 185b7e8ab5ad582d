// SPDX-License-Identifier: Apache-2.0
// All chance of a world comes from here.
#include <stdarg.h>
#include <stdio.h>

#include "tests/sim/sim.h"

// xoroshiro128+ (Blackman and Vigna)
uint64_t world_random(struct world *w)
{
    uint64_t a = w->random[0], b = w->random[1], sum = a + b;
    b ^= a;
    w->random[0] = (a << 24 | a >> 40) ^ b ^ b << 16;
    w->random[1] = b << 37 | b >> 27;
    return sum;
}

int below(struct world *w, int n)
{
    return (int)((world_random(w) >> 32) * (uint64_t)n >> 32);
}

int64_t between(struct world *w, int64_t from_us, int64_t to_us)
{
    return from_us + (int64_t)(world_random(w) >> 1) % (to_us - from_us + 1);
}

bool strikes(struct world *w, enum fault fault, int per_mille)
{
    if (!(w->faults & fault) || w->is_healing || below(w, 1000) >= per_mille)
        return false;
    int choice = w->choices++;
    if (choice >= CHOICES)
        return false;
    if (w->config->taken_back && w->config->taken_back[choice / 8] >> choice % 8 & 1)
        return false;
    w->chosen[choice / 8] |= (uint8_t)(1u << choice % 8);
    return true;
}

void tell(struct world *w, const char *format, ...)
{
    if (!w->config->is_told)
        return;
    va_list args;
    va_start(args, format);
    printf("# %8.3f s (db %+.0f s)  ", (double)w->now_us / S, (double)w->clock_offset_us / S);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}
