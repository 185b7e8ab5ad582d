// SPDX-License-Identifier: Apache-2.0
// The newest rows of the feed, kept by every worker: thousands who pull the same change do not each ask the
// database (decision 0037).
//
// Every answer rests on a *look* at the database that began after its call had come; one look serves all
// calls that wait for it. So the memory never answers what the database would not have answered in that
// moment, and depends on no wake. What it cannot decide, the caller asks the database.
#pragma once

#include "server/store/sync_store.h"

// As feed_read, out of the memory; ret_known false: use feed_read. Changes are shared and live until the call
// ends: not to be written to.
enum err feed_recall(struct call *c, const struct feed_place *after, const struct feed_wish *wish,
                     struct feed_page *ret_page, bool *ret_known) MUST_USE;
// As feed_horizon, by a look that others share.
enum err feed_present(struct call *c, struct feed_place *ret_place, int64_t *ret_now_us) MUST_USE;
// How often something new was found for this tenant: to be read before reading the feed, for feed_wait.
uint64_t feed_news(const struct call *c);
// Sleeps until a wake, or until a look found something new since feed_news answered `news`, or until the time
// is over. Somebody looks every two seconds while anybody waits.
void feed_wait(struct call *c, uint64_t news, uint64_t timeout_us);
