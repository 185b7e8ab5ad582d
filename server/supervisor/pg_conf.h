// SPDX-License-Identifier: Apache-2.0
// Settings of the embedded PostgreSQL, as the text of a file that postgresql.conf includes.
#pragma once

#include <stddef.h>

#include "server/base/err.h"

struct pg_conf {
    const char *socket_dir;
    int workers, engines;
};

// Lanes of one process: db.h's defaults (read 3, write 2, lease 2).
#define PG_CONF_LANES 7
// For commands, migration, backup and superuser_reserved_connections.
#define PG_CONF_SPARE 8

int pg_conf_connections(const struct pg_conf *conf);
// Writes the file's text; returns its length, as snprintf does.
int pg_conf_text(const struct pg_conf *conf, char *out, size_t size);
