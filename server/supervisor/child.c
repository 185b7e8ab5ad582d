// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/clock.h"
#include "server/base/log.h"

static struct {
    struct child *running;
    uv_signal_t signal;
} children;

static bool is_running(pid_t pid)
{
    for (const struct child *child = children.running; child; child = child->next)
        if (child->pid == pid)
            return true;
    return false;
}

// As the first process of a container this one inherits the orphans, such as the backends of a PostgreSQL
// that was killed; nobody else would ever bury them. One of our own that has just ended stays: its signal is
// on the way.
static void orphans_reap(void)
{
    siginfo_t info = {0};
    while (getpid() == 1 && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
           !is_running(info.si_pid)) {
        waitpid(info.si_pid, NULL, WNOHANG);
        info.si_pid = 0;
    }
}

static void children_reap(uv_signal_t *handle, int number)
{
    (void)handle, (void)number;
    for (struct child **at = &children.running; *at;) {
        struct child *child = *at;
        if (waitpid(child->pid, &child->status, WNOHANG) != child->pid) {
            at = &child->next;
            continue;
        }
        *at = child->next;
        child->pid = 0;
        fiber_cond_broadcast(&child->exited);
        at = &children.running; // the woken fiber may have started others
    }
    orphans_reap();
}

void children_begin(void)
{
    uv_signal_init(fiber_loop(), &children.signal);
    uv_signal_start(&children.signal, children_reap, SIGCHLD);
}

void children_end(void)
{
    uv_close((uv_handle_t *)&children.signal, NULL);
}

// Moves a descriptor to its place. The sources are above 9 (see child_start), so that no move hits another.
static void place(int from, int to)
{
    if (from > 0)
        dup2(from, to);
}

// Between fork and exec: only calls that are safe after a fork of a process with threads.
static _Noreturn void child_become(const struct child_plan *plan, const int fds[3], pid_t parent)
{
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, plan->death_signal);
    setpgid(0, 0); // Ctrl-C reaches the supervisor only; it stops the others in order
    if (getppid() != parent)
        _exit(127); // the supervisor died in between
    place(fds[2], STDERR_FILENO);
    place(fds[1] > 0 ? fds[1] : STDERR_FILENO, STDOUT_FILENO);
    place(fds[0], 3);
    close_range(fds[0] > 0 ? 4 : 3, ~0U, 0);
    if (!plan->cwd || chdir(plan->cwd) == 0)
        execv(plan->argv[0], (char *const *)plan->argv);
    _exit(127);
}

static int fd_above(int fd)
{
    return fd > 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 10) : 0;
}

bool child_start(struct child *child, const struct child_plan *plan)
{
    int fds[3] = {fd_above(plan->pass_fd), fd_above(plan->out_fd), fd_above(plan->err_fd)};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // no handler of ours may run in the child
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child_become(plan, fds, parent);
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (int i = 0; i < 3; i++)
        if (fds[i] > 0)
            close(fds[i]);
    if (pid < 0) {
        log_error("child_not_started", LOG_S("name", child->name), LOG_S("why", strerrordesc_np(saved)));
        return false;
    }
    child->pid = pid;
    child->next = children.running;
    children.running = child;
    log_debug("child_started", LOG_S("name", child->name), LOG_I("pid", pid));
    return true;
}

bool child_wait(struct child *child, uint64_t timeout_us)
{
    uint64_t now = clock_us(), end = timeout_us ? now + timeout_us : UINT64_MAX;
    for (; child->pid != 0 && now < end; now = clock_us())
        fiber_cond_wait(&child->exited, timeout_us ? end - now : UINT64_C(3600) * 1000 * 1000);
    return child->pid == 0;
}

void child_signal(const struct child *child, int signal)
{
    if (child->pid > 0)
        kill(child->pid, signal);
}

void children_signal(int signal)
{
    for (const struct child *child = children.running; child; child = child->next)
        child_signal(child, signal);
}

void child_stop(struct child *child, int first, uint64_t patience_us, int second)
{
    child_signal(child, first);
    while (!child_wait(child, patience_us)) {
        log_warn("child_slow_to_stop", LOG_S("name", child->name), LOG_I("pid", child->pid));
        child_signal(child, second);
        patience_us = UINT64_C(5) * 1000 * 1000;
    }
}
