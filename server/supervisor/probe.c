// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/probe.h"

#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// An address that reaches a server listening on bind.
static const char *reachable(const char *bind)
{
    if (strcmp(bind, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(bind, "::") == 0 ? "::1" : bind;
}

static int probe_connect(const struct probe *p)
{
    char port[16];
    snprintf(port, sizeof port, "%d", p->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *at;
    if (getaddrinfo(reachable(p->config->bind), port, &hints, &at) != 0)
        return -1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) < 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(at);
    return fd;
}

static ssize_t exchange_plain(int fd, const char *ask, char *answer, size_t size)
{
    return send(fd, ask, strlen(ask), MSG_NOSIGNAL) < 0 ? -1 : recv(fd, answer, size, 0);
}

// The certificate is not checked: this asks our own server whether it answers, and tells it nothing.
static ssize_t exchange_tls(int fd, const char *ask, char *answer, size_t size)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *tls = context ? SSL_new(context) : NULL;
    ssize_t len = -1;
    if (tls && SSL_set_fd(tls, fd) == 1 && SSL_connect(tls) == 1 && SSL_write(tls, ask, (int)strlen(ask)) > 0)
        len = SSL_read(tls, answer, (int)size);
    SSL_free(tls);
    SSL_CTX_free(context);
    return len;
}

void probe_ready(void *arg)
{
    struct probe *p = arg;
    char ask[512], answer[64] = "";
    int host_len = (int)strcspn(p->config->hosts, ", ");
    snprintf(ask, sizeof ask, "GET /readyz HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n\r\n",
             host_len ? host_len : (int)strlen("localhost"), host_len ? p->config->hosts : "localhost");
    int fd = probe_connect(p);
    p->is_ready = false;
    if (fd < 0)
        return;
    bool is_tls = p->config->tls_cert[0] != '\0';
    ssize_t len = (is_tls ? exchange_tls : exchange_plain)(fd, ask, answer, sizeof answer - 1);
    p->is_ready = len > 12 && strncmp(answer, "HTTP/1.1 200", 12) == 0;
    close(fd);
}

void probe_url(const struct config *config, int port, char *out, size_t size)
{
    const char *host = reachable(config->bind);
    const char *quote = strchr(host, ':') ? "[" : "", *unquote = quote[0] ? "]" : "";
    if (config->public_url[0])
        snprintf(out, size, "%s", config->public_url);
    else
        snprintf(out, size, "%s://%s%s%s:%d", config->tls_cert[0] ? "https" : "http", quote, host, unquote,
                 port);
}
