// SPDX-License-Identifier: Apache-2.0
// What a device did, applied as the change it would have been online: for Push, and for the review of what
// was held.
#pragma once

#include "server/base/call.h"
#include "sokuo/v1/sync.pb-c.h"

// Operation id of the request it carries; "" when it carries none.
const char *push_operation_id(const Sokuo__V1__PushOperation *op);
// How old it was when the device sent it, as it claims; 0 = it does not say, or the time counts that a person
// wrote.
int64_t push_age_us(const Sokuo__V1__PushOperation *op);
// Applies it by its own method, with the device's word on the time; the answer goes into result. It carries
// an act.
enum err push_apply(struct call *c, const Sokuo__V1__PushOperation *op, const struct call_device *device,
                    Sokuo__V1__PushResult *result) MUST_USE;
