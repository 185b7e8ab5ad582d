// SPDX-License-Identifier: Apache-2.0
// The turns, one file each: what is due now is done once, whoever else runs the same turn. Safe to repeat.
#pragma once

#include "server/base/call.h"

// Raises incidents that nobody triaged in time by one severity, once each (domain reference 2.5).
enum err turn_triage_overdue(struct call *c) MUST_USE;
// Takes the default of decisions that nobody took in time (domain reference 4.3), once each.
enum err turn_step_defaults(struct call *c) MUST_USE;
// Says once in the chronology that an approval afterwards is overdue.
enum err turn_ratify_overdue(struct call *c) MUST_USE;
// Lets orders go out whose time has come, once each.
enum err turn_orders_due(struct call *c) MUST_USE;
// Asks persons who did not answer an order by their next contact point.
enum err turn_order_reminders(struct call *c) MUST_USE;
// Sends what is due in the outbox, and writes down what became of it; goes on until nothing is due.
enum err turn_notices(struct call *c) MUST_USE;
// Before the first turn: messages a person gets in an hour before the rest becomes a digest.
void turn_notices_begin(int per_hour);
// Nothing more is begun; what is under way is given back. Sleeps until no transfer is left. On a fiber.
void turn_notices_stop(void);
// Deletes what nobody needs any more: ended sessions, old operation ids, old login delays.
enum err turn_housekeeping(struct call *c) MUST_USE;
// Steps the calls that are due (decision 0063), until none is.
enum err turn_escalations(struct call *c) MUST_USE;
// When that turn has something to do next, as it saw itself, by clock_us; UINT64_MAX: nothing waits.
uint64_t turn_escalations_next_us(struct db *db);
// Shows the clocks to their guard. *ret_hold_us: how much of the clock is not to be believed; only calls that
// are due by so much are due.
struct esc_look;
enum err turn_escalations_hold(struct call *c, const struct esc_look *look, int64_t *ret_hold_us) MUST_USE;
// Tells of holes in whom one can reach, on Mondays at 9:00, and only if there are any.
enum err turn_readiness(struct call *c) MUST_USE;
// Says outside that all is well, while it is (setting heartbeat_url).
enum err turn_heartbeat(struct call *c) MUST_USE;
// Before the first turn: where; "" = nowhere. Lives as long as the process.
void turn_heartbeat_begin(const char *url);
// Raises an alarm about calls that are overdue by more than 120 seconds, and about a clock that is not
// trusted (decision 0073).
enum err turn_escalation_audit(struct call *c) MUST_USE;
