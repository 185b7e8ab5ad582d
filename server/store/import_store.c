// SPDX-License-Identifier: Apache-2.0
#include "server/store/import_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/codec/csv.h"
#include "server/domain/contact.h"
#include "server/domain/date.h"
#include "server/store/directory_store.h"
#include "server/store/import_columns.h"
#include "server/store/import_fault.h"
#include "server/store/note.h"

#define FIELD_MAX 2000
#define FAULTS_KEPT 1000
#define FAULTS_MOST 5000 // each is a few hundred bytes of text

// A line of the file: its fields as they came, the values that the statement gets, what became of it.
struct line {
    int number;
    const char *const *fields;
    int field_count;
    const char *values[IMPORT_COLUMNS_MAX];
    bool is_bad;
};

struct import {
    struct call *call;
    const struct import_options *options;
    const struct import_format *format;
    struct import_result *result;
    const char *const *header;
    int header_count;
    int at[IMPORT_COLUMNS_MAX]; // field of each column, -1 = not in the file
    struct line *lines;
    int line_count;
    struct import_report report;
    struct uuid *saved; // ids that the statement changed, for what comes after
    int saved_count;
};

// --- faults

// column: index into the format; -1 = the whole line.
static void complain(struct import *im, struct line *line, int column, const char *ja, const char *en)
{
    const char *name = "";
    if (column >= 0)
        name = im->at[column] >= 0 ? im->header[im->at[column]]
                                   : import_column_name(im->call, &im->format->columns[column]);
    line->is_bad = true;
    import_report_add(&im->report, line->number, name, ja, en, line->fields, line->field_count);
}

// --- one line by itself

static int count_chars(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool has_controls(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    }
    return false;
}

