// SPDX-License-Identifier: Apache-2.0
// The migrations that db/embed.py compiled in, in order.
#pragma once

struct migration {
    int number; // 1, 2, 3, …
    const char *name, *sha256, *text;
};

extern const struct migration migration_table[];
extern const int migration_count;
