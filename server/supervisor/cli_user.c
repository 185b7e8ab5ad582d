// SPDX-License-Identifier: Apache-2.0
// sokuo user list|create|reset|enable|disable
#include <stdio.h>
#include <string.h>

#include "server/domain/password.h"
#include "server/store/account_store.h"
#include "server/store/directory_store.h"
#include "server/supervisor/cli.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

struct user_command {
    struct cli *cli;
    const char *what, *tenant, *login, *person;
    bool remove_totp;
};

// --- answers

static void show(struct call *c, const struct user_command *in, const struct rows *rows, int row)
{
    const char *login = row_text(rows, row, rows_col(rows, "login"));
    const char *person = row_text(rows, row, rows_col(rows, "person_name"));
    const char *post = row_text(rows, row, rows_col(rows, "post_name"));
    const char *last = cli_time(c, row_time(rows, row, rows_col(rows, "last_login_at")));
    bool enabled = row_bool(rows, row, rows_col(rows, "enabled")),
         totp = row_bool(rows, row, rows_col(rows, "totp_enrolled"));
    if (!in->cli->json) {
        printf("%-24s %-8s %-4s %-16s  %s  %s\n", login, enabled ? "open" : "shut", totp ? "TOTP" : "-", last,
               person, post);
        return;
    }
    printf("{\"login\":\"%s\",\"enabled\":%s,\"totp\":%s,\"last_login\":\"%s\",\"person\":", login,
           enabled ? "true" : "false", totp ? "true" : "false", last);
    cli_json_text(person);
    printf(",\"post\":");
    cli_json_text(post);
    puts("}");
}

static void show_password(const struct user_command *in, const char *login, const char *password)
{
    if (in->cli->json)
        printf("{\"login\":\"%s\",\"password\":\"%s\"}\n", login, password);
    else
        printf("First password of %s, shown only now, to be changed at the first login:\n%s\n", login,
               password);
}

// --- commands

static enum err list(struct call *c, const struct user_command *in)
{
    const char *after = "";
    for (;;) {
        struct rows *rows = NULL;
        const struct param params[] = {
            p_uuid(&c->actor.tenant_id), p_text(after), p_text(""), p_text(""), p_i32(c, 200), p_null()};
        TRY(db_query(c, Q_ACCOUNT_LIST, params, &rows));
        for (int i = 0; i < rows_count(rows); i++)
            show(c, in, rows, i);
        if (rows_count(rows) < 200)
            return ERR_OK;
        after = row_text(rows, rows_count(rows) - 1, rows_col(rows, "login"));
    }
}

static enum err create(struct call *c, const struct user_command *in)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(in->person)};
    if (!login_name_good(in->login))
        return call_fail(c, ERR_INVALID_ARGUMENT, "BAD_LOGIN",
                         "ログイン名に使えるのは、半角の英小文字・数字・点・ハイフン・下線です。",
                         "A login name has lower-case letters, digits, dots, hyphens and underscores.");
    TRY(db_query(c, Q_PERSON_BY_CODE, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_PERSON", "職員番号「%s」の職員は登録されていません。",
                         "There is no person with number “%s”.", in->person);
    const char *password = secret_password_make(c), *hash = NULL;
    struct uuid id = uuid_v7(), person_id = row_uuid(rows, 0, rows_col(rows, "id"));
    TRY(secret_password_hash(c, password, &hash));
    TRY(account_add(c, &id, &person_id, in->login, hash, true));
    show_password(in, in->login, password);
    return ERR_OK;
}

static enum err reset(struct call *c, const struct user_command *in, const struct account *account)
{
    const char *password = secret_password_make(c), *hash = NULL;
    TRY(secret_password_hash(c, password, &hash));
    TRY(account_reset(c, &account->id, hash, in->remove_totp));
    show_password(in, account->login, password);
    return ERR_OK;
}

static enum err change(struct call *c, const struct user_command *in)
{
    struct account account;
    TRY(account_find(c, in->login, in->tenant, &account));
    c->actor.tenant_id = account.tenant_id;
    if (strcmp(in->what, "reset") == 0)
        return reset(c, in, &account);
    bool enable = strcmp(in->what, "enable") == 0;
    TRY(account_set_enabled(c, &account.id, enable));
    if (in->cli->json)
        printf("{\"login\":\"%s\",\"enabled\":%s}\n", account.login, enable ? "true" : "false");
    else
        printf("%s is %s.\n", account.login, enable ? "open" : "shut; its sessions and tokens have ended");
    return ERR_OK;
}

static int run(struct call *c, void *arg)
{
    const struct user_command *in = arg;
    enum err err = cli_enter(c, in->tenant);
    if (err == ERR_OK && strcmp(in->what, "list") == 0)
        err = list(c, in);
    else if (err == ERR_OK && strcmp(in->what, "create") == 0)
        err = create(c, in);
    else if (err == ERR_OK)
        err = change(c, in);
    return err == ERR_OK ? EXIT_OK : cli_failed(c);
}

static bool is_understood(const struct user_command *in)
{
    static const char *const changes[] = {"reset", "enable", "disable"};
    if (!in->what)
        return false;
    if (strcmp(in->what, "list") == 0)
        return true;
    if (strcmp(in->what, "create") == 0)
        return in->login && in->person;
    for (int i = 0; i < 3; i++) {
        if (strcmp(in->what, changes[i]) == 0)
            return in->login != NULL;
    }
    return false;
}

int cli_user(struct cli *cli)
{
    struct user_command in = {.cli = cli,
                              .tenant = cli_option(cli, "--tenant"),
                              .login = cli_option(cli, "--login"),
                              .person = cli_option(cli, "--person"),
                              .remove_totp = cli_flag(cli, "--remove-totp")};
    cli->json = cli_flag(cli, "--json");
    in.what = cli_word(cli);
    if (!is_understood(&in)) {
        fputs("usage: sokuo user list | create --login LOGIN --person NUMBER | reset --login LOGIN "
              "[--remove-totp]\n"
              "       | enable --login LOGIN | disable --login LOGIN\n",
              stderr);
        return EXIT_USAGE;
    }
    if (!cli_complete(cli))
        return EXIT_USAGE;
    return task_run(&(struct task){cli->conninfo, "user", run, &in});
}
