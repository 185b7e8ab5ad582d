// SPDX-License-Identifier: Apache-2.0
#include "server/codec/yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "server/codec/utf8.h"

struct builder {
    struct call *call;
    struct plan_faults *faults;
    size_t nodes;
    int depth;
    struct tree_node *open[YAML_DEPTH_MOST]; // lists and maps that are not closed yet
    struct tree_node *root;
    bool is_over; // reading cannot go on
};

static struct plan_mark mark_of(yaml_mark_t mark)
{
    return (struct plan_mark){(int)mark.line + 1, (int)mark.column + 1};
}

static bool is_closed_here(uint32_t code)
{
    bool is_control =
        (code < 0x20 && code != '\n' && code != '\r' && code != '\t') || (code >= 0x7f && code < 0xa0);
    bool is_break = code == 0x2028 || code == 0x2029; // a line break for YAML, none for an editor
    bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return is_control || is_break || turns || code == 0xfeff || code == 0xfffe || code == 0xffff;
}

bool yaml_takes(uint32_t code)
{
    return !is_closed_here(code);
}

static bool looks_like_utf16(const uint8_t *data, size_t len)
{
    return len >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff));
}

static void fault_encoding(struct plan_faults *faults, struct plan_mark at, const uint8_t *data, size_t len)
{
    if (looks_like_utf16(data, len))
        plan_fault(faults, at, "ENCODING", "UTF-16で保存されています。UTF-8で保存し直してください。",
                   "The file is UTF-16. Save it as UTF-8.");
    else
        plan_fault(faults, at, "ENCODING",
                   "UTF-8ではない文字があります(Shift_JISなど)。UTF-8で保存し直してください。",
                   "This is not UTF-8 (perhaps Shift_JIS). Save the file as UTF-8.");
}

// Every byte is looked at before the parser sees one.
static bool text_is_sound(const uint8_t *data, size_t len, struct plan_faults *faults)
{
    struct plan_mark at = {1, 1};
    if (looks_like_utf16(data, len)) {
        fault_encoding(faults, at, data, len);
        return false;
    }
    const uint8_t *end = data + len;
    while (data < end) {
        uint32_t code = utf8_next(&data, end);
        if (code == UINT32_MAX) {
            fault_encoding(faults, at, data, (size_t)(end - data));
            return false;
        }
        if (is_closed_here(code)) {
            plan_fault(faults, at, "CONTROL_CHARACTER", "使えない文字(U+%04X)があります。消してください。",
                       "The character U+%04X is not allowed. Remove it.", code);
            return false;
        }
        at.column = code == '\n' ? 1 : at.column + 1;
        at.line += code == '\n';
    }
    return true;
}

// What the library says, in words an author can act on.
static const struct {
    const char *says, *ja, *en;
} problems[] = {
    {"mapping values are not allowed",
     "ここに「:」は置けません。文に「: 」があるときは文全体を引用符で囲み、字下げを確かめてください。",
     "':' cannot stand here. Quote a text that holds ': ', and check the indentation."},
    {"found character that cannot start any token",
     "この文字から値は始められません(タブ、@、`、%など)。字下げは空白で書き、文は引用符で囲んでください。",
     "A value cannot begin with this character (tab, @, `, %). Indent with spaces, quote the text."},
    {"could not find expected ':'", "「:」がありません。「項目: 値」の形で書いてください。",
     "':' is missing. Write \"key: value\"."},
    {"did not find expected key", "字下げが揃っていないか、引用符が閉じていません。",
     "The indentation is uneven, or a quote is not closed."},
    {"did not find expected '-' indicator", "並びの字下げが揃っていません。「- 」を揃えてください。",
     "The list is indented unevenly. Align each \"- \"."},
    {"did not find expected ',' or", "[ ] や { } の中に「,」か閉じる括弧がありません。",
     "A ',' or the closing bracket is missing within [ ] or { }."},
    {"found unexpected end of stream", "引用符が閉じていません。", "A quote is not closed."},
    {"found a tab character", "字下げにタブは使えません。空白にしてください。",
     "Indent with spaces, not with tabs."},
    {"found undefined tag handle", "タグ(!)は使えません。", "Tags (!) are not allowed."},
};

static void fault_syntax(struct builder *b, const yaml_parser_t *parser)
{
    const char *says = parser->problem ? parser->problem : "unreadable";
    struct plan_mark at = mark_of(parser->problem_mark);
    b->is_over = true;
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        if (strncmp(says, problems[i].says, strlen(problems[i].says)) == 0) {
            plan_fault_said(b->faults, at, "YAML", problems[i].ja, problems[i].en);
            return;
        }
    }
    plan_fault(b->faults, at, "YAML", "YAMLとして読めません(%s)。この行と前の行の書き方を確かめてください。",
               "This is no YAML (%s). Check this line and the one before.", says);
}

static void refuse_marks(struct builder *b, struct plan_mark at, const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    if (anchor)
        plan_fault(b->faults, at, "ANCHOR", "アンカー(&)は使えません。同じ内容も書いてください。",
                   "Anchors (&) are not allowed. Write the text again.");
    if (tag)
        plan_fault(b->faults, at, "TAG", "タグ(!)は使えません。「!」で始まる文は引用符で囲んでください。",
                   "Tags (!) are not allowed. Quote a text that begins with '!'.");
}

