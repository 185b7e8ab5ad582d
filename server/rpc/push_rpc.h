// SPDX-License-Identifier: Apache-2.0
// What a device did, applied as the change it would have been online: for Push, and for the review of what
// was held.
#pragma once

#include "server/base/call.h"
#include "sokuo/v1/sync.pb-c.h"

// Applies it by its own method, with the device's word on the time; the answer goes into result. It carries
// an act.
enum err push_apply(struct call *c, const Sokuo__V1__PushOperation *op, const struct call_device *device,
                    Sokuo__V1__PushResult *result) MUST_USE;
