// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/supervisor/child.h"
#include "server/supervisor/listen.h"
#include "server/supervisor/paths.h"
#include "server/supervisor/pg.h"
#include "server/supervisor/privilege.h"
#include "server/supervisor/probe.h"
#include "server/supervisor/systemd.h"

enum { KEPT_MOST = 64, EARLY_DEATHS_MOST = 4 };
static const uint64_t drain_us = UINT64_C(12) * 1000 * 1000; // a worker drains for ten seconds
static const uint64_t ready_patience_us = UINT64_C(60) * 1000 * 1000;

// A worker or an engine: one process that is started again whenever it ends.
struct kept {
    struct child child;
    struct backoff backoff;
    char name[16];
    const char *command; // "worker" or "engine"
    int listen_fd;       // 0 for engines
    unsigned deaths;     // early ones, in a row
};

static struct supervisor {
    const struct config *config;
    struct supervisor_options options;
    struct paths paths;
    struct pg pg;
    struct kept kept[KEPT_MOST];
    int workers, kept_count, port;
    int fds[KEPT_MOST];
    bool is_stopping, is_up;
    struct fiber_cond changed;
    uv_signal_t signals[3];
    int exit_code;
} sup;

static void kept_run(void *arg)
{
    struct kept *k = arg;
    const char *const argv[] = {"/proc/self/exe", k->command, k->name, NULL};
    struct child_plan plan = {.argv = argv, .pass_fd = k->listen_fd, .death_signal = SIGKILL};
    while (!sup.is_stopping) {
        uint64_t begin = clock_us();
        bool is_started = child_start(&k->child, &plan);
        if (is_started)
            child_wait(&k->child, 0);
        if (sup.is_stopping)
            return;
        uint64_t delay = backoff_next(&k->backoff, clock_us() - begin);
        k->deaths = delay ? k->deaths + 1 : 0;
        log_error("child_ended", LOG_S("name", k->name), LOG_I("status", k->child.status),
                  LOG_I("again_in_ms", delay / 1000));
        fiber_cond_broadcast(&sup.changed);
        if (delay)
            fiber_sleep_us(delay);
    }
}

static void setting_export(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0) // NOLINT(concurrency-mt-unsafe): only this thread reads or changes it
        abort();
}

// The children read the same settings from the environment, resolved: absolute paths, the real database.
static void settings_export(const struct config *config)
{
    char number[32];
#define CONFIG_EXPORT_TEXT(value) (value)
#define CONFIG_EXPORT_NUMBER(value) (snprintf(number, sizeof number, "%ld", (value)), number)
#define CONFIG_EXPORT_FLAG(value) ((value) ? "true" : "false")
#define X(name, type, def, doc)                                             \
    {                                                                       \
        char key[64] = "SOKUO_" #name;                                      \
        for (char *at = key; *at; at++)                                     \
            *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at; \
        setting_export(key, CONFIG_EXPORT_##type(config->name));            \
    }
    CONFIG_MAP(X)
#undef X
}

// Brings the schema up to date and makes the first administrator, in a process of its own, so that this one
// never talks to the database. Its answer is one JSON object on standard output.
static int prepare(char *answer, size_t size)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return EXIT_FAILED;
    struct child child = {.name = "prepare"};
    const char *argv[5] = {"/proc/self/exe", "prepare"};
    int argc = 2;
    if (sup.options.is_demo)
        argv[argc++] = "--demo";
    if (sup.options.adopts_key)
        argv[argc++] = "--adopt-key";
    struct child_plan plan = {.argv = argv, .out_fd = fds[1], .death_signal = SIGKILL};
    bool is_run = child_start(&child, &plan) && child_wait(&child, 0);
    close(fds[1]);
    ssize_t len = read(fds[0], answer, size - 1); // it has ended, and the answer fits a pipe
    close(fds[0]);
    answer[len > 0 ? len : 0] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    return is_run && WIFEXITED(child.status) ? WEXITSTATUS(child.status) : EXIT_FAILED;
}

static int prepare_patiently(char *answer, size_t size)
{
    int code = prepare(answer, size);
    for (struct backoff backoff = {0}; code == EXIT_LATER && !sup.is_stopping; code = prepare(answer, size)) {
        systemd_notify("STATUS=waiting for the database");
        fiber_sleep_us(backoff_next(&backoff, 0));
    }
    return code;
}

static struct kept *kept_add(const char *command, const char *prefix, int number, int listen_fd)
{
    struct kept *k = &sup.kept[sup.kept_count++];
    snprintf(k->name, sizeof k->name, "%s%d", prefix, number);
    k->child.name = k->name;
    k->command = command;
    k->listen_fd = listen_fd;
    return k;
}

static void kept_start(void)
{
    for (int i = 0; i < sup.workers; i++)
        kept_add("worker", "edge", i + 1, sup.fds[i]);
    for (int i = 0; i < sup.config->engines && sup.kept_count < KEPT_MOST; i++)
        kept_add("engine", "engine", i + 1, 0);
    for (int i = 0; i < sup.kept_count; i++)
        fiber_spawn(kept_run, &sup.kept[i]);
}

