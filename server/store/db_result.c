// SPDX-License-Identifier: Apache-2.0
// What comes back on a lane, and what it means for the units that were sent.
#include <string.h>

#include "server/base/fault.h"
#include "server/base/log.h"
#include "server/store/db_lane.h"

PGresult *rows_result(struct rows *rows)
{
    return (PGresult *)rows;
}

static struct slot *current(struct lane *lane)
{
    return &lane->slots[lane->at % LANE_SLOTS];
}

// The sync of the group at `at` was seen: every unit since head gets its outcome, or another try by itself.
static void end_group(struct lane *lane)
{
    bool is_failed = lane->group_failed, is_unknown = lane->group_unknown;
    uint32_t end = lane->at + 1, size = end - lane->head;
    struct queue over = {0};
    for (uint32_t i = end; i-- != lane->head;) {
        struct unit *unit = lane->slots[i % LANE_SLOTS].unit;
        if (unit == NULL)
            continue;
        if (!is_failed || size == 1) {
            queue_push_front(&over, unit);
            continue;
        }
        unit_reset(unit);
        unit->is_alone = true;
        queue_push_front(&lane->writes, unit);
    }
    lane->db->stats.batch_retries += is_failed && size > 1 && lane->kind == LANE_WRITE;
    lane->head = lane->at = end;
    lane->groups--;
    lane->group_failed = lane->group_unknown = false;
    for (struct unit *unit = queue_pop(&over); unit != NULL; unit = queue_pop(&over)) {
        enum err err = is_failed ? unit->err : is_unknown ? ERR_COMMIT_UNKNOWN : ERR_OK;
        lane->db->stats.commits_unknown += err == ERR_COMMIT_UNKNOWN;
        unit_finish(unit, err);
    }
}

// A read is answered as soon as its own statements are; only writes wait for the commit.
static void finish_read(struct lane *lane, struct slot *slot)
{
    struct unit *unit = slot->unit;
    slot->unit = NULL;
    if (unit == NULL)
        return;
    bool is_lost = unit->err == ERR_UNAVAILABLE && ++unit->attempts < ATTEMPTS_MOST; // the server goes away
    if (is_lost || (unit->is_aborted && unit->err == ERR_OK)) {
        unit_reset(unit);
        unit->is_alone = true;
        queue_push_front(&lane->db->reads, unit);
        return;
    }
    unit_finish(unit, unit->err);
}

// The NULL after a statement's results. False when there was no result before it.
static bool take_end(struct lane *lane)
{
    struct slot *slot = current(lane);
    if (!slot->has_result)
        return false;
    slot->has_result = false;
    slot->first_is_caller = false;
    if (--slot->results_left > 0)
        return true;
    bool ends_group = slot->ends_group;
    if (lane->kind == LANE_READ)
        finish_read(lane, slot);
    if (!ends_group)
        lane->at++;
    return true;
}

// An error where the sync should be: the commit itself failed. Some errors say for certain that nothing was
// kept.
static void take_commit_error(struct lane *lane, const PGresult *res, const char *state)
{
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    bool is_certain =
        severity != NULL && strcmp(severity, "ERROR") == 0 &&
        (strncmp(state, "23", 2) == 0 || strncmp(state, "40", 2) == 0 || strncmp(state, "P0", 2) == 0);
    if (!is_certain) {
        lane->group_unknown = true;
        return;
    }
    lane->group_failed = true;
    struct unit *unit = current(lane)->unit;
    if (unit != NULL)
        unit->err = db_error_from_state(state);
}

static void take_error(struct lane *lane, const PGresult *res)
{
    struct slot *slot = current(lane);
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    if (slot->results_left == 0) {
        take_commit_error(lane, res, state);
        return;
    }
    slot->has_result = true;
    lane->group_failed = true;
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    lane->is_stale |= strcmp(state, "25006") == 0 || (severity != NULL && strcmp(severity, "FATAL") == 0);
    if (slot->unit != NULL && slot->unit->err == ERR_OK)
        slot->unit->err = db_error_from_state(state);
    bool was_not_prepared = strcmp(state, "26000") == 0;
    if (was_not_prepared && slot->unit != NULL && slot->unit->got < slot->unit->count)
        lane->is_prepared[slot->unit->stmts[slot->unit->got].query] = false; // its next caller tries again
    db_error_log(slot->unit, res);
}

// Takes the result over; false when it does not fit the protocol.
static bool take_result(struct lane *lane, PGresult *res)
{
    struct slot *slot = current(lane);
    struct unit *unit = slot->unit;
    switch ((int)PQresultStatus(res)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        slot->has_result = true;
        if (unit != NULL && !slot->first_is_caller && unit->got < unit->count) {
            unit->stmts[unit->got++].rows = (struct rows *)res;
            return true;
        }
        break;
    case PGRES_PIPELINE_SYNC:
        if (slot->results_left > 0 || !slot->ends_group)
            return false;
        end_group(lane);
        break;
    case PGRES_PIPELINE_ABORTED:
        slot->has_result = true;
        if (unit != NULL)
            unit->is_aborted = true;
        break;
    case PGRES_FATAL_ERROR:
        take_error(lane, res);
        break;
    default:
        PQclear(res);
        return false;
    }
    PQclear(res);
    return true;
}

static PGresult *next_result(struct lane *lane)
{
    if (lane->kind == LANE_WRITE && FAULT(DB_ANSWER_LOST))
        return PQmakeEmptyPGresult(lane->conn, PGRES_FATAL_ERROR);
    return PQgetResult(lane->conn);
}

// An error that libpq made itself, because the connection broke: one of the server's has a state. It tells
// nothing about what the server did: the unit may be committed, its answer lost on the way.
static bool is_of_libpq(const PGresult *res)
{
    return PQresultStatus(res) == PGRES_FATAL_ERROR && PQresultErrorField(res, PG_DIAG_SQLSTATE) == NULL;
}

void lane_results(struct lane *lane)
{
    int ends = 0; // NULLs in a row without a result: libpq has nothing, though the ring expects something
    while (lane->at != lane->tail && ends < 2 && !PQisBusy(lane->conn)) {
        PGresult *res = next_result(lane);
        if (res == NULL) {
            ends = take_end(lane) ? 0 : ends + 1;
        } else if (is_of_libpq(res)) {
            PQclear(res);
            lane_lost(lane, "answer lost");
            return;
        } else if (take_result(lane, res)) {
            ends = 0;
        } else {
            lane_lost(lane, "unexpected result");
            return;
        }
    }
}