// Without blanks around it, wide ones too.
static const char *trim(struct call *c, const char *text)
{
    static const char wide[] = "\xe3\x80\x80";
    for (;;) {
        size_t skip = strspn(text, " \t");
        skip += strncmp(text + skip, wide, 3) == 0 ? 3 : 0;
        if (skip == 0)
            break;
        text += skip;
    }
    size_t len = strlen(text);
    for (;;) {
        if (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
            len--;
        else if (len >= 3 && strncmp(text + len - 3, wide, 3) == 0)
            len -= 3;
        else
            return arena_strndup(&c->arena, text, len);
    }
}

static const char *word_value(const struct import_word *words, const char *text)
{
    for (; words->text; words++) {
        if (strcasecmp(words->text, text) == 0)
            return words->value;
    }
    return NULL;
}

static const char *list_words(struct call *c, const struct import_word *words)
{
    struct buf out = buf_in(&c->arena);
    for (const char *last = NULL; words->text; words++) {
        if (last && strcmp(last, words->value) == 0)
            continue;
        buf_printf(&out, "%s%s", out.len ? "、" : "", words->text);
        last = words->value;
    }
    return buf_text(&out);
}

static const char *check_text(struct import *im, struct line *line, int column, const char *text, int max)
{
    struct call *c = im->call;
    if (count_chars(text) > max)
        complain(im, line, column, call_printf(c, "長すぎます(%d文字まで)。", max),
                 call_printf(c, "Too long: at most %d characters.", max));
    else if (has_controls(text))
        complain(im, line, column, "改行やタブなどの制御文字は使えません。",
                 "Line breaks, tabs and other control characters are not possible here.");
    return text;
}

static const char *check_number(struct import *im, struct line *line, int column, const char *text)
{
    if (strlen(text) > 2 || text[strspn(text, "0123456789")] != '\0' || strtol(text, NULL, 10) < 1)
        complain(im, line, column, "1から99までの数字にしてください。", "Give a number from 1 to 99.");
    return text;
}

static const char *check_day(struct import *im, struct line *line, int column, const char *text)
{
    char day[DATE_SIZE];
    if (date_read(text, day))
        return arena_strdup(&im->call->arena, day);
    complain(im, line, column,
             call_printf(im->call, "「%s」は日付として読めません。2026-04-01 のように書いてください。", text),
             call_printf(im->call, "“%s” is no day. Write it as 2026-04-01.", text));
    return "";
}

static const char *check_word(struct import *im, struct line *line, int column, const char *text)
{
    const struct import_word *words = im->format->columns[column].words;
    const char *value = word_value(words, text);
    if (value)
        return value;
    const char *known = list_words(im->call, words);
    complain(im, line, column,
             call_printf(im->call, "「%s」は使えません。次のどれかにしてください: %s", text, known),
             call_printf(im->call, "“%s” is not known. Use one of: %s", text, known));
    return "";
}

static const char *check_value(struct import *im, struct line *line, int index)
{
    const struct import_column *column = &im->format->columns[index];
    const char *text = im->at[index] >= 0 && im->at[index] < line->field_count
                           ? trim(im->call, line->fields[im->at[index]])
                           : "";
    if (text[0] == '\0') {
        if (column->is_required)
            complain(im, line, index, "空欄です。必ず入力してください。", "This is empty, but it is needed.");
        return column->fallback;
    }
    switch (column->type) {
    case IMPORT_CODE:
        return check_text(im, line, index, text, 30);
    case IMPORT_TEXT:
        return check_text(im, line, index, text, column->max_chars);
    case IMPORT_NUMBER:
        return check_number(im, line, index, text);
    case IMPORT_DAY:
        return check_day(im, line, index, text);
    case IMPORT_WORD:
        break;
    }
    return check_word(im, line, index, text);
}

// Addresses have one form, so that the same one is never there twice.
static void check_contact(struct import *im, struct line *line)
{
    enum { KIND = 1, ADDRESS = 2 };
    char *kept = call_alloc(im->call, CONTACT_ROOM);
    if (im->format->kind != IMPORT_CONTACTS || line->is_bad || !line->values[KIND])
        return;
    if (contact_normalise((int)strtol(line->values[KIND], NULL, 10), line->values[ADDRESS], kept) !=
        CONTACT_OK)
        complain(im, line, ADDRESS,
                 "この種別の連絡先として正しくありません。番号やアドレスを確かめてください。",
                 "This is no contact point of its kind. Check the number or address.");
    line->values[ADDRESS] = kept;
}

// --- the whole file

static enum err read_header(struct import *im, struct csv *csv)
{
    struct call *c = im->call;
    struct csv_row row;
    if (!csv_next(csv, &row) || row.problem != CSV_FINE)
        return call_fail_field(c, "content", "NO_HEADER",
                               "1行目に列の名前がありません。見本と同じ見出しを付けてください。",
                               "The first line has no column names. Use the headings of the samples.");
    const char **header = call_alloc(c, row.count * sizeof *header);
    for (unsigned i = 0; i < row.count; i++)
        header[i] = trim(c, row.fields[i]);
    im->header = header;
    im->header_count = (int)row.count;
    im->format = im->options->kind ? import_format_of(im->options->kind)
                                   : import_format_guess(header, im->header_count);
    if (!im->format)
        return call_fail_field(
            c, "content", "UNKNOWN_HEADER",
            "見出しから、何の一覧か判断できません。種類を選ぶか、見本の見出しに合わせてください。",
            "The headings do not tell what this file holds. Choose its kind, or use those of the samples.");
    for (int i = 0; i < im->format->column_count; i++) {
        const struct import_column *column = &im->format->columns[i];
        im->at[i] = import_column_find(column, header, im->header_count);
        if (im->at[i] < 0 && column->is_required)
            return call_fail_field(
                c, "content", "COLUMN_MISSING", "「%1$s」の列がありません。見出しを確認してください。",
                "The column “%1$s” is missing. Check the headings.", import_column_name(c, column));
    }
    return ERR_OK;
}

static void read_line(struct import *im, const struct csv_row *row)
{
    struct line *line = &im->lines[im->line_count++];
    *line = (struct line){.number = (int)row->line, .field_count = (int)row->count};
    line->fields = arena_memdup(&im->call->arena, row->fields, row->count * sizeof *row->fields);
    if (row->problem != CSV_FINE) {
        complain(im, line, -1, csv_problem_ja(row->problem), csv_problem_en(row->problem));
        return;
    }
    for (int i = 0; i < im->format->column_count; i++)
        line->values[i] = check_value(im, line, i);
    check_contact(im, line);
}

static enum err too_many_faults(struct import *im, int line)
{
    return call_fail_field(
        im->call, "content", "TOO_MANY_FAULTS",
        "%d行目までに誤りが%d件を超えたため、何も取り込みませんでした。"
        "列の並びと文字コードを確かめてください。",
        "Nothing was imported: up to line %d there are more than %d faults. Check the columns "
        "and the encoding.",
        line, FAULTS_MOST);
}

static enum err read_lines(struct import *im, const void *data, size_t len)
{
    struct csv csv;
    struct csv_row row;
    csv_begin(&csv, im->call, data, len, FIELD_MAX, IMPORT_ROWS_MAX);
    im->result->encoding = csv.is_cp932 ? "CP932" : "UTF-8";
    TRY(read_header(im, &csv));
    import_report_begin(&im->report, im->call, im->header, im->header_count, FAULTS_KEPT);
    int room = 256;
    im->lines = call_alloc(im->call, (size_t)room * sizeof *im->lines);
    while (csv_next(&csv, &row)) {
        if (im->line_count == room) {
            struct line *more = call_alloc(im->call, (size_t)room * 2 * sizeof *more);
            memcpy(more, im->lines, (size_t)room * sizeof *more);
            im->lines = more;
            room *= 2;
        }
        read_line(im, &row);
        if (im->report.count > FAULTS_MOST)
            return too_many_faults(im, (int)row.line);
    }
    if (csv.is_cut)
        return call_fail_field(im->call, "content", "TOO_MANY_LINES",
                               "一度に取り込めるのは%d行までです。分けてください。",
                               "At most %d lines at once. Split the file.", IMPORT_ROWS_MAX);
    return ERR_OK;
}

// --- lines that say the same row twice

static int compare_keys(const void *a, const void *b, void *arg)
{
    const struct import *im = arg;
    const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;
    for (int i = 0; i < im->format->key_columns; i++) {
        int order = strcmp(x->values[i], y->values[i]);
        if (order != 0)
            return order;
    }
    return x->number < y->number ? -1 : 1;
}

static bool same_key(const struct import *im, const struct line *a, const struct line *b)
{
    for (int i = 0; i < im->format->key_columns; i++) {
        if (strcmp(a->values[i], b->values[i]) != 0)
            return false;
    }
    return true;
}

static void find_doubles(struct import *im)
{
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    struct line **sorted = call_alloc(im->call, (size_t)im->line_count * sizeof(struct line *));
    int count = 0;
    for (int i = 0; i < im->line_count; i++) {
        if (!im->lines[i].is_bad)
            sorted[count++] = &im->lines[i];
    }
    qsort_r(sorted, (size_t)count, sizeof(struct line *), compare_keys, im);
    for (int i = 1, first = 0; i < count; i++) {
        if (!same_key(im, sorted[first], sorted[i])) {
            first = i;
            continue;
        }
        complain(
            im, sorted[i], 0,
            call_printf(im->call, "%d行目と同じものです。1行にまとめてください。", sorted[first]->number),
            call_printf(im->call, "The same as line %d. Keep one of them.", sorted[first]->number));
    }
}

// --- the statement

// Parameters of the statement for the lines of one level (0: all): $2 numbers, $3 ids, $5 … columns.
static int fill_params(struct import *im, char level, struct param *params)
{
    struct call *c = im->call;
    size_t most = (size_t)im->line_count;
    int count = 0, columns = im->format->column_count;
    const char **numbers = call_alloc(c, most * sizeof *numbers);
    struct uuid *ids = call_alloc(c, most * sizeof *ids);
    const char **values[IMPORT_COLUMNS_MAX + 1];
    for (int i = 0; i <= columns; i++)
        values[i] = call_alloc(c, most * sizeof **values);
    for (int i = 0; i < im->line_count; i++) {
        const struct line *line = &im->lines[i];
        if (line->is_bad || (level && line->values[1][0] != level))
            continue;
        numbers[count] = call_printf(c, "%d", i); /* our index, not the file's line */
        ids[count] = uuid_v7();
        for (int k = 0; k < columns; k++)
            values[k][count] = line->values[k];
        if (im->format->kind == IMPORT_PERSONS)
            values[columns][count] = person_folded(c, line->values[1], line->values[2], line->values[0]);
        count++;
    }
    struct param *at = params;
    *at++ = p_uuid(&c->actor.tenant_id);
    *at++ = p_texts(c, numbers, count);
    *at++ = p_uuids(c, ids, count);
    *at++ = p_text(im->options->effective_on);
    for (int k = 0; k < columns + (im->format->kind == IMPORT_PERSONS); k++)
        *at++ = p_texts(c, values[k], count);
    struct param who[NOTE_PARAMS];
    note_who(c, who);
    memcpy(at, who + 1, (NOTE_PARAMS - 1) * sizeof *who);
    return count;
}

// Faults that only the database can see: word, column, reasons.
static const struct {
    const char *word;
    int column;
    const char *ja, *en;
} known_faults[] = {
    {"PARENT_NOT", 3, "実施機関に上位組織は付けられません。", "An organ has no unit above it."},
    {"PARENT_NEEDED", 3, "上位組織のコードが必要です。", "The code of the unit above is needed."},
    {"PARENT", 3, "上位組織のコードが登録されていません。", "There is no unit with this code above it."},
    {"PARENT_LEVEL", 3, "上位組織が、同じか下の区分です。",
     "The unit above is of the same or a lower level."},
    {"UNIT", 2, "この組織コードは登録されていません。", "There is no unit with this code."},
    {"PERSON", 0, "この職員番号は登録されていません。", "There is no person with this number."},
    {"POST", 1, "この職コードは登録されていません。", "There is no post with this code."},
    {"GAP", 3, "順位が1から続いていません。抜けている順位の行を足すか、番号を振り直してください。",
     "The ranks do not run from 1 on. Add the missing line or number them anew."},
    {"FEW", 3,
     "代行者が2人未満です。足すか、やむを得ないときは「理由」の列に理由を書いてください。理由は記録に残ります"
     "。",
     "Fewer than two stand in. Add one, or give the reason in the column “reason”: it is kept."},
    {"ORDER", -1, "同じ順位表のほかの行に誤りがあるため、この順位表は取り込んでいません。",
     "Another line of the same order of succession is wrong, so none of it was taken."},
    {"SCOPE", 2, "この範囲コードの組織・システムは登録されていません。",
     "There is no unit or system with this code."},
    {"DAYS", 4, "最終日が開始日より前です。", "The last day is before the first."},
    {"TWICE", 0, "ほかの行と同じものです。", "The same as another line."},
    {"TWO_POSTS", 1, "同じ日に本務の職が二つあります。片方を兼務にしてください。",
     "Two regular posts on the same day. Make one of them concurrent."},
    {"TWO_HOLDERS", 1, "同じ日に同じ職の本務が二人います。",
     "Two regular holders of one post on the same day."},
};

// Where the column of a fault is another in this kind of file.
static int fault_column(enum import_kind kind, const char *word, int column)
{
    if (kind == IMPORT_ROLES && strcmp(word, "POST") == 0)
        return 0;
    if (kind == IMPORT_SUCCESSION && strcmp(word, "SCOPE") == 0)
        return 1;
    return kind == IMPORT_SUCCESSION && strcmp(word, "POST") == 0 ? 4 : column;
}

static void take_fault(struct import *im, struct line *line, const char *word)
{
    for (size_t i = 0; i < sizeof known_faults / sizeof known_faults[0]; i++) {
        if (strcmp(known_faults[i].word, word) != 0)
            continue;
        complain(im, line, fault_column(im->format->kind, word, known_faults[i].column), known_faults[i].ja,
                 known_faults[i].en);
        return;
    }
    complain(im, line, -1, word, word);
}

static void take_outcomes(struct import *im, const struct rows *rows)
{
    int n = rows_col(rows, "n"), fault = rows_col(rows, "fault"), id = rows_col(rows, "id");
    int saved = rows_col(rows, "is_saved"), added = rows_col(rows, "is_new");
    for (int i = 0; i < rows_count(rows); i++) {
        struct line *line = &im->lines[row_i64(rows, i, n)];
        if (row_len(rows, i, fault) > 0) {
            take_fault(im, line, row_text(rows, i, fault));
            continue;
        }
        if (!row_bool(rows, i, saved)) {
            im->result->unchanged++;
            continue;
        }
        im->saved[im->saved_count++] = row_uuid(rows, i, id);
        if (row_bool(rows, i, added))
            im->result->added++;
        else
            im->result->changed++;
    }
}

static enum err run_statement(struct import *im, struct db_lease *lease, char level)
{
    struct param params[4 + IMPORT_COLUMNS_MAX + 1 + NOTE_PARAMS];
    struct rows *rows = NULL;
    if (fill_params(im, level, params) == 0)
        return ERR_OK;
    TRY(db_lease_query(im->call, lease, im->format->query, params, &rows));
    take_outcomes(im, rows);
    return ERR_OK;
}

static enum err note_import(struct import *im, struct db_lease *lease)
{
    struct rows *rows = NULL;
    const char *changes =
        call_printf(im->call,
                    "[{\"field\":\"%s\",\"after\":{\"lines\":%d,\"added\":%d,\"changed\":%d,"
                    "\"unchanged\":%d,\"faults\":%d}}]",
                    im->format->en, im->line_count, im->result->added, im->result->changed,
                    im->result->unchanged, im->report.count);
    struct param params[2 + NOTE_PARAMS] = {p_uuid(&im->call->actor.tenant_id), p_json(changes)};
    note_who(im->call, params + 2);
    return db_lease_query(im->call, lease, Q_IMPORT_NOTE, params, &rows);
}

static enum err save(struct import *im)
{
    struct db_lease *lease = NULL;
    struct rows *rows = NULL;
    im->saved = call_alloc(im->call, (size_t)im->line_count * sizeof *im->saved);
    TRY(db_begin(im->call, &lease));
    TRY(db_lease_query(im->call, lease, Q_IMPORT_BEGIN, NULL, &rows));
    if (im->format->is_by_level) {
        for (int level = '1'; level <= '3'; level++)
            TRY(run_statement(im, lease, (char)level));
    } else {
        TRY(run_statement(im, lease, '\0'));
    }
    if (im->format->kind == IMPORT_TENURES && im->saved_count > 0) {
        const struct param params[] = {p_uuid(&im->call->actor.tenant_id),
                                       p_uuids(im->call, im->saved, im->saved_count)};
        TRY(db_lease_query(im->call, lease, Q_IMPORT_TENURES_END, params, &rows));
    }
    if (im->options->dry_run)
        return ERR_OK; /* the lease is rolled back when the call ends */
    TRY(note_import(im, lease));
    return db_commit(im->call, lease);
}

enum err import_run(struct call *c, const void *data, size_t len, const struct import_options *options,
                    struct import_result *ret)
{
    *ret = (struct import_result){0};
    struct import im = {.call = c, .options = options, .result = ret};
    TRY(read_lines(&im, data, len));
    find_doubles(&im);
    TRY(save(&im));
    ret->kind = im.format->kind;
    ret->lines = im.line_count;
    import_report_end(&im.report, ret);
    return ERR_OK;
}
