// SPDX-License-Identifier: Apache-2.0
// The lines of an import that were not taken: for the screen, and as a CSV file to correct and import again.
#pragma once

#include "server/store/import_store.h"

struct import_report {
    struct call *call;
    const char *const *header;
    int header_count;
    struct import_fault *faults;
    int count, kept_max;
    struct bad_line *lines; // in the order of the file, see import_report_end
    int line_count, line_room;
};

void import_report_begin(struct import_report *report, struct call *c, const char *const *header, int count,
                         int kept_max);
// Several faults of one line may be added one after another.
void import_report_add(struct import_report *report, int line, const char *column, const char *ja,
                       const char *en, const char *const *fields, int field_count);
// Puts faults, their number and the CSV file into the result, by line.
void import_report_end(struct import_report *report, struct import_result *ret);
