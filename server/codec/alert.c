// SPDX-License-Identifier: Apache-2.0
#include "server/codec/alert.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "server/codec/time_text.h"

// A body of 512 kB could hold 170,000 empty lists: 40 MB of values. Honest ones have three containers an
// alert.
#define CONTAINERS_MOST 20000
#define DEPTH_MOST 64

// Counts what opens outside of strings. The parser decides whether it is JSON at all.
static bool is_bounded(const char *body, size_t len)
{
    size_t containers = 0;
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char at = body[i];
        if (at == '"')
            in_string = !in_string;
        else if (in_string && at == '\\')
            i++;
        else if (!in_string && (at == '{' || at == '[')) {
            containers++;
            depth++;
        } else if (!in_string && (at == '}' || at == ']'))
            depth--;
        if (depth > DEPTH_MOST || containers > CONTAINERS_MOST)
            return false;
    }
    return true;
}

enum err alert_load(struct call *c, const char *body, size_t len, json_t **ret_root)
{
    if (!is_bounded(body, len))
        return call_fail(
            c, ERR_INVALID_ARGUMENT, "TOO_COMPLEX",
            "本文の入れ子または要素が多すぎます(入れ子は%dまで)。分けて送ってください。",
            "The body is nested too deep or holds too many lists and objects (depth %d at most). "
            "Send it in parts.",
            DEPTH_MOST);
    json_error_t error;
    json_t *root = json_loadb(body, len, 0, &error);
    if (root == NULL)
        return call_fail(c, ERR_INVALID_ARGUMENT, "BAD_JSON",
                         "本文がJSONとして読めません(%d行%d文字目: %s)。",
                         "The body is not JSON (line %d, column %d: %s).", error.line, error.column,
                         alert_line(c, error.text, 100));
    *ret_root = root;
    return ERR_OK;
}

// jansson let only sound UTF-8 through, so that bytes that begin a character tell them apart.
static const char *cut(struct call *c, const char *text, size_t most, const char *kept)
{
    if (text == NULL)
        return "";
    size_t characters = 0, len = 0;
    for (; text[len] != '\0'; len++) {
        bool begins = ((unsigned char)text[len] & 0xC0) != 0x80;
        if (begins && characters++ == most)
            break;
    }
    char *copy = arena_strndup(&c->arena, text, len);
    for (char *at = copy; *at != '\0'; at++) {
        if (((unsigned char)*at < 0x20 || *at == 0x7F) && strchr(kept, *at) == NULL)
            *at = ' ';
    }
    return copy;
}

const char *alert_line(struct call *c, const char *text, size_t most)
{
    return cut(c, text, most, "");
}

const char *alert_text(struct call *c, const char *text, size_t most)
{
    return cut(c, text, most, "\n\t");
}

const char *alert_scalar(struct call *c, const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        return json_string_value(value);
    case JSON_INTEGER:
        return call_printf(c, "%lld", (long long)json_integer_value(value));
    case JSON_REAL:
        return call_printf(c, "%.15g", json_real_value(value));
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_NULL:
        break;
    }
    return "";
}

const char *alert_url(struct call *c, const char *url)
{
    if (url == NULL || strlen(url) > 2000)
        return "";
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return "";
    return alert_line(c, url, 2000);
}

const char *alert_key(struct call *c, const char *key)
{
    size_t len = strlen(key);
    if (len <= ALERT_KEY_MOST)
        return alert_line(c, key, ALERT_KEY_MOST);
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)key, len, hash);
    char *text = call_alloc(c, 8 + 2 * sizeof hash);
    char *at = stpcpy(text, "sha256:");
    for (size_t i = 0; i < sizeof hash; i++)
        at += sprintf(at, "%02x", hash[i]);
    return text;
}

void alert_label(struct call *c, struct alert *alert, const char *name, const char *value)
{
    if (alert->label_count == ALERT_LABELS_MOST || *name == '\0' || *value == '\0')
        return;
    for (size_t i = 0; i < alert->label_count; i++) {
        if (strcmp(alert->labels[i]->name, name) == 0)
            return;
    }
    if (alert->labels == NULL)
        alert->labels = call_alloc(c, ALERT_LABELS_MOST * sizeof(Sokuo__V1__Label *));
    Sokuo__V1__Label *label = call_alloc(c, sizeof *label);
    sokuo__v1__label__init(label);
    label->name = (char *)alert_line(c, name, 200);
    label->value = (char *)alert_line(c, value, 1000);
    alert->labels[alert->label_count++] = label;
}

int64_t alert_time(const json_t *value)
{
    int64_t whole_s;
    int32_t nanos;
    if (json_is_string(value)) {
        bool is_time = time_parse(json_string_value(value), &whole_s, &nanos) && whole_s > 0;
        return is_time ? whole_s * 1000000 + nanos / 1000 : ALERT_TIME_UNKNOWN;
    }
    double seconds = json_is_number(value) ? json_number_value(value) : 0;
    if (seconds >= 1e11)
        seconds /= 1000; // milliseconds, as Grafana and Java write them
    if (!(seconds > 0) || seconds > 253402300799.0)
        return ALERT_TIME_UNKNOWN; // before 1970, after 9999, or not a number
    return (int64_t)(seconds * 1e6 + 0.5);
}
