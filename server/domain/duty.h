// SPDX-License-Identifier: Apache-2.0
// Who of a chain of duty would be called, and who may say that somebody is away (domain reference 2.4).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/uuid.h"
#include "server/domain/words.h"
#include "sokuo/v1/duty.pb-c.h"

#define REACH(x) SOKUO__V1__REACH__REACH_##x
#define ABSENCE(x) SOKUO__V1__ABSENCE_KIND__ABSENCE_KIND_##x

// Each duty has three in order: who holds it and two deputies (内閣府 6要素の1番目).
#define DUTY_LEAST 3

// One place of a chain, in the order of calling.
struct duty_place {
    struct uuid person_id; // nil: the post is vacant
    bool is_absent;
    int contact_count;
    int reach; // Reach, set by duty_judge
};

// Says of every place whether it would be called. Returns how many different persons would be.
int duty_judge(struct duty_place *places, int count);

// Who says that somebody is away.
struct duty_declarer {
    uint64_t roles;
    bool is_self; // it is about the caller
    bool is_head; // of the section or department of the person
};

// Oneself always; another as their head or by a duty over the whole city. That nobody answered is said by
// whoever called.
bool duty_may_declare(const struct duty_declarer *by, int kind);
