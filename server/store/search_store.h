// SPDX-License-Identifier: Apache-2.0
// Search by two characters or more (decision 0021).
#pragma once

#include "server/store/entry_store.h"

// Where a search stands: everything at and after it was looked at.
struct search_place {
    int bucket;
    struct uuid id; // of the row within the bucket
};

// The first place: before the newest.
struct search_place search_begin(void);
// Hits after the place, newest first, at most limit; ret_next is where to go on, ret_more whether there is
// anything left. Work is bounded: a page may be short although there is more. INVALID_ARGUMENT when no word
// has two characters.
enum err search_incidents(struct call *c, const char *query, int mode, const struct search_place *after,
                          int limit, Sokuo__V1__SearchHit ***ret_hits, int *ret_count,
                          struct search_place *ret_next, bool *ret_more) MUST_USE;
