// SPDX-License-Identifier: Apache-2.0
#include "server/edge/edge.h"

#include <malloc.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/edge/call_http.h"
#include "server/edge/events.h"
#include "server/edge/health.h"
#include "server/edge/http.h"
#include "server/edge/listener.h"
#include "server/edge/reply.h"
#include "server/edge/tls.h"
#include "server/edge/uvfix.h"
#include "server/edge/watchdog.h"
#include "server/rpc/rpc.h"
#include "server/store/db.h"
#include "server/store/wake.h"

#define DRAIN_MS 10000
#define DRAIN_WAITS_MS 1000 // then calls that only wait for news are let go
#define DRAIN_TICK_MS 50
#define CERTIFICATE_LOOK_MS 10000
#define CERTIFICATE_WARN_DAYS 30
#define HOSTS_MAX 64
#define REQUEST_MS 30000 // a whole request, and a pause between two
#define HANDSHAKE_MS 10000

struct edge edge;

static uv_signal_t on_term, on_int, on_hup;
static uv_timer_t certificate_timer, drain_timer;
static unsigned long long certificate_stamp;
static uint64_t drain_until_ms;
static const char *hosts[HOSTS_MAX];

// --- the process

// Request pools are freed and taken all the time; without this each burst asks the kernel for the same pages
// again.
static void set_process_limits(void)
{
    struct rlimit files;
    // NOLINTBEGIN(concurrency-mt-unsafe): before any thread starts
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    mallopt(M_TOP_PAD, 1024 * 1024);
    // NOLINTEND(concurrency-mt-unsafe)
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

// --- names we answer to

static void add_host(const char *format, const char *host, int port)
{
    char text[300];
    if (edge.gate.host_count == HOSTS_MAX)
        return;
    int len = snprintf(text, sizeof text, "%s", host);
    if (format != NULL && len < (int)sizeof text)
        snprintf(text + len, sizeof text - (size_t)len, ":%d", port);
    hosts[edge.gate.host_count++] = strdup(text);
}

// "name" also with our port, since people reach us directly or through a proxy on the scheme's own port.
static void add_name(const char *host)
{
    const char *after_brackets = strrchr(host, ']');
    bool has_port = strchr(after_brackets != NULL ? after_brackets : host, ':') != NULL;
    add_host(NULL, host, 0);
    if (!has_port)
        add_host(":", host, edge.port);
}

static void add_hosts(const char *list)
{
    char *copy = strdup(list), *rest = NULL;
    for (char *item = strtok_r(copy, ", ", &rest); item != NULL; item = strtok_r(NULL, ", ", &rest))
        add_name(item);
    free(copy);
}

static void add_bind_address(const char *bind)
{
    char text[64];
    bool is_v6 = strchr(bind, ':') != NULL;
    snprintf(text, sizeof text, is_v6 ? "[%s]" : "%s", bind);
    add_name(text);
}

// The origin of public_url ("https://name:port"), and its name as a host.
static void add_public_url(const char *url)
{
    const char *host = strstr(url, "://");
    edge.gate.public_origin = "";
    if (host == NULL)
        return;
    size_t host_len = strcspn(host + 3, "/");
    char *origin = strndup(url, (size_t)(host + 3 - url) + host_len);
    edge.gate.public_origin = origin;
    add_host(NULL, origin + (host + 3 - url), 0);
}

static void set_gate(void)
{
    edge.gate.hosts = hosts;
    edge.gate.rpc_knows = rpc_knows;
    edge.gate.rpc_limit = rpc_body_limit;
    edge.gate.ingest_limit = INGEST_BODY_LIMIT;
    add_name("localhost");
    add_name("127.0.0.1");
    add_name("[::1]");
    add_bind_address(edge.config->bind);
    add_public_url(edge.config->public_url);
    add_hosts(edge.config->hosts);
}

// --- TLS

static void use_certificate(SSL_CTX *ctx)
{
    SSL_CTX *old = edge.accept.ssl_ctx;
    int days = tls_days_left(ctx);
    edge.accept.ssl_ctx = ctx; // connections hold references of their own
    if (old != NULL)
        SSL_CTX_free(old);
    certificate_stamp = tls_files_stamp(edge.config);
    if (days < CERTIFICATE_WARN_DAYS)
        log_warn("edge.certificate_ends", LOG_I("days", days), LOG_S("file", edge.config->tls_cert));
}

static enum err load_certificate(void)
{
    char message[400];
    SSL_CTX *ctx;
    enum err err = tls_load(edge.config, &ctx, message, sizeof message);
    if (err != ERR_OK) {
        log_error("edge.certificate_refused", LOG_S("why", message));
        return err;
    }
    use_certificate(ctx);
    return ERR_OK;
}

// A bad new certificate leaves the old one in use.
static void reload_certificate(void)
{
    if (edge.is_tls && load_certificate() == ERR_OK)
        log_info("edge.certificate_loaded", LOG_S("file", edge.config->tls_cert));
}

static void on_certificate_look(uv_timer_t *timer)
{
    unsigned long long stamp = tls_files_stamp(edge.config);
    if (stamp == certificate_stamp)
        return;
    certificate_stamp = stamp; // once per change, also when it is refused
    reload_certificate();
}

static enum err tls_begin(void)
{
    edge.is_tls = tls_wanted(edge.config);
    if (!edge.is_tls)
        return ERR_OK;
    TRY(load_certificate());
    uv_timer_init(edge.loop, &certificate_timer);
    uv_timer_start(&certificate_timer, on_certificate_look, CERTIFICATE_LOOK_MS, CERTIFICATE_LOOK_MS);
    uv_unref((uv_handle_t *)&certificate_timer);
    return ERR_OK;
}

// --- libh2o

static void h2o_begin(void)
{
    h2o_config_init(&edge.globalconf);
    edge.globalconf.server_name = h2o_iovec_init(H2O_STRLIT("sokuo"));
    edge.globalconf.max_request_entity_size = EDGE_BODY_MAX;
    edge.globalconf.handshake_timeout = HANDSHAKE_MS;
    edge.globalconf.http1.req_timeout = REQUEST_MS;
    edge.globalconf.http1.upgrade_to_http2 = 0; // HTTP/2 is off here and in ALPN (decision 0008)
    h2o_hostconf_t *host =
        h2o_config_register_host(&edge.globalconf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    http_register(host);
    h2o_context_init(&edge.h2o, edge.loop, &edge.globalconf);
    edge.accept.ctx = &edge.h2o;
    edge.accept.hosts = edge.globalconf.hosts;
}

// --- end

static bool is_drained(void)
{
    return listener_connections() == 0 && call_http_count() == 0;
}

static void on_drain_tick(uv_timer_t *timer)
{
    uint64_t now_ms = uv_now(edge.loop);
    listener_close_idle();
    if (now_ms >= drain_until_ms - DRAIN_MS + DRAIN_WAITS_MS)
        wake_let_go();
    if (is_drained() || now_ms >= drain_until_ms)
        uv_stop(edge.loop);
}

static void drain(uv_signal_t *handle, int signum)
{
    if (edge.is_draining)
        return;
    edge.is_draining = true;
    log_info("edge.draining", LOG_I("connections", listener_connections()),
             LOG_I("calls", call_http_count()));
    drain_until_ms = uv_now(edge.loop) + DRAIN_MS;
    listener_end();
    h2o_context_request_shutdown(&edge.h2o);
    events_end();
    uv_timer_init(edge.loop, &drain_timer);
    uv_timer_start(&drain_timer, on_drain_tick, DRAIN_TICK_MS, DRAIN_TICK_MS);
}

static void on_hangup(uv_signal_t *handle, int signum)
{
    reload_certificate();
}

static void signals_begin(void)
{
    uv_signal_init(edge.loop, &on_term);
    uv_signal_start(&on_term, drain, SIGTERM);
    uv_signal_init(edge.loop, &on_int);
    uv_signal_start(&on_int, drain, SIGINT);
    uv_signal_init(edge.loop, &on_hup);
    uv_signal_start(&on_hup, on_hangup, SIGHUP);
}

static void say_ready(void)
{
    int fd = edge.options->ready_fd;
    log_info("edge.serving", LOG_S("bind", edge.config->bind), LOG_I("port", edge.port),
             LOG_S("tls", edge.is_tls ? "on" : "off"));
    if (fd < 0)
        return;
    if (dprintf(fd, "ready %d\n", edge.port) < 0)
        log_warn("edge.nobody_waits");
    close(fd);
}

static void store_begin(void)
{
    edge.db = db_open(edge.loop,
                      &(struct db_options){.conninfo = edge.options->conninfo, .name = edge.options->name});
    wake_begin(edge.loop, edge.db, edge.options->run_dir);
}

enum err edge_run(const struct config *config, const struct edge_options *options)
{
    edge.config = config;
    edge.options = options;
    edge.loop = uv_default_loop();
    set_process_limits();
    uvfix_begin();
    fiber_runtime_begin(edge.loop);
    TRY(listener_open());
    set_gate();
    reply_begin_process(strncmp(config->public_url, "https://", 8) == 0);
    h2o_begin();
    TRY(tls_begin());
    store_begin();
    rpc_begin(); // listens for wake-ups: they must have begun
    call_http_begin(edge.loop);
    events_begin(edge.loop);
    health_begin(edge.loop);
    signals_begin();
    TRY(listener_begin());
    watchdog_begin(edge.loop);
    say_ready();
    uv_run(edge.loop, UV_RUN_DEFAULT);
    watchdog_end();
    wake_end();
    db_close(edge.db);
    log_info("edge.ended", LOG_I("connections", listener_connections()), LOG_I("calls", call_http_count()));
    log_flush();
    return ERR_OK;
}
