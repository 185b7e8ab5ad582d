// SPDX-License-Identifier: Apache-2.0
// When the city hall is open, by Japan's clock: for timers that may wait until somebody is at the desk.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/domain/date.h"

// Days are counted from 1970-01-01. The lists are the city's own, each up to a few dozen days.
struct office_hours {
    int open_min, close_min;    // minutes after midnight
    const int32_t *closed_days; // closed although they are working days
    const int32_t *open_days;   // open although they are not
    size_t closed_count, open_count;
};

// 8:30 to 17:15 on working days.
extern const struct office_hours office_hours_default;

// The day of a moment in microseconds since 1970, by Japan's calendar.
int32_t day_of(int64_t at_us);
// As YYYY-MM-DD, and from that; a text of another length is day 0.
void day_text(int32_t day, char out[DATE_SIZE]);
int32_t day_number(const char *text);
// A national holiday, substitutes and the day between two holidays included (law of 1948 as it stands).
bool day_is_holiday(int32_t day);
// 29 December to 3 January.
bool day_is_turn_of_year(int32_t day);
bool day_is_weekend(int32_t day);
// Monday to Friday, no holiday, not 29 December to 3 January (Local Autonomy Act 4-2).
bool day_is_working(int32_t day);
// Whether the hall is open at a moment in microseconds since 1970.
bool office_is_open(const struct office_hours *office, int64_t at_us);
// The moment by which the hall will have been open for that long; with 0 seconds, the next moment it is open.
// A hall that does not open within a year counts as always open: a call is never put off for good.
int64_t office_add(const struct office_hours *office, int64_t from_us, int64_t seconds);
