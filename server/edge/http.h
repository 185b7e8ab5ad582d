// SPDX-License-Identifier: Apache-2.0
// What the files of the edge share: the worker's state and its connections. Not for other floors.
#pragma once

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "server/base/config.h"
#include "server/edge/edge.h"
#include "server/edge/gate.h"

struct db;

#define EDGE_BODY_MAX \
    ((size_t)2 * 1024 * 1024) // most that libh2o buffers for any path; paths have smaller limits
#define EDGE_CONNECTIONS_MAX 4096
#define EDGE_CALLS_MAX 3000
#define EDGE_RESPONSE_MS \
    60000 // from the whole request read to the last byte written; streams have no such end

// The worker. One a process.
struct edge {
    const struct config *config;
    const struct edge_options *options;
    uv_loop_t *loop;
    struct db *db;
    struct gate_policy gate;
    bool is_tls;
    bool is_draining;
    bool is_slow; // the loop has lagged for seconds: requests of nobody are sent away
    uint64_t lag_us;
    int port;
    h2o_globalconf_t globalconf;
    h2o_context_t h2o;
    h2o_accept_ctx_t accept;
};
extern struct edge edge;

// A connection, from accept until libuv has closed it.
struct conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct conn *next, *prev;
    h2o_socket_t *sock;         // NULL once libh2o has let go of it
    uint64_t busy_since_ms;     // loop time when its request was read; 0 = between requests
    uint8_t address[16];        // IPv4 mapped, IPv6 cut to its /64: the key of the cap per address
    bool is_counted;            // in the cap per address
    bool is_local;              // from this machine
    struct stream *stream;      // its event stream (no response deadline then); else NULL
    int linger_fd;              // kept for linger.h; 0 = none
    bool is_paused, is_stopped; // libh2o asked to stop reading (uvfix.h)
    uv_write_t *written;        // done, but libh2o does not know; NULL = none (uvfix.h)
    uv_write_cb on_written;
    struct conn *next_written;
    char ip[46];
    char local_host[56]; // own "address:port" where any address may be meant; else ""
};

// What hangs on a request's pool: libh2o clears the pool when the request ends, whoever ended it.
struct request_guard {
    struct conn *conn;
    void (*on_end)(void *arg); // NULL = nobody to tell
    void *arg;
};

// The request router, for libh2o's handler list and for errors that libh2o makes itself.
void http_register(h2o_hostconf_t *host);
struct conn *http_conn(h2o_req_t *req);
// The request is refused and the connection closed after the answer: the client gets time to read it.
void http_refuses(h2o_req_t *req);
// "127.0.0.1", or what a proxy on this machine says. In the request's pool.
const char *http_client_ip(h2o_req_t *req, const struct gate_request *gate);
// The request came by TLS, here or at a proxy on this machine.
bool http_is_secure(h2o_req_t *req, const struct gate_request *gate);
