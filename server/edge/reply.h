// SPDX-License-Identifier: Apache-2.0
// Answers: status, headers (the security headers on every one), body. On the loop's stack only.
#pragma once

#include <h2o.h>
#include <stdbool.h>
#include <stddef.h>

struct gate_request;

// Prepares the security headers; with_hsts where people come by https only.
void reply_begin_process(bool with_hsts);
// Sets status, content type (NULL = none) and the security headers. Headers set before are dropped.
void reply_begin(h2o_req_t *req, int status, const char *content_type);
// Adds a header; name and value are copied.
void reply_header(h2o_req_t *req, const char *name, const char *value);
// As reply_header, for texts that live for ever; the name in lower case.
void reply_header_static(h2o_req_t *req, const char *name, const char *value);
// Counts the answer for /metrics: for streams, which do not end with reply_send.
void reply_count(const h2o_req_t *req);
// Sends. The body must live as long as the request (its pool, or for ever).
void reply_send(h2o_req_t *req, const void *body, size_t len);
// reply_begin + no-store + reply_send of a short text that lives for ever.
void reply_text(h2o_req_t *req, int status, const char *content_type, const char *body);
// True when the answer was begun with reply_begin, not made by libh2o itself.
bool reply_is_ours(const h2o_req_t *req);

// Answers a refused request: Connect error JSON on the paths of programs, plain text elsewhere.
void reply_refuse(h2o_req_t *req, const struct gate_request *gate);
// The body of such an answer, in the request's pool; ret_type gets its content type.
h2o_iovec_t reply_refusal_body(h2o_req_t *req, const struct gate_request *gate, const char **ret_type);
// Connect error JSON with an ErrorInfo detail, in the request's pool. limit 0 = none.
h2o_iovec_t reply_error_json(h2o_req_t *req, const char *word, const char *reason, const char *ja,
                             const char *en, bool in_english, size_t limit);
// Answers 503 + Retry-After on the paths of programs.
void reply_unavailable(h2o_req_t *req, const struct gate_request *gate, const char *reason, const char *ja,
                       const char *en, int retry_after_s);
// The client prefers English to Japanese.
bool reply_in_english(const struct gate_request *gate);
