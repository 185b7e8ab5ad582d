// SPDX-License-Identifier: Apache-2.0
#include "server/edge/events.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "server/base/fiber.h"
#include "server/edge/call_http.h"
#include "server/edge/http.h"
#include "server/edge/listener.h"
#include "server/edge/reply.h"
#include "server/rpc/rpc.h"
#include "server/store/turn.h"
#include "server/store/wake.h"

#define SLICE 12   // streams written to at once
#define PAUSE_MS 1 // between two slices: clients that do not run just now shall not all pull at once later
#define IN_LINE_MOST 48 // while more Pulls are in line, nobody else is told to pull
#define IDENTITY_ARENA_MAX ((size_t)1024 * 1024)
#define HEARTBEAT_MS 15000 // HTTP/1 in libh2o notices a client that left only by writing
#define UNREAD_MS 20000    // a client that takes nothing for so long is dropped
#define SESSION_CHECK_MS 60000
#define CHECKS_AT_ONCE 8
#define STREAMS_PER_ACCOUNT 20

// A comment for people, an event for clients that must know the stream gets through.
#define OK_TEXT ": ok\n\nevent: hello\ndata: {}\n\n"
#define WAKE_TEXT "event: wake\ndata: {}\n\n"
#define PING_TEXT ": ping\n\n"

// Story: opening (a fiber authenticates) -> linked in `streams`. Whatever is to be sent is a flag; a stream
// with flags that may be written to waits in `pending`, which the pump works off slice by slice. Freed
// when its request ends, or by the fiber that is checking its session then.
struct stream {
    h2o_generator_t super;
    h2o_req_t *http; // NULL once gone
    struct conn *conn;
    struct stream *next, *prev; // all streams
    struct stream *next_pending;
    struct uuid tenant_id, account_id;
    char *cookie, *authorization; // to check the session again; one allocation each, NULL when absent
    char *client_ip;
    bool is_secure; // says under which name the cookie goes
    uint64_t next_ping_ms, next_check_ms, stuck_since_ms;
    int unsent; // bytes in the kernel's send queue, as last seen
    bool is_writable, is_pending, is_checking;
    bool wants_wake, wants_ping, wants_end;
};

// A stream that is not one yet.
struct opening {
    struct turn turn; // first: the turn is the opening
    struct call call;
    struct rpc_request request;
    h2o_req_t *http;
    struct request_guard *guard;
    enum err err;
    struct opening *next;
};

static struct stream *streams, *pending, **pending_tail = &pending;
static struct opening *opened;
static unsigned stream_count, checks_running;
static uv_timer_t pump, ticker;
static uv_prepare_t before_poll;

static void on_pump(uv_timer_t *timer);

static void unlink_stream(struct stream *s)
{
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        streams = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    stream_count--;
}

static void free_stream(struct stream *s)
{
    free(s->cookie);
    free(s->authorization);
    free(s->client_ip);
    free(s);
}

static void leave_pending(struct stream *s)
{
    struct stream **at = &pending;
    while (*at != s)
        at = &(*at)->next_pending;
    *at = s->next_pending;
    if (pending_tail == &s->next_pending)
        pending_tail = at;
    s->is_pending = false;
}

// The request's pool goes: so does the stream.
static void on_stream_end(void *arg)
{
    struct stream *s = arg;
    s->http = NULL;
    s->conn->stream = NULL;
    if (s->is_pending)
        leave_pending(s);
    unlink_stream(s);
    if (!s->is_checking)
        free_stream(s);
}

// Puts a stream in line when it has something to say and may say it.
static void enqueue(struct stream *s)
{
    bool has_something = s->wants_wake || s->wants_ping || s->wants_end;
    if (!has_something || !s->is_writable || s->is_pending || s->http == NULL)
        return;
    s->is_pending = true;
    s->next_pending = NULL;
    *pending_tail = s;
    pending_tail = &s->next_pending;
    if (!uv_is_active((uv_handle_t *)&pump))
        uv_timer_start(&pump, on_pump, 0, PAUSE_MS);
}

static void on_proceed(h2o_generator_t *self, h2o_req_t *req)
{
    struct stream *s = (struct stream *)self;
    s->is_writable = true;
    enqueue(s);
}

static void send_text(struct stream *s, const char *text, size_t len, h2o_send_state_t state)
{
    h2o_iovec_t buf = {(char *)text, len};
    s->is_writable = false;
    h2o_send(s->http, &buf, len > 0 ? 1 : 0, state);
}

static void say(struct stream *s)
{
    bool is_wake = s->wants_wake;
    s->wants_wake = s->wants_ping = false;
    s->next_ping_ms = uv_now(edge.loop) + HEARTBEAT_MS;
    if (s->wants_end)
        send_text(s, "", 0, H2O_SEND_STATE_FINAL);
    else if (is_wake)
        send_text(s, WAKE_TEXT, sizeof WAKE_TEXT - 1, H2O_SEND_STATE_IN_PROGRESS);
    else
        send_text(s, PING_TEXT, sizeof PING_TEXT - 1, H2O_SEND_STATE_IN_PROGRESS);
}

