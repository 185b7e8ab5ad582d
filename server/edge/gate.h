// SPDX-License-Identifier: Apache-2.0
// The first thing a request meets: one pure function over the bytes of its head, as they came. libh2o reads
// HTTP/1 leniently (two Content-Length, obs-fold, absolute form, any method); what passes here is unambiguous
// (decision 0010).
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Bytes inside the head; not terminated. base is NULL when absent.
struct gate_text {
    const char *base;
    size_t len;
};

enum gate_method { GATE_GET, GATE_HEAD, GATE_POST };
enum gate_route {
    GATE_PAGE,
    GATE_RPC,
    GATE_INGEST,
    GATE_EVIDENCE,
    GATE_CALENDAR,
    GATE_EVENTS,
    GATE_HEALTHZ,
    GATE_READYZ,
    GATE_METRICS
};

// Header fields that we read. Each may come once (the accept-* ones more often; the first counts).
#define GATE_FIELD_MAP(X)                                   \
    X(ACCEPT_ENCODING, "accept-encoding")                   \
    X(ACCEPT_LANGUAGE, "accept-language")                   \
    X(AUTHORIZATION, "authorization")                       \
    X(CONNECT_PROTOCOL_VERSION, "connect-protocol-version") \
    X(CONNECT_TIMEOUT_MS, "connect-timeout-ms")             \
    X(CONTENT_ENCODING, "content-encoding")                 \
    X(CONTENT_LENGTH, "content-length")                     \
    X(CONTENT_TYPE, "content-type")                         \
    X(COOKIE, "cookie")                                     \
    X(EXPECT, "expect")                                     \
    X(HOST, "host")                                         \
    X(IF_NONE_MATCH, "if-none-match")                       \
    X(ORIGIN, "origin")                                     \
    X(SEC_FETCH_SITE, "sec-fetch-site")                     \
    X(SIGNATURE, "x-hub-signature-256")                     \
    X(TRANSFER_ENCODING, "transfer-encoding")               \
    X(USER_AGENT, "user-agent")                             \
    X(FORWARDED_FOR, "x-forwarded-for")                     \
    X(FORWARDED_PROTO, "x-forwarded-proto")

enum gate_field {
#define X(name, text) GATE_FIELD_##name,
    GATE_FIELD_MAP(X)
#undef X
        GATE_FIELD_COUNT
};

// Why a request was refused: HTTP status, the Connect protocol's word, what to say in Japanese and English.
#define GATE_REASON_MAP(X)                                                                                 \
    X(OK, 200, "ok", "", "")                                                                               \
    X(BAD_HEAD, 400, "invalid_argument", "要求の形がHTTP/1.1の決まりに合いません。",                       \
      "The request is not well-formed HTTP/1.1.")                                                          \
    X(BAD_FRAMING, 400, "invalid_argument",                                                                \
      "本文の長さの示し方があいまいです。Content-LengthかTransfer-Encodingのどちらか一つにしてください。", \
      "The length of the body is ambiguous. Send one Content-Length or one Transfer-Encoding.")            \
    X(DUPLICATE_HEADER, 400, "invalid_argument", "同じヘッダーが二つあります。一つにしてください。",       \
      "A header was sent twice. Send it once.")                                                            \
    X(BAD_PATH, 400, "invalid_argument", "アドレスに使えない文字や形があります。",                         \
      "The address has characters or a form that are not allowed.")                                        \
    X(CROSS_SITE, 403, "permission_denied",                                                                \
      "ほかのサイトからの操作は受け付けません。この画面を開き直してください。",                            \
      "Requests from other sites are not accepted. Open this page again.")                                 \
    X(NO_ORIGIN, 403, "permission_denied",                                                                 \
      "どの画面からの操作か分かりません。ブラウザーを新しくするか、APIトークンを使ってください。",         \
      "It is not known which page sent this. Use a newer browser, or an API token instead of a cookie.")   \
    X(METHOD, 405, "unimplemented", "このアドレスではそのメソッドは使えません。",                          \
      "That method is not possible at this address.")                                                      \
    X(TOO_LARGE, 413, "resource_exhausted", "本文が大きすぎます。上限は%zuバイトです。",                   \
      "The body is too large. At most %zu bytes are taken.")                                               \
    X(LONG_PATH, 414, "resource_exhausted", "アドレスが長すぎます。上限は%zuバイトです。",                 \
      "The address is too long. At most %zu bytes are taken.")                                             \
    X(CONTENT_TYPE, 415, "invalid_argument", "Content-Typeが違います。application/jsonで送ってください。", \
      "The Content-Type is not accepted here. Send application/json.")                                     \
    X(EXPECTATION, 417, "invalid_argument", "Expectヘッダーは100-continueだけが使えます。",                \
      "The only Expect header that is understood is 100-continue.")                                        \
    X(WRONG_HOST, 421, "invalid_argument",                                                                 \
      "このサーバーの名前ではありません。管理者の方は設定のhostsにこの名前を加えてください。",             \
      "This server does not answer to that name. Administrators: add it to the setting hosts.")            \
    X(LARGE_HEAD, 431, "resource_exhausted", "ヘッダーが大きすぎます。上限は%zuバイトです。",              \
      "The headers are too large. At most %zu bytes are taken.")                                           \
    X(NOT_FOUND, 404, "unimplemented", "そのアドレスには何もありません。",                                 \
      "There is nothing at that address.")

enum gate_reason {
#define X(name, status, word, ja, en) GATE_##name,
    GATE_REASON_MAP(X)
#undef X
        GATE_REASON_COUNT
};

#define GATE_HEAD_LIMIT ((size_t)32 * 1024)
#define GATE_PATH_LIMIT ((size_t)16 * 1024) // query included: Connect GET carries its message there

// What the server is: fixed at start. Texts are lower case.
struct gate_policy {
    const char *const *hosts; // accepted Host values, with port where it is not the scheme's own
    int host_count;
    const char *public_origin;             // "https://sokuo.example.jp"; "" = none
    bool (*rpc_knows)(const char *path);   // NUL-terminated path
    size_t (*rpc_limit)(const char *path); // most bytes of body
    size_t ingest_limit;
};

// What this connection is.
struct gate_peer {
    bool is_secure;         // TLS here
    bool is_proxy;          // from this machine: what X-Forwarded-* say is believed
    const char *local_host; // this connection's own "address:port", accepted as Host; "" = none
};

struct gate_request {
    enum gate_method method;
    enum gate_route route;
    enum gate_reason reason; // GATE_OK: go on
    bool must_close;         // the rest of the connection cannot be trusted
    size_t limit;            // the one that was passed, for the texts that name it
    const char *allow;       // for 405
    struct gate_text path, query;
    struct gate_text fields[GATE_FIELD_COUNT];
};

// Length of the head at the start of what a connection sent; len when it does not end there.
size_t gate_head_len(const char *bytes, size_t len);
// Judges a request by its head (request line, headers and the empty line) and the length of the body that
// libh2o has read for it. Fills ret; ret->reason says whether to serve it. The texts point into head.
void gate_check(const struct gate_policy *policy, const struct gate_peer *peer, const char *head,
                size_t head_len, size_t body_len, struct gate_request *ret);

// HTTP status, Connect word and texts of a reason (the texts may hold one %zu for the limit).
int gate_status(enum gate_reason reason);
const char *gate_word(enum gate_reason reason);
const char *gate_name(enum gate_reason reason); // such as "WRONG_HOST"
const char *gate_text_ja(enum gate_reason reason);
const char *gate_text_en(enum gate_reason reason);
