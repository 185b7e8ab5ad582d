// SPDX-License-Identifier: Apache-2.0
// Rows of the organisation as messages.
#pragma once

#include "server/store/db.h"
#include "sokuo/v1/directory.pb-c.h"

Sokuo__V1__Unit *fill_unit(struct call *c, const struct rows *rows, int row);
// Without holders and duties.
Sokuo__V1__Post *fill_post(struct call *c, const struct rows *rows, int row);
Sokuo__V1__Person *fill_person(struct call *c, const struct rows *rows, int row);
Sokuo__V1__Tenure *fill_tenure(struct call *c, const struct rows *rows, int row);
Sokuo__V1__RoleAssignment *fill_duty(struct call *c, const struct rows *rows, int row);
// With hide_private the address of a private contact point is left out; that of a browser always is.
Sokuo__V1__ContactPoint *fill_contact(struct call *c, const struct rows *rows, int row, bool hide_private);
Sokuo__V1__System *fill_system(struct call *c, const struct rows *rows, int row);