static void on_pump(uv_timer_t *timer)
{
    for (int i = 0; i < SLICE && pending != NULL && turn_count() < IN_LINE_MOST; i++) {
        struct stream *s = pending;
        leave_pending(s);
        say(s);
    }
    if (pending == NULL)
        uv_timer_stop(&pump);
}

// Asks again who this is; only a clear "nobody" ends the stream, a database that is away does not.
static bool is_still_known(struct stream *s)
{
    struct call c;
    call_begin(&c, edge.db, IDENTITY_ARENA_MAX);
    struct rpc_request request = {
        .is_get = true,
        .is_secure = s->is_secure,
        .path = "/events",
        .cookie = s->cookie,
        .authorization = s->authorization,
        .client_ip = s->client_ip,
    };
    c.method = "events";
    c.request = &request;
    enum err err = rpc_authenticate(&c, &request);
    bool is_known = err != ERR_UNAUTHENTICATED && err != ERR_PERMISSION_DENIED;
    if (err == ERR_OK)
        is_known = uuid_equal(&c.actor.account_id, &s->account_id);
    call_end(&c);
    return is_known;
}

static struct stream *next_to_check(void)
{
    uint64_t now_ms = uv_now(edge.loop);
    for (struct stream *s = streams; s != NULL; s = s->next) {
        if (!s->is_checking && !s->wants_end && s->next_check_ms <= now_ms)
            return s;
    }
    return NULL;
}

static void check_sessions(void *arg)
{
    struct stream *s;
    while ((s = next_to_check()) != NULL) {
        s->is_checking = true;
        s->next_check_ms = uv_now(edge.loop) + SESSION_CHECK_MS;
        bool is_known = is_still_known(s);
        s->is_checking = false;
        if (s->http == NULL) {
            free_stream(s);
            continue;
        }
        s->wants_end = !is_known;
        enqueue(s);
    }
    checks_running--;
}

static void start_checks(void)
{
    while (checks_running < CHECKS_AT_ONCE && next_to_check() != NULL) {
        unsigned before = checks_running++;
        fiber_spawn(check_sessions, NULL);
        if (checks_running == before)
            break; // it found everything answered without sleeping
    }
}

// The nil tenant stands for all.
static void on_wake(void *arg, const struct uuid *tenant_id, enum wake_kind kind)
{
    if (kind == WAKE_ENGINE)
        return;
    for (struct stream *s = streams; s != NULL; s = s->next) {
        if (!uuid_is_nil(tenant_id) && !uuid_equal(&s->tenant_id, tenant_id))
            continue;
        if (kind == WAKE_SESSIONS) {
            s->next_check_ms = 0;
        } else {
            s->wants_wake = true;
            enqueue(s);
        }
    }
    if (kind == WAKE_SESSIONS)
        start_checks();
}

// True while the kernel's send queue of this client does not shrink.
static bool is_stuck(struct stream *s, uint64_t now_ms)
{
    int unsent = 0, fd;
    if (uv_fileno(&s->conn->uv.handle, &fd) != 0 || ioctl(fd, SIOCOUTQ, &unsent) != 0)
        return false;
    bool is_moving = unsent == 0 || unsent < s->unsent;
    s->unsent = unsent;
    if (is_moving || s->stuck_since_ms == 0)
        s->stuck_since_ms = is_moving ? 0 : now_ms;
    return s->stuck_since_ms != 0 && now_ms - s->stuck_since_ms >= UNREAD_MS;
}

static void on_tick(uv_timer_t *timer)
{
    static unsigned ticks;
    uint64_t now_ms = uv_now(edge.loop);
    bool looks_at_queues = ++ticks % 5 == 0;
    for (struct stream *s = streams; s != NULL; s = s->next) {
        if (looks_at_queues && is_stuck(s, now_ms))
            events_drop(s);
        if (now_ms >= s->next_ping_ms) {
            s->wants_ping = true;
            enqueue(s);
        }
    }
    start_checks();
}

