// SPDX-License-Identifier: Apache-2.0
#include "server/base/fault.h"

#ifdef SOKUO_FAULTS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned countdowns[FAULT_COUNT]; // 0 = not armed

static const char *const names[FAULT_COUNT] = {
#define X(name) #name,
    FAULT_MAP(X)
#undef X
};

void fault_arm(enum fault point, unsigned countdown)
{
    countdowns[point] = countdown;
}

// One item "NAME" or "NAME:countdown". A name that does not exist would make a test pass for nothing.
static void arm_item(char *item)
{
    char *colon = strchr(item, ':');
    if (colon != NULL)
        *colon = '\0';
    unsigned countdown = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 1;
    for (int i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(names[i], item) == 0) {
            countdowns[i] = countdown;
            return;
        }
    }
    (void)fprintf(stderr, "SOKUO_FAULT: no fault point %s\n", item);
    abort();
}

static void arm_from_environment(void)
{
    const char *value =
        getenv("SOKUO_FAULT"); // NOLINT(concurrency-mt-unsafe): nobody sets it after the start
    char *copy = value ? strdup(value) : NULL;
    char *state = NULL;
    for (char *item = copy ? strtok_r(copy, ",", &state) : NULL; item; item = strtok_r(NULL, ",", &state))
        arm_item(item);
    free(copy);
}

bool fault_hit(enum fault point)
{
    static bool is_read;
    if (!is_read) {
        is_read = true;
        arm_from_environment();
    }
    return countdowns[point] > 0 && --countdowns[point] == 0;
}
#endif