static struct tree_node *node_add(struct builder *b, enum tree_kind kind, struct plan_mark at)
{
    struct tree_node *node = call_alloc(b->call, sizeof *node);
    *node = (struct tree_node){.kind = kind, .at = at, .text = ""};
    struct tree_node *parent = b->depth > 0 ? b->open[b->depth - 1] : NULL;
    if (!parent) {
        b->root = node;
    } else {
        if (parent->last)
            parent->last->next = node;
        else
            parent->first = node;
        parent->last = node;
        parent->count++;
    }
    if (++b->nodes > YAML_NODES_MOST) {
        plan_fault(b->faults, at, "TOO_MANY", "項目が多すぎます(%d個まで)。計画を分けてください。",
                   "There are too many values (at most %d). Divide the plan.", YAML_NODES_MOST);
        b->is_over = true;
    }
    return node;
}

// A double-quoted text can write any character as an escape.
static bool scalar_is_sound(const uint8_t *data, size_t len)
{
    const uint8_t *end = data + len;
    while (data < end) {
        uint32_t code = utf8_next(&data, end);
        if (code == UINT32_MAX || code == '\r' || is_closed_here(code))
            return false;
    }
    return true;
}

static void scalar(struct builder *b, const yaml_event_t *event)
{
    struct plan_mark at = mark_of(event->start_mark);
    refuse_marks(b, at, event->data.scalar.anchor, event->data.scalar.tag);
    struct tree_node *node = node_add(b, TREE_SCALAR, at);
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (scalar_is_sound(event->data.scalar.value, event->data.scalar.length))
        node->text =
            arena_strndup(&b->call->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
    else
        plan_fault(b->faults, at, "CONTROL_CHARACTER",
                   "使えない文字が「\\」で書かれています。消してください。",
                   "The text holds an escape for a character that is not allowed. Remove it.");
}

static void enter(struct builder *b, enum tree_kind kind, struct plan_mark at)
{
    struct tree_node *node = node_add(b, kind, at);
    if (b->depth == YAML_DEPTH_MOST) {
        plan_fault(b->faults, at, "TOO_DEEP", "入れ子が深すぎます(%d段まで)。",
                   "The nesting is too deep (at most %d).", YAML_DEPTH_MOST);
        b->is_over = true;
        return;
    }
    b->open[b->depth++] = node;
}

static void document(struct builder *b, const yaml_event_t *event)
{
    struct plan_mark at = mark_of(event->start_mark);
    if (b->root) {
        plan_fault(b->faults, at, "TWO_DOCUMENTS",
                   "1つのファイルに計画は1つです。「---」から後を消してください。",
                   "A file holds one plan. Remove what follows \"---\".");
        b->is_over = true;
    }
    if (event->data.document_start.version_directive ||
        event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
        plan_fault(b->faults, at, "DIRECTIVE", "「%%」で始まる指示は使えません。",
                   "Directives (%%) are not allowed.");
}

static void alias(struct builder *b, const yaml_event_t *event)
{
    struct plan_mark at = mark_of(event->start_mark);
    plan_fault(b->faults, at, "ALIAS", "エイリアス(*)は使えません。「*」で始まる文は引用符で囲んでください。",
               "Aliases (*) are not allowed. Quote a text that begins with '*'.");
    node_add(b, TREE_SCALAR, at);
}

static void take(struct builder *b, const yaml_event_t *event)
{
    struct plan_mark at = mark_of(event->start_mark);
    switch ((int)event->type) {
    case YAML_DOCUMENT_START_EVENT:
        document(b, event);
        break;
    case YAML_ALIAS_EVENT:
        alias(b, event);
        break;
    case YAML_SCALAR_EVENT:
        scalar(b, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_marks(b, at, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        enter(b, TREE_LIST, at);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_marks(b, at, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        enter(b, TREE_MAP, at);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        break;
    case YAML_STREAM_END_EVENT:
        b->is_over = true;
        break;
    default:
        break;
    }
}

static void parse(struct builder *b, const void *data, size_t len)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort(); // no memory
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, data, len);
    while (!b->is_over) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            fault_syntax(b, &parser);
            break;
        }
        take(b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

struct tree_node *yaml_tree_read(struct call *c, const void *data, size_t len, struct plan_faults *faults)
{
    static const char bom[] = "\xef\xbb\xbf";
    if (len > YAML_BYTES_MOST) {
        plan_fault(faults, (struct plan_mark){1, 1}, "TOO_LARGE",
                   "計画が大きすぎます(%zuバイト。256 kBまで)。計画を分けてください。",
                   "The plan is too large (%zu bytes, at most 256 kB). Divide it.", len);
        return NULL;
    }
    if (len >= 3 && memcmp(data, bom, 3) == 0) {
        data = (const char *)data + 3;
        len -= 3;
    }
    if (!text_is_sound(data, len, faults))
        return NULL;
    struct builder b = {.call = c, .faults = faults};
    parse(&b, data, len);
    return b.root;
}

const struct tree_node *tree_get(const struct tree_node *map, const char *key)
{
    if (!map || map->kind != TREE_MAP)
        return NULL;
    for (const struct tree_node *at = map->first; at && at->next; at = at->next->next) {
        if (at->kind == TREE_SCALAR && strcmp(at->text, key) == 0)
            return at->next;
    }
    return NULL;
}
