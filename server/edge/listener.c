// SPDX-License-Identifier: Apache-2.0
#include "server/edge/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/log.h"
#include "server/edge/events.h"
#include "server/edge/http.h"
#include "server/edge/linger.h"
#include "server/edge/metrics.h"
#include "server/edge/peers.h"
#include "server/edge/uvfix.h"

#define BACKLOG 4096
#define UNREAD_MS 20000 // a peer that acknowledges nothing for so long is gone

static uv_tcp_t listener;
static uv_timer_t deadlines;
static bool is_listening;
static struct conn *connections; // newest first
static unsigned connection_count;

static void set_int(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static void set_socket_options(int fd)
{
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNREAD_MS);
    set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

static void link_connection(struct conn *conn)
{
    conn->next = connections;
    if (connections != NULL)
        connections->prev = conn;
    connections = conn;
    connection_count++;
}

static void unlink_connection(struct conn *conn)
{
    if (conn->prev != NULL)
        conn->prev->next = conn->next;
    else
        connections = conn->next;
    if (conn->next != NULL)
        conn->next->prev = conn->prev;
    connection_count--;
}

static void on_closed(uv_handle_t *handle)
{
    struct conn *conn = H2O_STRUCT_FROM_MEMBER(struct conn, uv.handle, handle);
    unlink_connection(conn);
    if (conn->is_counted)
        peers_leave(conn->address);
    free(conn);
}

static void on_let_go(void *data)
{
    struct conn *conn = data;
    conn->sock = NULL;
    uvfix_forget(conn);
    if (conn->linger_fd > 0)
        linger_begin(edge.loop, conn->linger_fd);
}

static struct conn *connection_new(void)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        abort();
    link_connection(conn);
    return conn;
}

// Hands the socket to libh2o, which closes it when it is done.
static void serve(struct conn *conn, SSL_CTX *ssl_ctx)
{
    conn->sock = h2o_uv_socket_create(&conn->uv.stream, on_closed);
    conn->sock->on_close.cb = on_let_go;
    conn->sock->on_close.data = conn;
    h2o_accept_ctx_t accept = edge.accept;
    accept.ssl_ctx = ssl_ctx;
    h2o_accept(ssl_ctx == edge.accept.ssl_ctx ? &edge.accept : &accept, conn->sock);
}

// "address:port" as a browser writes it into Host.
static void format_host(const struct sockaddr *address, char *out, size_t size)
{
    char text[46] = "";
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        uv_ip6_name(in6, text, sizeof text);
        snprintf(out, size, "[%s]:%d", text, ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in = (const void *)address;
        uv_ip4_name(in, text, sizeof text);
        snprintf(out, size, "%s:%d", text, ntohs(in->sin_port));
    }
}

static bool is_any_address(const char *bind)
{
    return strcmp(bind, "0.0.0.0") == 0 || strcmp(bind, "::") == 0;
}

static void name_connection(struct conn *conn)
{
    struct sockaddr_storage ss = {0};
    struct sockaddr *address = (struct sockaddr *)&ss;
    int len = sizeof ss;
    if (uv_tcp_getpeername(&conn->uv.tcp, address, &len) == 0) {
        peers_key(address, conn->address);
        conn->is_local = peers_is_local(address);
        uv_ip_name(address, conn->ip, sizeof conn->ip);
    }
    len = sizeof ss;
    if (is_any_address(edge.config->bind) && uv_tcp_getsockname(&conn->uv.tcp, address, &len) == 0)
        format_host(address, conn->local_host, sizeof conn->local_host);
}

// A proxy on this machine speaks for many, so the cap per address is not for it.
static bool is_welcome(struct conn *conn)
{
    if (connection_count > EDGE_CONNECTIONS_MAX) {
        metrics_shed(SHED_CONNECTIONS);
        return false;
    }
    if (conn->is_local)
        return true;
    conn->is_counted = peers_enter(conn->address, edge.config->connections_per_address);
    if (!conn->is_counted)
        metrics_shed(SHED_ADDRESS);
    return conn->is_counted;
}

