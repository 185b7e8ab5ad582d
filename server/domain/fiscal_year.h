// SPDX-License-Identifier: Apache-2.0
// The Japanese fiscal year (年度): April to March, by Japan's clock.
#pragma once

#include <stdint.h>

// Fiscal year of a moment in microseconds since 1970.
int fiscal_year_of(int64_t us_since_1970);
// Prefix of incident numbers of a mode: "", "訓-" or "試-".
const char *fiscal_year_prefix(int mode);
