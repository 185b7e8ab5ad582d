// SPDX-License-Identifier: Apache-2.0
// Lists that are answered page by page.
#pragma once

#include "server/base/call.h"
#include "server/base/uuid.h"

// How many rows a page has: 0 = 50, at most 200.
int page_size_of(int32_t wanted);
// The opaque token for "after this key", and back. An empty token gives "". INVALID_ARGUMENT for one that is
// not ours.
char *page_token_make(struct call *c, const char *key);
enum err page_token_read(struct call *c, const char *token, const char **ret_key) MUST_USE;

// The same for a place that is a number and an id (NULL: none). The letter says which list it belongs to: a
// token of another list is not ours. An empty token leaves both as they are.
char *page_place_make(struct call *c, char list, int64_t number, const struct uuid *id);
enum err page_place_read(struct call *c, const char *token, char list, int64_t *ret_number,
                         struct uuid *ret_id) MUST_USE;
