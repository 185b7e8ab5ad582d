// SPDX-License-Identifier: Apache-2.0
// Numbers, words, bytes and enums out of JSON: exact, or refused.
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "google/protobuf/struct.pb-c.h"
#include "server/codec/json_read.h"

#define INT64_LIMIT 9223372036854775808.0   // 2^63
#define UINT64_LIMIT 18446744073709551616.0 // 2^64

// A whole number of up to 64 bits, with its sign apart: int64 and uint64 in one.
struct whole {
    bool is_negative;
    uint64_t magnitude;
};

// A number as JSON writes it, and nothing else: strtod alone would take hexadecimal, spaces and "inf".
static bool double_parse(const char *text, double *ret_value)
{
    size_t digits = strspn(text, "-0123456789.eE+");
    if (digits == 0 || text[digits] != '\0' || text[0] == '+')
        return false;
    char *end;
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

static bool whole_of_double(double value, struct whole *ret_whole)
{
    if (!isfinite(value) || value != trunc(value) || fabs(value) >= UINT64_LIMIT)
        return false;
    *ret_whole = (struct whole){value < 0, (uint64_t)fabs(value)};
    return true;
}

static bool whole_parse(const char *text, struct whole *ret_whole)
{
    bool is_negative = text[0] == '-';
    const char *digits = text + is_negative;
    size_t len = strspn(digits, "0123456789");
    if (len == 0 || digits[len] != '\0') {
        double value;
        return double_parse(text, &value) && whole_of_double(value, ret_whole);
    }
    errno = 0;
    uint64_t magnitude = strtoull(digits, NULL, 10);
    if (errno == ERANGE)
        return false;
    *ret_whole = (struct whole){is_negative, magnitude};
    return true;
}

static bool whole_of_json(const json_t *json, struct whole *ret_whole)
{
    if (json_is_integer(json)) {
        long long value = json_integer_value(json);
        *ret_whole = (struct whole){value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value};
        return true;
    }
    if (json_is_real(json))
        return whole_of_double(json_real_value(json), ret_whole);
    return json_is_string(json) && strlen(json_string_value(json)) == json_string_length(json) &&
           whole_parse(json_string_value(json), ret_whole);
}

// Stores the number when it fits the field's type.
static bool whole_store(struct whole whole, ProtobufCType type, void *slot)
{
    bool is_signed = type == PROTOBUF_C_TYPE_INT32 || type == PROTOBUF_C_TYPE_SINT32 ||
                     type == PROTOBUF_C_TYPE_SFIXED32 || type == PROTOBUF_C_TYPE_INT64 ||
                     type == PROTOBUF_C_TYPE_SINT64 || type == PROTOBUF_C_TYPE_SFIXED64 ||
                     type == PROTOBUF_C_TYPE_ENUM;
    bool is_wide = scalar_size(type) == 8;
    uint64_t max = is_wide ? UINT64_MAX : UINT32_MAX;
    if (is_signed)
        max = max / 2 + whole.is_negative; // the negative side reaches one further
    else if (whole.is_negative)
        max = 0;
    if (whole.magnitude > max)
        return false;
    uint64_t value = whole.is_negative ? 0 - whole.magnitude : whole.magnitude;
    if (is_wide)
        *(uint64_t *)slot = value;
    else
        *(uint32_t *)slot = (uint32_t)value;
    return true;
}

static bool double_of_json(const json_t *json, double *ret_value)
{
    if (json_is_number(json)) {
        *ret_value = json_number_value(json);
        return true;
    }
    if (!json_is_string(json))
        return false;
    const char *text = json_string_value(json);
    if (strcmp(text, "NaN") == 0)
        *ret_value = (double)NAN;
    else if (strcmp(text, "Infinity") == 0)
        *ret_value = (double)INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *ret_value = (double)-INFINITY;
    else
        return double_parse(text, ret_value);
    return true;
}

static bool float_store(double value, ProtobufCType type, void *slot)
{
    if (type == PROTOBUF_C_TYPE_DOUBLE) {
        *(double *)slot = value;
        return true;
    }
    if (isfinite(value) && fabs(value) > (double)FLT_MAX)
        return false;
    *(float *)slot = (float)value;
    return true;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

// Standard or URL-safe, padded or not. out has room for 3/4 of len.
static bool base64_decode(const char *text, size_t len, uint8_t *out, size_t *ret_len)
{
    while (len > 0 && text[len - 1] == '=')
        len--;
    size_t at = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            out[at++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *ret_len = at;
    return len % 4 != 1;
}

static enum err read_bytes(struct json_reader *r, const json_t *json, const struct path *path, void *slot)
{
    ProtobufCBinaryData *bytes = slot;
    if (!json_is_string(json))
        return read_refused(r, path, "Base64の文字列", "a base64 string");
    size_t len = json_string_length(json);
    bytes->data = read_alloc(r, len / 4 * 3 + 3);
    if (bytes->data == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    if (!base64_decode(json_string_value(json), len, bytes->data, &bytes->len))
        return read_refused(r, path, "Base64の文字列", "a base64 string");
    return ERR_OK;
}

static enum err read_string(struct json_reader *r, const json_t *json, const struct path *path, void *slot)
{
    if (!json_is_string(json))
        return read_refused(r, path, "文字列", "a string");
    size_t len = json_string_length(json);
    if (memchr(json_string_value(json), '\0', len) != NULL)
        return call_fail_field(
            r->call, path_text(r->call, path), "BAD_CHARACTER",
            "「%s」に使えない文字(NUL)があります。その文字を消してもう一度送信してください。",
            "%s has a NUL character. Remove it and send again.", path_text(r->call, path));
    char *copy = read_alloc(r, len + 1);
    if (copy == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    *(char **)slot = memcpy(copy, json_string_value(json), len);
    return ERR_OK;
}

static enum err read_enum(struct json_reader *r, const json_t *json, const ProtobufCEnumDescriptor *type,
                          const struct path *path, void *slot, enum taken *ret_taken)
{
    struct whole whole;
    if (json_is_null(json) && type == &google__protobuf__null_value__descriptor)
        return ERR_OK; // its only value is 0
    if (json_is_string(json)) {
        const ProtobufCEnumValue *value =
            protobuf_c_enum_descriptor_get_value_by_name(type, json_string_value(json));
        if (value != NULL) {
            *(int *)slot = value->value;
            return ERR_OK;
        }
        if (r->options.ignore_unknown_enum_names) {
            *ret_taken = TAKEN_IGNORED;
            return ERR_OK;
        }
    } else if (whole_of_json(json, &whole) && whole_store(whole, PROTOBUF_C_TYPE_ENUM, slot)) {
        return ERR_OK;
    }
    return read_refused(r, path, "決められた選択肢のどれか", "one of the known values");
}

enum err read_scalar(struct json_reader *r, const json_t *json, const ProtobufCFieldDescriptor *field,
                     const struct path *path, void *slot, enum taken *ret_taken)
{
    struct whole whole;
    double value;
    *ret_taken = TAKEN_YES;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return read_string(r, json, path, slot);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(r, json, path, slot);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(r, json, field->descriptor, path, slot, ret_taken);
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json))
            return read_refused(r, path, "trueかfalse", "true or false");
        *(protobuf_c_boolean *)slot = json_is_true(json);
        return ERR_OK;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        if (!double_of_json(json, &value) || !float_store(value, field->type, slot))
            return read_refused(r, path, "範囲内の数", "a number within range");
        return ERR_OK;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        if (!whole_of_json(json, &whole) || !whole_store(whole, field->type, slot))
            return read_refused(r, path, "範囲内の整数", "a whole number within range");
        return ERR_OK;
    }
}

enum err read_map_key(struct json_reader *r, const char *key, const ProtobufCFieldDescriptor *field,
                      const struct path *path, void *slot)
{
    struct whole whole;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        size_t len = strlen(key);
        char *copy = read_alloc(r, len + 1);
        if (copy == NULL)
            return ERR_RESOURCE_EXHAUSTED;
        *(char **)slot = memcpy(copy, key, len + 1);
        return ERR_OK;
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        if (strcmp(key, "true") != 0 && strcmp(key, "false") != 0)
            return read_refused(r, path, "trueかfalseの見出し", "an object with the keys true or false");
        *(protobuf_c_boolean *)slot = key[0] == 't';
        return ERR_OK;
    }
    if (!whole_parse(key, &whole) || !whole_store(whole, field->type, slot))
        return read_refused(r, path, "範囲内の整数の見出し", "an object with whole numbers as keys");
    return ERR_OK;
}
