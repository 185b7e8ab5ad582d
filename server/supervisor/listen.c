// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/log.h"

// Connections that wait for accept, a worker. Enough for all phones of a city coming back at once.
enum { BACKLOG = 4096 };
// How long a server that was killed may take to let go of the port, in steps of 50 ms.
enum { PORT_TRIES = 60 };

static int socket_bind(const struct addrinfo *at, bool is_shared)
{
    int one = 1, fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (is_shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
    } name = {.any.sa_family = AF_UNSPEC};
    socklen_t len = sizeof name;
    if (getsockname(fd, &name.any, &len) < 0)
        return 0;
    return ntohs(name.any.sa_family == AF_INET6 ? name.ip6.sin6_port : name.ip4.sin_port);
}

static void port_set(struct addrinfo *at, int port)
{
    if (at->ai_family == AF_INET6)
        ((struct sockaddr_in6 *)at->ai_addr)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)at->ai_addr)->sin_port = htons((uint16_t)port);
}

// SO_REUSEPORT would let two servers share a port without a word, so one unshared socket asks first. Workers
// of a supervisor that was killed a moment ago may still hold the port: wait for them.
static bool port_probe(struct addrinfo *at, int *ret_port)
{
    int fd = socket_bind(at, false);
    for (int i = 0; fd < 0 && errno == EADDRINUSE && i < PORT_TRIES; i++) {
        usleep(50 * 1000);
        fd = socket_bind(at, false);
    }
    if (fd < 0)
        return false;
    *ret_port = port_of(fd);
    close(fd);
    return true;
}

static bool refuse(const struct config *config, const char *what)
{
    log_error("start_refused", LOG_S("what", what), LOG_S("bind", config->bind), LOG_I("port", config->port),
              LOG_S("do", "choose another address with --bind or --port, or stop the program that has it"));
    return false;
}

bool listen_open(const struct config *config, int count, int *fds, int *ret_port)
{
    char port[16];
    snprintf(port, sizeof port, "%ld", config->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *at;
    int gai = getaddrinfo(config->bind, port, &hints, &at);
    if (gai != 0)
        return refuse(config, gai_strerror(gai));
    bool is_open = port_probe(at, ret_port);
    if (is_open)
        port_set(at, *ret_port);
    for (int i = 0; is_open && i < count; i++) {
        fds[i] = socket_bind(at, true);
        is_open = fds[i] >= 0;
    }
    int saved = errno;
    freeaddrinfo(at);
    return is_open || refuse(config, strerrordesc_np(saved));
}
