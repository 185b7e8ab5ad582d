// SPDX-License-Identifier: Apache-2.0
// How long to wait before a process is started again.
#pragma once

#include <stdint.h>

struct backoff {
    uint64_t delay_us; // of the last restart
};

// lived_us: how long the process ran. One that ran for three seconds is started again at once; one that keeps
// dying early waits longer each time, from 50 to 800 ms.
uint64_t backoff_next(struct backoff *backoff, uint64_t lived_us);
