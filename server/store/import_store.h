// SPDX-License-Identifier: Apache-2.0
// CSV files of the organisation. Good lines are taken, bad ones come back with line, column and reason; the
// same file again changes nothing. The columns are in import_columns.c and db/demo/README.md.
//
// Story: the header says what the file holds and where each column is. Each line is checked and normalised by
// itself; what passes goes to the database in one statement a kind (import.sql), which finds what only it can
// know: a code that does not exist, two holders of one post. All of it is one transaction; a dry run does the
// same and takes it back.
#pragma once

#include <stddef.h>

#include "server/store/db.h"

// Numbers of CsvKind (directory.proto).
enum import_kind {
    IMPORT_UNKNOWN,
    IMPORT_UNITS,
    IMPORT_POSTS,
    IMPORT_PERSONS,
    IMPORT_TENURES,
    IMPORT_ROLES,
    IMPORT_CONTACTS,
    IMPORT_SYSTEMS,
    IMPORT_SUCCESSION,
    IMPORT_KINDS
};

struct import_options {
    enum import_kind kind;    // IMPORT_UNKNOWN: told from the header
    bool dry_run;             // take everything back
    const char *effective_on; // YYYY-MM-DD for lines without a day; NULL = today
};

struct import_fault {
    int line;           // in the file, the header is 1
    const char *column; // as the header writes it; "" = the whole line
    const char *reason_ja, *reason_en;
    const char *text; // the line as it came
};

struct import_result {
    enum import_kind kind;
    const char *encoding; // "UTF-8" or "CP932"
    int lines, added, changed, unchanged;
    struct import_fault *faults;
    int fault_count;        // faults, not lines
    const char *faulty_csv; // bad lines with a last column of reasons, UTF-8 with BOM; "" = none
    size_t faulty_csv_len;
};

#define IMPORT_ROWS_MAX 50000

// Reads and (unless dry) saves a file in the caller's tenant. INVALID_ARGUMENT when the header is not
// understood; bad lines are no error. The journal says who.
enum err import_run(struct call *c, const void *data, size_t len, const struct import_options *options,
                    struct import_result *ret) MUST_USE;
