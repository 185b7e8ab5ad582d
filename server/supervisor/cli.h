// SPDX-License-Identifier: Apache-2.0
// What the commands for people share: arguments, the tenant, answers for people or as JSON.
#pragma once

#include <stdbool.h>

#include "server/base/call.h"

#define CLI_ARGUMENTS 64

struct cli {
    const char *conninfo;
    int argc; // the command's own arguments, its name first
    char **argv;
    bool is_used[CLI_ARGUMENTS];
    bool json;
};

// Takes "--name VALUE"; NULL when it is not there.
const char *cli_option(struct cli *cli, const char *name);
// Takes "--name".
bool cli_flag(struct cli *cli, const char *name);
// Takes the next word that is no option; NULL when there is none. Take the options first.
const char *cli_word(struct cli *cli);
// True when everything was taken; otherwise says what was not understood.
bool cli_complete(const struct cli *cli);

// Makes the call act for the tenant with this code (NULL: the only one), as the command line. On a fiber.
enum err cli_enter(struct call *c, const char *tenant_code) MUST_USE;
// Prints what went wrong to standard error and returns the exit code for it.
int cli_failed(const struct call *c);
// Prints a text as a JSON string.
void cli_json_text(const char *text);
// Microseconds since 1970 as "2026-04-01 09:30" in Japan; "-" for none.
const char *cli_time(struct call *c, int64_t us);

// The commands; each returns an exit code (supervisor.h).
int cli_user(struct cli *cli);
int cli_token(struct cli *cli);
int cli_import(struct cli *cli);
int cli_playbook(struct cli *cli);
int cli_clock(struct cli *cli);
