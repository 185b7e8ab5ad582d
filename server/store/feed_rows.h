// SPDX-License-Identifier: Apache-2.0
// Inside of the feed's memory: the rows of one tenant that were read last, and the look that reads on.
#pragma once

#include "server/store/sync_store.h"

// An incident as of its last change, with what decides who sees it.
struct feed_state {
    struct incident incident;
    struct uuid *sections, *members;
    int16_t *accesses; // MemberAccess of the members
    int section_count, member_count;
    int64_t until_us; // then a membership ends, and it must be read again
};

struct feed_row {
    struct feed_place place;
    Sokuo__V1__FeedChange *change;
    struct uuid incident_id;  // nil: neither an incident nor an order of one
    struct feed_state *state; // of the incident
    bool is_intake, is_order;
    struct uuid *asked; // of an order: whom the change concerns among those who are asked, ascending
    int asked_count;
    int wall;
};

// What one look brought: its rows and states live in its call's arena and results. States of a block belong
// to rows of the same or older blocks, so the oldest block can always go.
struct feed_block {
    struct call call;
    struct feed_block *next;
    struct feed_row *rows;
    int count;
    struct feed_state *states;
    int state_count;
    size_t bytes;
};

// The rows of one tenant after `floor` up to `horizon`, all of them, oldest first.
struct feed_rows {
    struct db *db;
    struct uuid tenant_id;
    bool is_known; // floor and horizon are
    struct feed_place floor, horizon;
    int64_t now_us; // the database's clock at the last look
    uint64_t reconnects;
    struct feed_block *first, **end;
    int count;
    size_t bytes;
    bool has_undecided; // the last look saw rows past the horizon
    uint64_t news;      // looks that found something
};

// Begins without rows.
void feed_rows_init(struct feed_rows *r, struct db *db, const struct uuid *tenant_id);
// Forgets what is remembered.
void feed_rows_clear(struct feed_rows *r);
// Reads on, sleeping; one at a time. Nothing is remembered twice, nothing is left out; when that is in doubt,
// it begins anew or is not known.
enum err feed_rows_look(struct feed_rows *r) MUST_USE;
// What is remembered now stays in memory until the call ends, even when it is forgotten.
void feed_rows_hold(struct call *c);
// Less than, equal to or greater than 0, as a is before, at or after b.
int feed_place_compare(const struct feed_place *a, const struct feed_place *b);
