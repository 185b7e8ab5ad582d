// SPDX-License-Identifier: Apache-2.0
// struct rows is libpq's result under a name of ours: it costs nothing and keeps libpq out of the headers.
#include <endian.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/store/db.h"

#define EPOCH_2000_US INT64_C(946684800000000)
#define OID_JSONB 3802
#define OID_INT2 21
#define OID_TEXT 25
#define OID_UUID 2950

static const PGresult *result(const struct rows *rows)
{
    return (const PGresult *)rows;
}

static void __attribute__((noreturn)) wrong(const char *what, const char *column)
{
    log_error("row_misread", LOG_S("what", what), LOG_S("column", column));
    abort();
}

int rows_count(const struct rows *rows)
{
    return PQntuples(result(rows));
}

// Not PQfnumber: it copies and folds the name each time.
int rows_col_from(const struct rows *rows, const char *name, int from)
{
    const PGresult *res = result(rows);
    int count = PQnfields(res);
    for (int i = 0; i < count; i++, from++) {
        if (from >= count)
            from = 0;
        if (strcmp(PQfname(res, from), name) == 0)
            return from;
    }
    wrong("no such column", name);
}

int rows_col(const struct rows *rows, const char *name)
{
    return rows_col_from(rows, name, 0);
}

bool row_is_null(const struct rows *rows, int row, int col)
{
    return PQgetisnull(result(rows), row, col) != 0;
}

static const char *value(const struct rows *rows, int row, int col)
{
    return PQgetvalue(result(rows), row, col);
}

static int value_len(const struct rows *rows, int row, int col)
{
    return PQgetlength(result(rows), row, col);
}

// Bytes of a fixed-size value; NULL for SQL NULL. Aborts when the column is of another size.
static const char *fixed(const struct rows *rows, int row, int col, int size)
{
    if (value_len(rows, row, col) == size)
        return value(rows, row, col);
    if (!row_is_null(rows, row, col))
        wrong("another type", PQfname(result(rows), col));
    return NULL;
}

bool row_bool(const struct rows *rows, int row, int col)
{
    const char *data = fixed(rows, row, col, 1);
    return data != NULL && *data != 0;
}

static int64_t read_i64(const char *data)
{
    uint64_t wire;
    memcpy(&wire, data, sizeof wire);
    return (int64_t)be64toh(wire);
}

static int32_t read_i32(const char *data)
{
    uint32_t wire;
    memcpy(&wire, data, sizeof wire);
    return (int32_t)be32toh(wire);
}

static int16_t read_i16(const char *data)
{
    uint16_t wire;
    memcpy(&wire, data, sizeof wire);
    return (int16_t)be16toh(wire);
}

int64_t row_i64(const struct rows *rows, int row, int col)
{
    const char *data = value(rows, row, col);
    switch (value_len(rows, row, col)) {
    case 2:
        return read_i16(data);
    case 4:
        return read_i32(data);
    case 8:
        return read_i64(data);
    default:
        if (!row_is_null(rows, row, col))
            wrong("not an integer", PQfname(result(rows), col));
        return 0;
    }
}

// A jsonb value begins with the number of its format; hardly any text begins with that byte.
static bool has_version_byte(const struct rows *rows, int col, const char *data)
{
    return *data == 1 && PQftype(result(rows), col) == OID_JSONB;
}

const char *row_text(const struct rows *rows, int row, int col)
{
    const char *data = value(rows, row, col);
    return data + (has_version_byte(rows, col, data) ? 1 : 0);
}

int row_len(const struct rows *rows, int row, int col)
{
    return value_len(rows, row, col) - (has_version_byte(rows, col, value(rows, row, col)) ? 1 : 0);
}

const void *row_bytes(const struct rows *rows, int row, int col)
{
    return value(rows, row, col);
}

struct uuid row_uuid(const struct rows *rows, int row, int col)
{
    struct uuid id = {{0}};
    const char *data = fixed(rows, row, col, 16);
    if (data != NULL)
        memcpy(id.bytes, data, sizeof id.bytes);
    return id;
}

int64_t row_time(const struct rows *rows, int row, int col)
{
    const char *data = fixed(rows, row, col, 8);
    if (data == NULL)
        return TIME_NULL;
    int64_t us = read_i64(data);
    bool is_infinite = us == INT64_MAX || us == INT64_MIN;
    return is_infinite ? us : us + EPOCH_2000_US;
}

struct array {
    const char *at;
    int count;
    const char *column;
};

// Reads the header: dimensions, flags, element type, then count and lower bound.
static struct array array_begin(const struct rows *rows, int row, int col, int oid)
{
    struct array a = {.column = PQfname(result(rows), col)};
    if (row_is_null(rows, row, col))
        return a;
    const char *data = value(rows, row, col);
    int dimensions = value_len(rows, row, col) < 12 ? -1 : read_i32(data);
    if (dimensions < 0 || dimensions > 1 || read_i32(data + 8) != oid)
        wrong("not such an array", a.column);
    if (dimensions == 1) {
        a.count = read_i32(data + 12);
        a.at = data + 20;
    }
    return a;
}

static const char *array_next(struct array *a, int *ret_len)
{
    int len = read_i32(a->at);
    if (len < 0)
        wrong("NULL in an array", a->column);
    const char *data = a->at + 4;
    a->at = data + len;
    *ret_len = len;
    return data;
}

int row_uuids(struct call *c, const struct rows *rows, int row, int col, struct uuid **ret)
{
    struct array a = array_begin(rows, row, col, OID_UUID);
    struct uuid *ids = call_alloc(c, sizeof *ids * (size_t)(a.count + 1));
    int len;
    for (int i = 0; i < a.count; i++)
        memcpy(ids[i].bytes, array_next(&a, &len), sizeof ids[i].bytes);
    *ret = ids;
    return a.count;
}

int row_i16s(struct call *c, const struct rows *rows, int row, int col, int16_t **ret)
{
    struct array a = array_begin(rows, row, col, OID_INT2);
    int16_t *values = call_alloc(c, sizeof *values * (size_t)(a.count + 1));
    int len;
    for (int i = 0; i < a.count; i++)
        values[i] = read_i16(array_next(&a, &len));
    *ret = values;
    return a.count;
}

int row_texts(struct call *c, const struct rows *rows, int row, int col, const char ***ret)
{
    struct array a = array_begin(rows, row, col, OID_TEXT);
    const char **texts = call_alloc(c, sizeof *texts * (size_t)(a.count + 1));
    for (int i = 0; i < a.count; i++) {
        int len;
        const char *data = array_next(&a, &len);
        texts[i] = arena_strndup(&c->arena, data, (size_t)len);
    }
    *ret = texts;
    return a.count;
}
