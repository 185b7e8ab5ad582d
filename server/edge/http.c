// SPDX-License-Identifier: Apache-2.0
#include "server/edge/http.h"

#include <string.h>

#include "server/base/log.h"
#include "server/edge/assets.h"
#include "server/edge/call_http.h"
#include "server/edge/events.h"
#include "server/edge/health.h"
#include "server/edge/linger.h"
#include "server/edge/metrics.h"
#include "server/edge/reply.h"

// Refusals are logged, but an attacker must not fill the disk: so many a second.
#define REFUSALS_LOGGED_PER_S 20

struct conn *http_conn(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

void http_refuses(h2o_req_t *req)
{
    struct conn *conn = http_conn(req);
    req->http1_is_persistent = 0;
    int fd = conn->linger_fd == 0 ? linger_keep(h2o_socket_get_fd(conn->sock)) : -1;
    if (fd > 0)
        conn->linger_fd = fd;
}

static void on_request_end(void *data)
{
    struct request_guard *guard = data;
    guard->conn->busy_since_ms = 0;
    if (guard->on_end != NULL)
        guard->on_end(guard->arg);
}

static struct request_guard *guard_new(h2o_req_t *req, struct conn *conn)
{
    struct request_guard *guard = h2o_mem_alloc_shared(&req->pool, sizeof *guard, on_request_end);
    *guard = (struct request_guard){.conn = conn};
    conn->busy_since_ms = uv_now(edge.loop) | 1; // never 0
    return guard;
}

static void log_refusal(const struct conn *conn, const struct gate_request *gate)
{
    static uint64_t second;
    static unsigned logged;
    uint64_t now = uv_now(edge.loop) / 1000;
    if (now != second) {
        second = now;
        logged = 0;
    }
    metrics_refused();
    if (++logged > REFUSALS_LOGGED_PER_S)
        return;
    log_warn("edge.refused", LOG_S("reason", gate_name(gate->reason)),
             LOG_I("status", gate_status(gate->reason)), LOG_S("ip", conn->ip));
}

static void judge(h2o_req_t *req, const struct conn *conn, size_t body_len, struct gate_request *ret_gate)
{
    const struct gate_peer peer = {
        .is_secure = req->input.scheme == &H2O_URL_SCHEME_HTTPS,
        .is_proxy = conn->is_local,
        .local_host = conn->local_host,
    };
    const h2o_buffer_t *input = conn->sock->input;
    gate_check(&edge.gate, &peer, input->bytes, gate_head_len(input->bytes, input->size), body_len, ret_gate);
}

const char *http_client_ip(h2o_req_t *req, const struct gate_request *gate)
{
    const struct conn *conn = http_conn(req);
    struct gate_text list = gate->fields[GATE_FIELD_FORWARDED_FOR];
    if (!conn->is_local || list.base == NULL)
        return conn->ip;
    const char *comma = memrchr(list.base, ',', list.len);
    const char *start = comma != NULL ? comma + 1 : list.base;
    while (start < list.base + list.len && *start == ' ')
        start++;
    const char *text = h2o_strdup(&req->pool, start, (size_t)(list.base + list.len - start)).base;
    unsigned char parsed[16];
    bool is_address = uv_inet_pton(AF_INET, text, parsed) == 0 || uv_inet_pton(AF_INET6, text, parsed) == 0;
    return is_address ? text : conn->ip;
}

bool http_is_secure(h2o_req_t *req, const struct gate_request *gate)
{
    struct gate_text proto = gate->fields[GATE_FIELD_FORWARDED_PROTO];
    if (req->input.scheme == &H2O_URL_SCHEME_HTTPS)
        return true;
    return http_conn(req)->is_local && proto.len == 5 && memcmp(proto.base, "https", 5) == 0;
}

static void route(h2o_req_t *req, struct request_guard *guard, const struct gate_request *gate)
{
    switch (gate->route) {
    case GATE_RPC:
    case GATE_INGEST:
    case GATE_EVIDENCE:
    case GATE_CALENDAR:
        call_http_serve(req, guard, gate);
        break;
    case GATE_EVENTS:
        events_serve(req, guard, gate);
        break;
    case GATE_HEALTHZ:
        health_serve_alive(req);
        break;
    case GATE_READYZ:
        health_serve_ready(req);
        break;
    case GATE_METRICS:
        health_serve_metrics(req, gate);
        break;
    case GATE_PAGE:
        assets_serve(req, gate);
        break;
    }
}

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    struct conn *conn = http_conn(req);
    struct request_guard *guard = guard_new(req, conn);
    struct gate_request gate;
    judge(req, conn, req->entity.len, &gate);
    if (gate.reason == GATE_OK) {
        route(req, guard, &gate);
    } else {
        log_refusal(conn, &gate);
        if (gate.must_close)
            http_refuses(req);
        reply_refuse(req, &gate);
    }
    return 0;
}

// What libh2o answers by itself, before any handler: a body too large, framing it cannot read, an odd Expect.
static enum gate_reason own_error_reason(int status)
{
    switch (status) {
    case 413:
        return GATE_TOO_LARGE;
    case 417:
        return GATE_EXPECTATION;
    default:
        return GATE_BAD_FRAMING;
    }
}

struct takeover {
    h2o_ostream_t super;
    h2o_iovec_t body;
};

static void send_takeover(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t count,
                          h2o_send_state_t state)
{
    struct takeover *takeover = (struct takeover *)self;
    bool has_body = takeover->body.len > 0 && count > 0; // none for HEAD
    h2o_ostream_send_next(&takeover->super, req, &takeover->body, has_body ? 1 : 0, state);
}

// Such an answer gets our headers and our text instead.
static void on_setup_ostream(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    if (!reply_is_ours(req)) {
        struct gate_request gate;
        judge(req, http_conn(req), 0, &gate);
        if (req->res.status == 413)
            gate.limit = EDGE_BODY_MAX;
        gate.reason = own_error_reason(req->res.status);
        http_refuses(req);
        log_refusal(http_conn(req), &gate);
        const char *type;
        struct takeover *takeover = (struct takeover *)h2o_add_ostream(req, sizeof *takeover, slot);
        takeover->super.do_send = send_takeover;
        takeover->body = reply_refusal_body(req, &gate, &type);
        reply_begin(req, gate_status(gate.reason), type);
        req->res.content_length = takeover->body.len;
        reply_count(req);
        slot = &takeover->super.next;
    }
    h2o_setup_next_ostream(req, slot);
}

void http_register(h2o_hostconf_t *host)
{
    h2o_handler_t *handler = h2o_create_handler(&host->fallback_path, sizeof *handler);
    handler->on_req = on_request;
    h2o_filter_t *filter = h2o_create_filter(&host->fallback_path, sizeof *filter);
    filter->on_setup_ostream = on_setup_ostream;
}
