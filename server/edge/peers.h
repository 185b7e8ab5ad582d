// SPDX-License-Identifier: Apache-2.0
// How many connections each address holds: an IPv4 address, or the /64 of an IPv6 address.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

// The key of an address: IPv4 mapped into IPv6, IPv6 cut to its /64; all zero for anything else.
void peers_key(const struct sockaddr *address, uint8_t ret_key[16]);
// The address is of this machine (loopback).
bool peers_is_local(const struct sockaddr *address);
// Counts one more; false, and not counted, when that would pass limit.
bool peers_enter(const uint8_t key[16], long limit);
// Counts one less.
void peers_leave(const uint8_t key[16]);
