// SPDX-License-Identifier: Apache-2.0
// Numbers go as text, so that a parameter fits smallint, integer and bigint alike; uuids, times and arrays as
// binary.
#include "server/store/db.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EPOCH_2000_US INT64_C(946684800000000) // PostgreSQL counts from 2000-01-01
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_INT2 21
#define OID_TEXT 25
#define OID_TIMESTAMPTZ 1184
#define OID_UUID 2950

struct param p_null(void)
{
    return (struct param){.data = NULL};
}

struct param p_textn(const char *text, int len)
{
    // Binary text is the bytes themselves, so it needs no NUL at its end.
    return (struct param){.data = text, .len = len, .format = 1};
}

struct param p_text(const char *text)
{
    return (struct param){.data = text, .len = text ? (int)strlen(text) : 0};
}

struct param p_bytes(const void *data, int len)
{
    return (struct param){.data = data, .len = len, .format = 1};
}

struct param p_bool(bool value)
{
    return p_text(value ? "t" : "f");
}

struct param p_i64(struct call *c, int64_t value)
{
    char *text = call_alloc(c, 24);
    int len = snprintf(text, 24, "%" PRId64, value);
    return (struct param){.data = text, .len = len};
}

struct param p_i32(struct call *c, int32_t value)
{
    return p_i64(c, value);
}

struct param p_i16(struct call *c, int16_t value)
{
    return p_i64(c, value);
}

struct param p_time(struct call *c, int64_t us_since_1970)
{
    if (us_since_1970 == TIME_NULL)
        return p_null();
    uint64_t *wire = call_alloc(c, sizeof *wire);
    *wire = htobe64((uint64_t)(us_since_1970 - EPOCH_2000_US));
    return p_bytes(wire, sizeof *wire);
}

struct param p_uuid(const struct uuid *id)
{
    return id == NULL || uuid_is_nil(id) ? p_null() : p_bytes(id->bytes, sizeof id->bytes);
}

struct param p_json(const char *json)
{
    return p_text(json);
}

static void put_i32(struct buf *b, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);
    buf_put(b, &wire, sizeof wire);
}

// Header of a one-dimensional array. An empty one has no dimension. (PostgreSQL looks for NULLs itself.)
static struct buf array_begin(struct call *c, int oid, int count)
{
    struct buf b = buf_in(&c->arena);
    put_i32(&b, count > 0 ? 1 : 0);
    put_i32(&b, 0);
    put_i32(&b, oid);
    if (count > 0) {
        put_i32(&b, count);
        put_i32(&b, 1);
    }
    return b;
}

static void array_put(struct buf *b, const void *data, size_t len)
{
    put_i32(b, (int32_t)len);
    buf_put(b, data, len);
}

struct param p_texts(struct call *c, const char *const *texts, int count)
{
    struct buf b = array_begin(c, OID_TEXT, count);
    for (int i = 0; i < count; i++)
        array_put(&b, texts[i], strlen(texts[i]));
    return p_bytes(b.data, (int)b.len);
}

struct param p_uuids(struct call *c, const struct uuid *ids, int count)
{
    struct buf b = array_begin(c, OID_UUID, count);
    for (int i = 0; i < count; i++)
        array_put(&b, ids[i].bytes, sizeof ids[i].bytes);
    return p_bytes(b.data, (int)b.len);
}

struct param p_i16s(struct call *c, const int16_t *values, int count)
{
    struct buf b = array_begin(c, OID_INT2, count);
    for (int i = 0; i < count; i++) {
        uint16_t wire = htobe16((uint16_t)values[i]);
        array_put(&b, &wire, sizeof wire);
    }
    return p_bytes(b.data, (int)b.len);
}

struct param p_i64s(struct call *c, const int64_t *values, int count)
{
    struct buf b = array_begin(c, OID_INT8, count);
    for (int i = 0; i < count; i++) {
        uint64_t wire = htobe64((uint64_t)values[i]);
        array_put(&b, &wire, sizeof wire);
    }
    return p_bytes(b.data, (int)b.len);
}

struct param p_column(struct call *c, enum param_column type, const struct param *const *rows, int count,
                      int col)
{
    static const int oids[] = {OID_TEXT, OID_UUID, OID_TIMESTAMPTZ, OID_BYTEA};
    struct buf b = array_begin(c, oids[type], count);
    for (int i = 0; i < count; i++) {
        const struct param *value = &rows[i][col];
        if (value->data)
            array_put(&b, value->data, (size_t)value->len);
        else
            put_i32(&b, -1);
    }
    return p_bytes(b.data, (int)b.len);
}
