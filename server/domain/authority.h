// SPDX-License-Identifier: Apache-2.0
// Who may do what (domain reference 2.3). What is shipped is a table here; a city's own rules replace single
// cells from a day on.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/domain/words.h"
#include "sokuo/v1/duty.pb-c.h"

#define ACT(x) SOKUO__V1__AUTHORITY_ACT__AUTHORITY_ACT_##x
#define AUTHORITY(x) SOKUO__V1__AUTHORITY_LEVEL__AUTHORITY_LEVEL_##x

// One cell of the table: what a duty may do up to S2, and from S3 on.
struct authority_rule {
    int act, role, level, level_s3;
};

// The shipped table, by act and role; duties that are not in it may not.
const struct authority_rule *authority_defaults(size_t *ret_count);
// The most that any of these duties may do at this severity; NONE without a rule.
int authority_level(const struct authority_rule *rules, size_t count, int act, uint64_t roles, int severity);
// 遮断: it is done first and approved afterwards, so no table ever stands in its way.
bool authority_acts_first(int act);
// The act behind a step of the lifecycle; 0: none of the table's.
int authority_act_of_state(int state);
