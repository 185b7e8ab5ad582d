// SPDX-License-Identifier: Apache-2.0
// Rows are cut in the file's own bytes and decoded field by field, so that a broken byte spoils one field
// only. That is safe in CP932: the second byte of a character is never a quote, a comma or a line break.
#include "server/codec/csv.h"

#include <iconv.h>
#include <string.h>

#include "server/codec/utf8.h"

static const struct {
    const char *ja, *en;
} texts[] = {
    [CSV_FINE] = {"", ""},
    [CSV_BAD_ENCODING] = {"文字コードが正しくありません(UTF-8またはShift_JISで保存してください)",
                          "not text in the file's encoding (save it as UTF-8 or Shift_JIS)"},
    [CSV_BAD_QUOTE] = {"引用符(\")の使い方が正しくありません", "a quote (\") stands in the wrong place"},
    [CSV_OPEN_QUOTE] = {"引用符(\")が閉じられていないか、項目が長すぎます",
                        "a quote (\") is not closed, or the field is too long"},
    [CSV_FIELD_TOO_LONG] = {"項目が長すぎます", "a field is too long"},
    [CSV_TOO_MANY_FIELDS] = {"列が多すぎます(64列まで)", "too many columns (at most 64)"},
    [CSV_BAD_CHARACTER] = {"使えない文字(NUL)があります", "a NUL character"},
};

const char *csv_problem_ja(enum csv_problem problem)
{
    return texts[problem].ja;
}

const char *csv_problem_en(enum csv_problem problem)
{
    return texts[problem].en;
}

// A few broken bytes in much sound UTF-8 are broken bytes; otherwise it is the other encoding. NUL counts as
// sound here.
static bool looks_like_cp932(const uint8_t *at, const uint8_t *end)
{
    size_t sound = 0, broken = 0;
    while (at < end) {
        const uint8_t *before = at;
        if (utf8_next(&at, end) == UINT32_MAX) {
            broken++;
            at++;
        } else {
            sound += at - before > 1;
        }
    }
    return broken > 0 && broken * 10 > sound;
}

void csv_begin(struct csv *csv, struct call *c, const void *data, size_t len, size_t field_max,
               unsigned rows_max)
{
    const char *at = data, *end = at + len;
    bool has_bom = len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0;
    *csv = (struct csv){.call = c, .at = at + (has_bom ? 3 : 0), .end = end, .field_max = field_max};
    csv->line = 1;
    csv->rows_max = rows_max;
    csv->is_cp932 = !has_bom && looks_like_cp932((const uint8_t *)at, (const uint8_t *)end);
}

static void problem_set(struct csv_row *row, enum csv_problem problem)
{
    if (row->problem != CSV_FINE)
        return; // the first one counts
    row->problem = problem;
    row->column = row->count + 1;
}

static const char *cp932_decode(struct csv *csv, char *data, size_t len)
{
    size_t left = len * 3; // half-width kana: one byte becomes three
    char *out = call_alloc(csv->call, left + 1), *to = out;
    iconv_t codec = iconv_open("UTF-8", "CP932");
    if (codec == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): so says iconv's manual
        return NULL;
    bool is_sound = iconv(codec, &data, &len, &to, &left) != (size_t)-1;
    iconv_close(codec);
    *to = '\0';
    return is_sound ? out : NULL;
}

static enum csv_problem field_decode(struct csv *csv, char *data, size_t len, const char **ret_text)
{
    if (memchr(data, '\0', len) != NULL)
        return CSV_BAD_CHARACTER;
    if (len > csv->field_max)
        return CSV_FIELD_TOO_LONG;
    if (!csv->is_cp932 && utf8_sound(data, len) != len)
        return CSV_BAD_ENCODING;
    const char *text = csv->is_cp932 ? cp932_decode(csv, data, len) : data;
    if (text == NULL)
        return CSV_BAD_ENCODING;
    if (strlen(text) > csv->field_max)
        return CSV_FIELD_TOO_LONG;
    *ret_text = text;
    return CSV_FINE;
}

