// SPDX-License-Identifier: Apache-2.0
// sokuo clock [confirm]
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/store/escalation_store.h"
#include "server/supervisor/cli.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

struct clock_command {
    struct cli *cli;
    bool confirms;
};

static enum err show(struct call *c, const struct clock_command *in)
{
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CLOCK_STATE, NULL, &rows));
    bool is_suspect = row_bool(rows, 0, rows_col(rows, "is_suspect"));
    int64_t jump_s = row_i64(rows, 0, rows_col(rows, "jump_us")) / 1000000;
    const char *wall = cli_time(c, row_time(rows, 0, rows_col(rows, "wall")));
    const char *until = cli_time(c, row_time(rows, 0, rows_col(rows, "suspect_until")));
    if (in->cli->json)
        printf("{\"wall\":\"%s\",\"suspect\":%s,\"jump_seconds\":%" PRId64 "}\n", wall,
               is_suspect ? "true" : "false", is_suspect ? jump_s : 0);
    else if (!is_suspect)
        printf("The database's clock says %s and is trusted.\n", wall);
    else
        printf("The database's clock says %s. It jumped by %" PRId64
               " seconds and is not trusted until %s: only what is due\n"
               "by both clocks is done. If it is right: sokuo clock confirm\n",
               wall, jump_s, until);
    return ERR_OK;
}

static enum err confirm(struct call *c, const struct clock_command *in)
{
    bool is_done = false;
    c->actor.person_name = "コマンドライン";
    TRY(esc_clock_confirm(c, &is_done));
    if (in->cli->json)
        printf("{\"confirmed\":%s}\n", is_done ? "true" : "false");
    else
        puts(is_done ? "Trusted from now on. The journal says so."
                     : "It is trusted already; nothing was changed.");
    return ERR_OK;
}

static int run(struct call *c, void *arg)
{
    const struct clock_command *in = arg;
    enum err err = in->confirms ? confirm(c, in) : show(c, in);
    return err == ERR_OK ? EXIT_OK : cli_failed(c);
}

int cli_clock(struct cli *cli)
{
    struct clock_command in = {.cli = cli};
    cli->json = cli_flag(cli, "--json");
    const char *what = cli_word(cli);
    in.confirms = what && strcmp(what, "confirm") == 0;
    if (what && !in.confirms) {
        fputs("usage: sokuo clock [confirm]\n", stderr);
        return EXIT_USAGE;
    }
    if (!cli_complete(cli))
        return EXIT_USAGE;
    return task_run(&(struct task){cli->conninfo, "clock", run, &in});
}
