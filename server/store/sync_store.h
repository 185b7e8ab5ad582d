// SPDX-License-Identifier: Apache-2.0
// The feed: what changed, in the order of commits, up to the oldest transaction that still runs (decision
// 0020).
#pragma once

#include "server/store/entry_store.h"
#include "sokuo/v1/sync.pb-c.h"

// A place in the feed of one database.
struct feed_place {
    uint64_t epoch, xid;
    int64_t seq;
};

// What a reader wants of it.
struct feed_wish {
    struct uuid incident_id; // nil = all
    bool with_intake;        // intake items too
    int limit;               // most changes
};

// What comes after a place.
struct feed_page {
    Sokuo__V1__FeedChange **changes; // that the actor may see
    int count;
    bool more;              // the limit was reached
    struct feed_place next; // to go on from
    int64_t now_us;         // the database's clock
};

// Which database this is; asked once a process.
enum err feed_epoch(struct call *c, uint64_t *ret_epoch) MUST_USE;
// The present end of what is decided.
enum err feed_horizon(struct call *c, struct feed_place *ret_place, int64_t *ret_now_us) MUST_USE;
// Its row.
void feed_take_horizon(const struct rows *rows, struct feed_place *ret_place, int64_t *ret_now_us);
// Reads on after a place. A place ahead of this database gives nothing, and a place to go on from that lies
// before it.
enum err feed_read(struct call *c, const struct feed_place *after, const struct feed_wish *wish,
                   struct feed_page *ret_page) MUST_USE;
// Row of feed_page or feed_look as a change, still without the incident as it is now.
enum err feed_change(struct call *c, const struct rows *rows, int row,
                     Sokuo__V1__FeedChange **ret_change) MUST_USE;
// Where a row of these stands.
struct feed_place feed_place_of(const struct rows *rows, int row);
