// SPDX-License-Identifier: Apache-2.0
#include "server/codec/playbook_fields.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/codec/utf8.h"

static void *at_offset(void *message, size_t offset)
{
    return (char *)message + offset;
}

static bool is_key(const struct field *f, const char *text)
{
    return strcmp(f->key, text) == 0 || (f->ja && strcmp(f->ja, text) == 0);
}

// Levenshtein, cut at 3: enough to recognise a slip of the finger.
static int distance(const char *a, const char *b)
{
    enum { MOST = 40 };
    size_t n = strlen(a), m = strlen(b);
    int row[MOST + 1];
    if (n > MOST || m > MOST)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int corner = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = corner + (a[i - 1] != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            corner = row[j];
            row[j] = best;
        }
    }
    return row[m];
}

struct guess {
    const char *word;
    int distance;
};

static bool guess_try(struct guess *guess, const char *written, const char *word)
{
    int d = distance(written, word);
    if (d >= guess->distance || d >= (int)strlen(word))
        return false;
    guess->distance = d;
    guess->word = word;
    return true;
}

static struct guess guess_begin(void)
{
    return (struct guess){NULL, 4};
}

// What was written, short enough to be quoted.
static const char *quoted(struct field_reader *r, const struct tree_node *node)
{
    if (node->kind != TREE_SCALAR)
        return node->kind == TREE_LIST ? "[…]" : "{…}";
    const uint8_t *at = (const uint8_t *)node->text, *end = at + strlen(node->text);
    for (int i = 0; i < 40 && at < end; i++)
        utf8_next(&at, end);
    if (at == end)
        return node->text;
    return call_printf(r->call, "%.*s…", (int)((const char *)at - node->text), node->text);
}

static bool want_scalar(struct field_reader *r, const struct field *f, const struct tree_node *node)
{
    if (node->kind == TREE_SCALAR)
        return true;
    plan_fault(r->faults, node->at, "WRONG_FORM", "「%s」は1つの値で書いてください。",
               "\"%s\" takes one value.", f->key);
    return false;
}

static bool want_map(struct field_reader *r, const char *key, const struct tree_node *node)
{
    if (node->kind == TREE_MAP)
        return true;
    plan_fault(r->faults, node->at, "WRONG_FORM", "「%s」は {項目: 値} の形で書いてください。",
               "Write \"%s\" as {key: value}.", key);
    return false;
}

static char *text_read(struct field_reader *r, const char *key, const struct tree_node *node, int most,
                       bool one_line)
{
    size_t len = strlen(node->text);
    while (len > 0 && strchr(" \n\t", node->text[len - 1]))
        len--;
    char *text = arena_strndup(&r->call->arena, node->text, len);
    if (one_line && strchr(text, '\n'))
        plan_fault(r->faults, node->at, "MULTILINE", "「%s」は1行で書いてください。",
                   "\"%s\" takes one line.", key);
    if (most && utf8_count(text) > (size_t)most)
        plan_fault(r->faults, node->at, "TOO_LONG", "「%s」が長すぎます(%d文字まで)。",
                   "\"%s\" is too long (at most %d characters).", key, most);
    return text;
}

static bool all_of(const char *text, size_t from, int (*is)(int), size_t least, size_t most)
{
    size_t len = strlen(text);
    for (size_t i = from; i < len; i++) {
        if (!is((unsigned char)text[i]))
            return false;
    }
    return len >= from + least && len <= from + most;
}

