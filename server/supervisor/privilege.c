// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/log.h"

static bool refuse(const char *what, const char *subject, const char *advice)
{
    log_error("start_refused", LOG_S("what", what), LOG_S("subject", subject), LOG_S("do", advice));
    return false;
}

// getpwnam and getpwuid are fine: no second thread runs yet.
// NOLINTBEGIN(concurrency-mt-unsafe)
static const struct passwd *user_choose(const char *user, const char *data_dir)
{
    if (user[0])
        return getpwnam(user);
    struct stat st;
    if (stat(data_dir, &st) == 0 && st.st_uid != 0)
        return getpwuid(st.st_uid);
    static const char *const usual[] = {"sokuo", "postgres", "nobody"};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        const struct passwd *found = getpwnam(usual[i]);
        if (found)
            return found;
    }
    return NULL;
}
// NOLINTEND(concurrency-mt-unsafe)

// Only a fresh directory changes hands; what is inside a used one belongs to the user already.
static bool data_give(const char *data_dir, const struct passwd *user)
{
    struct stat st;
    char parents[4096];
    snprintf(parents, sizeof parents, "%s", data_dir);
    for (char *slash = strchr(parents + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(parents, 0755) < 0 && errno != EEXIST)
            return refuse(strerrordesc_np(errno), parents, "choose another directory with --data");
        *slash = '/';
    }
    if (mkdir(data_dir, 0700) < 0 && errno != EEXIST)
        return refuse(strerrordesc_np(errno), data_dir, "choose another directory with --data");
    if (stat(data_dir, &st) < 0)
        return refuse(strerrordesc_np(errno), data_dir, "choose another directory with --data");
    if (st.st_uid == user->pw_uid)
        return true;
    if (st.st_uid != 0)
        return refuse("the data directory belongs to another user", data_dir, "name that user with --user");
    if (lchown(data_dir, user->pw_uid, user->pw_gid) < 0)
        return refuse(strerrordesc_np(errno), data_dir, "give the directory to that user: chown");
    return true;
}

static bool become(const struct passwd *user)
{
    if (initgroups(user->pw_name, user->pw_gid) < 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
        return refuse(strerrordesc_np(errno), user->pw_name, "run sokuo as that user instead of as root");
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) < 0 || real == 0 || effective == 0 || saved == 0 ||
        setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
        return refuse("root could be regained", user->pw_name, "run sokuo as that user instead of as root");
    return true;
}

bool privilege_drop(const char *user, const char *data_dir)
{
    umask(0077);
    if (geteuid() != 0)
        return true;
    const struct passwd *chosen = user_choose(user, data_dir);
    if (!chosen)
        return refuse("no such user", user, "create it: useradd --system --no-create-home sokuo");
    if (chosen->pw_uid == 0)
        return refuse("PostgreSQL does not run as root", chosen->pw_name, "name another user with --user");
    if (!data_give(data_dir, chosen) || !become(chosen))
        return false;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (access(data_dir, R_OK | W_OK | X_OK) < 0)
        return refuse("the user cannot reach the data directory", data_dir,
                      "choose one with --data whose parents others may enter, such as /var/lib/sokuo");
    if (chdir("/") < 0)
        return refuse(strerrordesc_np(errno), "/", "check the file system");
    log_info("root_dropped", LOG_S("user", chosen->pw_name));
    return true;
}
