// SPDX-License-Identifier: Apache-2.0
// Every query against a fresh database with all migrations, prepared as the role that the server runs as.
#include "tests/support/cmocka_all.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/store/migrate.h"
#include "server/store/migration.h"
#include "server/store/queries.gen.h"
#include "tests/support/db_test.h"

static void test_migrations_apply_and_a_second_run_does_nothing(void **state)
{
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_OK);
    assert_int_equal(strtol(db_test_admin("SELECT count(*) FROM sokuo.schema_migration"), NULL, 10),
                     migration_count);
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_OK);
}

static void test_every_query_prepares(void **state)
{
    int failed = 0;
    PGconn *conn = PQconnectdb(db_test_conninfo());
    PQclear(PQexec(conn, "SET ROLE sokuo_app; SET search_path = ''"));
    for (int q = 0; q < QUERY_COUNT; q++) {
        PGresult *res = PQprepare(conn, query_table[q].name, query_table[q].text, 0, NULL);
        PGresult *told = PQdescribePrepared(conn, query_table[q].name);
        bool ok = PQresultStatus(res) == PGRES_COMMAND_OK && PQnparams(told) == query_table[q].params;
        if (!ok)
            (void)fprintf(stderr, "%s: %s", query_table[q].name, PQresultErrorMessage(res));
        failed += !ok;
        PQclear(told);
        PQclear(res);
    }
    PQfinish(conn);
    assert_int_equal(failed, 0);
}

// A table that row-level security forgot would show one tenant's rows to another.
static void test_every_table_with_a_tenant_has_row_level_security(void **state)
{
    const char *naked = db_test_admin(
        "SELECT coalesce(string_agg(c.relname, ', '), '') FROM pg_class c JOIN pg_namespace n ON n.oid = "
        "c.relnamespace"
        " WHERE n.nspname = 'sokuo' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND "
        "c.relforcerowsecurity)"
        "   AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')");
    assert_string_equal(naked, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_migrations_apply_and_a_second_run_does_nothing),
        cmocka_unit_test(test_every_query_prepares),
        cmocka_unit_test(test_every_table_with_a_tenant_has_row_level_security),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
