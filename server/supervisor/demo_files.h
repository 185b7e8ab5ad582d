// SPDX-License-Identifier: Apache-2.0
// The files of db/demo, compiled in.
#pragma once

#include <stddef.h>

struct demo_file {
    const char *name; // "units"
    const unsigned char *data;
    size_t len;
};

// In the order in which they are loaded; ends with an empty one.
extern const struct demo_file demo_files[];