static bool wait_ready(void)
{
    struct probe probe = {.config = sup.config, .port = sup.port};
    uint64_t begin = clock_us();
    while (!sup.is_stopping && clock_us() - begin < ready_patience_us) {
        fiber_work(probe_ready, &probe);
        if (probe.is_ready)
            return true;
        if (sup.kept[0].deaths >= EARLY_DEATHS_MOST)
            break;
        fiber_sleep_us(UINT64_C(10) * 1000);
    }
    if (!sup.is_stopping)
        log_error("start_refused", LOG_S("what", "the first worker does not answer"),
                  LOG_S("do", "its own lines are above; put right what they name"));
    return false;
}

static void watchdog_run(void *arg)
{
    (void)arg;
    uint64_t every_us = systemd_watchdog_us();
    for (; every_us && !sup.is_stopping; fiber_cond_wait(&sup.changed, every_us))
        systemd_notify("WATCHDOG=1");
}

static bool start(void)
{
    char answer[512], url[512];
    systemd_notify("STATUS=starting the database");
    if (sup.config->db[0] == '\0') {
        sup.pg.paths = &sup.paths;
        sup.pg.conf = (struct pg_conf){sup.paths.run, sup.workers, (int)sup.config->engines};
        if (!pg_begin(&sup.pg))
            return false;
        fiber_spawn(pg_keep, &sup.pg);
    }
    setting_export("SOKUO_DB", paths_conninfo(sup.config, &sup.paths));
    if (prepare_patiently(answer, sizeof answer) != EXIT_OK || answer[0] != '{')
        return false;
    kept_start();
    if (!wait_ready())
        return false;
    probe_url(sup.config, sup.port, url, sizeof url);
    printf("READY {\"url\":\"%s\",%s\n", url, answer + 1);
    fflush(stdout);
    systemd_notify("READY=1\nSTATUS=serving at %s", url);
    return true;
}

// Workers first, so that what they hold is answered; the database last.
static void stop(void)
{
    sup.is_stopping = true;
    systemd_notify("STOPPING=1\nSTATUS=stopping");
    for (int i = 0; i < sup.kept_count; i++)
        child_signal(&sup.kept[i].child, SIGTERM);
    for (int i = 0; i < sup.kept_count; i++)
        child_stop(&sup.kept[i].child, SIGTERM, drain_us, SIGKILL);
    if (sup.config->db[0] == '\0')
        pg_stop(&sup.pg);
    fiber_cond_broadcast(&sup.changed);
    log_info("stopped", LOG_I("code", sup.exit_code));
}

static void story(void *arg)
{
    (void)arg;
    fiber_spawn(watchdog_run, NULL);
    sup.is_up = start();
    while (sup.is_up && !sup.is_stopping)
        fiber_cond_wait(&sup.changed, UINT64_C(3600) * 1000 * 1000);
    sup.exit_code = sup.is_up || sup.is_stopping ? EXIT_OK : EXIT_FAILED;
    stop();
    for (int i = 0; i < 3; i++)
        uv_close((uv_handle_t *)&sup.signals[i], NULL);
    children_end();
}

static void signal_stop(uv_signal_t *handle, int number)
{
    (void)handle;
    log_info("signal", LOG_I("number", number));
    sup.is_stopping = true;
    if (!sup.is_up) {
        sup.pg.is_stopping = true;
        children_signal(SIGTERM); // whatever the start waits for
    }
    fiber_cond_broadcast(&sup.changed);
}

static void signal_reload(uv_signal_t *handle, int number)
{
    (void)handle;
    for (int i = 0; i < sup.kept_count; i++)
        child_signal(&sup.kept[i].child, number);
}

static void signals_begin(uv_loop_t *loop)
{
    static const struct {
        int number;
        uv_signal_cb fn;
    } wanted[3] = {{SIGTERM, signal_stop}, {SIGINT, signal_stop}, {SIGHUP, signal_reload}};
    for (int i = 0; i < 3; i++) {
        uv_signal_init(loop, &sup.signals[i]);
        uv_signal_start(&sup.signals[i], wanted[i].fn, wanted[i].number);
    }
}

static int workers_wanted(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN), wanted = config->workers ? config->workers : cores / 2;
    wanted = wanted < 1 ? 1 : wanted;
    return (int)(wanted < KEPT_MOST / 2 ? wanted : KEPT_MOST / 2);
}

int supervisor_run(const struct config *config, const struct supervisor_options *options)
{
    sup.config = config;
    sup.options = *options;
    sup.workers = workers_wanted(config);
    if (!paths_resolve(config, &sup.paths)) {
        log_error("start_refused", LOG_S("what", "the data directory's path is too long"),
                  LOG_S("do", "shorten --data"));
        return EXIT_FAILED;
    }
    // In this order: the port may need root, nothing else may have it.
    if (!listen_open(config, sup.workers, sup.fds, &sup.port) ||
        !privilege_drop(config->user, sup.paths.data) || !paths_claim(&sup.paths))
        return EXIT_FAILED;
    signal(SIGPIPE, SIG_IGN);
    settings_export(config);
    char port[16];
    snprintf(port, sizeof port, "%d", sup.port);
    setting_export("SOKUO_PORT", port);
    setting_export("SOKUO_DATA", sup.paths.data);
    uv_loop_t *loop = uv_default_loop();
    fiber_runtime_begin(loop);
    children_begin();
    signals_begin(loop);
    fiber_spawn(story, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    fiber_runtime_end();
    return sup.exit_code;
}
