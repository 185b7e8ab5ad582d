// SPDX-License-Identifier: Apache-2.0
// Inside of the store: units, lanes, and who calls whom. Nobody outside server/store/ includes this.
//
// Story: a call becomes a *unit* on the stack of its sleeping fiber and waits in a queue. Once a loop round,
// just before the loop polls (db_pump), queued units are sent over *lanes*: a read goes to the least loaded
// read lane, a write to the lane of its stream when that lane's last commit is known. What was sent in one go
// ends with one sync and is one implicit transaction: a *group*. A lane remembers what it sent in a ring of
// *slots*, one a unit, in order.
//
// libpq's pipeline, from postgres' src/test/modules/libpq_pipeline: each statement's results end with one
// NULL; a sync yields PGRES_PIPELINE_SYNC without a NULL; after an error the rest up to the sync are
// PGRES_PIPELINE_ABORTED.
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "server/base/fiber.h"
#include "server/store/db.h"

enum lane_kind { LANE_READ, LANE_WRITE, LANE_LEASE };

struct unit {
    struct unit *next; // in a queue
    struct fiber *fiber;
    void (*done)(struct unit *unit); // instead of waking the fiber
    struct call *call;               // NULL: the store itself
    struct db_stmt *stmts;
    int count, got;            // statements, and results of them so far
    const struct uuid *stream; // writes
    struct db_lease *lease;    // begin of a lease
    uint64_t queued_us, order;
    int attempts;     // connections lost under it
    bool sets_caller; // begins with session_set
    bool is_alone;    // a group of its own: its last group failed
    bool is_aborted;  // somebody else in the group failed
    enum err err;
};

struct queue {
    struct unit *first, *last;
    unsigned count;
};

void queue_push(struct queue *q, struct unit *unit);
void queue_push_front(struct queue *q, struct unit *unit);
struct unit *queue_pop(struct queue *q);

#define LANE_UNITS 64               // units in flight on a lane, and most units of a write batch
#define LANE_SLOTS (2 * LANE_UNITS) // a unit may need one more to prepare what it asks
#define LANES_MOST 32
#define READ_GROUP 8 // most reads that share a sync and, when they have the same, an identity
#define READ_GROUPS \
    2 // groups on a read lane: one at work, one for PostgreSQL to begin without waiting for us
// A statement that kills its connection must not do so for ever; when all lanes break at once, a unit may
// meet each.
#define ATTEMPTS_MOST 5

struct slot {
    struct unit *unit;    // NULL: answered already, or nobody waits any more
    int results_left;     // statements whose end has not been seen
    bool first_is_caller; // the first result is that of session_set
    bool has_result;      // the statement's result was seen, its end not yet
    bool ends_group;      // a sync follows
};

enum lane_state { LANE_DOWN, LANE_CONNECTING, LANE_UP };

struct lane {
    struct db *db;
    enum lane_kind kind;
    enum lane_state state;
    PGconn *conn;
    uv_poll_t poll; // open while the state is LANE_UP
    uv_timer_t retry;
    uv_work_t connect;
    int failures;  // connects in a row that failed
    int events;    // what the poll waits for
    bool listens;  // this one gets the notifications
    bool is_stale; // the server became a standby or is about to hang up
    // What was sent and not yet retired: head … at … tail, counted up for ever; `at` gets the results.
    struct slot slots[LANE_SLOTS];
    uint32_t head, at, tail;
    uint32_t synced;           // slots before this one have their sync sent
    int groups;                // whose sync was sent and not seen
    bool group_failed;         // a statement of the group at `at` failed: nothing of it was committed
    bool group_unknown;        // its commit may or may not have happened
    const struct call *caller; // whose session_set holds in the group being sent
    bool is_prepared[QUERY_COUNT + 1];
    struct queue writes; // units that wait for this very lane: writes and what a lease asks
    // Lease lanes:
    bool is_leased;
    struct db_lease *lease; // NULL while it is being rolled back
    struct unit rollback;
    struct db_stmt rollback_stmt;
};

