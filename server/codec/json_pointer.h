// SPDX-License-Identifier: Apache-2.0
// JSON Pointer (RFC 6901): which value of a body is meant.
#pragma once

#include <jansson.h>
#include <stdbool.h>

// Whether the text is a pointer at all: empty, or beginning with '/', with no '~' other than ~0 and ~1.
bool json_pointer_check(const char *pointer);
// The value pointed at, owned by root; NULL when there is none or the pointer is malformed.
json_t *json_pointer_get(json_t *root, const char *pointer);
