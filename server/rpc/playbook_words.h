// SPDX-License-Identifier: Apache-2.0
// The words of plans for people, in either language.
#pragma once

#include "server/base/call.h"
#include "server/domain/role_name.h"
#include "sokuo/v1/playbook.pb-c.h"

const char *phase_name(int phase, enum lang lang);
const char *severity_name(int severity);
// For whom a step is: 影響する課ごと.
const char *fan_out_name(int fan_out, enum lang lang);
// Minutes as people say them: 45分, 6時間, 3日前.
const char *minutes_name(struct call *c, int minutes, enum lang lang);
// The side of a text; "" for none.
const char *words_in(const Sokuo__V1__Words *words, enum lang lang);
