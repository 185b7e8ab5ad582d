// SPDX-License-Identifier: Apache-2.0
// The intake queue: what deliveries make of it, and what people do with it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/codec/alert.h"
#include "server/store/db.h"
#include "server/store/integration_store.h"
#include "server/store/operation_store.h"

// What became of one alert of a delivery.
struct intake_outcome {
    bool
        is_kept; // an item of its own took it; false: folded, resolved without an item, or counted by another
    struct uuid item_id;
    Sokuo__V1__ItemState state;
    Sokuo__V1__Severity severity; // of the item
};

struct intake_result {
    bool is_over_rate; // nothing but the flood item changed
    int retry_after_s;
    struct intake_outcome *outcomes; // one an alert
    struct uuid flood_id;            // nil: no flood
    int folded;                      // reports the flood item counts by now
};

// An item that is over and belongs to an incident.
struct intake_over {
    struct uuid item_id, incident_id;
    const char *title;
    int64_t resolved_at_us;
};

// Takes a delivery into the queue, durable when it returns ERR_OK. Deliveries of one integration never
// interleave; the same delivery again only counts. raw_body is what single alerts keep.
enum err intake_deliver(struct call *c, const struct integration *integration,
                        const struct alert_batch *batch, const char *body, size_t len,
                        struct intake_result *ret_result) MUST_USE;

// Of the batch's resolved alerts, the items that belong to incidents, whether this delivery or an earlier one
// resolved them.
enum err intake_over(struct call *c, const struct integration *integration, const struct alert_batch *batch,
                     struct intake_over **ret_over, size_t *ret_count) MUST_USE;

// Position in the queue: items behind it are older.
struct intake_cursor {
    int64_t first_seen_us; // TIME_NULL: from the newest
    struct uuid id;
};

// A page of items, newest first. No states: new and resolved ones. integration_id NULL: of all.
enum err intake_list(struct call *c, const Sokuo__V1__ListItemsRequest *req,
                     const struct intake_cursor *after, int limit, Sokuo__V1__IntakeItem ***ret_items,
                     size_t *ret_count) MUST_USE;
// These items, the gravest first. Those that are not there are left out. ret_raws may be NULL.
enum err intake_get(struct call *c, const struct uuid *ids, int count, Sokuo__V1__IntakeItem ***ret_items,
                    const char ***ret_raws, size_t *ret_count) MUST_USE;
// Puts items aside, or back; answers how many changed, the same for the same operation. request_hash: 32
// bytes.
enum err intake_dismiss(struct call *c, const struct uuid *operation_id, const uint8_t *request_hash,
                        const struct uuid *ids, int count, const char *reason, bool restore,
                        int *ret_changed) MUST_USE;
// A statement for the unit that files or changes an incident under this operation, to be its first: the items
// become part of the incident. FAILED_PRECONDITION for the whole unit when one of them left the queue;
// nothing when the operation is done already.
struct db_stmt intake_promote_stmt(struct call *c, const struct uuid *operation_id,
                                   const struct uuid *incident_id, const struct uuid *ids, int count);
// What an item tells the incident it belongs to.
struct intake_entry {
    struct uuid id; // of the entry: derived from the item, so that it is told once
    struct uuid operation_id, incident_id;
    const char *text, *sender;
    int64_t occurred_at_us; // TIME_NULL = now
};
// A statement that puts it into the chronology (情報, 系); does nothing when it stands there already.
struct db_stmt intake_entry_stmt(struct call *c, const struct intake_entry *entry);
// Does it, in a unit of its own.
enum err intake_tell(struct call *c, const struct intake_entry *entry) MUST_USE;
// Promotes the items, tells the incident and keeps the operation's answer, all or none. ret_done is false
// when the operation id was used before. FAILED_PRECONDITION when an item left the queue.
enum err intake_attach(struct call *c, const struct operation *operation, const struct uuid *incident_id,
                       const struct uuid *item_ids, const struct intake_entry *entries, int count,
                       bool *ret_done) MUST_USE;
// The one error for an item that is not there.
enum err intake_not_found(struct call *c);
// The error for items that left the queue in the meantime.
enum err intake_taken(struct call *c);
// Ids of a request, each once; returns how many. The texts have passed message_check.
int intake_ids(struct call *c, char *const *texts, size_t count, struct uuid **ret_ids);
