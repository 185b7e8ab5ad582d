// SPDX-License-Identifier: Apache-2.0
// UUIDs (RFC 9562). Ours are version 7, made in C, so that keys of one moment lie together.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct uuid {
    uint8_t bytes[16];
};

#define UUID_TEXT_SIZE 37

// A new version 7 UUID; grows within the process, also within a millisecond.
struct uuid uuid_v7(void);
// Derives a version 8 UUID from another one and a number (SHA-256): the same in, the same out.
struct uuid uuid_derive(const struct uuid *base, uint32_t index);
// The version 5 UUID of a name within a namespace (SHA-1): for formats that know no newer ones.
struct uuid uuid_named(const struct uuid *space, const char *name);
// Parses 36 characters, any case. False when it is none; then *ret is not touched.
bool uuid_parse(const char *text, struct uuid *ret);
// Writes 36 lower-case characters and NUL; returns out.
char *uuid_format(const struct uuid *id, char out[UUID_TEXT_SIZE]);
bool uuid_equal(const struct uuid *a, const struct uuid *b);
bool uuid_is_nil(const struct uuid *id);
