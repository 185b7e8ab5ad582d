// SPDX-License-Identifier: Apache-2.0
// How the maps of a plan are read: one table of fields for each kind of map.
#pragma once

#include "server/codec/yaml_tree.h"

enum field_kind {
    FIELD_LINE,       // a text of one line
    FIELD_WORDS,      // {ja, en}
    FIELD_LINE_WORDS, // {ja, en}, one line each
    FIELD_WORDS_LIST,
    FIELD_NUMBER,
    FIELD_NUMBER_LIST, // into enums
    FIELD_FLAG,
    FIELD_MINUTES, // 15m, 24h, 3d, -30m
    FIELD_WORD,    // of an enum
    FIELD_WORD_LIST,
    FIELD_LINE_LIST,
    FIELD_MAP, // into a message of its own
    FIELD_MAP_LIST,
    FIELD_ANY,  // looked at by somebody else
    FIELD_INTO, // a map whose fields lie in the same message
};

struct field {
    const char *key, *ja; // what authors may call it
    enum field_kind kind;
    size_t at, count_at; // offsets in the message; count_at of lists
    bool is_required;
    int most;  // characters of a text (twice that in English), items of a list, value of a number
    int least; // of a number or of minutes
    const ProtobufCEnumDescriptor *words;
    const struct shape *shape; // of FIELD_MAP, FIELD_MAP_LIST, FIELD_INTO
    const char *pattern;       // of FIELD_LINE and FIELD_LINE_LIST: what field_matches knows
};

struct shape {
    const char *name; // for messages
    const struct field *fields;
    size_t count;
    const ProtobufCMessageDescriptor *message; // NULL when its fields lie in another's
};

struct field_reader {
    struct call *call;
    struct plan_faults *faults;
};

// Fills a message from a map, telling every fault.
void fields_read(struct field_reader *r, const struct tree_node *map, const struct shape *shape,
                 void *message);
// Value of a field in a map by its own name or its alias; NULL when it is not there.
const struct tree_node *field_node(const struct tree_node *map, const struct shape *shape, const char *key);
