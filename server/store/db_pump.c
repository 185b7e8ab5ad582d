// SPDX-License-Identifier: Apache-2.0
// Once a loop round: from the queues onto the lanes. And what waited for too long.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/db_lane.h"

#define DOWN_PATIENCE_US 2000000 // a restart of PostgreSQL takes less; longer would only pile up requests

static bool is_late(const struct unit *unit, uint64_t now_us)
{
    return unit->call != NULL && unit->call->deadline_us != 0 && unit->call->deadline_us <= now_us;
}

// A client that left needs no read; a write was promised to be done.
static bool is_unwanted(const struct unit *unit)
{
    return unit->call != NULL && unit->call->is_gone && unit->stream == NULL && unit->sets_caller;
}

// How gladly the lane takes one more read; less is better, negative not at all. A lane with nothing to do
// comes first: several work side by side. When all are busy, reads gather in one group until it is full,
// because each group costs PostgreSQL a transaction and an identity. What finds no place waits: other lanes
// may be quicker.
static int reluctance(const struct lane *lane)
{
    int open = (int)(lane->tail - lane->synced), groups = lane->groups;
    if (open >= READ_GROUP) {
        open = 0;
        groups++;
    }
    if (lane->state != LANE_UP || groups >= READ_GROUPS || lane_room(lane) == 0)
        return -1;
    if (groups == 0)
        return open;
    return open > 0 ? 2 * READ_GROUP - open : 2 * READ_GROUP + (int)(lane->tail - lane->head);
}

static struct lane *lane_for_read(struct db *db)
{
    struct lane *best = NULL;
    int least = INT_MAX;
    for (int i = 0; i < db->read_count; i++) {
        int how = reluctance(&db->lanes[i]);
        if (how >= 0 && how < least) {
            least = how;
            best = &db->lanes[i];
        }
    }
    return best;
}

static void drop(struct unit *unit, struct queue *dropped, uint64_t now_us)
{
    unit->err = is_late(unit, now_us) ? ERR_DEADLINE_EXCEEDED : ERR_CANCELED;
    queue_push(dropped, unit);
}

static void finish_all(struct queue *units)
{
    for (struct unit *unit = queue_pop(units); unit != NULL; unit = queue_pop(units))
        unit_finish(unit, unit->err);
}

static void send_reads(struct db *db)
{
    uint64_t now_us = db->reads.first ? db_mono_us() : 0;
    struct queue dropped = {0};
    struct lane *lane;
    while (db->reads.first != NULL && (lane = lane_for_read(db)) != NULL) {
        struct unit *unit = queue_pop(&db->reads);
        if (is_late(unit, now_us) || is_unwanted(unit)) {
            drop(unit, &dropped, now_us);
            continue;
        }
        bool is_alone = unit->is_alone;
        if (is_alone || lane->tail - lane->synced >= READ_GROUP)
            lane_end_group(lane);
        if (lane->state != LANE_UP)
            queue_push_front(&db->reads, unit);
        else if (lane_send(lane, unit) && is_alone)
            lane_end_group(lane);
    }
    for (int i = 0; i < db->read_count; i++) {
        db->stats.read_syncs += db->lanes[i].synced != db->lanes[i].tail;
        lane_end_group(&db->lanes[i]);
    }
    finish_all(&dropped);
}

// One order of locks everywhere: by stream; within a stream as they came.
static int compare_units(const void *a, const void *b)
{
    const struct unit *one = *(struct unit *const *)a, *two = *(struct unit *const *)b;
    int order = memcmp(one->stream->bytes, two->stream->bytes, sizeof one->stream->bytes);
    return order != 0 ? order : one->order < two->order ? -1 : 1;
}

// One group, or units of one stream could overtake each other when it fails: all is prepared before the first
// is sent. Who is not sent yet waits in the queue, in order, in case the lane is lost.
static void send_batch(struct lane *lane, struct unit **units, int count)
{
    qsort(units, (size_t)count, sizeof(struct unit *), compare_units);
    for (int i = count; i-- > 0;)
        queue_push_front(&lane->writes, units[i]);
    if (!lane_prepare(lane, units, count)) {
        lane_lost(lane, "preparing failed");
        return;
    }
    for (int i = 0; i < count; i++) {
        if (!lane_send(lane, queue_pop(&lane->writes)))
            return;
    }
    lane->db->stats.write_batches++;
    lane_end_group(lane);
}

