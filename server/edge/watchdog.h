// SPDX-License-Identifier: Apache-2.0
// A thread that asks the loop for /healthz every five seconds, the way a client does. When it gets no answer
// three times, the process ends itself: the supervisor starts another within a second.
#pragma once

#include <uv.h>

void watchdog_begin(uv_loop_t *loop);
void watchdog_end(void);
