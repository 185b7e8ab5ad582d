// SPDX-License-Identifier: Apache-2.0
// What systemd wants to hear (sd_notify) without its library (decision 0012).
#pragma once

#include <stdint.h>

#include "server/base/err.h"

// Sends state such as "READY=1\nSTATUS=serving" to $NOTIFY_SOCKET; does nothing when there is none.
void systemd_notify(const char *format, ...) PRINTF(1, 2);
// Half of the watchdog's time in microseconds: how often to say "WATCHDOG=1". 0 = no watchdog.
uint64_t systemd_watchdog_us(void);
