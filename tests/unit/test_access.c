// SPDX-License-Identifier: Apache-2.0
// Who may read: every class against every relation.
#include "tests/support/cmocka_all.h"

#include "server/domain/access.h"

struct relation {
    const char *name;
    struct access_actor actor;
    struct access_incident incident;
    const char *reads; // by class: public, internal, restricted, confidential, sealed
};

static const struct relation relations[] = {
    {"nobody", {0}, {0}, "y...."},
    {"administrator", {.roles = ROLE_BIT(ADMIN)}, {0}, "y...."},
    {"filer", {0}, {.is_filer = true}, "yyy.."},
    {"section of the filer", {0}, {.is_filer_section = true}, "yy..."},
    {"section concerned", {0}, {.is_concerned_section = true}, "yy..."},
    {"handler", {0}, {.is_handler = true}, "yyyyy"},
    {"commander", {0}, {.is_commander = true}, "yyyyy"},
    {"named", {0}, {.member = MEMBER(NAMED)}, "yyyyy"},
    {"duty that reads all", {.roles = ROLE_BIT(CSIRT_LEAD), .reads_all = true}, {0}, "yyy.."},
    {"CISO", {.roles = ROLE_BIT(CISO), .reads_all = true}, {0}, "yyy.."},
    {"excluded", {0}, {.member = MEMBER(EXCLUDED)}, "....."},
    {"excluded CISO", {.roles = ROLE_BIT(CISO), .reads_all = true}, {.member = MEMBER(EXCLUDED)}, "....."},
    {"excluded handler", {0}, {.is_handler = true, .member = MEMBER(EXCLUDED)}, "....."},
    {"excluded commander", {0}, {.is_commander = true, .member = MEMBER(EXCLUDED)}, "....."},
    {"excluded filer",
     {0},
     {.is_filer = true, .is_filer_section = true, .member = MEMBER(EXCLUDED)},
     "....."},
    {"the server", {.is_system = true}, {0}, "yyyyy"},
};

static void test_every_class_for_every_relation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
        for (int class = CLASS(PUBLIC); class <= (int)CLASS(SEALED); class ++) {
            struct access_incident incident = relations[i].incident;
            incident.confidentiality = class;
            incident.state = STATE(TRIAGE);
            unsigned acts = access_decide(&relations[i].actor, &incident);
            bool want = relations[i].reads[class - 1] == 'y';
            if (((acts & ACCESS_READ) != 0) != want)
                fail_msg("%s, class %d: acts %x", relations[i].name, class, acts);
            if (!want)
                assert_int_equal(acts, 0);
        }
    }
}

static void test_an_auditor_reads_and_changes_nothing(void **state)
{
    (void)state;
    struct access_actor auditor = {.roles = ROLE_BIT(AUDITOR) | ROLE_BIT(CISO), .reads_all = true};
    struct access_incident incident = {.confidentiality = CLASS(INTERNAL), .state = STATE(TRIAGE)};
    assert_int_equal(access_decide(&auditor, &incident), ACCESS_READ);
}

static void test_acts_follow_the_duty(void **state)
{
    (void)state;
    static const struct {
        uint64_t roles;
        unsigned acts;
    } rows[] = {
        {ROLE_BIT(STAFF), ACCESS_READ | ACCESS_ADD_ENTRY},
        {ROLE_BIT(ISM), ACCESS_READ | ACCESS_ADD_ENTRY},
        {ROLE_BIT(DUTY_DESK), ACCESS_READ | ACCESS_ADD_ENTRY | ACCESS_EDIT | ACCESS_ASSIGN},
        {ROLE_BIT(POC), ACCESS_READ | ACCESS_ADD_ENTRY | ACCESS_EDIT | ACCESS_ASSIGN | ACCESS_TRIAGE},
        {ROLE_BIT(CSIRT_LEAD), ACCESS_READ | ACCESS_ADD_ENTRY | ACCESS_EDIT | ACCESS_ASSIGN | ACCESS_TRIAGE |
                                   ACCESS_CLASSIFY | ACCESS_MERGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct access_actor actor = {.roles = rows[i].roles};
        struct access_incident incident = {.confidentiality = CLASS(PUBLIC), .state = STATE(TRIAGE)};
        assert_int_equal(access_decide(&actor, &incident), rows[i].acts);
    }
}

static void test_the_filer_edits_what_was_filed(void **state)
{
    (void)state;
    struct access_actor staff = {.roles = ROLE_BIT(STAFF)};
    struct access_incident incident = {
        .confidentiality = CLASS(INTERNAL), .state = STATE(INTAKE), .is_filer = true};
    assert_int_equal(access_decide(&staff, &incident), ACCESS_READ | ACCESS_EDIT | ACCESS_ADD_ENTRY);
}

static void test_what_is_archived_or_merged_takes_no_entry(void **state)
{
    (void)state;
    struct access_actor lead = {.roles = ROLE_BIT(CSIRT_LEAD), .reads_all = true};
    struct access_incident incident = {.confidentiality = CLASS(INTERNAL), .state = STATE(ARCHIVED)};
    assert_int_equal(access_decide(&lead, &incident), ACCESS_READ | ACCESS_CLASSIFY);
    incident.state = STATE(MERGED);
    assert_int_equal(access_decide(&lead, &incident), ACCESS_READ | ACCESS_CLASSIFY);
}

static void test_the_wall_follows_class_and_exclusion(void **state)
{
    (void)state;
    assert_int_equal(access_wall(CLASS(PUBLIC), false), 0);
    assert_int_equal(access_wall(CLASS(INTERNAL), false), 1);
    for (int class = CLASS(RESTRICTED); class <= (int)CLASS(SEALED); class ++)
        assert_int_equal(access_wall(class, false), 2);
    for (int class = CLASS(PUBLIC); class <= (int)CLASS(SEALED); class ++)
        assert_int_equal(access_wall(class, true), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_class_for_every_relation),
        cmocka_unit_test(test_an_auditor_reads_and_changes_nothing),
        cmocka_unit_test(test_acts_follow_the_duty),
        cmocka_unit_test(test_the_filer_edits_what_was_filed),
        cmocka_unit_test(test_what_is_archived_or_merged_takes_no_entry),
        cmocka_unit_test(test_the_wall_follows_class_and_exclusion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
