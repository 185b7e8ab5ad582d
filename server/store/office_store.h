// SPDX-License-Identifier: Apache-2.0
// When the city halls are open: by law, and by each city's own days.
#pragma once

#include "server/domain/office_hours.h"
#include "server/store/operation_store.h"
#include "sokuo/v1/duty.pb-c.h"

#define OFFICE_DAY(x) SOKUO__V1__OFFICE_DAY_KIND__OFFICE_DAY_KIND_##x

// Hours of each tenant, in step; a year back and two ahead. Within the lease, or by itself (NULL).
enum err office_hours_read(struct call *c, struct db_lease *lease, const struct uuid *tenants, int count,
                           struct office_hours **ret) MUST_USE;
// Days of the caller's city that are not like their weekday.
enum err office_days(struct call *c, int32_t from, int32_t count, Sokuo__V1__OfficeDay ***ret,
                     int *ret_count) MUST_USE;
// Not done: done before, or the day is past.
enum err office_day_set(struct call *c, const char *day, int kind, const char *name,
                        const struct operation *operation, bool *ret_done) MUST_USE;
