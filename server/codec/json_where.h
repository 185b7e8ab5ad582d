// SPDX-License-Identifier: Apache-2.0
// Where in a broken JSON text a byte stands.
#pragma once

#include "server/base/call.h"

// Path such as "facts.zones[1]" of the member at a byte, as far as the text before it tells; "" at the top.
const char *json_where(struct call *c, const char *text, size_t at);
