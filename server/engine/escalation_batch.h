// SPDX-License-Identifier: Apache-2.0
// One batch of calls: what is due is stepped and written in one transaction (decision 0063).
#pragma once

#include "server/store/escalation_store.h"

// Incidents whose calls wait because somebody was writing the incident; more wait until the next round.
#define ESC_BUSY_MOST 16

struct esc_outcome {
    int claimed, saved;
    bool has_notices;
    struct esc_busy {
        struct uuid tenant_id, incident_id;
    } busy[ESC_BUSY_MOST];
    int busy_count;
    struct esc_call first; // of those claimed, for one that cannot be saved
};
// Claims, steps, saves, commits. An unknown commit is harmless: what is due is read again.
enum err esc_batch_run(struct call *c, const struct esc_bite *bite, struct esc_outcome *ret) MUST_USE;

// Applies what happened, then the time, to every call of the batch; pure but for the arena.
void esc_batch_step(struct call *c, struct esc_batch *batch, int64_t now_us);
// Writes what the chronologies say, and who commands, of the calls that are not dropped.
void esc_batch_note(struct call *c, struct esc_batch *batch);