// Takes the bytes of a field (in the arena already, NUL at the end) into the row.
static void field_add(struct csv *csv, struct csv_row *row, char *data, size_t len)
{
    const char *text = "";
    if (row->count == CSV_FIELDS_MAX) {
        problem_set(row, CSV_TOO_MANY_FIELDS);
        return;
    }
    enum csv_problem problem = field_decode(csv, data, len, &text);
    if (problem != CSV_FINE)
        problem_set(row, problem);
    row->fields[row->count++] = text;
}

static bool is_field_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == ',' || *csv->at == '\n' || *csv->at == '\r';
}

static void plain_read(struct csv *csv, struct csv_row *row)
{
    const char *begin = csv->at;
    for (; !is_field_end(csv); csv->at++) {
        if (*csv->at == '"')
            problem_set(row, CSV_BAD_QUOTE);
    }
    size_t len = (size_t)(csv->at - begin);
    field_add(csv, row, arena_strndup(&csv->call->arena, begin, len), len);
}

// Counts a line break: LF, CR LF or CR alone.
static void line_count(struct csv *csv)
{
    if (*csv->at == '\n' || (*csv->at == '\r' && (csv->at + 1 == csv->end || csv->at[1] != '\n')))
        csv->line++;
}

// The closing quote, or NULL when there is none within reach: a forgotten one must not swallow the rest of
// the file.
static const char *quote_close(const struct csv *csv, const char *at)
{
    size_t reach = 2 * csv->field_max + 2; // every character may be a doubled quote
    const char *end = (size_t)(csv->end - at) > reach ? at + reach : csv->end;
    for (; at < end; at++) {
        if (*at != '"')
            continue;
        if (at + 1 == csv->end || at[1] != '"')
            return at;
        at++;
    }
    return NULL;
}

static void quoted_read(struct csv *csv, struct csv_row *row)
{
    const char *begin = csv->at + 1, *close = quote_close(csv, begin);
    if (close == NULL) {
        problem_set(row, CSV_OPEN_QUOTE);
        while (csv->at < csv->end && *csv->at != '\n' && *csv->at != '\r')
            csv->at++;
        field_add(csv, row, call_alloc(csv->call, 1), 0);
        return;
    }
    char *copy = call_alloc(csv->call, (size_t)(close - begin) + 1), *to = copy;
    for (csv->at = begin; csv->at < close; csv->at++) {
        line_count(csv);
        *to++ = *csv->at;
        csv->at += *csv->at == '"'; // the second of two
    }
    csv->at = close + 1;
    if (!is_field_end(csv))
        problem_set(row, CSV_BAD_QUOTE);
    while (!is_field_end(csv))
        csv->at++;
    field_add(csv, row, copy, (size_t)(to - copy));
}

static void line_end_skip(struct csv *csv)
{
    if (csv->at == csv->end)
        return;
    line_count(csv);
    bool is_pair = *csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n';
    csv->at += is_pair ? 2 : 1;
    csv->line += is_pair;
}

static void row_read(struct csv *csv, struct csv_row *row)
{
    for (;;) {
        if (csv->at < csv->end && *csv->at == '"')
            quoted_read(csv, row);
        else
            plain_read(csv, row);
        if (csv->at == csv->end || *csv->at != ',')
            break;
        csv->at++;
    }
    line_end_skip(csv);
}

bool csv_next(struct csv *csv, struct csv_row *ret_row)
{
    while (csv->at < csv->end && (*csv->at == '\n' || *csv->at == '\r'))
        line_end_skip(csv);
    if (csv->at == csv->end)
        return false;
    if (csv->rows == csv->rows_max) {
        csv->is_cut = true;
        return false;
    }
    csv->rows++;
    ret_row->line = csv->line;
    ret_row->problem = CSV_FINE;
    ret_row->column = ret_row->count = 0;
    row_read(csv, ret_row);
    return true;
}
