// SPDX-License-Identifier: Apache-2.0
// JSON's small pieces, written straight into a buffer.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "server/base/arena.h"

// Raw bytes; inline, since a message is made of hundreds of such pieces.
static inline void out_raw(struct buf *out, const char *data, size_t len)
{
    if (out->cap - out->len <= len)
        buf_room(out, len);
    memcpy(out->data + out->len, data, len);
    out->len += len;
}

static inline void out_char(struct buf *out, char c)
{
    if (out->cap - out->len <= 1)
        buf_room(out, 1);
    out->data[out->len++] = c;
}

// A string in quotes, escaped where JSON asks for it.
void out_string(struct buf *out, const char *text);
void out_signed(struct buf *out, int64_t value);
void out_unsigned(struct buf *out, uint64_t value);
// Shortest text that reads back as the same number; "NaN", "Infinity" and "-Infinity" in quotes.
void out_double(struct buf *out, double value);
void out_float(struct buf *out, float value);
// Standard base64 with padding, in quotes.
void out_base64(struct buf *out, const uint8_t *data, size_t len);
// At least width digits, zeros in front.
void out_digits(struct buf *out, uint64_t value, int width);
