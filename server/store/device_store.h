// SPDX-License-Identifier: Apache-2.0
// Queues of devices: how far each was taken, and what of it was refused for good. A device is an installation
// of the client together with the person who uses it.
#pragma once

#include "server/store/db.h"
#include "sokuo/v1/sync.pb-c.h"

// Reads how far the caller's queue of this installation was taken (0 = nothing yet) and the refusals among
// these operations: ret_refusals[i] is NULL or the answer that stands. On a fiber.
enum err device_get(struct call *c, const struct uuid *client_id, const struct uuid *operation_ids, int count,
                    int64_t *ret_last_seq, Sokuo__V1__PushResult **ret_refusals) MUST_USE;
// Keeps an operation that was refused, with its answer. Once kept, the refusal stands.
enum err device_refuse(struct call *c, const struct uuid *client_id, const struct uuid *operation_id,
                       const Sokuo__V1__PushOperation *operation,
                       const Sokuo__V1__PushResult *result) MUST_USE;
// Notes how far the queue was taken; never goes back.
enum err device_advance(struct call *c, const struct uuid *client_id, int64_t last_seq,
                        int64_t clock_off_ms) MUST_USE;
