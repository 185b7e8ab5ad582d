// SPDX-License-Identifier: Apache-2.0
// sokuo import FILE …
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/domain/date.h"
#include "server/store/import_columns.h"
#include "server/supervisor/cli.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/task.h"

#define FILES_MAX 32
#define FILE_BYTES_MAX (32 << 20)
#define FAULTS_PRINTED 50

struct import_command {
    struct cli *cli;
    const char *tenant, *faulty;
    struct import_options options;
    const char *files[FILES_MAX];
    int file_count;
};

static enum err read_file(struct call *c, const char *path, void **ret_data, size_t *ret_len)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && st.st_size <= FILE_BYTES_MAX;
    if (good) {
        *ret_data = call_alloc(c, (size_t)st.st_size + 1);
        *ret_len = 0;
        for (ssize_t got = 1; got > 0 && *ret_len < (size_t)st.st_size;
             *ret_len += (size_t)(got > 0 ? got : 0))
            got = read(fd, (char *)*ret_data + *ret_len, (size_t)st.st_size - *ret_len);
    }
    if (fd >= 0)
        close(fd);
    if (!good)
        return call_fail(c, ERR_NOT_FOUND, "NO_FILE", "ファイル「%s」を読めません。",
                         "The file “%s” cannot be read.", path);
    return ERR_OK;
}

static void show(const struct import_command *in, const char *path, const struct import_result *result)
{
    const struct import_format *format = import_format_of(result->kind);
    if (in->cli->json) {
        printf("{\"file\":");
        cli_json_text(path);
        printf(",\"kind\":\"%s\",\"encoding\":\"%s\",\"lines\":%d,\"added\":%d,\"changed\":%d,\"unchanged\":%"
               "d,\"faults\":%d,"
               "\"dry_run\":%s}\n",
               format->en, result->encoding, result->lines, result->added, result->changed, result->unchanged,
               result->fault_count, in->options.dry_run ? "true" : "false");
    } else {
        printf("%s: %s (%s), %d lines: %d new, %d changed, %d as before, %d faults%s\n", path, format->en,
               result->encoding, result->lines, result->added, result->changed, result->unchanged,
               result->fault_count, in->options.dry_run ? "; nothing was written" : "");
    }
    for (int i = 0; i < result->fault_count && i < FAULTS_PRINTED; i++)
        fprintf(stderr, "%s:%d: %s: %s (%s)\n", path, result->faults[i].line, result->faults[i].column,
                result->faults[i].reason_ja, result->faults[i].reason_en);
}

static bool write_faulty(const char *path, const struct import_result *result)
{
    FILE *out = fopen(path, "wb");
    bool good = out && fwrite(result->faulty_csv, 1, result->faulty_csv_len, out) == result->faulty_csv_len;
    if (out && fclose(out) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "sokuo: %s cannot be written\n", path);
    return good;
}

static int run(struct call *c, void *arg)
{
    struct import_command *in = arg;
    bool has_faults = false;
    if (cli_enter(c, in->tenant) != ERR_OK)
        return cli_failed(c);
    for (int i = 0; i < in->file_count; i++) {
        struct import_result result;
        void *data = NULL;
        size_t len = 0;
        if (read_file(c, in->files[i], &data, &len) != ERR_OK ||
            import_run(c, data, len, &in->options, &result) != ERR_OK)
            return cli_failed(c);
        show(in, in->files[i], &result);
        has_faults = has_faults || result.fault_count > 0;
        if (in->faulty && result.fault_count > 0 && !write_faulty(in->faulty, &result))
            return EXIT_FAILED;
    }
    return has_faults ? EXIT_FAILED : EXIT_OK;
}

static enum import_kind kind_of(const char *word)
{
    static const char *const words[IMPORT_KINDS] = {"auto",  "units",    "posts",   "persons",   "tenures",
                                                    "roles", "contacts", "systems", "succession"};
    for (int i = 0; word && i < IMPORT_KINDS; i++) {
        if (strcmp(word, words[i]) == 0)
            return (enum import_kind)i;
    }
    return word ? IMPORT_KINDS : IMPORT_UNKNOWN;
}

int cli_import(struct cli *cli)
{
    struct import_command in = {
        .cli = cli, .tenant = cli_option(cli, "--tenant"), .faulty = cli_option(cli, "--faulty")};
    char day[DATE_SIZE];
    const char *effective_on = cli_option(cli, "--effective-on");
    in.options.kind = kind_of(cli_option(cli, "--kind"));
    in.options.dry_run = cli_flag(cli, "--dry-run");
    cli->json = cli_flag(cli, "--json");
    bool is_day = !effective_on || date_read(effective_on, day);
    in.options.effective_on = effective_on ? day : NULL;
    for (const char *file = cli_word(cli); file && in.file_count < FILES_MAX; file = cli_word(cli))
        in.files[in.file_count++] = file;
    if (!cli_complete(cli))
        return EXIT_USAGE;
    if (in.file_count == 0 || in.options.kind == IMPORT_KINDS || !is_day) {
        fputs("usage: sokuo import [--dry-run] [--kind KIND] [--effective-on DAY] [--faulty OUT.csv] "
              "FILE.csv …\n"
              "kinds: units posts persons tenures roles contacts systems succession; without --kind the "
              "headings tell\n",
              stderr);
        return EXIT_USAGE;
    }
    return task_run(&(struct task){cli->conninfo, "import", run, &in});
}
