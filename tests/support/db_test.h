// SPDX-License-Identifier: Apache-2.0
// A loop, fibers and a db for tests that run under tests/support/with_pg.py.
//
// cmocka fails by longjmp: assert on the test's own stack, never inside a fiber.
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <uv.h>

#include "server/store/db.h"

extern uv_loop_t db_test_loop;
extern struct db *db_test_db;

// The superuser's connection string of the test's PostgreSQL.
const char *db_test_conninfo(void);
// Runs SQL as the superuser; aborts when it fails. Returns the first value as text, "" when there is none;
// valid until the next call.
const char *db_test_admin(const char *sql);
// Begins loop and fibers and opens a db on them; returns when it is ready. NULL = the usual lanes.
void db_test_begin(const struct db_options *options);
// Closes everything; aborts when something is left over.
void db_test_end(void);
// Runs fn(arg) on a fiber, and the loop until no fiber is alive.
void db_test_run(void (*fn)(void *arg), void *arg);
// Runs the loop until no fiber is alive.
void db_test_drain(void);
