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

// Which database this is; asked once a process.
enum err feed_epoch(struct call *c, uint64_t *ret_epoch) MUST_USE;
// The present end of what is decided.
enum err feed_horizon(struct call *c, struct feed_place *ret_place, int64_t *ret_now_us) MUST_USE;
// Changes after a place that the actor may see, at most limit, whether there are more, and the place to go on
// from. incident_id nil = all. A place ahead of this database gives nothing, and a place to go on from that
// lies before it.
enum err feed_read(struct call *c, const struct feed_place *after, const struct uuid *incident_id,
                   bool with_intake, int limit, Sokuo__V1__FeedChange ***ret_changes, int *ret_count,
                   bool *ret_more, struct feed_place *ret_next, int64_t *ret_now_us) MUST_USE;
