// SPDX-License-Identifier: Apache-2.0
// The monotonic clock, for deadlines and durations. What time it is, the database says (db_now_us).
#pragma once

#include <stdint.h>

// Microseconds since some moment of the past; never goes back.
uint64_t clock_us(void);
// Microseconds since the machine was started, its sleep included: what really passed, for the clock's guard.
int64_t clock_boot_us(void);
