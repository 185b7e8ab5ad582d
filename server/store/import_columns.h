// SPDX-License-Identifier: Apache-2.0
// Which columns the CSV files of the organisation have, and what may stand in them. Pure.
#pragma once

#include "server/store/import_store.h"

enum import_type {
    IMPORT_TEXT,
    IMPORT_CODE,   // up to 30 characters
    IMPORT_DAY,    // see domain/date.h
    IMPORT_WORD,   // one of words
    IMPORT_NUMBER, // 1 … 99
};

// A word in a file and the value that the statement gets. Several spellings are several words.
struct import_word {
    const char *text, *value;
};

struct import_column {
    const char *names; // header names, Japanese first: "職コード|post_code"
    enum import_type type;
    bool is_required;                // must not be empty
    const char *fallback;            // value when empty or when the column is missing
    const struct import_word *words; // IMPORT_WORD; ends with NULL
    int max_chars;                   // IMPORT_TEXT
};

struct import_format {
    enum import_kind kind;
    const char *ja, *en; // what the file holds
    enum query query;    // its statement
    bool is_by_level;    // units: once for each kind, parents first
    int key_columns;     // the first so many say which row it is: no two lines of a file may be alike
    int column_count;
    const struct import_column *columns; // in the order of the statement's parameters
};

#define IMPORT_COLUMNS_MAX 8

// The format of a kind; NULL for IMPORT_UNKNOWN.
const struct import_format *import_format_of(enum import_kind kind);
// The first name of a column, for people.
const char *import_column_name(struct call *c, const struct import_column *column);
// Index of the field that is this column; -1 when the header has none such.
int import_column_find(const struct import_column *column, const char *const *header, int count);
// The format whose required columns the header has, and the most others; NULL when there is none.
const struct import_format *import_format_guess(const char *const *header, int count);
