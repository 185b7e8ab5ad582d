// SPDX-License-Identifier: Apache-2.0
// A believable city, to look at the program with (db/demo/README.md).
#pragma once

#include "server/base/call.h"
#include "server/supervisor/cli.h"

#define DEMO_CITY "常盤市"

// Loads the city into the caller's tenant and opens its accounts, all with one new password. The same city
// again changes nothing but makes a new password for accounts that are missing. On a fiber.
enum err demo_load(struct call *c, const char **ret_password) MUST_USE;
// sokuo demo
int cli_demo(struct cli *cli);
