// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/migrate.h"
#include "tests/support/db_test.h"

static void undo(const char *sql)
{
    db_test_admin(sql);
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_OK);
}

static int begin(void **state)
{
    return migrate_run(db_test_conninfo(), false) == ERR_OK ? 0 : 1;
}

static void test_a_dry_run_changes_nothing(void **state)
{
    db_test_admin("DROP SCHEMA sokuo CASCADE");
    assert_int_equal(migrate_run(db_test_conninfo(), true), ERR_OK);
    assert_string_equal(db_test_admin("SELECT count(*) FROM pg_namespace WHERE nspname = 'sokuo'"), "0");
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_OK);
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.schema_migration"), "2");
}

static void test_what_is_missing_is_applied(void **state)
{
    db_test_admin("DROP VIEW sokuo.doubled; DELETE FROM sokuo.schema_migration WHERE number = 2");
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_OK);
    assert_string_equal(db_test_admin("SELECT value FROM sokuo.doubled WHERE id = 21"), "84");
}

static void test_a_migration_that_fails_leaves_nothing(void **state)
{
    db_test_admin("DELETE FROM sokuo.schema_migration WHERE number = 2"); // its view still exists
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_FAILED_PRECONDITION);
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.schema_migration"), "1");
    undo("DROP VIEW sokuo.doubled");
}

static void test_a_changed_checksum_is_refused(void **state)
{
    db_test_admin("UPDATE sokuo.schema_migration SET sha256 = 'ff' || sha256 WHERE number = 1");
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_FAILED_PRECONDITION);
    undo("UPDATE sokuo.schema_migration SET sha256 = substr(sha256, 3) WHERE number = 1");
}

static void test_a_newer_database_is_refused(void **state)
{
    db_test_admin("INSERT INTO sokuo.schema_migration (number, name, sha256) VALUES (3, '0003_later', 'x')");
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_FAILED_PRECONDITION);
    undo("DELETE FROM sokuo.schema_migration WHERE number = 3");
}

static void refuse_without(const char *setting)
{
    char sql[100];
    (void)snprintf(sql, sizeof sql, "ALTER SYSTEM SET %s = off", setting);
    db_test_admin(sql);
    db_test_admin("SELECT pg_reload_conf()");
    (void)snprintf(sql, sizeof sql, "SELECT current_setting('%s')", setting);
    while (strcmp(db_test_admin(sql), "off") != 0)
        continue;
    enum err err = migrate_run(db_test_conninfo(), false);
    (void)snprintf(sql, sizeof sql, "ALTER SYSTEM RESET %s", setting);
    db_test_admin(sql);
    db_test_admin("SELECT pg_reload_conf()");
    (void)snprintf(sql, sizeof sql, "SELECT current_setting('%s')", setting);
    while (strcmp(db_test_admin(sql), "on") != 0)
        continue;
    assert_int_equal(err, ERR_FAILED_PRECONDITION);
}

static void test_a_server_that_may_forget_is_refused(void **state)
{
    refuse_without("fsync");
    refuse_without("full_page_writes");
    refuse_without("synchronous_commit");
}

static void test_a_role_that_passes_row_level_security_is_refused(void **state)
{
    db_test_admin("ALTER ROLE sokuo_app BYPASSRLS");
    assert_int_equal(migrate_run(db_test_conninfo(), false), ERR_FAILED_PRECONDITION);
    undo("ALTER ROLE sokuo_app NOBYPASSRLS");
}

static void test_the_schema_belongs_to_its_owner_not_to_who_migrates(void **state)
{
    assert_string_equal(
        db_test_admin(
            "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname = 'sokuo'"),
        "sokuo_owner");
    assert_string_equal(db_test_admin("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'sokuo_owner'"), "f");
}

static void test_no_database_is_said_so(void **state)
{
    assert_int_equal(migrate_run("host=/nonexistent dbname=none", false), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dry_run_changes_nothing),
        cmocka_unit_test(test_what_is_missing_is_applied),
        cmocka_unit_test(test_a_migration_that_fails_leaves_nothing),
        cmocka_unit_test(test_a_changed_checksum_is_refused),
        cmocka_unit_test(test_a_newer_database_is_refused),
        cmocka_unit_test(test_a_server_that_may_forget_is_refused),
        cmocka_unit_test(test_a_role_that_passes_row_level_security_is_refused),
        cmocka_unit_test(test_the_schema_belongs_to_its_owner_not_to_who_migrates),
        cmocka_unit_test(test_no_database_is_said_so),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
