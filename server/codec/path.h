// SPDX-License-Identifier: Apache-2.0
// Where in a message we are, as a chain on the stack: costs nothing until an error is told.
#pragma once

#include "server/base/call.h"
#include "server/codec/registry.h"

struct path {
    const struct path *up;
    const struct field_info *field; // NULL at the top
    int index;                      // -1 = the field itself, else an item of it
};

// JSON path such as "facts.personalInfo.source" or "items[3].title"; "" at the top. In the call's arena.
const char *path_text(struct call *c, const struct path *path);
