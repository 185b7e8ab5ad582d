// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/prepare.h"

#include <stdio.h>

#include "server/base/log.h"
#include "server/store/bootstrap_store.h"
#include "server/store/migrate.h"
#include "server/store/secret.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

static int failed(const struct call *c, const char *what)
{
    log_error("start_refused", LOG_S("what", what), LOG_S("why", c->error_en));
    return EXIT_FAILED;
}

static int first_start(struct call *c, void *arg)
{
    const struct prepare_options *options = arg;
    struct bootstrap first;
    if (bootstrap_run(c, options->is_demo ? "みどり市" : NULL, &first) != ERR_OK)
        return failed(c, "the first administrator cannot be made");
    if (first.password)
        printf("{\"login\":\"%s\",\"password\":\"%s\"}\n", first.login, first.password);
    else
        printf("{\"login\":\"%s\",\"password\":null}\n", first.login);
    return EXIT_OK;
}

int prepare_run(const struct prepare_options *options)
{
    enum err err = migrate_run(options->conninfo, false);
    if (err != ERR_OK)
        return err == ERR_UNAVAILABLE ? EXIT_LATER : EXIT_FAILED;
    if (!secret_begin(options->key_path))
        return EXIT_FAILED;
    return task_run(&(struct task){options->conninfo, "prepare", first_start, (void *)options});
}
