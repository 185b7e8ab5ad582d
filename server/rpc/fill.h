// SPDX-License-Identifier: Apache-2.0
// Between rows and messages: small pieces that every service fills in. All in the call's arena.
#pragma once

#include "server/base/call.h"
#include "sokuo/v1/common.pb-c.h"

// A text for a message: NULL becomes "".
char *fill_text(const char *text);
// UUID as text; nil becomes "".
char *fill_uuid(struct call *c, const struct uuid *id);
// Microseconds since 1970 as a Timestamp; INT64_MIN becomes NULL (absent).
Google__Protobuf__Timestamp *fill_time(struct call *c, int64_t us);
// Id and name; a nil id becomes NULL (absent).
Sokuo__V1__Ref *fill_ref(struct call *c, struct uuid id, const char *name);

// Room for the pointers of a repeated message field.
void *fill_list(struct call *c, int count);

// A UUID field that message_check has passed; empty becomes nil.
struct uuid take_uuid(const char *text);
// Microseconds since 1970; absent becomes INT64_MIN.
int64_t take_time(const Google__Protobuf__Timestamp *time);

// How many rows a page has: 0 = 50, at most 200.
int page_size_of(int32_t wanted);
// The opaque token for "after this key", and back. An empty token gives "". INVALID_ARGUMENT for one that is
// not ours.
char *page_token_make(struct call *c, const char *key);
enum err page_token_read(struct call *c, const char *token, const char **ret_key) MUST_USE;
