// SPDX-License-Identifier: Apache-2.0
// Which new passwords are taken: long ones. No rules about kinds of characters; they make passwords worse.
#pragma once

#include <stdbool.h>

#define PASSWORD_MIN_CHARS 15
#define PASSWORD_MAX_CHARS 500

enum password_fault {
    PASSWORD_GOOD,
    PASSWORD_SHORT,
    PASSWORD_LONG,
    PASSWORD_HAS_LOGIN,  // holds the login name (of three letters or more), in any case
    PASSWORD_COMMON,     // is on the list of those that are tried first
    PASSWORD_MONOTONOUS, // fewer than five different characters
};

// A login name as accounts keep it: lower-case letters, digits, dots, hyphens and underscores.
bool login_name_good(const char *login);
// UTF-8 in, counted in code points.
enum password_fault password_judge(const char *password, const char *login);
