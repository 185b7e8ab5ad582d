// SPDX-License-Identifier: Apache-2.0
#include "server/edge/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/log.h"
#include "server/edge/listener.h"

#define EVERY_MS 5000
#define ANSWER_MS 4000
#define FAILURES 3

// The workers share a port, so a request to it may reach a neighbour: the thread makes a socket pair and
// gives one end to the loop instead.
static uv_thread_t thread;
static uv_async_t async;
static atomic_int offered = -1; // the loop's end of the pair
static atomic_bool is_over;

static void on_async(uv_async_t *handle)
{
    int fd = atomic_exchange(&offered, -1);
    if (fd >= 0)
        listener_adopt(fd);
}

static bool read_answer(int fd)
{
    static const char want[] = "HTTP/1.1 200";
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char got[sizeof want - 1];
    if (poll(&wait, 1, ANSWER_MS) != 1)
        return false;
    return recv(fd, got, sizeof got, MSG_WAITALL) == (ssize_t)sizeof got &&
           memcmp(got, want, sizeof got) == 0;
}

static bool is_answering(void)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return true; // out of descriptors: not a sign of a dead loop
    bool is_ok = write(pair[0], request, sizeof request - 1) == (ssize_t)sizeof request - 1;
    int stale = atomic_exchange(&offered, pair[1]);
    if (stale >= 0)
        close(stale);
    uv_async_send(&async);
    is_ok = is_ok && read_answer(pair[0]);
    close(pair[0]);
    return is_ok;
}

static bool pause_is_over(void)
{
    for (int waited_ms = 0; waited_ms < EVERY_MS && !atomic_load(&is_over); waited_ms += 100)
        usleep(100000);
    return atomic_load(&is_over);
}

static void watch(void *arg)
{
    int failures = 0;
    while (!pause_is_over()) {
        failures = is_answering() ? 0 : failures + 1;
        if (failures == 0 || atomic_load(&is_over))
            continue;
        log_error("edge.watchdog", LOG_I("failures", failures));
        if (failures >= FAILURES)
            _exit(70);
    }
}

void watchdog_begin(uv_loop_t *loop)
{
    uv_async_init(loop, &async, on_async);
    uv_unref((uv_handle_t *)&async);
    uv_thread_create(&thread, watch, NULL);
}

void watchdog_end(void)
{
    atomic_store(&is_over, true);
    uv_thread_join(&thread);
}
