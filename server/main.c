// SPDX-License-Identifier: Apache-2.0
// The program's table of contents. A command gets the settings, resolved, and the arguments that are its own.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/config.h"
#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/edge/edge.h"
#include "server/engine/engine.h"
#include "server/engine/turn.h"
#include "server/notify/notify.h"
#include "server/store/migrate.h"
#include "server/store/secret.h"
#include "server/store/wake.h"
#include "server/supervisor/cli.h"
#include "server/supervisor/demo.h"
#include "server/supervisor/paths.h"
#include "server/supervisor/prepare.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

struct invocation {
    const struct command *command;
    struct config config;
    struct paths paths;
    const char *conninfo; // of the database, given or embedded
    int argc;             // arguments of the command's own, its name first
    char **argv;
};

struct command {
    const char *name;
    int (*run)(const struct invocation *in);
    const char *arguments, *purpose;
    const char *options; // one line each, for --help; NULL = none
};

static bool has_flag(const struct invocation *in, const char *flag)
{
    for (int i = 1; i < in->argc; i++)
        if (strcmp(in->argv[i], flag) == 0)
            return true;
    return false;
}

// Refuses arguments that are not in the list, which ends with NULL.
static bool only_flags(const struct invocation *in, const char *const *known)
{
    for (int i = 1; i < in->argc; i++) {
        const char *const *at = known;
        while (*at && strcmp(*at, in->argv[i]) != 0)
            at++;
        if (!*at) {
            fprintf(stderr, "sokuo %s: unknown argument \"%s\"; see sokuo %s --help\n", in->command->name,
                    in->argv[i], in->command->name);
            return false;
        }
    }
    return true;
}

static int serve(const struct invocation *in)
{
    if (!only_flags(in, (const char *const[]){"--demo", "--adopt-key", NULL}))
        return EXIT_USAGE;
    log_set_process("supervisor");
    return supervisor_run(&in->config,
                          &(struct supervisor_options){has_flag(in, "--demo"), has_flag(in, "--adopt-key")});
}

// Of processes that send.
static bool sending_begin(const struct invocation *in)
{
    notify_begin(&(struct notify_settings){.public_url = in->config.public_url,
                                           .ca_file = in->config.outbound_ca,
                                           .hosts = in->config.outbound_hosts});
    return secret_begin(in->paths.key);
}

static int worker(const struct invocation *in)
{
    const char *name = in->argc > 1 ? in->argv[1] : "edge";
    log_set_process(name);
    if (!sending_begin(in))
        return EXIT_FAILED;
    const struct edge_options options = {.listen_fd = SUPERVISOR_LISTEN_FD,
                                         .ready_fd = -1,
                                         .name = name,
                                         .conninfo = in->conninfo,
                                         .run_dir = in->paths.run};
    return edge_run(&in->config, &options) == ERR_OK ? EXIT_OK : EXIT_FAILED;
}

static int engine_turns(struct call *c, void *arg)
{
    const struct invocation *in = arg;
    wake_begin(fiber_loop(), c->db, in->paths.run);
    engine_begin(c->db);
    task_wait_stop();
    engine_end();
    wake_end();
    return EXIT_OK;
}

static int engine(const struct invocation *in)
{
    const char *name = in->argc > 1 ? in->argv[1] : "engine";
    log_set_process(name);
    signal(SIGHUP, SIG_IGN); // the supervisor passes it on; an engine has nothing to read again
    if (!sending_begin(in))
        return EXIT_FAILED;
    turn_notices_begin((int)in->config.notices_per_hour);
    turn_heartbeat_begin(in->config.heartbeat_url);
    return task_run(&(struct task){in->conninfo, name, engine_turns, (void *)in, .lease_lanes = 2});
}

static int prepare(const struct invocation *in)
{
    log_set_process("prepare");
    return prepare_run(&(struct prepare_options){in->conninfo, in->paths.key, has_flag(in, "--demo"),
                                                 has_flag(in, "--adopt-key")});
}

static int migrate(const struct invocation *in)
{
    if (!only_flags(in, (const char *const[]){"--dry-run", NULL}))
        return EXIT_USAGE;
    enum err err = migrate_run(in->conninfo, has_flag(in, "--dry-run"));
    return err == ERR_OK ? EXIT_OK : err == ERR_UNAVAILABLE ? EXIT_LATER : EXIT_FAILED;
}

static int with_cli(const struct invocation *in, int (*run)(struct cli *cli))
{
    struct cli cli = {.conninfo = in->conninfo, .argc = in->argc, .argv = in->argv};
    return secret_begin(NULL) ? run(&cli) : EXIT_FAILED;
}

static int user(const struct invocation *in)
{
    return with_cli(in, cli_user);
}

static int token(const struct invocation *in)
{
    return with_cli(in, cli_token);
}

static int demo(const struct invocation *in)
{
    return with_cli(in, cli_demo);
}

static int import(const struct invocation *in)
{
    return with_cli(in, cli_import);
}

static int playbook(const struct invocation *in)
{
    return with_cli(in, cli_playbook);
}

static int clock_of_database(const struct invocation *in)
{
    return with_cli(in, cli_clock);
}

static int version(const struct invocation *in)
{
    printf(has_flag(in, "--json") ? "{\"version\":\"%s\"}\n" : "sokuo %s\n", SOKUO_VERSION);
    return EXIT_OK;
}

