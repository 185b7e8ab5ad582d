// SPDX-License-Identifier: Apache-2.0
// Queues of devices: how far each was taken, and what of it was refused for good. A device is an installation
// of the client together with the person who uses it. It is shut when the session it came with is ended from
// elsewhere: somebody else may have had it in hands, so what it still holds is kept, not applied.
#pragma once

#include "server/store/db.h"
#include "sokuo/v1/sync.pb-c.h"

struct device {
    struct uuid client_id;
    int64_t last_seq; // taken up to here; 0 = nothing yet
    bool is_shut;
};

// Reads the caller's device by client_id, and the refusals among these operations: ret_refusals[i] is NULL or
// the answer that stands. On a fiber.
enum err device_get(struct call *c, const struct uuid *operation_ids, int count, struct device *device,
                    Sokuo__V1__PushResult **ret_refusals) MUST_USE;
// Keeps an operation that was refused, with its answer. Once kept, the refusal stands. That a device that is
// shut sent it is noted in the record of the caller's account.
enum err device_refuse(struct call *c, const struct device *device, const struct uuid *operation_id,
                       const Sokuo__V1__PushOperation *operation,
                       const Sokuo__V1__PushResult *result) MUST_USE;
// Notes how far the queue was taken, never back, and with which session it came.
enum err device_advance(struct call *c, const struct uuid *client_id, int64_t last_seq,
                        int64_t clock_off_ms) MUST_USE;
