// SPDX-License-Identifier: Apache-2.0
// sokuo playbook check|import|export
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/uuid.h"
#include "server/codec/cacao.h"
#include "server/codec/codec.h"
#include "server/codec/yaml_tree.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/playbook_check.h"
#include "server/store/playbook_store.h"
#include "server/supervisor/cli.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

struct plan_file {
    const char *path;
    void *data;
    size_t len;
};

struct playbook_command {
    struct cli *cli;
    bool is_strict;
    const char *tenant, *organ, *format, *out; // of import and export
    struct plan_file files[CLI_ARGUMENTS];
    size_t file_count;
    const char *codes[CLI_ARGUMENTS]; // plans of the files, which may add each other
    size_t code_count;
};

// One byte more than may be, so that the reader itself says that it is too large.
static bool file_read(struct call *c, struct plan_file *file)
{
    struct stat st;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (good) {
        size_t most = (size_t)st.st_size <= CACAO_BYTES_MOST ? (size_t)st.st_size : CACAO_BYTES_MOST + 1;
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
    call_begin(&c, NULL, (size_t)64 << 20);
    struct plan_sent *sent = call_alloc(&c, sizeof *sent);
    plan_open(&c, file->data, file->len, in->codes, in->code_count, sent);
    const struct plan_check *checked = &sent->check;
    if (in->cli->json)
        show_json(file->path, checked);
    for (size_t i = 0; !in->cli->json && i < checked->faults.count; i++)
        show_fault(file->path, checked->faults.items[i]);
    if (!in->cli->json && checked->faults.count == 0)
        printf("%s: %zu steps, sound\n", file->path,
               checked->source.playbook ? checked->source.playbook->n_steps : 0);
    bool is_fine = checked->is_sound && (!in->is_strict || checked->faults.count == 0);
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
    codec_begin();
    call_begin(&c, NULL, (size_t)256 << 20);
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

// --- import

static char *unconst(const char *text)
{
    return (char *)text; // protobuf-c's texts are not const; nobody writes to these
}

static char *new_operation(struct call *c)
{
    struct uuid id = uuid_v7();
    return uuid_format(&id, call_alloc(c, UUID_TEXT_SIZE));
}

static void show_import(const struct playbook_command *in, const char *path,
                        const Sokuo__V1__ImportPlaybookResponse *res)
{
    const Sokuo__V1__Revision *r = res->revision;
    if (in->cli->json) {
        printf("{\"file\":");
        cli_json_text(path);
        printf(",\"code\":\"%s\",\"number\":%d,\"id\":\"%s\",\"faults\":%d}\n", r->code, r->number, r->id,
               r->fault_count);
    } else {
        printf("%s: draft %d of %s, %d steps, %d faults; to be submitted and approved in the browser\n", path,
               r->number, r->code, r->step_count, r->fault_count);
    }
    for (size_t i = 0; !in->cli->json && i < res->n_faults; i++)
        show_fault(path, res->faults[i]);
}

static enum err import_one(struct call *c, const struct playbook_command *in, const struct plan_file *file,
                           const char *organ_id)
{
    Sokuo__V1__ImportPlaybookRequest req = SOKUO__V1__IMPORT_PLAYBOOK_REQUEST__INIT;
    Sokuo__V1__ImportPlaybookResponse res = SOKUO__V1__IMPORT_PLAYBOOK_RESPONSE__INIT;
    req.operation_id = new_operation(c);
    req.source = (ProtobufCBinaryData){file->len, file->data};
    req.organ_id = unconst(organ_id);
    req.reason = unconst("コマンドラインから取り込み");
    TRY(rpc_import_playbook(c, &req, &res));
    show_import(in, file->path, &res);
    return ERR_OK;
}

static int import(struct call *c, void *arg)
{
    struct playbook_command *in = arg;
    struct uuid organ_id;
    const char *organ_name, *organ = "";
    char text[UUID_TEXT_SIZE];
    codec_begin();
    if (cli_enter(c, in->tenant) != ERR_OK)
        return cli_failed(c);
    if (in->organ && playbook_organ(c, NULL, in->organ, &organ_id, &organ_name) != ERR_OK)
        return cli_failed(c);
    if (in->organ)
        organ = uuid_format(&organ_id, text);
    for (size_t i = 0; i < in->file_count; i++) {
        if (!file_read(c, &in->files[i]))
            return EXIT_FAILED;
        if (import_one(c, in, &in->files[i], organ) != ERR_OK)
            return cli_failed(c);
    }
    return EXIT_OK;
}

// --- export

static int format_of(const char *word)
{
    static const char *const words[] = {"", "yaml", "cacao", "redacted"}; // by PlaybookFormat
    for (int i = 1; word && i < 4; i++) {
        if (strcmp(word, words[i]) == 0)
            return i;
    }
    return word ? -1 : 1;
}

static bool file_write(const char *path, const ProtobufCBinaryData *data)
{
    FILE *out = path ? fopen(path, "wb") : stdout;
    bool good = out && fwrite(data->data, 1, data->len, out) == data->len;
    if (out && (path ? fclose(out) : fflush(out)) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "sokuo: %s cannot be written\n", path ? path : "standard output");
    return good;
}

static int export(struct call *c, void *arg)
{
    const struct playbook_command *in = arg;
    Sokuo__V1__ExportPlaybookRequest req = SOKUO__V1__EXPORT_PLAYBOOK_REQUEST__INIT;
    Sokuo__V1__ExportPlaybookResponse res = SOKUO__V1__EXPORT_PLAYBOOK_RESPONSE__INIT;
    codec_begin();
    req.id = unconst(in->files[0].path);
    req.format = (Sokuo__V1__PlaybookFormat)format_of(in->format);
    if (cli_enter(c, in->tenant) != ERR_OK || rpc_export_playbook(c, &req, &res) != ERR_OK)
        return cli_failed(c);
    return file_write(in->out, &res.data) ? EXIT_OK : EXIT_FAILED;
}

// --- the command

static int usage(void)
{
    fputs("usage: sokuo playbook check [--strict] [--json] FILE …\n"
          "       sokuo playbook import [--organ CODE] [--tenant CODE] [--json] FILE …\n"
          "       sokuo playbook export [--format yaml|cacao|redacted] [--out FILE] [--tenant CODE] CODE\n",
          stderr);
    return EXIT_USAGE;
}

int cli_playbook(struct cli *cli)
{
    struct playbook_command in = {.cli = cli};
    in.tenant = cli_option(cli, "--tenant");
    in.organ = cli_option(cli, "--organ");
    in.format = cli_option(cli, "--format");
    in.out = cli_option(cli, "--out");
    in.is_strict = cli_flag(cli, "--strict");
    cli->json = cli_flag(cli, "--json");
    const char *verb = cli_word(cli);
    for (const char *path = cli_word(cli); path; path = cli_word(cli))
        in.files[in.file_count++].path = path;
    if (!cli_complete(cli))
        return EXIT_USAGE;
    if (!verb || in.file_count == 0)
        return usage();
    if (strcmp(verb, "check") == 0)
        return check(&in);
    if (strcmp(verb, "import") == 0)
        return task_run(&(struct task){cli->conninfo, "playbook", import, &in});
    if (strcmp(verb, "export") == 0 && in.file_count == 1 && format_of(in.format) > 0)
        return task_run(&(struct task){cli->conninfo, "playbook", export, &in});
    return usage();
}
