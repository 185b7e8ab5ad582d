// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/pg.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/supervisor/pg_log.h"
#include "server/supervisor/pg_template.h"

enum { PG_MAJOR_LEAST = 14 };
enum { LOCK_WRITTEN_S = 2 }; // a living server has written its number by then
static const uint64_t start_patience_us =
    UINT64_C(60) * 1000 * 1000; // crash recovery of much WAL takes its time
static const uint64_t stop_patience_us = UINT64_C(20) * 1000 * 1000;
static const uint64_t retry_patience_us = UINT64_C(10) * 1000 * 1000;
static const uint64_t leftover_patience_us = UINT64_C(30) * 1000 * 1000;

static bool refuse(const char *what, const char *subject, const char *advice)
{
    log_error("start_refused", LOG_S("what", what), LOG_S("subject", subject), LOG_S("do", advice));
    return false;
}

bool pg_find(const char *root, int major, char *bin, size_t size)
{
    DIR *dir = opendir(root);
    int best = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir));) { // NOLINT(concurrency-mt-unsafe)
        char program[512];
        int found = (int)strtol(entry->d_name, NULL, 10);
        snprintf(program, sizeof program, "%s/%d/bin/initdb", root, found);
        if (found >= PG_MAJOR_LEAST && (major == 0 || found == major) && found > best &&
            access(program, X_OK) == 0)
            best = found;
    }
    if (dir)
        closedir(dir);
    return best > 0 && (size_t)snprintf(bin, size, "%s/%d/bin", root, best) < size;
}

// A line of a small file, counted from 1, or "".
static void line_read(const char *path, int number, char *out, size_t size)
{
    char line[PATHS_SIZE + 2] = ""; // one of postmaster.pid's lines is the directory
    FILE *file = fopen(path, "re");
    for (int i = 0; file && i < number; i++)
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
    if (file)
        fclose(file);
    snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
}

static bool file_write(const char *path, const char *mode, const char *text)
{
    FILE *file = fopen(path, mode);
    if (!file)
        return refuse(strerrordesc_np(errno), path, "check the file system and who owns the data directory");
    bool is_written = fputs(text, file) >= 0;
    is_written = fflush(file) == 0 && fsync(fileno(file)) == 0 && is_written;
    int saved = errno;
    fclose(file);
    return is_written || refuse(strerrordesc_np(saved), path, "free some space");
}

static bool conf_write(const struct pg *pg, const char *cluster)
{
    char path[PATHS_SIZE + 64], fresh[PATHS_SIZE + 64], text[8192];
    snprintf(path, sizeof path, "%s/sokuo.conf", cluster);
    snprintf(fresh, sizeof fresh, "%s/sokuo.conf.new", cluster);
    pg_conf_text(&pg->conf, text, sizeof text);
    if (!file_write(fresh, "we", text))
        return false;
    return rename(fresh, path) == 0 ||
           refuse(strerrordesc_np(errno), path, "check who owns the data directory");
}

// Runs a program of PostgreSQL's to its end.
static bool run(const struct pg *pg, const char *name, const char *const *argv)
{
    struct child child = {.name = name};
    struct child_plan plan = {
        .argv = argv, .out_fd = pg->log_fd, .err_fd = pg->log_fd, .death_signal = SIGKILL};
    return child_start(&child, &plan) && child_wait(&child, 0) && child.status == 0;
}

