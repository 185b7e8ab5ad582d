// SPDX-License-Identifier: Apache-2.0
// Lists that are answered page by page.
#pragma once

#include "server/base/call.h"

// How many rows a page has: 0 = 50, at most 200.
int page_size_of(int32_t wanted);
// The opaque token for "after this key", and back. An empty token gives "". INVALID_ARGUMENT for one that is
// not ours.
char *page_token_make(struct call *c, const char *key);
enum err page_token_read(struct call *c, const char *token, const char **ret_key) MUST_USE;
