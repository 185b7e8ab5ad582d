// SPDX-License-Identifier: Apache-2.0
// How failed logins slow the next one down. Never locks out: the delay ends by itself, and an address from
// which the account was used before has a line of its own (decision 0026).
#pragma once

#include <stddef.h>
#include <stdint.h>

// Failures of a login that cost nothing.
#define THROTTLE_FREE 4
// Entries of throttle_delays: the last one holds for all that follow.
#define THROTTLE_DELAYS 16
// A login's failures are forgotten after so long without one.
#define THROTTLE_FORGET_S (24 * 3600)
// Failures from one address within a minute; more wait for the minute to end.
#define THROTTLE_ADDRESS_MAX 20
#define THROTTLE_ADDRESS_S 60

// Seconds to wait after the n-th failure in a row: 0, then 1 s doubling up to 15 minutes.
int throttle_delay_s(int failures);
// The same as a table, [0] for the first failure, for the statement that counts.
void throttle_delays(int16_t ret_delays[THROTTLE_DELAYS]);
// Key of a network: an IPv4 address whole, an IPv6 address as its /64 (one household has 2^64 of them). The
// text as it came when it is no address.
void throttle_network(const char *address, char *out, size_t size);
