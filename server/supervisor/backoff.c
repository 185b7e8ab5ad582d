// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/backoff.h"

static const uint64_t backoff_first_us = UINT64_C(50) * 1000;
static const uint64_t backoff_most_us =
    UINT64_C(800) * 1000; // what was killed is back within a second, always
static const uint64_t backoff_healthy_us = UINT64_C(3) * 1000 * 1000;

uint64_t backoff_next(struct backoff *backoff, uint64_t lived_us)
{
    if (lived_us >= backoff_healthy_us)
        return backoff->delay_us = 0;
    uint64_t next = backoff->delay_us == 0 ? backoff_first_us : backoff->delay_us * 2;
    return backoff->delay_us = next < backoff_most_us ? next : backoff_most_us;
}
