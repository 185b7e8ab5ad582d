// SPDX-License-Identifier: Apache-2.0
// iCalendar (RFC 5545), as much as a feed of shifts needs.
#pragma once

#include <stdint.h>

#include "server/base/arena.h"

// A line "NAME:value" as it is, folded after 75 octets and never within a character (3.1).
void ical_line(struct buf *out, const char *name, const char *value);
// The same with a text: backslash, semicolon, comma and line breaks escaped (3.3.11).
void ical_text(struct buf *out, const char *name, const char *text);
// A moment in UTC (3.3.5, form 2), from microseconds since 1970.
void ical_time(struct buf *out, const char *name, int64_t at_us);
