// SPDX-License-Identifier: Apache-2.0
#include "server/base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum type { TYPE_TEXT, TYPE_NUMBER, TYPE_FLAG };

static const struct setting {
    const char *name;
    enum type type;
    size_t offset; // in struct config
    const char *def, *doc;
} settings[] = {
#define X(name, type, def, doc) {#name, TYPE_##type, offsetof(struct config, name), def, doc},
    CONFIG_MAP(X)
#undef X
};
#define SETTING_COUNT (sizeof settings / sizeof settings[0])

struct config_text {
    struct config_text *next;
    char text[];
};

struct loader {
    struct config *config;
    char *message;
    size_t size;
    const char *flags[SETTING_COUNT]; // values given on the command line
    const char *file;
};

static enum err PRINTF(2, 3) complain(struct loader *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(l->message, l->size, fmt, args);
    va_end(args);
    return ERR_INVALID_ARGUMENT;
}

static bool parse_flag(const char *value, bool *ret)
{
    *ret = strcmp(value, "true") == 0 || strcmp(value, "yes") == 0 || strcmp(value, "1") == 0;
    return *ret || strcmp(value, "false") == 0 || strcmp(value, "no") == 0 || strcmp(value, "0") == 0;
}

// where says who gave the value: "--port", "SOKUO_PORT", "sokuo.conf line 3".
static enum err set(struct loader *l, const struct setting *s, const char *value, const char *where)
{
    void *field = (char *)l->config + s->offset;
    char *end;
    bool flag;
    long number;
    switch (s->type) {
    case TYPE_TEXT:
        *(const char **)field = value;
        return ERR_OK;
    case TYPE_NUMBER:
        errno = 0;
        number = strtol(value, &end, 10);
        if (end == value || *end != '\0' || errno != 0 || number < 0)
            return complain(l, "%s: \"%s\" is not a number from 0 up", where, value);
        *(long *)field = number;
        return ERR_OK;
    case TYPE_FLAG:
        if (!parse_flag(value, &flag))
            return complain(l, "%s: \"%s\" is neither true nor false", where, value);
        *(bool *)field = flag;
        return ERR_OK;
    }
    return ERR_INTERNAL;
}

// Matches name against text, where '-' in text stands for '_'. len bytes of text count.
static const struct setting *find(const char *text, size_t len)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *name = settings[i].name;
        size_t at = 0;
        while (at < len && name[at] != '\0' && (text[at] == name[at] || (text[at] == '-' && name[at] == '_')))
            at++;
        if (at == len && name[at] == '\0')
            return &settings[i];
    }
    return NULL;
}

// Takes the flags it knows out of argv.
static enum err read_flags(struct loader *l, int *argc, char **argv)
{
    int kept = 1;
    int i = 1;
    for (; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        const char *name = strncmp(argv[i], "--", 2) == 0 ? argv[i] + 2 : NULL;
        size_t len = name ? strcspn(name, "=") : 0;
        bool is_file = name != NULL && len == 6 && strncmp(name, "config", 6) == 0;
        const struct setting *s = name && !is_file ? find(name, len) : NULL;
        if (s == NULL && !is_file) {
            argv[kept++] = argv[i];
            continue;
        }
        const char *value = name[len] == '=' ? name + len + 1 : NULL;
        if (value == NULL && s != NULL && s->type == TYPE_FLAG)
            value = "true";
        if (value == NULL && i + 1 >= *argc)
            return complain(l, "%s needs a value: %s VALUE", argv[i], argv[i]);
        if (value == NULL)
            value = argv[++i];
        *(is_file ? &l->file : &l->flags[s - settings]) = value;
    }
    for (; i < *argc; i++)
        argv[kept++] = argv[i];
    argv[kept] = NULL;
    *argc = kept;
    return ERR_OK;
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    return text;
}

static const char *keep(struct config *config, const char *text)
{
    size_t size = strlen(text) + 1;
    struct config_text *kept = malloc(sizeof *kept + size);
    if (kept == NULL)
        abort();
    kept->next = config->texts;
    config->texts = kept;
    return memcpy(kept->text, text, size);
}

static enum err read_line(struct loader *l, char *line, int number)
{
    char where[300];
    (void)snprintf(where, sizeof where, "%s line %d", l->file, number);
    line = trim(line);
    if (*line == '\0' || *line == '#')
        return ERR_OK;
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return complain(l, "%s: write \"name = value\"", where);
    *equals = '\0';
    const char *name = trim(line);
    const struct setting *s = find(name, strlen(name));
    if (s == NULL)
        return complain(l, "%s: there is no setting \"%s\" (sokuo --help lists them)", where, name);
    return set(l, s, keep(l->config, trim(equals + 1)), where);
}

static enum err read_file(struct loader *l)
{
    FILE *file = fopen(l->file, "re");
    if (file == NULL)
        return complain(l, "--config %s: %s", l->file, strerrordesc_np(errno));
    char *line = NULL;
    size_t size = 0;
    enum err err = ERR_OK;
    for (int number = 1; err == ERR_OK && getline(&line, &size, file) >= 0; number++)
        err = read_line(l, line, number);
    free(line);
    (void)fclose(file);
    return err;
}

static enum err read_environment(struct loader *l)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "SOKUO_%s", settings[i].name);
        for (char *p = name; *p != '\0'; p++)
            *p = (char)toupper((unsigned char)*p);
        const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread starts
        if (value != NULL)
            TRY(set(l, &settings[i], value, name));
    }
    return ERR_OK;
}

static enum err apply_flags(struct loader *l)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "--%s", settings[i].name);
        if (l->flags[i] != NULL)
            TRY(set(l, &settings[i], l->flags[i], name));
    }
    return ERR_OK;
}

void config_help(FILE *out)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char flag[64];
        (void)snprintf(flag, sizeof flag, "--%s", settings[i].name);
        for (char *p = strchr(flag, '_'); p != NULL; p = strchr(p, '_'))
            *p = '-';
        bool has_default = settings[i].def[0] != '\0';
        (void)fprintf(out, "  %-26s %s%s%s%s\n", flag, settings[i].doc, has_default ? " [" : "",
                      settings[i].def, has_default ? "]" : "");
    }
    (void)fprintf(out, "  %-26s %s\n", "--config FILE",
                  "file of \"name = value\" lines; # begins a comment line");
}

void config_free(struct config *config)
{
    while (config->texts != NULL) {
        struct config_text *kept = config->texts;
        config->texts = kept->next;
        free(kept);
    }
}

static enum err read_all(struct loader *l, int *argc, char **argv)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        TRY(set(l, &settings[i], settings[i].def, settings[i].name));
    TRY(read_flags(l, argc, argv));
    if (l->file != NULL)
        TRY(read_file(l));
    TRY(read_environment(l));
    return apply_flags(l);
}

// NOLINTNEXTLINE(readability-non-const-parameter): complain writes into message
enum err config_load(struct config *config, int *argc, char **argv, char *message, size_t size)
{
    struct loader l = {.config = config, .message = message, .size = size};
    config->texts = NULL;
    enum err err = read_all(&l, argc, argv);
    if (err != ERR_OK)
        config_free(config);
    return err;
}
