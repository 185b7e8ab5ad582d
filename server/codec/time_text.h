// SPDX-License-Identifier: Apache-2.0
// Times and lengths of time as text (RFC 3339 and the "1.5s" of proto3 JSON).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"

// Years 0001 to 9999 with offset Z or ±hh:mm and up to nine digits of a second; false when it is no such
// text.
bool time_parse(const char *text, int64_t *ret_seconds, int32_t *ret_nanos);
// True for a time within the years 0001 to 9999.
bool time_is_valid(int64_t seconds, int32_t nanos);
// "2026-01-02T03:04:05.678Z" without quotes; false (and nothing written) outside the years 0001 to 9999.
bool time_format(struct buf *out, int64_t seconds, int32_t nanos);
// "-1.5s", at most 10,000 years; false when it is no such text.
bool duration_parse(const char *text, int64_t *ret_seconds, int32_t *ret_nanos);
// The same; false when out of range or when the signs of seconds and nanos differ.
bool duration_format(struct buf *out, int64_t seconds, int32_t nanos);