// Retries of a failed batch: each its own transaction, all in one go.
static void send_alone(struct lane *lane)
{
    while (lane->writes.first != NULL && lane->writes.first->is_alone && lane_room(lane) > 0 &&
           lane->state == LANE_UP) {
        if (lane_send(lane, queue_pop(&lane->writes))) {
            lane->db->stats.write_batches++;
            lane_end_group(lane);
        }
    }
}

static void send_writes(struct lane *lane)
{
    if (lane->writes.first == NULL || lane->state != LANE_UP || lane->head != lane->tail)
        return;
    if (lane->writes.first->is_alone) {
        send_alone(lane);
        return;
    }
    uint64_t now_us = db_mono_us();
    struct queue dropped = {0};
    struct unit *units[LANE_UNITS];
    int count = 0;
    while (count < LANE_UNITS && lane->writes.first != NULL && !lane->writes.first->is_alone) {
        struct unit *unit = queue_pop(&lane->writes);
        if (is_late(unit, now_us))
            drop(unit, &dropped, now_us);
        else
            units[count++] = unit;
    }
    if (count > 0)
        send_batch(lane, units, count);
    finish_all(&dropped);
}

static void send_lease(struct lane *lane)
{
    struct db *db = lane->db;
    if (lane->state != LANE_UP || lane->head != lane->tail)
        return;
    if (!lane->is_leased && lane->writes.first == NULL && db->leases.first != NULL) {
        struct unit *unit = queue_pop(&db->leases);
        lease_take(unit->lease, lane);
        queue_push(&lane->writes, unit);
    }
    if (lane->writes.first != NULL && lane_send(lane, queue_pop(&lane->writes)))
        lane_end_group(lane);
}

void db_pump(uv_prepare_t *prepare)
{
    struct db *db = prepare->data;
    uint64_t before;
    do { // whoever is woken in here may ask again, and the poll that follows must not keep that waiting
        before = db->orders;
        send_reads(db);
        for (int i = db->read_count; i < db->lane_count; i++) {
            struct lane *lane = &db->lanes[i];
            if (lane->kind == LANE_WRITE)
                send_writes(lane);
            else
                send_lease(lane);
        }
    } while (before != db->orders);
}

// Takes out of the queue who shall wait no longer, with the outcome in unit->err.
static void expire_queue(struct queue *q, bool is_up, uint64_t now_us, struct queue *over)
{
    struct queue kept = {0};
    for (struct unit *unit = queue_pop(q); unit != NULL; unit = queue_pop(q)) {
        bool is_stuck = !is_up && now_us - unit->queued_us > DOWN_PATIENCE_US;
        if (is_late(unit, now_us) || is_stuck || is_unwanted(unit)) {
            drop(unit, over, now_us);
            if (is_stuck && !is_late(unit, now_us))
                unit->err = ERR_UNAVAILABLE;
        } else {
            queue_push(&kept, unit);
        }
    }
    *q = kept;
}

// In flight: its caller stops waiting; a write may yet be committed, so that is not known.
static void expire_slots(struct lane *lane, uint64_t now_us, struct queue *over)
{
    for (uint32_t i = lane->head; i != lane->tail && lane->kind != LANE_LEASE; i++) {
        struct slot *slot = &lane->slots[i % LANE_SLOTS];
        if (slot->unit == NULL || !is_late(slot->unit, now_us))
            continue;
        slot->unit->err = lane->kind == LANE_WRITE ? ERR_COMMIT_UNKNOWN : ERR_DEADLINE_EXCEEDED;
        lane->db->stats.commits_unknown += lane->kind == LANE_WRITE;
        queue_push(over, slot->unit);
        slot->unit = NULL;
    }
}

bool db_expire(struct db *db)
{
    uint64_t now_us = db_mono_us();
    struct queue over = {0};
    bool is_read_up = false, is_lease_up = false, is_waiting = false;
    for (int i = 0; i < db->lane_count; i++) {
        struct lane *lane = &db->lanes[i];
        is_read_up |= lane->kind == LANE_READ && lane->state == LANE_UP;
        is_lease_up |= lane->kind == LANE_LEASE && lane->state == LANE_UP;
        expire_queue(&lane->writes, lane->state == LANE_UP, now_us, &over);
        expire_slots(lane, now_us, &over);
        is_waiting |= lane->writes.count > 0 || lane->head != lane->tail;
    }
    expire_queue(&db->reads, is_read_up, now_us, &over);
    expire_queue(&db->leases, is_lease_up, now_us, &over);
    is_waiting |= db->reads.count > 0 || db->leases.count > 0;
    finish_all(&over);
    return is_waiting;
}
