// SPDX-License-Identifier: Apache-2.0
#include "server/edge/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGERERS_MAX 64
#define LINGER_MS 2000
#define READS_AT_ONCE 16 // then others have their turn

struct lingerer {
    uv_poll_t poll;
    uv_timer_t timer;
    int fd;
    int handles; // not closed yet
};

static unsigned kept; // from linger_keep until the descriptor is closed

static void on_closed(uv_handle_t *handle)
{
    struct lingerer *l = handle->data;
    if (--l->handles > 0)
        return;
    close(l->fd);
    kept--;
    free(l);
}

static void end(struct lingerer *l)
{
    if (uv_is_closing((uv_handle_t *)&l->timer))
        return;
    uv_close((uv_handle_t *)&l->poll, on_closed);
    uv_close((uv_handle_t *)&l->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    end(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    static char waste[65536];
    struct lingerer *l = poll->data;
    for (int i = 0; i < READS_AT_ONCE && status == 0; i++) {
        ssize_t got = recv(l->fd, waste, sizeof waste, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0)
            status = -1;
    }
    if (status != 0)
        end(l);
}

int linger_keep(int fd)
{
    if (kept >= LINGERERS_MAX)
        return -1;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy >= 0)
        kept++;
    return copy;
}

void linger_begin(uv_loop_t *loop, int fd)
{
    struct lingerer *l = calloc(1, sizeof *l);
    if (l == NULL)
        abort();
    (void)shutdown(fd, SHUT_WR);
    l->fd = fd;
    l->handles = 1;
    l->timer.data = l->poll.data = l;
    uv_timer_init(loop, &l->timer);
    uv_timer_start(&l->timer, on_timer, LINGER_MS, 0);
    if (uv_poll_init(loop, &l->poll, fd) != 0) {
        uv_close((uv_handle_t *)&l->timer, on_closed);
        return;
    }
    l->handles = 2;
    uv_poll_start(&l->poll, UV_READABLE, on_readable);
}
