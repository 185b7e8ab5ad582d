// SPDX-License-Identifier: Apache-2.0
// The edge with everything below it faked, so that tests of HTTP, TLS and event streams need no database.
// usage: edge_stub [--port N] [--tls_cert F --tls_key F] …; prints READY {"url":…} as the product does.
//
// Methods: AuthService/Login (4 KiB, anybody) echoes its size, IncidentService/ListIncidents (256 KiB)
// answers 1 kB, IncidentService/GetIncident answers 8 MB, SyncService/Pull sleeps 300 ms.
// /ingest/v1/hooks/wake wakes the event streams, wake_all those of every tenant, recheck looks at the
// sessions again, revoke ends them. The bearer token is "good"; with TLS it counts only where the request
// says so, as the name of the product's cookie does.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/edge/edge.h"
#include "server/rpc/rpc.h"
#include "server/store/db.h"
#include "server/store/turn.h"
#include "server/store/wake.h"

#define BIG (8u * 1024 * 1024)

static void (*wake_fn)(void *arg, const struct uuid *tenant_id, enum wake_kind kind);
static const struct uuid tenant = {.bytes = {1}};
static bool is_revoked, has_wake_begun;
static const char *scheme;

static const struct {
    const char *path;
    size_t limit;
} methods[] = {
    {"/sokuo.v1.AuthService/Login", 4096},
    {"/sokuo.v1.IncidentService/GetIncident", 262144},
    {"/sokuo.v1.IncidentService/ListIncidents", 262144},
    {"/sokuo.v1.SyncService/Pull", 262144},
};

static int method_of(const char *path)
{
    for (int i = 0; i < (int)(sizeof methods / sizeof methods[0]); i++) {
        if (strcmp(path, methods[i].path) == 0)
            return i;
    }
    return -1;
}

// Sessions are forgotten by wake-ups, which a later wake_begin would not deliver.
void rpc_begin(void)
{
    if (!has_wake_begun)
        abort();
}

bool rpc_knows(const char *path)
{
    return method_of(path) >= 0;
}

size_t rpc_body_limit(const char *path)
{
    return methods[method_of(path)].limit;
}

void rpc_response_header(struct rpc_response *res, const char *name, const char *value)
{
    res->headers[res->header_count].name = name;
    res->headers[res->header_count++].value = value;
}

static void answer(struct rpc_response *res, const char *body, size_t len)
{
    res->status = 200;
    res->content_type = "application/json";
    res->body = body;
    res->body_len = len;
}

static void answer_spaces(struct call *c, struct rpc_response *res, size_t len)
{
    char *body = call_alloc(c, len);
    memset(body, ' ', len);
    memcpy(body, "{}", 2);
    answer(res, body, len);
}

void rpc_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    if (req->is_get && strstr(req->path, "Login") != NULL) {
        answer(res, "", 0);
        res->status = 405;
        rpc_response_header(res, "allow", "POST");
        return;
    }
    switch (method_of(req->path)) {
    case 1:
        answer_spaces(c, res, BIG);
        break;
    case 2:
        answer_spaces(c, res, 1024);
        break;
    case 3:
        fiber_sleep_us(300000);
        answer_spaces(c, res, 64);
        break;
    default: {
        const char *body = call_printf(c, "{\"bytes\":\"%zu\"}", req->body_len);
        answer(res, body, strlen(body));
    }
    }
}

enum err rpc_authenticate(struct call *c, const struct rpc_request *req)
{
    bool is_known = req->authorization != NULL && strcmp(req->authorization, "Bearer good") == 0;
    if (is_revoked || !is_known || (strcmp(scheme, "https") == 0 && !req->is_secure))
        return call_fail(c, ERR_UNAUTHENTICATED, "LOGIN_NEEDED", "ログインが必要です。", "Log in first.");
    static uint8_t number;
    c->actor.is_known = true;
    c->actor.tenant_id = tenant;
    c->actor.account_id.bytes[0] = 1;
    if (req->user_agent != NULL &&
        strcmp(req->user_agent, "many") == 0) // one account a stream: for fan-out tests
        c->actor.account_id.bytes[1] = ++number;
    return ERR_OK;
}

void evidence_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    answer(res, "{}", 2);
}

void calendar_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    answer(res, "{}", 2);
}

void ingest_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    static const struct uuid all = {{0}};
    const char *hook = strrchr(req->path, '/') + 1;
    bool revokes = strcmp(hook, "revoke") == 0, checks = revokes || strcmp(hook, "recheck") == 0;
    is_revoked = is_revoked || revokes;
    wake_fn(NULL, strcmp(hook, "wake_all") == 0 ? &all : &tenant, checks ? WAKE_SESSIONS : WAKE_FEED);
    answer(res, "{}", 2);
}

struct db *db_open(struct uv_loop_s *loop, const struct db_options *options)
{
    return NULL;
}

void db_close(struct db *db)
{
}

bool db_ready(const struct db *db)
{
    return false;
}

struct db_stats db_stats(const struct db *db)
{
    return (struct db_stats){0};
}

// Nothing comes in crowds here.
bool rpc_comes_in_crowds(const char *path)
{
    return false;
}

void turn_give(struct turn *turn, enum turn_kind kind)
{
    turn->fn(turn);
}

unsigned turn_count(void)
{
    return 0;
}

void wake_begin(struct uv_loop_s *loop, struct db *db, const char *run_dir)
{
    has_wake_begun = true;
}

void wake_end(void)
{
}

void wake_let_go(void)
{
}

void wake_subscribe(void (*fn)(void *arg, const struct uuid *tenant_id, enum wake_kind kind), void *arg)
{
    wake_fn = fn;
}

static void *announce(void *arg)
{
    char line[32] = "";
    int port;
    if (read(*(int *)arg, line, sizeof line - 1) > 0 && sscanf(line, "ready %d", &port) == 1) {
        printf("READY {\"url\":\"%s://127.0.0.1:%d\"}\n", scheme, port);
        fflush(stdout);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct config config;
    char message[300];
    int ready[2];
    pthread_t thread;
    if (config_load(&config, &argc, argv, message, sizeof message) != ERR_OK) {
        fprintf(stderr, "%s\n", message);
        return 2;
    }
    if (strcmp(config.log_level, "error") == 0)
        log_set_level(LOG_ERROR);
    if (pipe(ready) != 0)
        return 1;
    scheme = config.tls_cert[0] != '\0' ? "https" : "http";
    pthread_create(&thread, NULL, announce, &ready[0]);
    struct edge_options options = {
        .listen_fd = -1, .ready_fd = ready[1], .name = "stub", .conninfo = "", .run_dir = "/tmp"};
    enum err err = edge_run(&config, &options);
    config_free(&config);
    return err == ERR_OK ? 0 : 1;
}
