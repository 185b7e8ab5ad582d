// SPDX-License-Identifier: Apache-2.0
// CSV files as they come from spreadsheets and personnel systems: RFC 4180, UTF-8 or CP932 (Windows-31J). A
// bad line is reported and the rest goes on.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/base/call.h"

#define CSV_FIELDS_MAX 64

enum csv_problem {
    CSV_FINE,
    CSV_BAD_ENCODING,   // column has bytes that are no text in the file's encoding
    CSV_BAD_QUOTE,      // text after a closing quote, or a quote within a field without quotes
    CSV_OPEN_QUOTE,     // a quoted field does not end; the next line begins a new row
    CSV_FIELD_TOO_LONG, // column has more than field_max bytes
    CSV_TOO_MANY_FIELDS,
    CSV_BAD_CHARACTER, // NUL
};

struct csv_row {
    unsigned line; // where it begins, from 1; a quoted field may span several
    enum csv_problem problem;
    unsigned column; // of the problem, from 1
    unsigned count;
    const char *fields[CSV_FIELDS_MAX]; // UTF-8 in the call's arena; "" where a field has a problem
};

struct csv {
    struct call *call;
    const char *at, *end;
    size_t field_max;
    unsigned line, rows, rows_max;
    bool is_cp932;
    bool is_cut; // there were more than rows_max rows
};

// Looks at the whole file for its encoding. field_max: most bytes of a field in UTF-8; rows_max: most rows.
// The data must outlive the reader.
void csv_begin(struct csv *csv, struct call *c, const void *data, size_t len, size_t field_max,
               unsigned rows_max);
// Next row, empty lines left out; false at the end.
bool csv_next(struct csv *csv, struct csv_row *ret_row);
// What is wrong, in Japanese and in English, for the person who made the file.
const char *csv_problem_ja(enum csv_problem problem);
const char *csv_problem_en(enum csv_problem problem);
