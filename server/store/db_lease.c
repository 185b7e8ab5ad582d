// SPDX-License-Identifier: Apache-2.0
// A lane for one transaction with thinking in between. It goes back when the call ends.
#include <string.h>

#include "server/store/db_lane.h"

struct db_lease {
    struct db *db;
    struct lane *lane; // NULL: none yet, lost, or given back
};

void lease_take(struct db_lease *lease, struct lane *lane)
{
    lane->is_leased = true;
    lane->lease = lease;
    lease->lane = lane;
}

void lease_lost(struct lane *lane)
{
    if (lane->lease != NULL)
        lane->lease->lane = NULL;
    lane->lease = NULL;
    lane->is_leased = false;
}

static void rollback_done(struct unit *unit)
{
    unit_reset(unit); // the lane is free once its queue is empty
}

static void give_back(struct db_lease *lease)
{
    struct lane *lane = lease->lane;
    lease->lane = NULL;
    lane->lease = NULL;
    lane->is_leased = false;
}

// What was not committed is rolled back; nobody gets the lane before that is done.
void db_rollback(struct db_lease *lease)
{
    struct lane *lane = lease->lane;
    if (lane == NULL)
        return;
    lane->rollback_stmt = (struct db_stmt){.query = Q_LEASE_ROLLBACK};
    lane->rollback = (struct unit){.done = rollback_done, .stmts = &lane->rollback_stmt, .count = 1};
    unit_queue(lane->db, &lane->rollback, &lane->writes);
    give_back(lease);
}

static void release(void *arg)
{
    db_rollback(arg);
}

static enum err run(struct call *c, struct db_lease *lease, struct db_stmt *stmts, int count)
{
    struct unit unit = {.call = c, .stmts = stmts, .count = count};
    if (lease->lane == NULL)
        return db_error_fail(c, ERR_UNAVAILABLE);
    return unit_run(lease->db, &unit, &lease->lane->writes);
}

enum err db_begin(struct call *c, struct db_lease **ret_lease)
{
    struct db_lease *lease = call_alloc(c, sizeof *lease);
    lease->db = c->db;
    call_defer(c, release, lease);
    struct db_stmt begin = {.query = Q_LEASE_BEGIN};
    struct unit unit = {.call = c, .stmts = &begin, .count = 1, .lease = lease};
    TRY(unit_run(c->db, &unit, &c->db->leases));

    char tenant[UUID_TEXT_SIZE], person[UUID_TEXT_SIZE], section[UUID_TEXT_SIZE];
    const struct actor *a = &c->actor;
    const struct param params[] = {
        p_text(uuid_is_nil(&a->tenant_id) ? "" : uuid_format(&a->tenant_id, tenant)),
        p_text(uuid_is_nil(&a->person_id) ? "" : uuid_format(&a->person_id, person)),
        p_text(a->is_system   ? "system"
               : a->reads_all ? "all"
                              : "own"),
        p_text(uuid_is_nil(&a->section_id) ? "" : uuid_format(&a->section_id, section)),
    };
    struct db_stmt caller = {.query = Q_SESSION_SET, .params = params};
    TRY(run(c, lease, &caller, 1));
    *ret_lease = lease;
    return ERR_OK;
}

enum err db_lease_query(struct call *c, struct db_lease *lease, enum query query, const struct param *params,
                        struct rows **ret_rows)
{
    struct db_stmt stmt = {.query = query, .params = params};
    TRY(run(c, lease, &stmt, 1));
    *ret_rows = stmt.rows;
    return ERR_OK;
}

enum err db_commit(struct call *c, struct db_lease *lease)
{
    struct db_stmt commit = {.query = Q_LEASE_COMMIT};
    TRY(run(c, lease, &commit, 1));
    if (lease->lane != NULL)
        give_back(lease);
    // After a failed statement PostgreSQL answers COMMIT with ROLLBACK.
    if (strcmp(PQcmdStatus(rows_result(commit.rows)), "COMMIT") != 0)
        return db_error_fail(c, ERR_ABORTED);
    return ERR_OK;
}
