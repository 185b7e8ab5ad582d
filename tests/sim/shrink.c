// SPDX-License-Identifier: Apache-2.0
// Takes faults back one by one as long as the same invariant is violated, then tells the shortest story
// found.
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

static struct world world;

static bool still(const struct config *config, int invariant)
{
    world_live(&world, config);
    return world.violated == invariant;
}

void shrink(const struct config *config, int invariant)
{
    static uint8_t taken_back[CHOICES / 8];
    memset(taken_back, 0, sizeof taken_back);
    struct config small = *config;
    small.taken_back = taken_back;
    small.is_told = false;
    for (unsigned fault = 1; fault < FAULTS_ALL; fault <<= 1) {
        struct config tried = small;
        tried.faults &= ~fault;
        if (still(&tried, invariant))
            small = tried;
    }
    for (bool is_better = true; is_better;) {
        is_better = false;
        still(&small, invariant);
        int choices = world.choices < CHOICES ? world.choices : CHOICES;
        for (int i = 0; i < choices; i++) {
            uint8_t bit = (uint8_t)(1u << i % 8);
            if (taken_back[i / 8] & bit)
                continue;
            taken_back[i / 8] |= bit;
            if (still(&small, invariant))
                is_better = true;
            else
                taken_back[i / 8] &= (uint8_t)~bit;
        }
    }
    small.is_told = true;
    world_live(&world, &small);
    int faults = 0;
    for (int i = 0; i < CHOICES; i++)
        faults += world.chosen[i / 8] >> i % 8 & 1;
    printf("# seed %llu after %d steps, %d faults left, allowed faults 0x%x\n",
           (unsigned long long)config->seed, world.steps, faults, small.faults);
}
