// SPDX-License-Identifier: Apache-2.0
// What initdb makes, inside the program: unpacked in a tenth of the time (decision 0040).
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/base/err.h"

struct pg_template_file {
    const char *path;              // a directory's ends with '/'; NULL ends the table
    unsigned offset, stored, size; // stored bytes from offset on, then zeros up to size
};

struct pg_template {
    int major; // of the PostgreSQL that made it; 0 = none was there at build time
    const unsigned char *packed;
    size_t packed_len, raw_len;
    const struct pg_template_file *files;
    size_t control_at, control_crc_at; // the control file, and its checksum within
    size_t wal_identifier_at;
};

// Made at build time by make_pg_template.py.
extern const struct pg_template pg_template;
// For initdb, after -D DIRECTORY; ends with NULL. The template was made with the same.
extern const char *const pg_initdb_flags[];

struct pg_template_place {
    const char *directory; // must not exist
    int error;             // errno when it could not be made; 0 = all is there and on the disk
};

// Whether the template is of the PostgreSQL whose programs are in that directory.
bool pg_template_fits(const char *bin);
// arg is a struct pg_template_place. Makes the cluster there, with a system identifier of its own. Blocking:
// for the thread pool (fiber_work).
void pg_template_unpack(void *arg);
