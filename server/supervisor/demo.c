// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/demo.h"

#include <stdio.h>
#include <string.h>

#include "server/base/log.h"
#include "server/codec/csv.h"
#include "server/rpc/methods.gen.h"
#include "server/store/account_store.h"
#include "server/store/import_store.h"
#include "server/store/message.h"
#include "server/supervisor/demo_files.h"
#include "server/supervisor/demo_incidents.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

#define ROTA_OPERATION 900001 // of uuid_derive; incidents take the small numbers
#define ROTA_MEMBERS_MAX 20

// --- the organisation

static enum err load_file(struct call *c, const struct demo_file *file)
{
    struct import_options options = {0};
    struct import_result result;
    TRY(import_run(c, file->data, file->len, &options, &result));
    if (result.fault_count > 0)
        return call_fail(c, ERR_INTERNAL, "DEMO_FAULT", "見本データ %1$s の%2$d行目: %3$s",
                         "Demo file %1$s, line %2$d: %3$s", file->name, result.faults[0].line,
                         result.faults[0].reason_en);
    log_info("demo_loaded", LOG_S("file", file->name), LOG_I("lines", result.lines),
             LOG_I("added", result.added));
    return ERR_OK;
}

// --- accounts

static enum err open_account(struct call *c, const char *login, const char *number, const char *hash)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(number)};
    TRY(db_query(c, Q_PERSON_BY_CODE, params, &rows));
    if (rows_count(rows) == 0)
        return ERR_OK; /* somebody has edited the file */
    struct uuid id = uuid_v7(), person_id = row_uuid(rows, 0, rows_col(rows, "id"));
    enum err err = account_add(c, &id, &person_id, login, hash, false);
    if (err == ERR_ALREADY_EXISTS) {
        call_clear_error(c);
        return ERR_OK;
    }
    return err;
}

static enum err open_accounts(struct call *c, const struct demo_file *file, const char *password)
{
    struct csv csv;
    struct csv_row row;
    const char *hash = NULL;
    TRY(secret_password_hash(c, password, &hash));
    csv_begin(&csv, c, file->data, file->len, 200, 1000);
    bool is_header = true;
    while (csv_next(&csv, &row)) {
        if (!is_header && row.count >= 2)
            TRY(open_account(c, row.fields[0], row.fields[1], hash));
        is_header = false;
    }
    return ERR_OK;
}

static enum err confirm_contacts(struct call *c)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct db_stmt stmt = {.query = Q_CONTACT_CONFIRM_DEMO, .params = params};
    return db_write(c, &c->actor.tenant_id, &stmt, 1);
}

// Whom the desk calls first: the members change on Mondays at 9:00.
static enum err load_rota(struct call *c, const struct demo_file *file)
{
    Sokuo__V1__SaveRotaRequest req = SOKUO__V1__SAVE_ROTA_REQUEST__INIT;
    Sokuo__V1__SaveRotaResponse res = SOKUO__V1__SAVE_ROTA_RESPONSE__INIT;
    struct uuid operation_id = uuid_derive(&c->actor.tenant_id, ROTA_OPERATION);
    struct csv csv;
    struct csv_row row;
    csv_begin(&csv, c, file->data, file->len, 200, ROTA_MEMBERS_MAX + 1);
    req.member_ids = call_alloc(c, ROTA_MEMBERS_MAX * sizeof *req.member_ids);
    bool is_header = true;
    while (csv_next(&csv, &row)) {
        struct rows *rows = NULL;
        const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(row.fields[0])};
        TRY(db_query(c, Q_PERSON_BY_CODE, params, &rows));
        if (!is_header && rows_count(rows) > 0 && req.n_member_ids < ROTA_MEMBERS_MAX) {
            struct uuid id = row_uuid(rows, 0, rows_col(rows, "id"));
            req.member_ids[req.n_member_ids++] = uuid_format(&id, call_alloc(c, UUID_TEXT_SIZE));
        }
        is_header = false;
    }
    req.operation_id = uuid_format(&operation_id, call_alloc(c, UUID_TEXT_SIZE));
    req.role = SOKUO__V1__ROLE__ROLE_POC;
    req.name = msg_text("統一的な窓口の当番");
    req.starts_on = msg_text("2026-04-06");
    req.hand_over_minute = 9 * 60;
    return rpc_save_rota(c, &req, &res);
}

enum err demo_load(struct call *c, const char **ret_password)
{
    *ret_password = secret_password_make(c);
    for (const struct demo_file *file = demo_files; file->name; file++) {
        if (strcmp(file->name, "accounts") == 0)
            TRY(open_accounts(c, file, *ret_password));
        else if (strcmp(file->name, "rota") == 0)
            TRY(load_rota(c, file));
        else if (strcmp(file->name, "incidents") == 0)
            TRY(demo_incidents(c, file));
        else
            TRY(load_file(c, file));
        if (strcmp(file->name, "contacts") == 0)
            TRY(confirm_contacts(c));
    }
    return ERR_OK;
}

// --- the command

struct demo_command {
    struct cli *cli;
    const char *tenant;
};

static int run(struct call *c, void *arg)
{
    const struct demo_command *in = arg;
    const char *password = NULL;
    if (cli_enter(c, in->tenant) != ERR_OK || demo_load(c, &password) != ERR_OK)
        return cli_failed(c);
    if (in->cli->json)
        printf("{\"city\":\"" DEMO_CITY "\",\"password\":\"%s\"}\n", password);
    else
        printf("The city " DEMO_CITY
               " is loaded. Password of its new accounts (ciso, siso, csirt, handler, poc, desk, ism, "
               "staff):\n%s\n",
               password);
    return EXIT_OK;
}

int cli_demo(struct cli *cli)
{
    struct demo_command in = {.cli = cli, .tenant = cli_option(cli, "--tenant")};
    cli->json = cli_flag(cli, "--json");
    if (!cli_complete(cli))
        return EXIT_USAGE;
    return task_run(&(struct task){cli->conninfo, "demo", run, &in});
}
