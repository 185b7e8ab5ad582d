// SPDX-License-Identifier: Apache-2.0
// Certificate and key, as OpenSSL's context: TLS 1.2 and 1.3, forward secrecy and AEAD only, no tickets,
// HTTP/1.1 only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/base/config.h"
#include "server/base/err.h"

struct ssl_ctx_st;

// The settings ask for TLS.
bool tls_wanted(const struct config *config);
// Reads certificate and key and makes a context (one reference, the caller's). On error says in message what
// to do.
enum err tls_load(const struct config *config, struct ssl_ctx_st **ret_ctx, char *message,
                  size_t size) MUST_USE;
// Changes whenever one of the two files does: time of change and size, folded.
unsigned long long tls_files_stamp(const struct config *config);
// Whole days until the certificate of the context ends; negative when it has.
int tls_days_left(struct ssl_ctx_st *ctx);
