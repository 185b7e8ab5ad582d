// SPDX-License-Identifier: Apache-2.0
// Whether anybody would be reached, and the weekly digest of the holes.
#pragma once

#include "server/store/db.h"
#include "sokuo/v1/duty.pb-c.h"

// Fills res for the caller's tenant: duties, the emptiest first, and what is counted.
enum err readiness_read(struct call *c, bool holes_only, Sokuo__V1__GetReadinessResponse *res) MUST_USE;
// Tenants whose Monday 9:00 has come; new ones get theirs. As the server itself.
enum err readiness_due(struct call *c, struct uuid **ret_tenants, int *ret_count) MUST_USE;
// Queues the digest of c->actor.tenant_id once for this week, when there are holes, and sets the next Monday.
enum err readiness_tell(struct call *c, int *ret_told) MUST_USE;