static char *copy_of(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

static unsigned streams_of(const struct uuid *account_id)
{
    unsigned count = 0;
    for (struct stream *s = streams; s != NULL; s = s->next)
        count += uuid_equal(&s->account_id, account_id);
    return count;
}

static struct stream *stream_new(struct opening *o)
{
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    *s = (struct stream){
        .super = {on_proceed, NULL},
        .http = o->http,
        .conn = o->guard->conn,
        .next = streams,
        .tenant_id = o->call.actor.tenant_id,
        .account_id = o->call.actor.account_id,
        .cookie = copy_of(o->request.cookie),
        .authorization = copy_of(o->request.authorization),
        .client_ip = copy_of(o->request.client_ip),
        .is_secure = o->request.is_secure,
        .next_ping_ms = uv_now(edge.loop) + HEARTBEAT_MS,
        .next_check_ms = uv_now(edge.loop) + SESSION_CHECK_MS,
    };
    if (streams != NULL)
        streams->prev = s;
    streams = s;
    stream_count++;
    o->guard->on_end = on_stream_end;
    o->guard->arg = s;
    s->conn->stream = s;
    return s;
}

// The head of the request is done with: a stream may live for days, so its 8 kB buffer is given back.
static void drop_input(h2o_req_t *req, struct conn *conn)
{
    req->headers.size = 0;
    h2o_buffer_dispose(&conn->sock->input);
    h2o_buffer_init(&conn->sock->input, &h2o_socket_buffer_prototype);
    req->input.method = req->method = h2o_iovec_init(H2O_STRLIT("GET"));
    req->input.path = req->path = req->path_normalized = h2o_iovec_init(H2O_STRLIT("/events"));
    req->input.authority = req->authority = h2o_iovec_init(H2O_STRLIT(""));
}

static void start_stream(struct opening *o)
{
    struct stream *s = stream_new(o);
    h2o_req_t *req = s->http;
    req->http1_is_persistent = 0;
    reply_begin(req, 200, "text/event-stream");
    reply_header_static(req, "cache-control", "no-store, no-transform");
    reply_header_static(req, "x-accel-buffering", "no");
    reply_count(req);
    drop_input(req, s->conn);
    h2o_start_response(req, &s->super);
    send_text(s, OK_TEXT, sizeof OK_TEXT - 1, H2O_SEND_STATE_IN_PROGRESS);
}

static void refuse(struct opening *o)
{
    const struct call *c = &o->call;
    o->guard->on_end = NULL;
    h2o_iovec_t body = reply_error_json(
        o->http, err_word(o->err), c->error_reason != NULL ? c->error_reason : "",
        c->error_ja != NULL ? c->error_ja : "ログインが必要です。",
        c->error_en != NULL ? c->error_en : err_text(o->err), c->lang == LANG_EN, c->error_limit);
    reply_begin(o->http, err_http(o->err), "application/json");
    reply_header_static(o->http, "cache-control", "no-store");
    reply_send(o->http, body.base, body.len);
}

// Turns what the fibers found out into streams, on the loop's stack.
static void finish_openings(void)
{
    while (opened != NULL) {
        struct opening *o = opened;
        opened = o->next;
        if (o->http != NULL && o->err == ERR_OK)
            start_stream(o);
        else if (o->http != NULL)
            refuse(o);
        call_end(&o->call);
        free(o);
    }
}

static void on_before_poll(uv_prepare_t *handle)
{
    finish_openings();
}

static void open_stream(void *arg)
{
    struct opening *o = arg;
    o->err = rpc_authenticate(&o->call, &o->request);
    if (o->err == ERR_OK && streams_of(&o->call.actor.account_id) >= STREAMS_PER_ACCOUNT)
        o->err = call_fail(&o->call, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS",
                           "この利用者の画面が%d個開いています。使っていない画面を閉じてください。",
                           "%d screens of this account are open. Close those you do not use.",
                           STREAMS_PER_ACCOUNT);
    o->next = opened;
    opened = o;
}

static void begin_opening(struct turn *turn)
{
    fiber_spawn(open_stream, (struct opening *)turn);
}

static void on_opening_gone(void *arg)
{
    struct opening *o = arg;
    o->http = NULL;
    o->call.is_gone = true;
}

void events_serve(h2o_req_t *req, struct request_guard *guard, const struct gate_request *gate)
{
    if (edge.is_draining || call_http_count() >= EDGE_CALLS_MAX) {
        reply_unavailable(req, gate, "BUSY", "サーバーを入れ替えています。自動でつなぎ直します。",
                          "The server is being replaced. Connect again in a moment.", 1);
        return;
    }
    struct opening *o = calloc(1, sizeof *o);
    if (o == NULL)
        abort();
    call_begin(&o->call, edge.db, IDENTITY_ARENA_MAX);
    call_http_request(&o->call, req, gate, &o->request);
    o->call.lang = reply_in_english(gate) ? LANG_EN : LANG_JA;
    o->call.method = "events";
    o->call.request = &o->request;
    o->http = req;
    o->guard = guard;
    guard->on_end = on_opening_gone;
    guard->arg = o;
    o->turn.fn = begin_opening;
    turn_give(&o->turn, TURN_BEGIN);
    finish_openings();
}

void events_begin(uv_loop_t *loop)
{
    uv_timer_init(loop, &pump);
    uv_timer_init(loop, &ticker);
    uv_timer_start(&ticker, on_tick, 1000, 1000);
    uv_unref((uv_handle_t *)&ticker);
    uv_prepare_init(loop, &before_poll);
    uv_prepare_start(&before_poll, on_before_poll);
    uv_unref((uv_handle_t *)&before_poll);
    wake_subscribe(on_wake, NULL);
}

// libh2o learns of a dead socket by writing to it.
void events_drop(struct stream *s)
{
    listener_kill(s->conn);
    s->wants_ping = true;
    enqueue(s);
}

void events_end(void)
{
    for (struct stream *s = streams; s != NULL; s = s->next) {
        s->wants_end = true;
        enqueue(s);
    }
}

unsigned events_count(void)
{
    return stream_count;
}
