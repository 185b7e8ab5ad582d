// SPDX-License-Identifier: Apache-2.0
// The words for "how it went". One list: our name, HTTP status, the Connect protocol's word, a default text.
#pragma once

// Connect codes and their HTTP status: https://connectrpc.com/docs/protocol#error-codes
// COMMIT_UNKNOWN is ours: the write may or may not have happened. Callers say "unavailable, try again with
// the same operation id"; it is never reported as done, and never as not done.
#define ERR_MAP(X)                                                                   \
    X(OK, 200, "ok", "ok")                                                           \
    X(CANCELED, 499, "canceled", "canceled")                                         \
    X(INVALID_ARGUMENT, 400, "invalid_argument", "invalid argument")                 \
    X(FAILED_PRECONDITION, 400, "failed_precondition", "not possible in this state") \
    X(OUT_OF_RANGE, 400, "out_of_range", "out of range")                             \
    X(UNAUTHENTICATED, 401, "unauthenticated", "login needed")                       \
    X(PERMISSION_DENIED, 403, "permission_denied", "not allowed")                    \
    X(NOT_FOUND, 404, "not_found", "not found")                                      \
    X(ALREADY_EXISTS, 409, "already_exists", "exists already")                       \
    X(ABORTED, 409, "aborted", "changed by somebody else")                           \
    X(RESOURCE_EXHAUSTED, 429, "resource_exhausted", "too much")                     \
    X(INTERNAL, 500, "internal", "internal error")                                   \
    X(UNKNOWN, 500, "unknown", "unknown error")                                      \
    X(DATA_LOSS, 500, "data_loss", "data loss")                                      \
    X(UNIMPLEMENTED, 501, "unimplemented", "no such method")                         \
    X(UNAVAILABLE, 503, "unavailable", "not available now")                          \
    X(COMMIT_UNKNOWN, 503, "unavailable", "the outcome is not known")                \
    X(DEADLINE_EXCEEDED, 504, "deadline_exceeded", "took too long")

enum err {
#define X(name, http, word, text) ERR_##name,
    ERR_MAP(X)
#undef X
        ERR_COUNT
};

// HTTP status of an error, such as 409.
int err_http(enum err err);
// The Connect protocol's word, such as "aborted".
const char *err_word(enum err err);
// English default text.
const char *err_text(enum err err);

#define MUST_USE __attribute__((warn_unused_result))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

// The only macro that returns: passes an error on. Safe because everything is in the call's arena or
// deferred.
#define TRY(expr)                  \
    do {                           \
        enum err try_err = (expr); \
        if (try_err != ERR_OK)     \
            return try_err;        \
    } while (0)
