// SPDX-License-Identifier: Apache-2.0
#include "server/codec/json_where.h"

#include <ctype.h>

#define LEVELS 64

// A piece of the text: what may be the name of a member.
struct name {
    const char *text;
    size_t len;
};

struct level {
    bool is_array;
    int index;
    struct name name;
};

struct walk {
    struct level levels[LEVELS];
    int depth;        // levels in use
    struct name last; // the string read last, until a comma
};

static void level_open(struct walk *w, bool is_array)
{
    if (w->depth < LEVELS)
        w->levels[w->depth++] = (struct level){.is_array = is_array};
    w->last = (struct name){0};
}

static void mark_take(struct walk *w, char mark)
{
    struct level *level = w->depth > 0 ? &w->levels[w->depth - 1] : NULL;
    if (mark == '{' || mark == '[') {
        level_open(w, mark == '[');
    } else if (level == NULL) {
        return;
    } else if (mark == '}' || mark == ']') {
        w->depth--;
    } else if (mark == ':') {
        level->name = w->last;
    } else if (mark == ',') {
        level->index++;
        level->name = w->last = (struct name){0};
    }
}

static size_t string_take(struct walk *w, const char *text, size_t from, size_t at)
{
    size_t i = from;
    while (i < at && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
    if (i < at)
        w->last = (struct name){text + from, i - from};
    return i;
}

// Names of a stranger go into an answer: only what looks like one of ours.
static void name_put(struct buf *out, struct name name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.text[i];
        if (i == 64 || c >= 0x80 || (!isalnum(c) && c != '_')) {
            buf_putc(out, '?');
            return;
        }
        buf_putc(out, (char)c);
    }
}

const char *json_where(struct call *c, const char *text, size_t at)
{
    struct walk walk = {.depth = 0};
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '"')
            i = string_take(&walk, text, i + 1, at);
        else
            mark_take(&walk, text[i]);
    }
    struct buf out = buf_in(&c->arena);
    for (int i = 0; i < walk.depth; i++) {
        const struct level *level = &walk.levels[i];
        bool is_last = i == walk.depth - 1;
        struct name name =
            level->name.text == NULL && is_last ? walk.last : level->name; // a name without its colon
        if (level->is_array) {
            buf_printf(&out, "[%d]", level->index);
        } else if (name.text != NULL) {
            if (out.len > 0)
                buf_putc(&out, '.');
            name_put(&out, name);
        }
    }
    return buf_text(&out);
}
