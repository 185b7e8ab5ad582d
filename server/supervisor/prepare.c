// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/prepare.h"

#include <stdio.h>

#include "server/base/log.h"
#include "server/rpc/playbook_ship.h"
#include "server/store/bootstrap_store.h"
#include "server/store/migrate.h"
#include "server/store/secret.h"
#include "server/store/secret_key_store.h"
#include "server/supervisor/demo.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

static int failed(const struct call *c, const char *what)
{
    log_error("start_refused", LOG_S("what", what), LOG_S("why", c->error_en), LOG_S("why_ja", c->error_ja));
    return EXIT_FAILED;
}

static int first_start(struct call *c, void *arg)
{
    const struct prepare_options *options = arg;
    struct bootstrap first;
    const char *demo_password = NULL;
    if (secret_key_claim(c, options->adopts_key) != ERR_OK)
        return failed(c, "the key file does not fit the database");
    if (bootstrap_run(c, options->is_demo ? DEMO_CITY : NULL, &first) != ERR_OK)
        return failed(c, "the first administrator cannot be made");
    c->actor.is_system = true;
    if (playbook_ship_all(c) != ERR_OK)
        return failed(c, "the plans cannot be put in force");
    if (first.password && options->is_demo) {
        c->actor.tenant_id = first.tenant_id;
        c->actor.person_name = "Sokuo";
        if (demo_load(c, &demo_password) != ERR_OK)
            return failed(c, "the demo city cannot be loaded");
    }
    if (!first.password)
        printf("{\"login\":\"%s\",\"password\":null}\n", first.login);
    else if (!demo_password)
        printf("{\"login\":\"%s\",\"password\":\"%s\"}\n", first.login, first.password);
    else
        printf("{\"login\":\"%s\",\"password\":\"%s\",\"demo_password\":\"%s\"}\n", first.login,
               first.password, demo_password);
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