static void parent_sync(const struct paths *paths)
{
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array inside paths, which is asserted above
    int fd = open(paths->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

// From the template in the program when it fits. Trust, because the socket's directory is private to this
// user (decision 0011).
static bool cluster_fill(const struct pg *pg, const char *fresh)
{
    if (pg_template_fits(pg->bin)) {
        struct pg_template_place place = {.directory = fresh};
        return (fiber_work(pg_template_unpack, &place) && place.error == 0) ||
               refuse(strerrordesc_np(place.error), fresh, "check the space and the rights there");
    }
    char program[512];
    snprintf(program, sizeof program, "%s/initdb", pg->bin);
    const char *argv[32] = {program, "-D", fresh};
    for (int i = 0; pg_initdb_flags[i]; i++)
        argv[3 + i] = pg_initdb_flags[i];
    return run(pg, "initdb", argv) ||
           refuse("initdb failed; its words are above", fresh, "check the space and the rights there");
}

// Made beside its place and moved there when whole: a crash in between leaves nothing half-done.
static bool cluster_make(const struct pg *pg)
{
    const struct paths *paths = pg->paths;
    char fresh[PATHS_SIZE + 16], conf[PATHS_SIZE + 64];
    snprintf(fresh, sizeof fresh, "%s.new", paths->pg);
    snprintf(conf, sizeof conf, "%s/postgresql.conf", fresh);
    log_info("database_made", LOG_S("directory", paths->pg));
    if (!run(pg, "rm", (const char *const[]){"/bin/rm", "-rf", "--", fresh, NULL}))
        return refuse("a half-made database is in the way", fresh, "remove it");
    if (!cluster_fill(pg, fresh) || !conf_write(pg, fresh) ||
        !file_write(conf, "ae", "\ninclude = 'sokuo.conf'\n"))
        return false;
    if (rename(fresh, paths->pg) < 0)
        return refuse(strerrordesc_np(errno), paths->pg, "something is in the way there");
    parent_sync(paths);
    return true;
}

static bool is_our_postgres(const struct pg *pg, pid_t pid)
{
    char link[64], exe[PATHS_SIZE] = "", cwd[PATHS_SIZE] = "", real[PATHS_SIZE];
    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    bool knows_exe = readlink(link, exe, sizeof exe - 1) > 0;
    snprintf(link, sizeof link, "/proc/%d/cwd", pid);
    bool knows_cwd = readlink(link, cwd, sizeof cwd - 1) > 0;
    const char *name = strrchr(exe, '/');
    return knows_exe && knows_cwd && name && strcmp(name, "/postgres") == 0 &&
           realpath(pg->paths->pg, real) && strcmp(cwd, real) == 0;
}

// It has ended, but its parent has not asked for its status: some containers' first process takes seconds to.
static bool is_zombie(pid_t pid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    line_read(path, 1, line, sizeof line);
    const char *end = strrchr(line, ')'); // of the name, which may hold anything
    return end && strncmp(end, ") Z", 3) == 0;
}

// The process that wrote postmaster.pid, 0 when there is none.
static pid_t lock_owner(const struct pg *pg)
{
    char path[PATHS_SIZE + 32], line[64];
    snprintf(path, sizeof path, "%s/postmaster.pid", pg->paths->pg);
    line_read(path, 1, line, sizeof line);
    return (pid_t)strtol(line, NULL, 10);
}

// A server that was killed between making a lock file and writing into it leaves an empty one. PostgreSQL
// takes that for a server that is starting, for ever. Nobody else starts one here (paths_claim), and ours has
// ended.
static void lock_remove_empty(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && st.st_size == 0 && time(NULL) - st.st_mtime > LOCK_WRITTEN_S &&
        unlink(path) == 0)
        log_warn("empty_lock_file_removed", LOG_S("path", path));
}

static void locks_remove_empty(const struct pg *pg)
{
    char path[PATHS_SIZE + 32];
    snprintf(path, sizeof path, "%s/postmaster.pid", pg->paths->pg);
    lock_remove_empty(path);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432.lock", pg->paths->run);
    lock_remove_empty(path);
}

// PostgreSQL takes a stale postmaster.pid for a live server when there still is a process of that number. It
// makes an exception for the number in this variable: a zombie, or this process' parent, which in a container
// often gets the number of the last run's server. It still refuses when old backends hold the shared memory.
static void lock_excuse(const struct pg *pg)
{
    char number[32];
    pid_t owner = lock_owner(pg);
    snprintf(number, sizeof number, "%d", owner > 1 && is_zombie(owner) ? owner : getppid());
    setenv("PG_GRANDPARENT_PID", number, 1); // NOLINT(concurrency-mt-unsafe)
}

// A server that a killed supervisor left behind: it is stopping already (its death signal), so help it and
// wait. postmaster.pid is never deleted here: PostgreSQL itself knows best whether it is stale.
static void leftover_stop(const struct pg *pg)
{
    pid_t pid = lock_owner(pg);
    if (pid <= 1 || !is_our_postgres(pg, pid))
        return;
    log_warn("leftover_stopped", LOG_S("name", "postgres"), LOG_I("pid", pid));
    kill(pid, SIGINT);
    uint64_t begin = clock_us();
    for (bool is_urged = false; is_our_postgres(pg, pid);) {
        uint64_t waited = clock_us() - begin;
        if (waited > leftover_patience_us)
            return;
        if (waited > stop_patience_us && !is_urged)
            is_urged = kill(pid, SIGQUIT) == 0;
        fiber_sleep_us(5000);
    }
}

// postmaster.pid says in line 8 when connections are welcome; pg_ctl reads the same.
static bool is_ready(const struct pg *pg)
{
    char path[PATHS_SIZE + 32], state[64];
    snprintf(path, sizeof path, "%s/postmaster.pid", pg->paths->pg);
    line_read(path, 8, state, sizeof state);
    return pg->server.pid > 0 && lock_owner(pg) == pg->server.pid && strncmp(state, "ready", 5) == 0;
}

static bool server_start(struct pg *pg)
{
    char program[512];
    snprintf(program, sizeof program, "%s/postgres", pg->bin);
    struct child_plan plan = {.argv = (const char *const[]){program, "-D", pg->paths->pg, NULL},
                              .cwd = pg->paths->pg,
                              .out_fd = pg->log_fd,
                              .err_fd = pg->log_fd,
                              .death_signal = SIGINT};
    locks_remove_empty(pg);
    lock_excuse(pg);
    if (!child_start(&pg->server, &plan))
        return false;
    uint64_t begin = clock_us();
    while (pg->server.pid > 0 && !pg->is_stopping && clock_us() - begin < start_patience_us) {
        if (is_ready(pg)) {
            log_info("database_up", LOG_I("ms", (clock_us() - begin) / 1000));
            return true;
        }
        fiber_sleep_us(2000);
    }
    return false;
}

// After a crash the old shared memory may live until its last backend is gone: try again for a while.
static bool server_start_patiently(struct pg *pg)
{
    leftover_stop(pg);
    for (uint64_t begin = clock_us(); !pg->is_stopping && clock_us() - begin < retry_patience_us;) {
        if (server_start(pg))
            return true;
        if (pg->server.pid > 0)
            break;
        fiber_sleep_us(UINT64_C(30) * 1000);
    }
    return pg->is_stopping
               ? false
               : refuse("PostgreSQL does not start; its words are above", pg->paths->pg,
                        "if another PostgreSQL uses this directory, stop it; remove nothing by hand");
}

bool pg_begin(struct pg *pg)
{
    assert(pg->paths);
    char version_file[PATHS_SIZE + 32], version[32];
    snprintf(version_file, sizeof version_file, "%s/PG_VERSION", pg->paths->pg);
    line_read(version_file, 1, version, sizeof version);
    int major = (int)strtol(version, NULL, 10);
    if (!pg_find("/usr/lib/postgresql", major, pg->bin, sizeof pg->bin))
        return refuse(major ? "the data was written by a PostgreSQL that is not installed"
                            : "PostgreSQL is missing",
                      version,
                      major ? "install that version, or move the data to the newer one with pg_upgrade"
                            : "apt-get install postgresql-15, or give a server of your own with --db");
    pg->log_fd = pg_log_begin();
    pg->server.name = "postgres";
    if (major == 0 && !cluster_make(pg))
        return false;
    return conf_write(pg, pg->paths->pg) && server_start_patiently(pg);
}

void pg_keep(void *arg)
{
    struct pg *pg = arg;
    for (uint64_t begin = clock_us();; begin = clock_us()) {
        child_wait(&pg->server, 0);
        if (pg->is_stopping)
            return;
        uint64_t delay = backoff_next(&pg->backoff, clock_us() - begin);
        log_error("child_ended", LOG_S("name", "postgres"), LOG_I("status", pg->server.status),
                  LOG_I("again_in_ms", delay / 1000));
        if (delay)
            fiber_sleep_us(delay);
        if (!pg->is_stopping && !server_start(pg) && pg->server.pid > 0)
            child_stop(&pg->server, SIGQUIT, stop_patience_us, SIGKILL);
    }
}

void pg_stop(struct pg *pg)
{
    pg->is_stopping = true;
    child_stop(&pg->server, SIGINT, stop_patience_us, SIGQUIT);
    pg_log_end();
}
