// SPDX-License-Identifier: Apache-2.0
// "Something changed": wakes the Pulls and event streams of every process. Only a hint: Pull never depends on
// it. Processes of one machine wake each other over datagram sockets in the run directory; other machines by
// one NOTIFY per batch, sent outside the write transaction.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/call.h"

struct uv_loop_s;

// What a wake says: the tenant, and what kind of thing changed.
enum wake_kind { WAKE_FEED, WAKE_SESSIONS, WAKE_ENGINE };

// Joins the others; run_dir holds the sockets. Called once a process.
void wake_begin(struct uv_loop_s *loop, struct db *db, const char *run_dir);
void wake_end(void);
// Who waits for news is let go, now and from now on; sending goes on until wake_end.
void wake_let_go(void);
// True since wake_let_go: do not wait again.
bool wake_lets_go(void);
// Tells everybody, this process first. Bursts within a loop round become one.
void wake_send(const struct uuid *tenant_id, enum wake_kind kind);
// Calls fn on the loop for every wake, own ones too, until wake_end. The same again changes nothing.
void wake_subscribe(void (*fn)(void *arg, const struct uuid *tenant_id, enum wake_kind kind), void *arg);
// Wakes those in wake_wait of this process, perhaps those of another tenant too.
void wake_here(const struct uuid *tenant_id);
// Sleeps until the next WAKE_FEED or WAKE_SESSIONS, or until the time is over; false when it was the time.
bool wake_wait(struct call *c, uint64_t timeout_us);
