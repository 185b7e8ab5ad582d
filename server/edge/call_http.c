// SPDX-License-Identifier: Apache-2.0
#include "server/edge/call_http.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/fault.h"
#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/edge/http.h"
#include "server/edge/metrics.h"
#include "server/edge/reply.h"
#include "server/store/turn.h"

#define CALL_ARENA_MAX ((size_t)32 * 1024 * 1024)
#define LOG_LATE_MS 20 // lines about calls are written together

// Story: made by the request (loop), worked on by a fiber, then queued in `finished` until the loop's stack
// sends the answer. When the request ends first, `http` is NULL and the answer is dropped.
struct http_call {
    struct turn turn; // first: the turn is the call
    struct call call;
    struct rpc_request request;
    struct rpc_response response;
    h2o_req_t *http;
    struct request_guard *guard;
    struct http_call *next;
    void (*serve)(struct call *, const struct rpc_request *, struct rpc_response *);
    uint64_t started_ns;
    // The answer, copied out of the call's arena into the request's pool.
    int status;
    h2o_iovec_t body;
};

static struct http_call *finished;
static unsigned alive;
static uv_timer_t log_timer;
static uv_prepare_t before_poll;
static uv_check_t after_poll;

static const char *text_of(struct call *c, struct gate_text text)
{
    return text.base != NULL ? arena_strndup(&c->arena, text.base, text.len) : NULL;
}

void call_http_request(struct call *c, h2o_req_t *req, const struct gate_request *gate,
                       struct rpc_request *ret)
{
    const struct gate_text *fields = gate->fields;
    *ret = (struct rpc_request){
        .is_get = gate->method != GATE_POST,
        .is_secure = http_is_secure(req, gate),
        .is_browser =
            fields[GATE_FIELD_ORIGIN].base != NULL || fields[GATE_FIELD_SEC_FETCH_SITE].base != NULL,
        .path = text_of(c, gate->path),
        .query = text_of(c, gate->query),
        .content_type = text_of(c, fields[GATE_FIELD_CONTENT_TYPE]),
        .content_encoding = text_of(c, fields[GATE_FIELD_CONTENT_ENCODING]),
        .accept_encoding = text_of(c, fields[GATE_FIELD_ACCEPT_ENCODING]),
        .protocol_version = text_of(c, fields[GATE_FIELD_CONNECT_PROTOCOL_VERSION]),
        .timeout_ms = text_of(c, fields[GATE_FIELD_CONNECT_TIMEOUT_MS]),
        .authorization = text_of(c, fields[GATE_FIELD_AUTHORIZATION]),
        .cookie = text_of(c, fields[GATE_FIELD_COOKIE]),
        .accept_language = text_of(c, fields[GATE_FIELD_ACCEPT_LANGUAGE]),
        .user_agent = text_of(c, fields[GATE_FIELD_USER_AGENT]),
        .if_none_match = text_of(c, fields[GATE_FIELD_IF_NONE_MATCH]),
        .signature = text_of(c, fields[GATE_FIELD_SIGNATURE]),
        .client_ip = arena_strdup(&c->arena, http_client_ip(req, gate)),
        .body = arena_strndup(&c->arena, req->entity.base != NULL ? req->entity.base : "", req->entity.len),
        .body_len = req->entity.len,
    };
}

static void log_call(const struct http_call *call, uint64_t duration_us)
{
    const struct call *c = &call->call;
    char account[UUID_TEXT_SIZE] = "";
    if (c->actor.is_known)
        uuid_format(&c->actor.account_id, account);
    log_info("rpc", LOG_S("call", c->id), LOG_S("account", account), LOG_S("method", c->method),
             LOG_S("code", err_word(call->response.err)), LOG_S("reason", c->error_reason),
             LOG_I("status", call->response.status), LOG_I("us", duration_us));
}

// Copies the answer out of the arena: the pool lives until the last byte is written. No sending on a fiber's
// stack.
static void copy_answer(struct http_call *call)
{
    const struct rpc_response *res = &call->response;
    h2o_req_t *req = call->http;
    reply_begin(req, res->status, res->content_type != NULL && res->body_len > 0 ? res->content_type : NULL);
    bool has_cache_control = false;
    for (int i = 0; i < res->header_count; i++) {
        reply_header(req, res->headers[i].name, res->headers[i].value);
        has_cache_control |= strcasecmp(res->headers[i].name, "cache-control") == 0;
    }
    if (!has_cache_control)
        reply_header_static(req, "cache-control", "no-store");
    if (res->body_len > 0)
        call->body = h2o_strdup(&req->pool, res->body, res->body_len);
}

