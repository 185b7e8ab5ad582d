// SPDX-License-Identifier: Apache-2.0
#include "server/edge/health.h"

#include <openssl/crypto.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/edge/call_http.h"
#include "server/edge/events.h"
#include "server/edge/http.h"
#include "server/edge/listener.h"
#include "server/edge/metrics.h"
#include "server/edge/reply.h"
#include "server/store/db.h"

#define LAG_TICK_US 100000
#define LAG_LIMIT_US 250000
#define LAG_PATIENCE_US 5000000

static uv_timer_t lag_timer;
static uint64_t last_tick_ns, slow_since_us;

static void on_lag_tick(uv_timer_t *timer)
{
    uint64_t now_ns = uv_hrtime(), now_us = now_ns / 1000;
    uint64_t passed_us = (now_ns - last_tick_ns) / 1000;
    last_tick_ns = now_ns;
    edge.lag_us = passed_us > LAG_TICK_US ? passed_us - LAG_TICK_US : 0;
    if (edge.lag_us <= LAG_LIMIT_US)
        slow_since_us = 0;
    else if (slow_since_us == 0)
        slow_since_us = now_us;
    edge.is_slow = slow_since_us != 0 && now_us - slow_since_us >= LAG_PATIENCE_US;
}

void health_begin(uv_loop_t *loop)
{
    last_tick_ns = uv_hrtime();
    uv_timer_init(loop, &lag_timer);
    uv_timer_start(&lag_timer, on_lag_tick, LAG_TICK_US / 1000, LAG_TICK_US / 1000);
    uv_unref((uv_handle_t *)&lag_timer);
}

void health_serve_alive(h2o_req_t *req)
{
    reply_text(req, 200, "text/plain; charset=utf-8", "ok\n");
}

void health_serve_ready(h2o_req_t *req)
{
    bool is_ready = edge.db != NULL && db_ready(edge.db) && !edge.is_draining;
    if (is_ready)
        reply_text(req, 200, "application/json", "{\"ready\":true,\"database\":\"up\"}\n");
    else if (edge.is_draining)
        reply_text(req, 503, "application/json", "{\"ready\":false,\"database\":\"draining\"}\n");
    else
        reply_text(req, 503, "application/json", "{\"ready\":false,\"database\":\"down\"}\n");
}

static bool may_read_metrics(h2o_req_t *req, const struct gate_request *gate)
{
    const char *token = edge.config->metrics_token;
    struct gate_text given = gate->fields[GATE_FIELD_AUTHORIZATION];
    if (token[0] == '\0')
        return http_conn(req)->is_local && gate->fields[GATE_FIELD_FORWARDED_FOR].base == NULL;
    size_t len = strlen(token);
    return given.len == len + 7 && strncasecmp(given.base, "Bearer ", 7) == 0 &&
           CRYPTO_memcmp(given.base + 7, token, len) == 0;
}

static void put(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s{worker=\"%s\"} %.17g\n", name, help, name, type, name,
               edge.options->name, value);
}

static void put_gauges(struct buf *out)
{
    put(out, "sokuo_connections", "gauge", "Connections open.", listener_connections());
    put(out, "sokuo_sse_clients", "gauge", "Event streams open.", events_count());
    put(out, "sokuo_calls", "gauge", "Calls at work.", call_http_count());
    put(out, "sokuo_fibers", "gauge", "Fibers alive.", fiber_count());
    put(out, "sokuo_loop_lag_seconds", "gauge", "How late the loop ran last.", (double)edge.lag_us / 1e6);
}

static void put_database(struct buf *out)
{
    struct db_stats stats = db_stats(edge.db);
    put(out, "sokuo_db_reads_total", "counter", "Statements read.", (double)stats.reads);
    put(out, "sokuo_db_read_syncs_total", "counter", "Round trips of reads.", (double)stats.read_syncs);
    put(out, "sokuo_db_write_units_total", "counter", "Write units.", (double)stats.write_units);
    put(out, "sokuo_db_write_batches_total", "counter", "Commits.", (double)stats.write_batches);
    put(out, "sokuo_db_batch_retries_total", "counter", "Batches retried unit by unit.",
        (double)stats.batch_retries);
    put(out, "sokuo_db_write_retries_total", "counter", "Units tried again that lost against others.",
        (double)stats.write_retries);
    put(out, "sokuo_db_commits_unknown_total", "counter", "Commits whose outcome was not learnt.",
        (double)stats.commits_unknown);
    put(out, "sokuo_db_reconnects_total", "counter", "Connections made again.", (double)stats.reconnects);
    put(out, "sokuo_db_read_queue", "gauge", "Reads waiting.", stats.read_queue);
    put(out, "sokuo_db_write_queue", "gauge", "Writes waiting.", stats.write_queue);
    put(out, "sokuo_db_lanes_up", "gauge", "Lanes connected.", stats.lanes_up);
    put(out, "sokuo_db_lanes", "gauge", "Lanes wanted.", stats.lanes);
}

void health_serve_metrics(h2o_req_t *req, const struct gate_request *gate)
{
    if (!may_read_metrics(req, gate)) {
        reply_text(req, 403, "text/plain; charset=utf-8",
                   "この機械からの要求か、設定metrics_tokenのトークンが必要です。\n"
                   "Only from this machine, or with the token of the setting metrics_token.\n");
        return;
    }
    struct arena arena;
    arena_init(&arena, 0);
    struct buf out = buf_in(&arena);
    metrics_write(&out, edge.options->name);
    put_gauges(&out);
    if (edge.db != NULL)
        put_database(&out);
    h2o_iovec_t body = h2o_strdup(&req->pool, buf_text(&out), out.len);
    arena_free(&arena);
    reply_begin(req, 200, "text/plain; version=0.0.4; charset=utf-8");
    reply_header_static(req, "cache-control", "no-store");
    reply_send(req, body.base, body.len);
}