struct db {
    uv_loop_t *loop;
    char *conninfo, *name;
    struct lane lanes[LANES_MOST]; // read lanes, then write lanes, then lease lanes
    int lane_count, read_count, write_count;
    int connecting;      // connects on the thread pool
    struct queue reads;  // wait for any read lane
    struct queue leases; // wait for a free lease lane
    uv_prepare_t pump;
    uv_timer_t tick;  // looks at deadlines while somebody waits
    uv_timer_t clock; // asks for the time once a second
    int handles;      // uv handles and connects not yet closed
    bool is_closing;
    uint64_t orders;        // units queued so far
    uint64_t down_since_us; // no read or no write lane since; 0 = ready
    struct fiber_cond ready;
    // The database's clock at a moment of the monotonic one.
    struct unit clock_unit;
    struct db_stmt clock_stmt;
    bool is_clock_asked, is_clock_known;
    uint64_t clock_sent_us, clock_at_us;
    int64_t clock_db_us;
    void (*on_notify)(void *arg, const char *payload);
    void *on_notify_arg;
    struct db_stats stats;
};

// db.c
uint64_t db_mono_us(void);
// Gives the unit its outcome and wakes who waits. Results are kept only for ERR_OK. The unit is gone
// afterwards.
void unit_finish(struct unit *unit, enum err err);
// Forgets the results so far, to be sent again.
void unit_reset(struct unit *unit);
// Queues the unit, sleeps until it has its outcome, then hands its results to the call or fails the call.
enum err unit_run(struct db *db, struct unit *unit, struct queue *queue) MUST_USE;
// Queues a unit of the store itself.
void unit_queue(struct db *db, struct unit *unit, struct queue *queue);
// A lane came up or went down.
void db_lane_changed(struct db *db);
// A handle or connect ended; the last one of a closing db frees it.
void db_handle_closed(struct db *db);
// Notifications of channel sokuo_wake go to fn, with NULL when some may have been missed; fn NULL takes it
// back.
void db_on_notify(struct db *db, void (*fn)(void *arg, const char *payload), void *arg);
// The database is reached over this machine's own socket.
bool db_is_local(const struct db *db);

// db_error.c
// What an SQLSTATE means for the caller.
enum err db_error_from_state(const char *sqlstate);
// Logs what an operator needs of a failed statement; never a value.
void db_error_log(const struct unit *unit, const PGresult *res);
// Fills the call's error; returns err.
enum err db_error_fail(struct call *c, enum err err);

// db_connect.c
// Connects in the background and retries for ever; ends in lane_up.
void lane_connect(struct lane *lane);
// What is prepared on every connection from the start; the rest when it is asked first.
extern const enum query queries_of_lane[];
extern const int queries_of_lane_count;

// db_lane.c
void lane_up(struct lane *lane);
// Drops the connection; what was in flight is queued again or gets its outcome. Then connects anew.
void lane_lost(struct lane *lane, const char *why);
unsigned lane_room(const struct lane *lane);
// Prepares what these units ask and the lane does not know yet; ends the open group when something is
// missing. False: the connection broke; the caller still holds the units and calls lane_lost.
bool lane_prepare(struct lane *lane, struct unit *const *units, int count) MUST_USE;
// Sends a unit into the open group. False: the connection broke, lane_lost was called, the unit is taken care
// of.
bool lane_send(struct lane *lane, struct unit *unit) MUST_USE;
// Ends the open group, if any, with a sync.
void lane_end_group(struct lane *lane);

// db_result.c
void lane_results(struct lane *lane);
PGresult *rows_result(struct rows *rows);

// db_pump.c
void db_pump(uv_prepare_t *prepare);
// Finishes what waited for too long; true when somebody still waits.
bool db_expire(struct db *db);

// db_lease.c
// The lane of a lease is gone.
void lease_lost(struct lane *lane);
// Knows its lane from now on.
void lease_take(struct db_lease *lease, struct lane *lane);