static const struct command commands[] = {
    {"serve", serve, "[--demo] [--adopt-key]",
     "serve in the foreground until SIGTERM; SIGHUP reads the certificate again",
     "  --demo           fill an empty database with a believable city\n"
     "  --adopt-key      the database's own secret.key is lost for good: take the one here\n"},
    {"migrate", migrate, "[--dry-run]", "bring a database (--db) to this program's schema",
     "  --dry-run        only say what would be done\n"},
    {"user", user, "list|create|reset|…", "accounts of people",
     "  --login LOGIN    which account\n"
     "  --person NUMBER  create: for the person with this number\n"
     "  --remove-totp    reset: take the second factor away, too\n"
     "  --tenant CODE    which tenant, when there are several\n"
     "  --json           one JSON object a line\n"},
    {"token", token, "create|list|revoke", "API tokens; the last line of create is the token",
     "  --login LOGIN    create: for this account\n"
     "  --name TEXT      create: what it is for\n"
     "  --days N         create: ends after so many days; without it in one year\n"
     "  --tenant CODE    which tenant, when there are several\n"
     "  --json           one JSON object a line\n"},
    {"demo", demo, "", "load the demo city into the database",
     "  --tenant CODE    which tenant, when there are several\n"
     "  --json           as JSON\n"},
    {"import", import, "FILE.csv …", "take in CSV files of the organisation (db/demo/README.md)",
     "  --dry-run           only check and count\n"
     "  --kind KIND         units, posts, persons, tenures, roles, contacts or systems; else the headings "
     "tell\n"
     "  --effective-on DAY  first day for lines without one; else today\n"
     "  --faulty OUT.csv    write the bad lines with their reasons there\n"
     "  --tenant CODE       which tenant, when there are several\n"
     "  --json              one JSON object a file\n"},
    {"playbook", playbook, "check|import|export", "plans (playbooks/README.md): check needs no database",
     "  check FILE …     every fault with line and column; with --strict warnings fail, too\n"
     "  import FILE …    keep as drafts, YAML or CACAO 2.0\n"
     "  export CODE      the plan in force, or a revision by its id\n"
     "  --organ CODE     import: as this organ's own edition\n"
     "  --format FORMAT  export: yaml (as it was written), cacao or redacted\n"
     "  --out FILE       export: there instead of to standard output\n"
     "  --tenant CODE    which tenant, when there are several\n"
     "  --json           one JSON object a file\n"},
    {"clock", clock_of_database, "[confirm]", "whether the database's clock is trusted, after it jumped",
     "  confirm          it was looked at and is right: trust it from now on\n"
     "  --json           as JSON\n"},
    {"version", version, "[--json]", "print the version", "  --json           as JSON\n"},
    // Started by the supervisor only.
    {"prepare", prepare, NULL, NULL, NULL},
    {"worker", worker, NULL, NULL, NULL},
    {"engine", engine, NULL, NULL, NULL},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void help_all(FILE *out)
{
    fputs("sokuo: record, command and recovery for a city's incidents\n\n", out);
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (commands[i].purpose)
            fprintf(out, "  sokuo %-8s %-28s %s\n", commands[i].name, commands[i].arguments,
                    commands[i].purpose);
    fputs("\nsokuo COMMAND --help says more. Exit codes: 0 done, 1 failed, 2 wrong arguments, 75 database "
          "away, try again.\n"
          "\nSettings, each as --name VALUE, as SOKUO_NAME in the environment, or as name = VALUE in the "
          "file given with\n"
          "--config FILE; the first that is given counts, in this order:\n",
          out);
    config_help(out);
}

static int help_one(const struct command *command)
{
    printf("sokuo %s %s\n  %s\n", command->name, command->arguments ? command->arguments : "",
           command->purpose ? command->purpose : "started by the supervisor only");
    if (command->options)
        printf("\n%s", command->options);
    puts("\nSettings (sokuo --help lists them): --db or --data says which database.");
    return EXIT_OK;
}

static void log_level_apply(const char *word)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(word, words[i]) == 0)
            log_set_level((enum log_level)i);
}

static const struct command *command_find(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct invocation in = {.command = argc > 1 ? command_find(argv[1]) : NULL};
    if (!in.command) {
        bool is_asked = wants_help(argc, argv) || argc < 2 || strcmp(argv[1], "help") == 0;
        if (is_asked)
            help_all(stdout);
        else
            fprintf(stderr, "sokuo: there is no command \"%s\"; sokuo --help lists them\n", argv[1]);
        return is_asked && argc > 1 ? EXIT_OK : EXIT_USAGE;
    }
    if (wants_help(argc, argv))
        return help_one(in.command);
    char message[512];
    in.argc = argc - 1;
    in.argv = argv + 1;
    if (config_load(&in.config, &in.argc, in.argv, message, sizeof message) != ERR_OK) {
        fprintf(stderr, "sokuo: %s\n", message);
        return EXIT_USAGE;
    }
    log_level_apply(in.config.log_level);
    int status = EXIT_USAGE;
    if (paths_resolve(&in.config, &in.paths)) {
        in.conninfo = paths_conninfo(&in.config, &in.paths);
        signal(SIGPIPE, SIG_IGN);
        status = in.command->run(&in);
    } else {
        fprintf(stderr, "sokuo: the data directory's path is too long; choose a shorter one with --data\n");
    }
    config_free(&in.config);
    return status;
}
