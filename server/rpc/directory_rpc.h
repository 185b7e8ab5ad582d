// SPDX-License-Identifier: Apache-2.0
// What the parts of DirectoryService share.
#pragma once

#include "server/store/db.h"

// A day of a request as YYYY-MM-DD; NULL when the field is empty.
enum err directory_day(struct call *c, const char *field, const char *text, const char **ret_day) MUST_USE;
// Refuses a number outside least…most.
enum err directory_number(struct call *c, const char *field, int value, int least, int most) MUST_USE;
// Tells the screens, and forgets remembered sessions: duties may have changed hands.
void directory_changed(struct call *c);
// As db_query; NOT_FOUND when there is no row.
enum err directory_one(struct call *c, enum query query, const struct param *params,
                       struct rows **ret_rows) MUST_USE;
// The address in the form in which it is kept; INVALID_ARGUMENT (field address) when it is none of its kind.
enum err contact_address(struct call *c, int kind, const char *address, const char **ret_address) MUST_USE;
