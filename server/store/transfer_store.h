// SPDX-License-Identifier: Apache-2.0
// Evidence handed out to somebody outside, as rows: written once, never changed. Reading obeys the caller's
// walls; writing runs as the server, after the caller of these functions has checked.
#pragma once

#include "server/store/operation_store.h"
#include "sokuo/v1/evidence.pb-c.h"

// A slip to be written; m's items name their evidence and form only.
struct transfer {
    Sokuo__V1__Transfer m;
    struct uuid incident_id;
    const struct uuid *evidence_ids;
    const int16_t *forms;
    int count;
    const char *text; // of the entry in the chronology
};

// Those of an incident the caller may read, oldest first; with only_id at most this one.
enum err transfer_list(struct call *c, const struct uuid *incident_id, const struct uuid *only_id,
                       Sokuo__V1__Transfer ***ret_list, size_t *ret_count) MUST_USE;
// Writes it with its entry. ret_done is false when the operation was done already, or a piece is not (whole)
// of this incident. ALREADY_EXISTS: an original is gone already, or the operation was done at the same time.
enum err transfer_add(struct call *c, const struct transfer *transfer, const struct operation *operation,
                      bool *ret_done) MUST_USE;
