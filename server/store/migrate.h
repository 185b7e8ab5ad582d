// SPDX-License-Identifier: Apache-2.0
// Brings a database to this program's schema: db/migrations in order, each once, locked, with checksums.
#pragma once

#include <stdbool.h>

#include "server/base/err.h"

// Blocking; call it before the loop runs. Creates the roles and the schema, applies what is missing, each
// migration in its own transaction. Refuses a database that is newer than the program, a changed checksum,
// PostgreSQL below 14, and fsync, full_page_writes or synchronous_commit switched off. With dry_run it only
// says what it would do. What happened, or what to do about it, is printed to standard error as log lines.
enum err migrate_run(const char *conninfo, bool dry_run) MUST_USE;
