// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/log.h"

static bool data_default(char *out, size_t size)
{
    const char *home = getenv("HOME"); // NOLINT(concurrency-mt-unsafe)
    int len = geteuid() == 0 || !home ? snprintf(out, size, "/var/lib/sokuo")
                                      : snprintf(out, size, "%s/.local/share/sokuo", home);
    return (size_t)len < size;
}

static bool data_absolute(const char *given, char *out, size_t size)
{
    char cwd[PATHS_SIZE];
    if (given[0] == '/')
        return (size_t)snprintf(out, size, "%s", given) < size;
    return getcwd(cwd, sizeof cwd) && (size_t)snprintf(out, size, "%s/%s", cwd, given) < size;
}

static uint64_t fnv1a(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    return hash;
}

bool paths_resolve(const struct config *config, struct paths *paths)
{
    bool fits = config->data[0] ? data_absolute(config->data, paths->data, sizeof paths->data)
                                : data_default(paths->data, sizeof paths->data);
    if (!fits)
        return false;
    size_t len = strlen(paths->data);
    while (len > 1 && paths->data[len - 1] == '/')
        paths->data[--len] = '\0';
    snprintf(paths->pg, sizeof paths->pg, "%s/pg", paths->data);
    snprintf(paths->key, sizeof paths->key, "%s/secret.key", paths->data);
    snprintf(paths->lock, sizeof paths->lock, "%s/lock", paths->data);
    if (len + strlen("/run") <= PATHS_RUN_MAX)
        snprintf(paths->run, sizeof paths->run, "%s/run", paths->data);
    else
        snprintf(paths->run, sizeof paths->run, "/tmp/sokuo-%016" PRIx64, fnv1a(paths->data));
    return true;
}

const char *paths_conninfo(const struct config *config, const struct paths *paths)
{
    static char conninfo[PATHS_RUN_MAX + 128];
    if (config->db[0])
        return config->db;
    // Quoted: the directory may hold spaces. run is short (PATHS_RUN_MAX).
    char quoted[2 * PATHS_RUN_MAX + 1], *out = quoted;
    for (const char *in = paths->run; *in && out < quoted + sizeof quoted - 2; in++) {
        if (*in == '\'' || *in == '\\')
            *out++ = '\\';
        *out++ = *in;
    }
    *out = '\0';
    snprintf(conninfo, sizeof conninfo, "host='%s' port=5432 user=postgres dbname=postgres", quoted);
    return conninfo;
}

static bool refuse(const char *path, const char *what, const char *advice)
{
    log_error("start_refused", LOG_S("what", what), LOG_S("path", path), LOG_S("do", advice));
    return false;
}

// Creates the directory and those above it. One that exists must be ours: in /tmp somebody else may have been
// faster.
static bool directory_make(const char *path)
{
    char part[PATHS_SIZE];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return refuse(part, strerrordesc_np(errno),
                          "choose another directory with --data, or create it for this user");
        *slash = '/';
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return refuse(path, strerrordesc_np(errno),
                      "choose another directory with --data, or create it for this user");
    struct stat st;
    if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return refuse(path, "not a directory of this user",
                      "give it to this user, or choose another with --data");
    if ((st.st_mode & 0077) && chmod(path, 0700) < 0)
        return refuse(path, strerrordesc_np(errno), "make it private: chmod 700");
    return true;
}

bool paths_claim(const struct paths *paths)
{
    if (!directory_make(paths->data) || !directory_make(paths->run))
        return false;
    int fd = open(paths->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(paths->lock, strerrordesc_np(errno), "check who owns the data directory");
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return refuse(paths->data, "another sokuo is using this data directory",
                      "stop it first, or choose another directory with --data");
    }
    return true; // the descriptor stays open: the lock lives as long as the process
}