static void run(void *arg)
{
    struct http_call *call = arg;
    call->serve(&call->call, &call->request, &call->response);
    uint64_t duration_us = (uv_hrtime() - call->started_ns) / 1000;
    log_call(call, duration_us);
    metrics_rpc(call->call.method, call->response.err, duration_us);
    if (FAULT(EDGE_KILL_BEFORE_REPLY))
        abort();
    if (call->http != NULL)
        copy_answer(call);
    call_end(&call->call);
    call->next = finished;
    finished = call;
}

static void begin(struct turn *turn)
{
    fiber_spawn(run, (struct http_call *)turn);
}

static void send_finished(void)
{
    while (finished != NULL) {
        struct http_call *call = finished;
        finished = call->next;
        if (call->http != NULL) {
            call->guard->on_end = call->response.on_sent;
            call->guard->arg = call->response.sent_arg;
            reply_send(call->http, call->body.base, call->body.len);
        } else if (call->response.on_sent != NULL) {
            call->response.on_sent(call->response.sent_arg);
        }
        alive--;
        free(call);
    }
}

static void on_log_timer(uv_timer_t *timer)
{
    log_flush();
}

static void on_before_poll(uv_prepare_t *handle)
{
    send_finished();
    if (log_waits() && !uv_is_active((uv_handle_t *)&log_timer))
        uv_timer_start(&log_timer, on_log_timer, LOG_LATE_MS, 0);
}

static void on_after_poll(uv_check_t *handle)
{
    send_finished();
}

void call_http_begin(uv_loop_t *loop)
{
    log_gather();
    uv_timer_init(loop, &log_timer);
    uv_prepare_init(loop, &before_poll);
    uv_prepare_start(&before_poll, on_before_poll);
    uv_unref((uv_handle_t *)&before_poll);
    uv_check_init(loop, &after_poll);
    uv_check_start(&after_poll, on_after_poll);
    uv_unref((uv_handle_t *)&after_poll);
}

unsigned call_http_count(void)
{
    return alive;
}

static void on_gone(void *arg)
{
    struct http_call *call = arg;
    call->http = NULL;
    call->call.is_gone = true;
}

// A request with no proof of who sends it, while the loop lags, is asked to come back.
static bool is_shed(h2o_req_t *req, const struct gate_request *gate)
{
    bool is_anonymous = gate->fields[GATE_FIELD_COOKIE].base == NULL &&
                        gate->fields[GATE_FIELD_AUTHORIZATION].base == NULL && gate->route == GATE_RPC;
    if (alive < EDGE_CALLS_MAX && !(edge.is_slow && is_anonymous))
        return false;
    metrics_shed(alive < EDGE_CALLS_MAX ? SHED_SLOW : SHED_CALLS);
    reply_unavailable(
        req, gate, "BUSY",
        "ただいま混み合っています。何も失われていません。少し待ってからもう一度お試しください。",
        "The server is busy. Nothing was lost. Wait a moment and try again.", 2);
    return true;
}

static void choose(struct http_call *call, enum gate_route route)
{
    call->serve = rpc_serve;
    call->call.method = call->request.path + 1;
    if (route == GATE_INGEST) {
        call->serve = ingest_serve;
        call->call.method = "ingest";
    } else if (route == GATE_EVIDENCE) {
        call->serve = evidence_serve;
        call->call.method = "evidence";
    } else if (route == GATE_CALENDAR) {
        call->serve = calendar_serve;
        call->call.method = "calendar";
    }
}

void call_http_serve(h2o_req_t *req, struct request_guard *guard, const struct gate_request *gate)
{
    if (is_shed(req, gate))
        return;
    struct http_call *call = calloc(1, sizeof *call);
    if (call == NULL)
        abort();
    alive++;
    call_begin(&call->call, edge.db, CALL_ARENA_MAX);
    call->http = req;
    call->guard = guard;
    guard->on_end = on_gone;
    guard->arg = call;
    call->started_ns = uv_hrtime();
    call_http_request(&call->call, req, gate, &call->request);
    call->call.request = &call->request;
    call->call.response = &call->response;
    choose(call, gate->route);
    call->turn.fn = begin;
    if (rpc_comes_in_crowds(call->request.path))
        turn_give(&call->turn, TURN_BEGIN);
    else
        begin(&call->turn);
    send_finished();
}
