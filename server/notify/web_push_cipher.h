// SPDX-License-Identifier: Apache-2.0
// Encryption of Web Push: RFC 8291 over aes128gcm of RFC 8188, one record.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"

// What a push service must take is 4096 bytes; the header, the padding's delimiter and the tag count.
#define WEB_PUSH_TEXT_MOST (4096 - 86 - 1 - 16)

struct web_push_keys {
    const uint8_t *browser_public, *browser_auth; // of the subscription: 65 and 16 bytes
    uint8_t private_key[32], public_key[65];      // ours, for this message only
    uint8_t salt[16];                             // random
};

// Fills private_key, public_key and salt anew.
bool web_push_fresh(struct web_push_keys *keys);
// The body of the request. False when the browser's key is no point of the curve or the text is too long.
bool web_push_encrypt(const struct web_push_keys *keys, const void *text, size_t len, struct buf *out);
