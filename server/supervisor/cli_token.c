// SPDX-License-Identifier: Apache-2.0
// sokuo token create|list|revoke
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/account_store.h"
#include "server/supervisor/cli.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

#define DAY_US (INT64_C(24) * 3600 * 1000000)

struct token_command {
    struct cli *cli;
    const char *what, *tenant, *login, *name, *days, *id;
};

static enum err create(struct call *c, const struct token_command *in)
{
    struct account account;
    struct token token;
    TRY(account_find(c, in->login, in->tenant, &account));
    c->actor.tenant_id = account.tenant_id;
    int64_t end_us = in->days ? c->now_us + strtol(in->days, NULL, 10) * DAY_US : TIME_NULL;
    TRY(token_add(c, &account.id, in->name, end_us, &token));
    if (in->cli->json) {
        printf("{\"token\":\"%s\",\"login\":\"%s\",\"expires\":\"%s\"}\n", token.secret, account.login,
               cli_time(c, token.expires_us));
    } else {
        printf("Token for %s (%s) until %s. It is shown only now:\n%s\n", account.login, account.person_name,
               cli_time(c, token.expires_us), token.secret);
    }
    return ERR_OK;
}

static enum err list(struct call *c, const struct token_command *in)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_null()};
    TRY(db_query(c, Q_TOKEN_LIST, params, &rows));
    for (int i = 0; i < rows_count(rows); i++) {
        struct uuid id = row_uuid(rows, i, rows_col(rows, "id"));
        char id_text[UUID_TEXT_SIZE];
        const char *person = row_text(rows, i, rows_col(rows, "person_name"));
        const char *name = row_text(rows, i, rows_col(rows, "name"));
        const char *prefix = row_text(rows, i, rows_col(rows, "prefix"));
        const char *expires = cli_time(c, row_time(rows, i, rows_col(rows, "expires_at")));
        const char *used = cli_time(c, row_time(rows, i, rows_col(rows, "last_used_at")));
        uuid_format(&id, id_text);
        if (!in->cli->json) {
            printf("%s  %s…  until %s  last used %s  %s  %s\n", id_text, prefix, expires, used, person, name);
            continue;
        }
        printf("{\"id\":\"%s\",\"prefix\":\"%s\",\"expires\":\"%s\",\"last_used\":\"%s\",\"person\":",
               id_text, prefix, expires, used);
        cli_json_text(person);
        printf(",\"name\":");
        cli_json_text(name);
        puts("}");
    }
    return ERR_OK;
}

static enum err revoke(struct call *c, const struct token_command *in)
{
    struct uuid id, anybody = {{0}};
    if (!uuid_parse(in->id, &id))
        return call_fail(c, ERR_INVALID_ARGUMENT, "BAD_ID", "番号は sokuo token list で確認してください。",
                         "That is no token id; sokuo token list shows them.");
    TRY(session_revoke(c, &id, true, &anybody));
    puts(in->cli->json ? "{\"revoked\":1}" : "Ended. Servers notice within two seconds.");
    return ERR_OK;
}

static int run(struct call *c, void *arg)
{
    const struct token_command *in = arg;
    enum err err = cli_enter(c, in->tenant);
    if (err == ERR_OK && strcmp(in->what, "create") == 0)
        err = create(c, in);
    else if (err == ERR_OK && strcmp(in->what, "list") == 0)
        err = list(c, in);
    else if (err == ERR_OK)
        err = revoke(c, in);
    return err == ERR_OK ? EXIT_OK : cli_failed(c);
}

int cli_token(struct cli *cli)
{
    struct token_command in = {.cli = cli,
                               .tenant = cli_option(cli, "--tenant"),
                               .login = cli_option(cli, "--login"),
                               .name = cli_option(cli, "--name"),
                               .days = cli_option(cli, "--days")};
    cli->json = cli_flag(cli, "--json");
    in.what = cli_word(cli);
    in.id = cli_word(cli);
    if (!in.name)
        in.name = "sokuo token create";
    bool is_known = in.what && ((strcmp(in.what, "create") == 0 && in.login) ||
                                strcmp(in.what, "list") == 0 || (strcmp(in.what, "revoke") == 0 && in.id));
    if (!is_known || (in.days && strtol(in.days, NULL, 10) < 1)) {
        fputs("usage: sokuo token create --login LOGIN [--name TEXT] [--days N] | list | revoke ID\n",
              stderr);
        return EXIT_USAGE;
    }
    if (!cli_complete(cli))
        return EXIT_USAGE;
    return task_run(&(struct task){cli->conninfo, "token", run, &in});
}
