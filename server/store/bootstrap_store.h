// SPDX-License-Identifier: Apache-2.0
// The first start: a tenant and an administrator, so that an empty database is usable at once (decision
// 0028).
#pragma once

#include "server/store/db.h"

struct bootstrap {
    struct uuid tenant_id;
    const char *login;    // "admin"
    const char *password; // shown once; NULL: there was a tenant before, nothing was done
};

// On a fiber, with the database migrated and secret_begin called. name: of the city, NULL = この市. May be
// called at every start and by several machines at once.
enum err bootstrap_run(struct call *c, const char *name, struct bootstrap *ret) MUST_USE;
