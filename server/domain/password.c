// SPDX-License-Identifier: Apache-2.0
#include "server/domain/password.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

// Long ones of the lists that attackers begin with. Letters in lower case, without blanks, hyphens and
// underscores.
static const char *const common[] = {
#include "server/domain/common_passwords.inc"
};

static size_t chars(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static int different_bytes(const char *text)
{
    bool seen[256] = {0};
    int count = 0;
    for (; *text; text++) {
        count += !seen[(unsigned char)*text];
        seen[(unsigned char)*text] = true;
    }
    return count;
}

// Without separators and in lower case: "Password-Password 1" is "passwordpassword1".
static void simplify(const char *password, char *out, size_t size)
{
    size_t o = 0;
    for (; *password && o + 1 < size; password++) {
        if (!strchr(" -_.", *password))
            out[o++] = (char)tolower((unsigned char)*password);
    }
    out[o] = '\0';
}

static bool is_common(const char *password)
{
    char simple[64];
    simplify(password, simple, sizeof simple);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (strcmp(simple, common[i]) == 0)
            return true;
    }
    return false;
}

bool login_name_good(const char *login)
{
    return login[0] != '\0' && login[strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789.-_")] == '\0';
}

enum password_fault password_judge(const char *password, const char *login)
{
    size_t count = chars(password);
    if (count < PASSWORD_MIN_CHARS)
        return PASSWORD_SHORT;
    if (count > PASSWORD_MAX_CHARS)
        return PASSWORD_LONG;
    if (strlen(login) >= 3 && strcasestr(password, login))
        return PASSWORD_HAS_LOGIN;
    if (different_bytes(password) < 5)
        return PASSWORD_MONOTONOUS;
    return is_common(password) ? PASSWORD_COMMON : PASSWORD_GOOD;
}
