// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/store/db.h"
#include "server/supervisor/supervisor.h"

const char *cli_option(struct cli *cli, const char *name)
{
    for (int i = 1; i + 1 < cli->argc && i + 1 < CLI_ARGUMENTS; i++) {
        if (!cli->is_used[i] && strcmp(cli->argv[i], name) == 0) {
            cli->is_used[i] = cli->is_used[i + 1] = true;
            return cli->argv[i + 1];
        }
    }
    return NULL;
}

bool cli_flag(struct cli *cli, const char *name)
{
    for (int i = 1; i < cli->argc && i < CLI_ARGUMENTS; i++) {
        if (!cli->is_used[i] && strcmp(cli->argv[i], name) == 0)
            return cli->is_used[i] = true;
    }
    return false;
}

const char *cli_word(struct cli *cli)
{
    for (int i = 1; i < cli->argc && i < CLI_ARGUMENTS; i++) {
        if (!cli->is_used[i] && cli->argv[i][0] != '-') {
            cli->is_used[i] = true;
            return cli->argv[i];
        }
    }
    return NULL;
}

bool cli_complete(const struct cli *cli)
{
    for (int i = 1; i < cli->argc; i++) {
        if (i >= CLI_ARGUMENTS || !cli->is_used[i]) {
            fprintf(stderr, "sokuo %s: \"%s\" is not understood; see sokuo %s --help\n", cli->argv[0],
                    cli->argv[i], cli->argv[0]);
            return false;
        }
    }
    return true;
}

// --- the tenant

static enum err choose_tenant(struct call *c, const char *code)
{
    struct rows *rows = NULL;
    TRY(db_query(c, Q_TENANT_LIST, NULL, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NO_TENANT",
                         "まだ何も登録されていません。先に sokuo serve を一度起動してください。",
                         "The database is empty. Start sokuo serve once first.");
    if (!code && rows_count(rows) > 1)
        return call_fail(c, ERR_INVALID_ARGUMENT, "WHICH_TENANT",
                         "団体が複数あります。--tenant コード で指定してください。",
                         "There are several tenants. Name one with --tenant CODE.");
    for (int i = 0; i < rows_count(rows); i++) {
        if (code && strcmp(code, row_text(rows, i, rows_col(rows, "code"))) != 0)
            continue;
        c->actor.tenant_id = row_uuid(rows, i, rows_col(rows, "id"));
        return ERR_OK;
    }
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_TENANT", "コード「%s」の団体はありません。",
                     "There is no tenant with code “%s”.", code ? code : "");
}

enum err cli_enter(struct call *c, const char *tenant_code)
{
    c->actor.is_system = true;
    c->actor.person_name = "コマンドライン";
    return choose_tenant(c, tenant_code);
}

// --- answers

int cli_failed(const struct call *c)
{
    const char *lang = getenv("LANG"); // NOLINT(concurrency-mt-unsafe)
    bool is_ja = lang && strncmp(lang, "ja", 2) == 0;
    const char *text = is_ja ? c->error_ja : c->error_en;
    fprintf(stderr, "sokuo: %s\n", text ? text : "it failed");
    return EXIT_FAILED;
}

void cli_json_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

const char *cli_time(struct call *c, int64_t us)
{
    if (us == TIME_NULL)
        return "-";
    time_t japan = (time_t)(us / 1000000 + INT64_C(9) * 3600);
    struct tm tm;
    char text[32];
    gmtime_r(&japan, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
    return arena_strdup(&c->arena, text);
}
