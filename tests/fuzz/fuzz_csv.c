// SPDX-License-Identifier: Apache-2.0
// A file somebody uploads: every row comes to an end, every field is text.
#include <string.h>

#include "server/codec/csv.h"
#include "server/codec/utf8.h"
#include "tests/fuzz/fuzz.h"

#define FIELD_MOST 200
#define ROWS_MOST 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    struct csv csv;
    struct csv_row row;
    unsigned line = 0, rows = 0;
    call_begin(&call, NULL, 64u << 20);
    csv_begin(&csv, &call, data, size, FIELD_MOST, ROWS_MOST);
    while (csv_next(&csv, &row)) {
        MUST(row.line > line && ++rows <= ROWS_MOST);
        line = row.line;
        MUST(row.count >= 1 && row.count <= CSV_FIELDS_MAX);
        for (unsigned i = 0; i < row.count; i++) {
            size_t len = strlen(row.fields[i]);
            MUST(len <= FIELD_MOST && utf8_sound(row.fields[i], len) == len);
        }
    }
    call_end(&call);
    return 0;
}
