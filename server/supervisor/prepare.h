// SPDX-License-Identifier: Apache-2.0
// What must be so before the first worker starts: the schema, the first administrator, the demo city.
#pragma once

#include <stdbool.h>

struct prepare_options {
    const char *conninfo;
    const char *key_path; // of the key that second factors are encrypted with
    bool is_demo;         // fill an empty database with the demo city
    bool adopts_key;      // the key becomes the database's, even if another was before
};

// Migrates the database, checks that the key belongs to it and, in an empty one, makes the first
// administrator. Prints {"login":…,"password":…} to standard output (password null when it was made before).
// Returns an exit code of supervisor.h. Blocking; has a loop of its own.
int prepare_run(const struct prepare_options *options);
