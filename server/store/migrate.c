// SPDX-License-Identifier: Apache-2.0
// The only place with SQL in C: what must exist before a query file can be prepared.
#include "server/store/migrate.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/store/migration.h"

#define VERSION_LEAST 140000

static void clear_result(PGresult **res)
{
    PQclear(*res);
}
#define SCOPED_RESULT CLEANUP(clear_result) PGresult

static enum err refuse(const char *why, const char *what_to_do)
{
    log_error("migrate_refused", LOG_S("why", why), LOG_S("do", what_to_do));
    return ERR_FAILED_PRECONDITION;
}

// Runs one or several statements; logs what went wrong, naming `doing`.
static PGresult *run(PGconn *conn, const char *doing, const char *sql)
{
    PGresult *res = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(res);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return res;
    log_error("migrate_failed", LOG_S("doing", doing),
              LOG_S("sqlstate", PQresultErrorField(res, PG_DIAG_SQLSTATE)),
              LOG_S("message", PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY)),
              LOG_S("detail", PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL)),
              LOG_S("position", PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION)),
              LOG_S("hint", PQresultErrorField(res, PG_DIAG_MESSAGE_HINT)));
    PQclear(res);
    return NULL;
}

static enum err exec(PGconn *conn, const char *doing, const char *sql)
{
    SCOPED_RESULT *res = run(conn, doing, sql);
    return res ? ERR_OK : ERR_FAILED_PRECONDITION;
}

static bool is_true(const PGresult *res, int col)
{
    return strcmp(PQgetvalue(res, 0, col), "t") == 0;
}

static enum err check_server(PGconn *conn)
{
    if (PQserverVersion(conn) < VERSION_LEAST)
        return refuse("PostgreSQL is older than 14", "use PostgreSQL 14 or later");
    SCOPED_RESULT *res =
        run(conn, "read settings",
            "SELECT current_setting('fsync') = 'off', current_setting('full_page_writes') = 'off', "
            "current_setting('synchronous_commit') = 'off', pg_is_in_recovery()");
    if (res == NULL)
        return ERR_FAILED_PRECONDITION;
    if (is_true(res, 0))
        return refuse("fsync is off",
                      "set fsync = on in postgresql.conf: acknowledged records would be lost in a crash");
    if (is_true(res, 1))
        return refuse("full_page_writes is off", "set full_page_writes = on in postgresql.conf");
    if (is_true(res, 2))
        return refuse("synchronous_commit is off",
                      "set synchronous_commit = on for this database and its roles");
    if (is_true(res, 3))
        return refuse("this server is a standby", "give the address of the primary server");
    return ERR_OK;
}

// Roles are of the whole cluster: another database's migration may make them at the same moment.
static const char roles_sql[] =
    "DO $$ BEGIN\n"
    "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'sokuo_owner') THEN\n"
    "    CREATE ROLE sokuo_owner NOLOGIN; END IF;\n"
    "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'sokuo_app') THEN\n"
    "    CREATE ROLE sokuo_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS; END IF;\n"
    "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;\n"
    // The migrator changes rows of all tenants; only a superuser may give it that.
    "DO $$ BEGIN\n"
    "  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN\n"
    "    ALTER ROLE sokuo_owner BYPASSRLS;\n"
    "  ELSE\n"
    "    IF NOT pg_catalog.pg_has_role(current_user, 'sokuo_owner', 'MEMBER') THEN\n"
    "      GRANT sokuo_owner TO current_user; END IF;\n"
    "    IF NOT pg_catalog.pg_has_role(current_user, 'sokuo_app', 'MEMBER') THEN\n"
    "      GRANT sokuo_app TO current_user; END IF;\n"
    "  END IF; END $$;\n";

static enum err make_roles(PGconn *conn)
{
    if (exec(conn, "make the roles sokuo_owner and sokuo_app", roles_sql) != ERR_OK)
        return refuse("the roles cannot be made",
                      "connect as a superuser or as a role with CREATEROLE, or make the roles "
                      "sokuo_owner and sokuo_app beforehand and grant both to the login role");
    SCOPED_RESULT *res =
        run(conn, "check role sokuo_app",
            "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = 'sokuo_app'");
    if (res == NULL)
        return ERR_FAILED_PRECONDITION;
    if (PQntuples(res) != 1 || is_true(res, 0))
        return refuse("role sokuo_app may pass row-level security",
                      "ALTER ROLE sokuo_app NOSUPERUSER NOBYPASSRLS");
    return ERR_OK;
}

