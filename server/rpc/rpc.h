// SPDX-License-Identifier: Apache-2.0
// The Connect protocol without HTTP's wires: the edge hands a request over, gets a response back.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/call.h"

// What the edge read. Texts end with NUL, live as long as the call, and are NULL when absent.
struct rpc_request {
    bool is_get;
    bool is_secure;    // TLS, here or in the proxy
    bool is_browser;   // sent Origin or Sec-Fetch-Site
    const char *path;  // "/sokuo.v1.IncidentService/GetIncident", without query
    const char *query; // after '?', still escaped
    const char *content_type, *content_encoding, *accept_encoding;
    const char *protocol_version; // Connect-Protocol-Version
    const char *timeout_ms;       // Connect-Timeout-Ms
    const char *authorization, *cookie, *accept_language, *user_agent, *if_none_match;
    const char *signature; // X-Hub-Signature-256
    const char *client_ip;
    const void *body;
    size_t body_len;
};

#define RPC_HEADERS 8

// What the edge sends. Everything is in the call's arena.
struct rpc_response {
    int status;
    const char *content_type;
    const void *body;
    size_t body_len;
    struct {
        const char *name, *value;
    } headers[RPC_HEADERS]; // Set-Cookie, Retry-After, Content-Encoding, ETag, Allow, …
    int header_count;
    enum err err; // for the log
    // Called once on the loop when the body is no longer held: written to the last byte, or nobody is there.
    void (*on_sent)(void *arg);
    void *sent_arg;
};

void rpc_response_header(struct rpc_response *res, const char *name, const char *value);

// Loads the method table; aborts when a method has no policy. Once a process.
void rpc_begin(void);
// True when the path is a method of ours: the edge answers 404 otherwise.
bool rpc_knows(const char *path);
// True for what one change makes everybody ask who watches: it stands back behind other requests.
bool rpc_comes_in_crowds(const char *path);
// Most bytes of body that the path takes.
size_t rpc_body_limit(const char *path);
// Authenticates, authorizes, decodes, calls the handler, encodes. On a fiber. Always fills res.
void rpc_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res);
// Finds out who calls, by cookie or bearer token; fills c->actor, c->lang, c->now_us. UNAUTHENTICATED when
// nobody.
enum err rpc_authenticate(struct call *c, const struct rpc_request *req) MUST_USE;
// FAILED_PRECONDITION while the caller's password is the one somebody else gave out. After rpc_authenticate.
enum err rpc_needs_own_password(struct call *c) MUST_USE;
// Serves POST /ingest/v1/…; same contract as rpc_serve.
void ingest_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res);
// Serves GET /evidence/<id>, as an attachment; same contract as rpc_serve.
void evidence_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res);
// Serves GET /calendar/<secret>.ics, a person's shifts; same contract as rpc_serve. The secret is all the
// proof there is.
void calendar_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res);
// Most bytes that ingest takes: 512 KiB.
#define INGEST_BODY_LIMIT ((size_t)512 * 1024)
