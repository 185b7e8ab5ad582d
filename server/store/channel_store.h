// SPDX-License-Identifier: Apache-2.0
// Channels. Their secrets are sealed with the key in the data directory, and never leave but to be used.
#pragma once

#include "server/domain/channel.h"
#include "server/store/db.h"
#include "sokuo/v1/contact.pb-c.h"

// Most channels of a tenant.
#define CHANNELS_MOST 50

// All by name, or the one with this id (NULL = all).
enum err channel_list(struct call *c, const struct uuid *id, Sokuo__V1__Channel ***ret,
                      size_t *ret_count) MUST_USE;
// Ready to send by, in the call's arena, in any order. A channel whose secret cannot be read has secret "".
// Run as the server itself.
enum err channel_open(struct call *c, const struct uuid *ids, int count, struct notify_channel **ret,
                      int *ret_count) MUST_USE;
// Adds it under id, or changes the one there is; secret "" = as it is. ALREADY_EXISTS when the name is taken,
// or the channel is of another kind.
enum err channel_save(struct call *c, const struct uuid *id, const Sokuo__V1__Channel *channel,
                      const char *secret) MUST_USE;
// The key browsers subscribe with; *ret NULL = Web Push is not set up.
enum err channel_push_key(struct call *c, const void **ret) MUST_USE;
// Keeps a new key pair unless there is one.
enum err channel_push_key_add(struct call *c, const uint8_t private_key[32],
                              const uint8_t public_key[65]) MUST_USE;
