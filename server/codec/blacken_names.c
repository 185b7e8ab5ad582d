// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "server/codec/blacken.h"

static const char *const spaces[] = {" ", "\u3000"};
static const char *const titles[] = {"さん", "様",   "氏",   "君",   "部長", "課長", "係長", "次長",
                                     "局長", "室長", "所長", "主任", "主査", "主事", "主幹", "参事"};
static const char *const places[] = {"県", "市", "町", "村", "区", "府", "都", "道", "駅"};
#define COUNT(list) (sizeof(list) / sizeof *(list))

// Length of the first of these the text begins with.
static size_t begins(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(list[i]);
        if (strncmp(text, list[i], len) == 0)
            return len;
    }
    return 0;
}

static size_t char_len(const char *text)
{
    size_t len = *text != '\0';
    while (((unsigned char)text[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static int by_family(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->family, ((const struct name *)b)->family);
}

static struct name split(struct call *c, const char *text)
{
    for (const char *at = text; *at; at += char_len(at)) {
        size_t space = begins(at, spaces, COUNT(spaces));
        if (space > 0 && at > text)
            return (struct name){call_printf(c, "%.*s", (int)(at - text), text), at + space};
    }
    return (struct name){text, ""};
}

void name_list_make(struct call *c, const char *const *names, int count, struct name_list *ret_list)
{
    *ret_list = (struct name_list){call_alloc(c, (size_t)(count + 1) * sizeof(struct name)), 0, 0};
    for (int i = 0; i < count; i++) {
        struct name name = split(c, names[i]);
        if (!*name.family)
            continue;
        ret_list->names[ret_list->count++] = name;
        size_t len = strlen(name.family);
        ret_list->longest = len > ret_list->longest ? len : ret_list->longest;
    }
    qsort(ret_list->names, (size_t)ret_list->count, sizeof(struct name), by_family);
}

// The first with this family name.
static int find(const struct name_list *list, const char *text, size_t len)
{
    int low = 0, high = list->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const char *family = list->names[middle].family;
        int order = strncmp(family, text, len);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_family(const struct name_list *list, int i, const char *text, size_t len)
{
    return i < list->count && strlen(list->names[i].family) == len &&
           strncmp(list->names[i].family, text, len) == 0;
}

// How much of the text is a name with this family name; 0 = none of it.
static size_t name_len(const struct name_list *list, const char *text, size_t family)
{
    const char *rest = text + family;
    const char *given = rest + begins(rest, spaces, COUNT(spaces));
    int i = find(list, text, family);
    if (!is_family(list, i, text, family))
        return 0;
    bool is_one_part = false;
    for (; is_family(list, i, text, family); i++) {
        size_t len = strlen(list->names[i].given);
        is_one_part = is_one_part || len == 0;
        if (len > 0 && strncmp(given, list->names[i].given, len) == 0)
            return (size_t)(given - text) + len;
    }
    bool is_titled = begins(rest, titles, COUNT(titles)) > 0;
    bool is_short = family == char_len(text);
    bool is_place = begins(rest, places, COUNT(places)) > 0;
    return is_one_part || is_titled || (!is_short && !is_place) ? family : 0;
}

static size_t longest_at(const struct name_list *list, const char *text)
{
    size_t longest = 0;
    for (size_t len = char_len(text); text[len - 1] && len <= list->longest; len += char_len(text + len)) {
        size_t found = name_len(list, text, len);
        longest = found > longest ? found : longest;
        if (!text[len])
            break;
    }
    return longest;
}

const char *blacken_names(struct call *c, const struct name_list *list, const char *text, const char *mark,
                          int *removed)
{
    struct buf out = buf_in(&c->arena);
    for (const char *at = text; *at;) {
        size_t len = longest_at(list, at);
        *removed += len > 0;
        if (len > 0)
            buf_puts(&out, mark);
        else
            buf_put(&out, at, char_len(at));
        at += len > 0 ? len : char_len(at);
    }
    return buf_text(&out);
}