// uv_accept always comes first: a callback that returns without it stops the listener. When it fails the
// listener is dead (libuv 1.44): the supervisor starts a new worker.
static void on_connection(uv_stream_t *server, int status)
{
    if (status != 0)
        return;
    struct conn *conn = connection_new();
    uv_tcp_init(edge.loop, &conn->uv.tcp);
    int rc = uv_accept(server, &conn->uv.stream);
    if (rc != 0) {
        log_error("edge.accept_failed", LOG_S("why", uv_strerror(rc)));
        _exit(70);
    }
    name_connection(conn);
    if (!is_welcome(conn)) {
        uv_close(&conn->uv.handle, on_closed);
        return;
    }
    int fd;
    if (uv_fileno(&conn->uv.handle, &fd) == 0)
        set_socket_options(fd);
    serve(conn, edge.accept.ssl_ctx);
}

static void on_deadlines(uv_timer_t *timer)
{
    uint64_t now_ms = uv_now(edge.loop);
    for (struct conn *conn = connections, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->busy_since_ms != 0 && conn->stream == NULL &&
            now_ms > conn->busy_since_ms + EDGE_RESPONSE_MS) // it may be a millisecond ahead of now
            listener_kill(conn);
    }
}

// A socket of our own: libuv 1.44 has no SO_REUSEPORT.
static int open_socket(const char *bind_to, int port, int *ret_error)
{
    struct sockaddr_storage ss = {0};
    bool is_v6 = strchr(bind_to, ':') != NULL;
    int rc = is_v6 ? uv_ip6_addr(bind_to, port, (struct sockaddr_in6 *)&ss)
                   : uv_ip4_addr(bind_to, port, (struct sockaddr_in *)&ss);
    *ret_error = EINVAL;
    if (rc != 0)
        return -1;
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *ret_error = errno;
    if (fd < 0)
        return -1;
    set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (bind(fd, (struct sockaddr *)&ss, is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) ==
        0)
        return fd;
    *ret_error = errno;
    close(fd);
    return -1;
}

static enum err report(int error)
{
    log_error("edge.cannot_listen", LOG_S("bind", edge.config->bind), LOG_I("port", edge.config->port),
              LOG_S("why", strerrordesc_np(error)));
    return ERR_UNAVAILABLE;
}

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof address;
    if (getsockname(fd, &address.any, &len) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

enum err listener_open(void)
{
    int error = 0;
    int fd = edge.options->listen_fd;
    if (fd < 0)
        fd = open_socket(edge.config->bind, (int)edge.config->port, &error);
    if (fd < 0)
        return report(error);
    edge.port = port_of(fd);
    uv_tcp_init(edge.loop, &listener);
    int rc = uv_tcp_open(&listener, fd);
    return rc == 0 ? ERR_OK : report(-rc);
}

enum err listener_begin(void)
{
    int rc = uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection);
    if (rc != 0)
        return report(-rc);
    is_listening = true;
    uv_timer_init(edge.loop, &deadlines);
    uv_timer_start(&deadlines, on_deadlines, 1000, 1000);
    uv_unref((uv_handle_t *)&deadlines);
    return ERR_OK;
}

void listener_end(void)
{
    if (is_listening)
        uv_close((uv_handle_t *)&listener, NULL);
    is_listening = false;
}

unsigned listener_connections(void)
{
    return connection_count;
}

void listener_kill(struct conn *conn)
{
    int fd;
    if (!uv_is_closing(&conn->uv.handle) && uv_fileno(&conn->uv.handle, &fd) == 0)
        (void)shutdown(fd, SHUT_RDWR);
}

// A client may end its sending side and still read: only event streams are cut.
void listener_early_input(struct conn *conn)
{
    char byte;
    int fd;
    if (conn->stream != NULL && uv_fileno(&conn->uv.handle, &fd) == 0 &&
        recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
        events_drop(conn->stream);
}

void listener_close_idle(void)
{
    for (struct conn *conn = connections; conn != NULL; conn = conn->next) {
        if (conn->sock != NULL && conn->busy_since_ms == 0 && conn->sock->input->size == 0)
            listener_kill(conn);
    }
}

void listener_adopt(int fd)
{
    struct conn *conn = connection_new();
    conn->is_local = true;
    uv_pipe_init(edge.loop, &conn->uv.pipe, 0);
    if (uv_pipe_open(&conn->uv.pipe, fd) != 0) {
        close(fd);
        uv_close(&conn->uv.handle, on_closed);
        return;
    }
    serve(conn, NULL);
}
