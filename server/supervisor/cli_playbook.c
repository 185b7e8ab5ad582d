// SPDX-License-Identifier: Apache-2.0
// sokuo playbook check FILE …
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/codec/yaml_tree.h"
#include "server/rpc/playbook_check.h"
#include "server/supervisor/cli.h"
#include "server/supervisor/supervisor.h"

struct plan_file {
    const char *path;
    void *data;
    size_t len;
};

struct playbook_command {
    struct cli *cli;
    bool is_strict;
    struct plan_file files[CLI_ARGUMENTS];
    size_t file_count;
    const char *codes[CLI_ARGUMENTS]; // plans of the files, which may add each other
    size_t code_count;
};

// One byte more than a plan may have, so that the reader itself says that it is too large.
static bool file_read(struct call *c, struct plan_file *file)
{
    struct stat st;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (good) {
        size_t most = (size_t)st.st_size <= YAML_BYTES_MOST ? (size_t)st.st_size : YAML_BYTES_MOST + 1;
        ssize_t got = 1;
        file->data = call_alloc(c, most + 1);
        while (got > 0 && file->len < most) {
            got = read(fd, (char *)file->data + file->len, most - file->len);
            file->len += (size_t)(got > 0 ? got : 0);
        }
        good = got >= 0;
    }
    if (fd >= 0)
        close(fd);
    if (!good)
        fprintf(stderr, "sokuo: %s cannot be read\n", file->path);
    return good;
}

static void show_fault(const char *path, const Sokuo__V1__PlaybookFault *fault)
{
    const char *lang = getenv("LANG"); // NOLINT(concurrency-mt-unsafe)
    bool is_ja = lang && strncmp(lang, "ja", 2) == 0;
    printf("%s:%d:%d: %s: %s [%s]\n", path, fault->line, fault->column, fault->warning ? "warning" : "fault",
           is_ja ? fault->message->ja : fault->message->en, fault->reason);
}

static void show_json(const char *path, const struct plan_check *check)
{
    const Sokuo__V1__Playbook *plan = check->source.playbook;
    printf("{\"file\":");
    cli_json_text(path);
    printf(",\"code\":");
    cli_json_text(plan ? check->source.is_fragment ? plan->id : plan->code : "");
    printf(",\"steps\":%zu,\"sound\":%s,\"faults\":[", plan ? plan->n_steps : 0,
           check->is_sound ? "true" : "false");
    for (size_t i = 0; i < check->faults.count; i++) {
        const Sokuo__V1__PlaybookFault *fault = check->faults.items[i];
        printf("%s{\"line\":%d,\"column\":%d,\"reason\":\"%s\",\"warning\":%s,\"ja\":", i ? "," : "",
               fault->line, fault->column, fault->reason, fault->warning ? "true" : "false");
        cli_json_text(fault->message->ja);
        printf(",\"en\":");
        cli_json_text(fault->message->en);
        putchar('}');
    }
    puts("]}");
}

// Returns whether the file is as it should be.
static bool check_one(const struct playbook_command *in, const struct plan_file *file)
{
    struct call c;
    struct plan_check check;
    call_begin(&c, NULL, (size_t)64 << 20);
    plan_check(&c, file->data, file->len, "", in->codes, in->code_count, &check);
    if (in->cli->json)
        show_json(file->path, &check);
    for (size_t i = 0; !in->cli->json && i < check.faults.count; i++)
        show_fault(file->path, check.faults.items[i]);
    if (!in->cli->json && check.faults.count == 0)
        printf("%s: %zu steps, sound\n", file->path, check.source.playbook->n_steps);
    bool is_fine = check.is_sound && (!in->is_strict || check.faults.count == 0);
    call_end(&c);
    return is_fine;
}

static void code_remember(struct call *c, struct playbook_command *in, const struct plan_file *file)
{
    struct plan_faults faults;
    struct plan_source source;
    plan_faults_begin(&faults, c, "");
    playbook_yaml_read(c, file->data, file->len, &faults, &source);
    if (source.playbook && !source.is_fragment)
        in->codes[in->code_count++] = source.playbook->code;
}

static int check(struct playbook_command *in)
{
    struct call c;
    int status = EXIT_OK;
    call_begin(&c, NULL, (size_t)64 << 20);
    for (size_t i = 0; i < in->file_count; i++) {
        if (!file_read(&c, &in->files[i]))
            status = EXIT_FAILED;
        else
            code_remember(&c, in, &in->files[i]);
    }
    for (size_t i = 0; i < in->file_count; i++) {
        if (in->files[i].data && !check_one(in, &in->files[i]))
            status = EXIT_FAILED;
    }
    call_end(&c);
    return status;
}

static int usage(void)
{
    fputs("usage: sokuo playbook check [--strict] [--json] FILE.yaml …\n", stderr);
    return EXIT_USAGE;
}

int cli_playbook(struct cli *cli)
{
    struct playbook_command in = {.cli = cli};
    in.is_strict = cli_flag(cli, "--strict");
    cli->json = cli_flag(cli, "--json");
    const char *verb = cli_word(cli);
    for (const char *path = cli_word(cli); path; path = cli_word(cli))
        in.files[in.file_count++].path = path;
    if (!cli_complete(cli))
        return EXIT_USAGE;
    if (!verb || strcmp(verb, "check") != 0 || in.file_count == 0)
        return usage();
    return check(&in);
}
