// SPDX-License-Identifier: Apache-2.0
#include "server/store/import_fault.h"

#include <stdlib.h>
#include <string.h>

#define REASON_COLUMN "取り込めなかった理由"

struct bad_line {
    int number, order;
    const char *const *fields;
    int field_count;
    const char *reasons;
};

void import_report_begin(struct import_report *report, struct call *c, const char *const *header, int count,
                         int kept_max)
{
    *report =
        (struct import_report){.call = c, .header = header, .header_count = count, .kept_max = kept_max};
    report->faults = call_alloc(c, (size_t)kept_max * sizeof *report->faults);
}

// --- CSV

static void put_field(struct buf *out, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        buf_puts(out, text);
        return;
    }
    buf_putc(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_putc(out, '"');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static const char *join(struct call *c, const char *const *fields, int count)
{
    struct buf out = buf_in(&c->arena);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(&out, ',');
        put_field(&out, fields[i]);
    }
    return buf_text(&out);
}

// --- collecting

static struct bad_line *line_of(struct import_report *report, int number)
{
    for (int i = report->line_count - 1; i >= 0 && i >= report->line_count - 4; i--) {
        if (report->lines[i].number == number)
            return &report->lines[i];
    }
    if (report->line_count == report->line_room) {
        int room = report->line_room ? 2 * report->line_room : 64;
        struct bad_line *more = call_alloc(report->call, (size_t)room * sizeof *more);
        if (report->line_count > 0)
            memcpy(more, report->lines, (size_t)report->line_count * sizeof *more);
        report->lines = more;
        report->line_room = room;
    }
    struct bad_line *line = &report->lines[report->line_count];
    *line = (struct bad_line){.number = number, .order = report->line_count++};
    return line;
}

void import_report_add(struct import_report *report, int line, const char *column, const char *ja,
                       const char *en, const char *const *fields, int field_count)
{
    struct bad_line *bad = line_of(report, line);
    const char *reason = column[0] ? call_printf(report->call, "%s: %s", column, ja) : ja;
    bad->fields = fields;
    bad->field_count = field_count;
    bad->reasons = bad->reasons ? call_printf(report->call, "%s / %s", bad->reasons, reason) : reason;
    if (report->count < report->kept_max)
        report->faults[report->count] =
            (struct import_fault){.line = line,
                                  .column = column,
                                  .reason_ja = ja,
                                  .reason_en = en,
                                  .text = join(report->call, fields, field_count)};
    report->count++;
}

// --- handing over

static int by_number(const void *a, const void *b)
{
    const struct bad_line *x = a, *y = b;
    return x->number != y->number ? (x->number < y->number ? -1 : 1) : x->order - y->order;
}

static int by_line(const void *a, const void *b)
{
    const struct import_fault *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

// Reasons of a file that was corrected before are left out: the column is ours.
static int own_columns(const struct import_report *report)
{
    int count = report->header_count;
    if (count > 0 && strcmp(report->header[count - 1], REASON_COLUMN) == 0)
        count--;
    return count;
}

static void write_csv(struct import_report *report, struct import_result *ret)
{
    int columns = own_columns(report);
    struct buf out = buf_in(&report->call->arena);
    buf_printf(&out, "\xef\xbb\xbf%s," REASON_COLUMN "\r\n", join(report->call, report->header, columns));
    for (int i = 0; i < report->line_count; i++) {
        const struct bad_line *line = &report->lines[i];
        for (int k = 0; k < columns; k++) {
            put_field(&out, k < line->field_count ? line->fields[k] : "");
            buf_putc(&out, ',');
        }
        put_field(&out, line->reasons);
        buf_puts(&out, "\r\n");
    }
    ret->faulty_csv = buf_text(&out);
    ret->faulty_csv_len = out.len;
}

void import_report_end(struct import_report *report, struct import_result *ret)
{
    int kept = report->count < report->kept_max ? report->count : report->kept_max;
    if (kept > 0)
        qsort(report->faults, (size_t)kept, sizeof *report->faults, by_line);
    ret->faults = report->faults;
    ret->fault_count = report->count;
    ret->faulty_csv = "";
    if (report->line_count == 0)
        return;
    qsort(report->lines, (size_t)report->line_count, sizeof *report->lines, by_number);
    write_csv(report, ret);
}
