// SPDX-License-Identifier: Apache-2.0
// gzip for bodies, into the call's arena.
#pragma once

#include "server/base/call.h"

// Inflates at most limit bytes; RESOURCE_EXHAUSTED beyond, INVALID_ARGUMENT when it is not gzip.
enum err gzip_inflate(struct call *c, const void *data, size_t len, size_t limit, const void **ret_data,
                      size_t *ret_len) MUST_USE;
// Deflates with speed in mind.
void gzip_deflate(struct call *c, const void *data, size_t len, const void **ret_data, size_t *ret_len);