static enum err make_schema(PGconn *conn)
{
    return exec(
        conn, "make the schema sokuo",
        "BEGIN;"
        "CREATE SCHEMA IF NOT EXISTS sokuo AUTHORIZATION sokuo_owner;"
        "SET LOCAL ROLE sokuo_owner;"
        "CREATE TABLE IF NOT EXISTS sokuo.schema_migration (number integer PRIMARY KEY, name text NOT NULL, "
        "sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT pg_catalog.now());"
        "COMMIT");
}

// How many are applied already. Refuses a database that this program does not know.
static enum err count_applied(PGconn *conn, int *ret_count)
{
    SCOPED_RESULT *exists =
        run(conn, "look for the schema", "SELECT to_regclass('sokuo.schema_migration') IS NOT NULL");
    if (exists == NULL)
        return ERR_FAILED_PRECONDITION;
    *ret_count = 0;
    if (!is_true(exists, 0))
        return ERR_OK;
    SCOPED_RESULT *res = run(conn, "read what is applied",
                             "SELECT number, name, sha256 FROM sokuo.schema_migration ORDER BY number");
    if (res == NULL)
        return ERR_FAILED_PRECONDITION;
    int count = PQntuples(res);
    if (count > migration_count)
        return refuse("the database is newer than this program", "install the newer version of Sokuo");
    for (int i = 0; i < count; i++) {
        const struct migration *m = &migration_table[i];
        bool is_same = strtol(PQgetvalue(res, i, 0), NULL, 10) == m->number &&
                       strcmp(PQgetvalue(res, i, 2), m->sha256) == 0;
        if (!is_same) {
            log_error("migrate_checksum", LOG_S("applied", PQgetvalue(res, i, 1)), LOG_S("program", m->name));
            return refuse("an applied migration is not the one of this program",
                          "use the program that made this database, or one that is newer");
        }
    }
    *ret_count = count;
    return ERR_OK;
}

static enum err record(PGconn *conn, const struct migration *m)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", m->number);
    const char *const values[] = {number, m->name, m->sha256};
    SCOPED_RESULT *res = PQexecParams(
        conn, "INSERT INTO sokuo.schema_migration (number, name, sha256) VALUES ($1::integer, $2, $3)", 3,
        NULL, values, NULL, NULL, 0);
    if (PQresultStatus(res) == PGRES_COMMAND_OK)
        return ERR_OK;
    log_error("migrate_failed", LOG_S("doing", m->name), LOG_S("message", PQresultErrorMessage(res)));
    return ERR_FAILED_PRECONDITION;
}

static enum err apply(PGconn *conn, const struct migration *m)
{
    enum err err = exec(conn, m->name, "BEGIN; SET LOCAL ROLE sokuo_owner; SET LOCAL lock_timeout = '10s'");
    if (err == ERR_OK)
        err = exec(conn, m->name, m->text);
    if (err == ERR_OK)
        err = record(conn, m);
    if (err == ERR_OK)
        err = exec(conn, m->name, "COMMIT");
    if (err != ERR_OK) {
        (void)exec(conn, "roll back", "ROLLBACK");
        return err;
    }
    log_info("migrated", LOG_S("migration", m->name));
    return ERR_OK;
}

static enum err migrate(PGconn *conn, bool dry_run)
{
    int applied;
    TRY(check_server(conn));
    if (!dry_run) {
        // Ends with the connection. Who comes second waits and then finds everything done.
        TRY(exec(conn, "wait for another migration", "SELECT pg_advisory_lock(7306000000000001)"));
        TRY(make_roles(conn));
        TRY(make_schema(conn));
    }
    TRY(count_applied(conn, &applied));
    for (int i = applied; i < migration_count; i++) {
        if (dry_run)
            log_info("would_migrate", LOG_S("migration", migration_table[i].name));
        else
            TRY(apply(conn, &migration_table[i]));
    }
    log_info("schema_is_at", LOG_I("migration", dry_run ? applied : migration_count),
             LOG_I("of", migration_count));
    return ERR_OK;
}

enum err migrate_run(const char *conninfo, bool dry_run)
{
    const char *const words[] = {"connect_timeout", "dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {"5", conninfo, "sokuo migrate", "UTF8", NULL};
    PGconn *conn = PQconnectdbParams(words, values, 1);
    enum err err = ERR_UNAVAILABLE;
    if (PQstatus(conn) != CONNECTION_OK)
        log_error("migrate_connect", LOG_S("message", PQerrorMessage(conn)));
    else if (exec(conn, "prepare the session",
                  "SET client_min_messages = warning; SET search_path = ''; SET statement_timeout = 0") !=
             ERR_OK)
        err = ERR_FAILED_PRECONDITION;
    else
        err = migrate(conn, dry_run);
    PQfinish(conn);
    return err;
}
