// SPDX-License-Identifier: Apache-2.0
#include "server/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/account_store.h"
#include "server/supervisor/supervisor.h"
#include "sokuo/v1/common.pb-c.h"

enum { DAYS_MOST = 366 };

struct wanted {
    const char *login, *name;
    long days;
    bool is_json;
};

static int usage(void)
{
    fprintf(stderr, "usage: sokuo token create --login LOGIN [--name WHAT_FOR] [--days DAYS] [--json]\n");
    return EXIT_USAGE;
}

static bool parse(int argc, char **argv, struct wanted *ret)
{
    *ret = (struct wanted){.name = "command line", .days = 365};
    for (int i = 2; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0)
            ret->is_json = true;
        else if (strcmp(argv[i], "--login") == 0 && value)
            ret->login = argv[++i];
        else if (strcmp(argv[i], "--name") == 0 && value)
            ret->name = argv[++i];
        else if (strcmp(argv[i], "--days") == 0 && value)
            ret->days = strtol(argv[++i], NULL, 10);
        else
            return false;
    }
    return ret->login && ret->days >= 1 && ret->days <= DAYS_MOST;
}

static enum err create(struct call *c, const struct wanted *wanted, struct token *ret)
{
    struct account account;
    TRY(account_find(c, wanted->login, NULL, &account));
    c->actor.tenant_id = account.tenant_id;
    c->actor.person_name = "Sokuo";
    c->actor.capacity = SOKUO__V1__CAPACITY__CAPACITY_SYSTEM;
    return token_add(c, &account.id, wanted->name, c->now_us + wanted->days * 86400 * INT64_C(1000000), ret);
}

int token_command(struct call *c, int argc, char **argv)
{
    struct wanted wanted;
    if (argc < 2 || strcmp(argv[1], "create") != 0 || !parse(argc, argv, &wanted))
        return usage();
    struct token token;
    if (create(c, &wanted, &token) != ERR_OK) {
        fprintf(stderr, "sokuo token: %s\n", c->error_en ? c->error_en : "the token was not made");
        return EXIT_FAILED;
    }
    if (wanted.is_json)
        printf("{\"token\":\"%s\"}\n", token.secret);
    else
        printf("%s\n", token.secret);
    return EXIT_OK;
}
