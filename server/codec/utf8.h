// SPDX-License-Identifier: Apache-2.0
// UTF-8, strictly (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads one character and moves *at behind it; UINT32_MAX when the bytes are none (then *at is not moved).
uint32_t utf8_next(const uint8_t **at, const uint8_t *end);
// Bytes from the beginning that are sound and hold no NUL; len when all are.
size_t utf8_sound(const void *data, size_t len);
// Code points of sound text that ends with NUL.
size_t utf8_count(const char *text);
// Writes one code point; returns its bytes (1 to 4).
size_t utf8_put(uint32_t code, char out[4]);
