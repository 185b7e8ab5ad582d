// SPDX-License-Identifier: Apache-2.0
// PostgreSQL for fibers. Reads go over a few pipelined lanes, one sync per loop round; writes go over writer
// lanes that commit together whatever arrived while the last commit was in flight (decision 0002).
//
// Story of a write: a handler reads, decides in C, and submits a *unit*: prepared statements guarded by
// version and operation id, so that a conflict is "no row", not an error. Units of a batch are sorted by
// stream id (one lock order everywhere), each sets its own tenant and person first (row-level security),
// answers are held until the commit is known, and a batch that fails is retried unit by unit. When the
// connection breaks while a commit is out, its units answer ERR_COMMIT_UNKNOWN.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/call.h"
#include "server/store/queries.gen.h" // enum query

struct uv_loop_s;
struct db;
struct rows;

struct db_options {
    const char *conninfo; // libpq connection string
    int read_lanes;       // 0 = 3
    int write_lanes;      // 0 = 2
    int lease_lanes;      // 0 = 2
    const char *name;     // application_name
};

// Opens the lanes; connects in the background and reconnects with back-off and jitter for ever. A query is
// prepared on a lane when it is asked there first. Sessions run as role sokuo_app; statement timeout 15 s,
// lock timeout 3 s, empty search_path.
struct db *db_open(struct uv_loop_s *loop, const struct db_options *options);
// Closes the lanes; waiting calls get ERR_UNAVAILABLE.
void db_close(struct db *db);
// At least one read lane and one write lane are connected, to a server that is not in recovery.
bool db_ready(const struct db *db);
// Sleeps until ready or until the time is over. On a fiber.
bool db_wait_ready(struct db *db, uint64_t timeout_us);
// The database's clock now, in microseconds since 1970 (sokuo.now(), so that tests can set it): measured
// every five seconds, carried forward by the monotonic clock.
int64_t db_now_us(const struct db *db);
// Measures it now, when somebody said that it was set.
void db_ask_clock(struct db *db);

// Counters for /metrics.
struct db_stats {
    uint64_t reads, read_syncs, write_units, write_batches, batch_retries, write_retries, commits_unknown,
        reconnects;
    unsigned read_queue, write_queue, lanes_up, lanes;
};
struct db_stats db_stats(const struct db *db);

// A parameter. Values live at least until the call that takes them returns.
struct param {
    const char *data; // NULL = SQL NULL
    int len;
    int format; // 0 text, 1 binary
};

struct param p_null(void);
struct param p_text(const char *text); // NULL = SQL NULL
struct param p_textn(const char *text, int len);
struct param p_bytes(const void *data, int len); // bytea
struct param p_bool(bool value);
struct param p_i16(struct call *c, int16_t value);
struct param p_i32(struct call *c, int32_t value);
struct param p_i64(struct call *c, int64_t value);
struct param p_time(struct call *c, int64_t us_since_1970); // timestamptz; INT64_MIN = SQL NULL
struct param p_uuid(const struct uuid *id);                 // nil = SQL NULL
struct param p_json(const char *json);                      // jsonb, NULL = SQL NULL
struct param p_texts(struct call *c, const char *const *texts, int count); // text[]
struct param p_uuids(struct call *c, const struct uuid *ids, int count);   // uuid[]
struct param p_i16s(struct call *c, const int16_t *values, int count);     // smallint[]
struct param p_i64s(struct call *c, const int64_t *values, int count);     // bigint[]
// Column `col` of rows of parameters as an array; NULLs stay. What goes as text (texts, numbers, booleans,
// JSON) is text[], to be cast in the statement.
enum param_column { COLUMN_TEXT, COLUMN_UUID, COLUMN_TIME, COLUMN_BYTES };
struct param p_column(struct call *c, enum param_column type, const struct param *const *rows, int count,
                      int col);

// Results come in binary format and live until the call ends. Columns by name; a NULL reads as 0, "", nil,
// TIME_NULL.
#define TIME_NULL INT64_MIN
int rows_count(const struct rows *rows);
// Index of a column, for loops. Aborts when there is none: a programming error, found by a test of each
// query.
int rows_col(const struct rows *rows, const char *name);
// As rows_col; looks at column `from` first, where many are asked for in their usual order.
int rows_col_from(const struct rows *rows, const char *name, int from);
bool row_is_null(const struct rows *rows, int row, int col);
bool row_bool(const struct rows *rows, int row, int col);
int64_t row_i64(const struct rows *rows, int row, int col); // int2, int4, int8, by width
// text and jsonb (without its version byte); ends with NUL.
const char *row_text(const struct rows *rows, int row, int col);
int row_len(const struct rows *rows, int row, int col);
const void *row_bytes(const struct rows *rows, int row, int col);
struct uuid row_uuid(const struct rows *rows, int row, int col);
int64_t row_time(const struct rows *rows, int row, int col); // timestamptz in microseconds since 1970
// Elements of a one-dimensional array without NULLs. Returns how many; *ret is in the call's arena.
int row_uuids(struct call *c, const struct rows *rows, int row, int col, struct uuid **ret);
int row_i16s(struct call *c, const struct rows *rows, int row, int col, int16_t **ret);
int row_texts(struct call *c, const struct rows *rows, int row, int col, const char ***ret);

// A statement and, after the call, its result.
struct db_stmt {
    enum query query;
    const struct param *params; // as many as the query has
    struct rows *rows;
};

// Reads: sends all in one go, sleeps until all are answered. Sees what was committed before.
// Errors: UNAVAILABLE (no database: tell the user nothing was lost), DEADLINE_EXCEEDED, INTERNAL.
enum err db_read(struct call *c, struct db_stmt *stmts, int count) MUST_USE;
// One statement.
enum err db_query(struct call *c, enum query query, const struct param *params,
                  struct rows **ret_rows) MUST_USE;

// Writes one unit: all statements or none, durable when it returns ERR_OK. Units of one stream never overtake
// each other within a process. What lost against others (serialization, deadlock, lock timeout) is tried
// three times, as it is: its guards say whether it still holds. Errors besides those of db_read:
// COMMIT_UNKNOWN; ABORTED (it lost each time); ALREADY_EXISTS (unique violation); FAILED_PRECONDITION (check
// or foreign key violation); RESOURCE_EXHAUSTED (storage full).
enum err db_write(struct call *c, const struct uuid *stream, struct db_stmt *stmts, int count) MUST_USE;

// A transaction with thinking in between, on a lane of its own: imports, administration. Rolled back when the
// call ends without db_commit.
struct db_lease;
enum err db_begin(struct call *c, struct db_lease **ret_lease) MUST_USE;
enum err db_lease_query(struct call *c, struct db_lease *lease, enum query query, const struct param *params,
                        struct rows **ret_rows) MUST_USE;
enum err db_commit(struct call *c, struct db_lease *lease) MUST_USE;
// Gives the lane back before the call ends: needed before another db_begin of the same call. Does nothing
// after db_commit.
void db_rollback(struct db_lease *lease);
