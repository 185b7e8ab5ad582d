// SPDX-License-Identifier: Apache-2.0
// Evidence as rows: announced, received piece by piece, handed out. What changes here is noted in the
// incident's chronology: the chain of custody. Reading obeys the caller's walls; writing runs as the server,
// after the caller of these functions has checked.
#pragma once

#include <sodium.h>

#include "server/store/operation_store.h"
#include "sokuo/v1/evidence.pb-c.h"

struct evidence {
    Sokuo__V1__Evidence m;
    struct uuid id, incident_id, person_id;
    crypto_hash_sha256_state digest; // of the bytes received so far
};

// One piece; NOT_FOUND when the caller does not see it.
enum err evidence_get(struct call *c, const struct uuid *id, struct evidence **ret_evidence) MUST_USE;
// Those of an incident or of a step (the other is nil) that the caller sees, oldest first: all, an
// incident holds at most 1,000.
enum err evidence_list(struct call *c, const struct uuid *incident_id, const struct uuid *step_id,
                       Sokuo__V1__Evidence ***ret_list, size_t *ret_count) MUST_USE;
// Announces evidence->m. ret_done is false when the operation was done already, the incident is full or takes
// no entries.
enum err evidence_begin(struct call *c, const struct evidence *evidence, const struct operation *operation,
                        const char *text, struct operation_facts *ret_facts, bool *ret_done) MUST_USE;
// Adds the piece at m.received and moves it on; with the last piece of a file whose bytes agree, also
// completes it. ret_done is false when it was not the next piece any more. DATA_LOSS: the bytes are not what
// was announced; all pieces were dropped.
enum err evidence_put(struct call *c, struct evidence *evidence, const void *data, size_t len,
                      bool *ret_done) MUST_USE;
// Notes that the caller takes a copy, then reads its bytes into the call's arena.
enum err evidence_take(struct call *c, const struct evidence *evidence, const char **ret_data) MUST_USE;