static int is_word_char(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static int is_code_char(int c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static int is_key_char(int c)
{
    return is_word_char(c) || c == '.' || c == '-';
}

static bool matches(const char *pattern, const char *text)
{
    if (strcmp(pattern, "word") == 0)
        return islower((unsigned char)text[0]) && all_of(text, 0, is_word_char, 1, 40);
    if (strcmp(pattern, "key") == 0)
        return islower((unsigned char)text[0]) && all_of(text, 0, is_key_char, 1, 60);
    if (strcmp(pattern, "code") == 0)
        return isupper((unsigned char)text[0]) && all_of(text, 0, is_code_char, 1, 20);
    return true;
}

static void line_check(struct field_reader *r, const struct field *f, const struct tree_node *node,
                       const char *text)
{
    if (*text == '\0')
        plan_fault(r->faults, node->at, "EMPTY", "「%s」が空です。", "\"%s\" is empty.", f->key);
    else if (f->pattern && !matches(f->pattern, text))
        plan_fault(r->faults, node->at, "BAD_WORD", "「%s」の値「%s」は使えません。%s。",
                   "\"%s\" cannot be \"%s\": %s.", f->key, quoted(r, node),
                   strcmp(f->pattern, "code") == 0 ? "A-Z 0-9 -" : "a-z 0-9 _");
}

static void read_line(struct field_reader *r, const struct field *f, const struct tree_node *node,
                      void *message)
{
    if (!want_scalar(r, f, node))
        return;
    char *text = text_read(r, f->key, node, f->most, true);
    line_check(r, f, node, text);
    *(char **)at_offset(message, f->at) = text;
}

static long number_of(const char *text, char **end)
{
    // strtol takes blanks and a plus; authors do not need them.
    *end = (char *)text;
    return isdigit((unsigned char)text[0]) || text[0] == '-' ? strtol(text, end, 10) : 0;
}

static bool number_read(struct field_reader *r, const struct field *f, const struct tree_node *node,
                        int32_t *ret)
{
    char *end;
    if (!want_scalar(r, f, node))
        return false;
    long value = number_of(node->text, &end);
    bool is_number =
        node->is_plain && end != node->text && *end == '\0' && value >= f->least && value <= f->most;
    if (is_number)
        *ret = (int32_t)value;
    else
        plan_fault(r->faults, node->at, "BAD_NUMBER", "「%s」は%dから%dまでの整数で書いてください。",
                   "\"%s\" takes a whole number from %d to %d.", f->key, f->least, f->most);
    return is_number;
}

static void read_minutes(struct field_reader *r, const struct field *f, const struct tree_node *node,
                         void *message)
{
    if (!want_scalar(r, f, node))
        return;
    const long most = 2L * 365 * 24 * 60;
    char *end;
    long value = number_of(node->text, &end), unit = 0;
    if (end != node->text && value >= -most && value <= most)
        unit = strcmp(end, "m") == 0 ? 1 : strcmp(end, "h") == 0 ? 60 : strcmp(end, "d") == 0 ? 1440 : 0;
    if (end != node->text && value == 0 && *end == '\0')
        unit = 1;
    if (unit == 0 || value * unit > most || value * unit < -most)
        plan_fault(r->faults, node->at, "BAD_TIME",
                   "「%s」は 15m(分)・24h(時間)・3d(日)の形で書いてください。",
                   "Write \"%s\" as 15m (minutes), 24h (hours) or 3d (days).", f->key);
    else if (value * unit < f->least)
        plan_fault(r->faults, node->at, "BAD_TIME", "「%s」は負にできません。", "\"%s\" cannot be negative.",
                   f->key);
    else
        *(int32_t *)at_offset(message, f->at) = (int32_t)(value * unit);
}

static void read_flag(struct field_reader *r, const struct field *f, const struct tree_node *node,
                      void *message)
{
    bool is_true = node->kind == TREE_SCALAR && strcmp(node->text, "true") == 0;
    if (!is_true && (node->kind != TREE_SCALAR || strcmp(node->text, "false") != 0))
        plan_fault(r->faults, node->at, "BAD_FLAG", "「%s」は true か false で書いてください。",
                   "Write \"%s\" as true or false.", f->key);
    *(protobuf_c_boolean *)at_offset(message, f->at) = is_true;
}

// Prefix of the values' names: "NETWORK_ZONE_" of NETWORK_ZONE_UNSPECIFIED, "FAN_OUT_" …
static size_t prefix_of(const ProtobufCEnumDescriptor *words)
{
    const char *name = words->values[0].name;
    const char *tail = strstr(name, "UNSPECIFIED");
    return tail ? (size_t)(tail - name) : 0;
}

// In lower case, of as many bytes as a guess looks at.
static const char *word_lower(const char *word, char room[48])
{
    size_t len = 0;
    for (; word[len] && len < 47; len++)
        room[len] = (char)tolower((unsigned char)word[len]);
    room[len] = '\0';
    return room;
}

static bool word_read(struct field_reader *r, const struct field *f, const struct tree_node *node, int *ret)
{
    if (!want_scalar(r, f, node))
        return false;
    size_t prefix = prefix_of(f->words);
    char written[48], known[48], best[48];
    struct guess guess = guess_begin();
    word_lower(node->text, written);
    for (unsigned i = 0; i < f->words->n_values; i++) {
        const char *word = f->words->values[i].name + prefix;
        if (f->words->values[i].value == 0)
            continue;
        if (strcasecmp(word, node->text) == 0) {
            *ret = f->words->values[i].value;
            return true;
        }
        if (guess_try(&guess, written, word_lower(word, known)))
            guess.word = word_lower(word, best);
    }
    const char *reason = strcmp(f->words->short_name, "Role") == 0 ? "UNKNOWN_ROLE" : "UNKNOWN_WORD";
    if (guess.word)
        plan_fault(r->faults, node->at, reason, "「%s」に「%s」という語はありません。「%s」ですか。",
                   "\"%s\" does not know \"%s\". Is it \"%s\"?", f->key, quoted(r, node), guess.word);
    else
        plan_fault(r->faults, node->at, reason, "「%s」に「%s」という語はありません。",
                   "\"%s\" does not know \"%s\".", f->key, quoted(r, node));
    return false;
}

static Sokuo__V1__Words *words_new(struct field_reader *r)
{
    Sokuo__V1__Words *words = call_alloc(r->call, sizeof *words);
    sokuo__v1__words__init(words);
    return words;
}

static void words_side(struct field_reader *r, const struct field *f, const struct tree_node *map,
                       const struct tree_node *node, bool english, char **ret)
{
    bool one_line = f->kind == FIELD_LINE_WORDS;
    if (node && node->kind == TREE_SCALAR)
        *ret = text_read(r, f->key, node, english ? 2 * f->most : f->most, one_line);
    else if (node)
        want_scalar(r, f, node);
    if (**ret || (node && node->kind != TREE_SCALAR))
        return;
    struct plan_mark at = node ? node->at : map->at;
    if (english)
        plan_warn(r->faults, at, "MISSING_TRANSLATION", "「%s」の英語(en)がありません。",
                  "\"%s\" has no English (en).", f->key);
    else
        plan_fault(r->faults, at, "MISSING_TRANSLATION", "「%s」の日本語(ja)がありません。",
                   "\"%s\" has no Japanese (ja).", f->key);
}

static Sokuo__V1__Words *words_read(struct field_reader *r, const struct field *f,
                                    const struct tree_node *node)
{
    static const struct field sides[] = {{"ja", "日本語", FIELD_LINE}, {"en", "英語", FIELD_LINE}};
    static const struct shape shape = {"{ja, en}", sides, 2, NULL};
    Sokuo__V1__Words *words = words_new(r);
    if (node->kind == TREE_SCALAR) {
        words_side(r, f, node, node, false, &words->ja);
        words_side(r, f, node, NULL, true, &words->en);
        return words;
    }
    if (!want_map(r, f->key, node))
        return words;
    fields_read(r, node, &shape, NULL);
    words_side(r, f, node, field_node(node, &shape, "ja"), false, &words->ja);
    words_side(r, f, node, field_node(node, &shape, "en"), true, &words->en);
    return words;
}

// A list with one item may be written as the item.
static size_t items_of(struct field_reader *r, const struct field *f, const struct tree_node *node,
                       const struct tree_node **ret_first)
{
    if (node->kind != TREE_LIST) {
        bool may_stand_alone = node->kind == TREE_SCALAR && f->kind != FIELD_MAP_LIST;
        if (!may_stand_alone)
            plan_fault(r->faults, node->at, "WRONG_FORM", "「%s」は並び(- …)で書いてください。",
                       "Write \"%s\" as a list (- …).", f->key);
        *ret_first = node;
        return may_stand_alone ? 1 : 0;
    }
    *ret_first = node->first;
    if (node->count <= (size_t)f->most)
        return node->count;
    plan_fault(r->faults, node->at, "TOO_MANY", "「%s」が多すぎます(%zu個。%d個まで)。",
               "\"%s\" has too many items (%zu, at most %d).", f->key, node->count, f->most);
    return (size_t)f->most;
}

static void *map_read(struct field_reader *r, const struct field *f, const struct tree_node *node)
{
    if (!want_map(r, f->key, node))
        return NULL;
    void *message = call_alloc(r->call, f->shape->message->sizeof_message);
    f->shape->message->message_init(message);
    fields_read(r, node, f->shape, message);
    return message;
}

static void *item_pointer(struct field_reader *r, const struct field *f, const struct tree_node *node)
{
    if (f->kind == FIELD_WORDS_LIST) {
        struct field item = *f; // most is of the list
        item.most = 300;
        return words_read(r, &item, node);
    }
    if (f->kind == FIELD_MAP_LIST) {
        void *message = map_read(r, f, node);
        if (message)
            return message;
        message =
            call_alloc(r->call, f->shape->message->sizeof_message); // keeps its place: numbers stay right
        f->shape->message->message_init(message);
        return message;
    }
    if (!want_scalar(r, f, node))
        return (char *)protobuf_c_empty_string;
    char *text = text_read(r, f->key, node, 60, true);
    line_check(r, f, node, text);
    return text;
}

static void read_pointers(struct field_reader *r, const struct field *f, const struct tree_node *node,
                          void *message)
{
    const struct tree_node *item;
    size_t count = items_of(r, f, node, &item);
    void **made = call_alloc(r->call, (count + 1) * sizeof *made);
    for (size_t i = 0; i < count; i++, item = item->next)
        made[i] = item_pointer(r, f, item);
    *(void ***)at_offset(message, f->at) = made;
    *(size_t *)at_offset(message, f->count_at) = count;
}

static void read_numbers(struct field_reader *r, const struct field *f, const struct tree_node *node,
                         void *message)
{
    const struct tree_node *item;
    struct field one = *f;
    one.most = f->kind == FIELD_NUMBER_LIST ? 5 : 0; // the five groups of threats
    one.least = 1;
    size_t count = items_of(r, f, node, &item), good = 0;
    int *made = call_alloc(r->call, (count + 1) * sizeof *made);
    for (size_t i = 0; i < count; i++, item = item->next) {
        bool is_read = f->kind == FIELD_NUMBER_LIST ? number_read(r, &one, item, &made[good])
                                                    : word_read(r, f, item, &made[good]);
        good += is_read;
    }
    *(int **)at_offset(message, f->at) = made;
    *(size_t *)at_offset(message, f->count_at) = good;
}

static void field_read(struct field_reader *r, const struct field *f, const struct tree_node *node,
                       void *message)
{
    switch (f->kind) {
    case FIELD_LINE:
        read_line(r, f, node, message);
        break;
    case FIELD_WORDS:
    case FIELD_LINE_WORDS:
        *(void **)at_offset(message, f->at) = words_read(r, f, node);
        break;
    case FIELD_NUMBER:
        (void)number_read(r, f, node, at_offset(message, f->at));
        break;
    case FIELD_FLAG:
        read_flag(r, f, node, message);
        break;
    case FIELD_MINUTES:
        read_minutes(r, f, node, message);
        break;
    case FIELD_WORD:
        (void)word_read(r, f, node, at_offset(message, f->at));
        break;
    case FIELD_NUMBER_LIST:
    case FIELD_WORD_LIST:
        read_numbers(r, f, node, message);
        break;
    case FIELD_WORDS_LIST:
    case FIELD_LINE_LIST:
    case FIELD_MAP_LIST:
        read_pointers(r, f, node, message);
        break;
    case FIELD_MAP:
        *(void **)at_offset(message, f->at) = map_read(r, f, node);
        break;
    case FIELD_ANY:
        break;
    case FIELD_INTO:
        if (want_map(r, f->key, node))
            fields_read(r, node, f->shape, message);
        break;
    }
}

static void fault_unknown_key(struct field_reader *r, const struct tree_node *key, const struct shape *shape)
{
    struct guess guess = guess_begin();
    for (size_t i = 0; i < shape->count; i++)
        (void)guess_try(&guess, key->text, shape->fields[i].key);
    if (key->kind == TREE_SCALAR && strcmp(key->text, "<<") == 0 && key->is_plain)
        plan_fault(r->faults, key->at, "MERGE_KEY",
                   "「<<」(取り込み)は使えません。同じ内容も書いてください。",
                   "Merge keys (<<) are not allowed. Write the text again.");
    else if (guess.word)
        plan_fault(r->faults, key->at, "UNKNOWN_KEY", "「%s」に「%s」という項目はありません。「%s」ですか。",
                   "\"%s\" knows no key \"%s\". Is it \"%s\"?", shape->name, quoted(r, key), guess.word);
    else
        plan_fault(r->faults, key->at, "UNKNOWN_KEY",
                   "「%s」に「%s」という項目はありません。消すか、正しい名前にしてください。",
                   "\"%s\" knows no key \"%s\". Remove it or correct its name.", shape->name, quoted(r, key));
}

static const struct field *field_find(const struct shape *shape, const struct tree_node *key)
{
    for (size_t i = 0; key->kind == TREE_SCALAR && i < shape->count; i++) {
        if (is_key(&shape->fields[i], key->text))
            return &shape->fields[i];
    }
    return NULL;
}

void fields_read(struct field_reader *r, const struct tree_node *map, const struct shape *shape,
                 void *message)
{
    uint32_t seen = 0;
    for (const struct tree_node *key = map->first; key && key->next; key = key->next->next) {
        const struct field *f = field_find(shape, key);
        if (!f) {
            fault_unknown_key(r, key, shape);
            continue;
        }
        uint32_t bit = UINT32_C(1) << (f - shape->fields);
        if (seen & bit)
            plan_fault(r->faults, key->at, "DUPLICATE_KEY", "「%s」が2度あります。1つにしてください。",
                       "\"%s\" is there twice. Keep one.", key->text);
        else if (message)
            field_read(r, f, key->next, message);
        seen |= bit;
    }
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->fields[i].is_required && !(seen >> i & 1))
            plan_fault(r->faults, map->at, "MISSING_FIELD", "「%s」に「%s」がありません。",
                       "\"%s\" lacks \"%s\".", shape->name, shape->fields[i].key);
    }
}

const struct tree_node *field_node(const struct tree_node *map, const struct shape *shape, const char *key)
{
    if (!map || map->kind != TREE_MAP)
        return NULL;
    for (const struct tree_node *at = map->first; at && at->next; at = at->next->next) {
        const struct field *f = field_find(shape, at);
        if (f && strcmp(f->key, key) == 0)
            return at->next;
    }
    return NULL;
}
