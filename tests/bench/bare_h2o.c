// SPDX-License-Identifier: Apache-2.0
// The yardstick for the edge: libh2o alone (libuv flavour), one loop, a fixed body of 1 kB for every request.
// usage: bare_h2o PORT
#include <errno.h>
#include <h2o.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static h2o_globalconf_t globalconf;
static h2o_context_t context;
static h2o_accept_ctx_t accept_context;
static char body[1024];

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    static h2o_generator_t generator = {NULL, NULL};
    h2o_iovec_t buf = h2o_iovec_init(body, sizeof body);
    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = buf.len;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                   H2O_STRLIT("application/json"));
    h2o_start_response(req, &generator);
    h2o_send(req, &buf, 1, H2O_SEND_STATE_FINAL);
    return 0;
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status != 0)
        return;
    uv_tcp_t *tcp = h2o_mem_alloc(sizeof *tcp);
    uv_tcp_init(listener->loop, tcp);
    if (uv_accept(listener, (uv_stream_t *)tcp) != 0) {
        uv_close((uv_handle_t *)tcp, (uv_close_cb)free);
        return;
    }
    uv_tcp_nodelay(tcp, 1);
    h2o_accept(&accept_context, h2o_uv_socket_create((uv_stream_t *)tcp, (uv_close_cb)free));
}

int main(int argc, char **argv)
{
    uv_tcp_t listener;
    struct sockaddr_in address;
    if (argc != 2 || uv_ip4_addr("127.0.0.1", (int)strtol(argv[1], NULL, 10), &address) != 0)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    mallopt(M_TOP_PAD, 1024 * 1024);
    memset(body, ' ', sizeof body);
    h2o_config_init(&globalconf);
    globalconf.http1.upgrade_to_http2 = 0;
    h2o_hostconf_t *host =
        h2o_config_register_host(&globalconf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_create_handler(&host->fallback_path, sizeof(h2o_handler_t))->on_req = on_request;
    h2o_context_init(&context, uv_default_loop(), &globalconf);
    accept_context.ctx = &context;
    accept_context.hosts = globalconf.hosts;
    uv_tcp_init(uv_default_loop(), &listener);
    if (uv_tcp_bind(&listener, (struct sockaddr *)&address, 0) != 0 ||
        uv_listen((uv_stream_t *)&listener, 1024, on_connection) != 0)
        return 1;
    int size = sizeof address;
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
