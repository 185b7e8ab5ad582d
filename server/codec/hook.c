// SPDX-License-Identifier: Apache-2.0
// Any JSON, read by a mapping of JSON Pointers. Without a mapping a plain form is taken:
// {"title", "description", "severity", "dedup_key", "status": "resolved", "url", "started_at"}.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/codec/alert.h"
#include "server/codec/json_pointer.h"

static bool is_empty(const Sokuo__V1__HookMapping *m)
{
    return !*m->items && !*m->title && !*m->description && !*m->dedup_key && !*m->severity && !*m->resolved &&
           !*m->source_url && !*m->started_at && m->n_labels == 0 && m->n_severity_values == 0;
}

// protobuf-c's texts are not const; nobody writes to these.
static char *unconst(const char *text)
{
    return (char *)text;
}

static Sokuo__V1__HookMapping plain_mapping(void)
{
    Sokuo__V1__HookMapping plain = SOKUO__V1__HOOK_MAPPING__INIT;
    plain.title = unconst("/title");
    plain.description = unconst("/description");
    plain.dedup_key = unconst("/dedup_key");
    plain.severity = unconst("/severity");
    plain.resolved = unconst("/status");
    plain.source_url = unconst("/url");
    plain.started_at = unconst("/started_at");
    return plain;
}

// An empty pointer in a mapping means "not mapped", not the whole value.
static json_t *point(json_t *value, const char *pointer)
{
    return *pointer ? json_pointer_get(value, pointer) : NULL;
}

static const char *text_at(struct call *c, json_t *value, const char *pointer)
{
    return alert_scalar(c, point(value, pointer));
}

static const char *dump(struct call *c, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *copy = arena_strdup(&c->arena, text ? text : "");
    free(text);
    return copy;
}

static const char *severity_of(struct call *c, const Sokuo__V1__HookMapping *mapping, json_t *value)
{
    const char *word = text_at(c, value, mapping->severity);
    for (size_t i = 0; i < mapping->n_severity_values; i++) {
        if (strcasecmp(mapping->severity_values[i]->name, word) == 0)
            return mapping->severity_values[i]->value;
    }
    return alert_line(c, word, 50);
}

static bool is_over(struct call *c, const Sokuo__V1__HookMapping *mapping, json_t *value)
{
    const char *over = *mapping->resolved_value ? mapping->resolved_value : "resolved";
    return *mapping->resolved && strcasecmp(text_at(c, value, mapping->resolved), over) == 0;
}

// A body that the mapping finds no title in comes in all the same, under its own text: an alert must not be
// lost because somebody renamed a field.
static void read_value(struct call *c, const Sokuo__V1__HookMapping *mapping, json_t *value,
                       struct alert *alert)
{
    const char *title = alert_line(c, text_at(c, value, mapping->title), 200);
    const char *key = text_at(c, value, mapping->dedup_key);
    alert->action = is_over(c, mapping, value) ? ALERT_RESOLVED : ALERT_FIRING;
    alert->title = *title ? title : alert_line(c, dump(c, value), 200);
    alert->description = alert_text(c, text_at(c, value, mapping->description), 4000);
    alert->key = alert_key(c, *key ? key : call_printf(c, "title:%s", alert->title));
    alert->severity = severity_of(c, mapping, value);
    alert->source_url = alert_url(c, text_at(c, value, mapping->source_url));
    alert->started_at_us = alert_time(point(value, mapping->started_at));
    alert->ended_at_us = ALERT_TIME_UNKNOWN;
    for (size_t i = 0; i < mapping->n_labels; i++)
        alert_label(c, alert, mapping->labels[i]->name, text_at(c, value, mapping->labels[i]->value));
}

enum err hook_read(struct call *c, const Sokuo__V1__HookMapping *mapping, const char *body, size_t len,
                   struct alert_batch *ret_batch)
{
    CLEANUP(json_drop) json_t *root = NULL;
    TRY(alert_load(c, body, len, &root));
    Sokuo__V1__HookMapping plain = plain_mapping();
    if (is_empty(mapping))
        mapping = &plain;
    json_t *items = json_pointer_get(root, mapping->items);
    if (items == NULL)
        return call_fail(c, ERR_INVALID_ARGUMENT, "NOTHING_THERE",
                         "連携の設定が指す一覧(%s)が本文にありません。送る側の形か設定を直してください。",
                         "The list that the mapping points at (%s) is not in the body. Correct the sender or "
                         "the mapping.",
                         mapping->items);

    size_t total = json_is_array(items) ? json_array_size(items) : 1;
    struct alert_batch batch = {.count = total < ALERTS_MOST ? total : ALERTS_MOST};
    batch.truncated = (int)(total - batch.count);
    batch.alerts = call_alloc(c, (batch.count + 1) * sizeof(struct alert));
    for (size_t i = 0; i < batch.count; i++) {
        json_t *value = json_is_array(items) ? json_array_get(items, i) : items;
        read_value(c, mapping, value, &batch.alerts[i]);
        if (total > 1)
            batch.alerts[i].raw = dump(c, value);
    }
    *ret_batch = batch;
    return ERR_OK;
}

static enum err check_pointer(struct call *c, const char *field, const char *pointer)
{
    if (json_pointer_check(pointer))
        return ERR_OK;
    return call_fail_field(
        c, call_printf(c, "mapping.%s", field), "BAD_POINTER",
        "「%s」はJSON Pointerではありません。/alerts/0/title のように / で始めてください。",
        "\"%s\" is not a JSON Pointer. Begin with '/', such as /alerts/0/title.", pointer);
}

static enum err check_severity(struct call *c, const Sokuo__V1__Label *value)
{
    static const char *const words[] = {"S0", "S1", "S2", "S3", "S4"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(value->value, words[i]) == 0)
            return ERR_OK;
    }
    return call_fail_field(c, "mapping.severityValues", "BAD_SEVERITY",
                           "重大度の対応先「%s」は S0 から S4 のどれかにしてください。",
                           "\"%s\" is not a severity: map to one of S0 to S4.", value->value);
}

enum err hook_mapping_check(struct call *c, const Sokuo__V1__HookMapping *mapping)
{
    TRY(check_pointer(c, "items", mapping->items));
    TRY(check_pointer(c, "title", mapping->title));
    TRY(check_pointer(c, "description", mapping->description));
    TRY(check_pointer(c, "dedupKey", mapping->dedup_key));
    TRY(check_pointer(c, "severity", mapping->severity));
    TRY(check_pointer(c, "resolved", mapping->resolved));
    TRY(check_pointer(c, "sourceUrl", mapping->source_url));
    TRY(check_pointer(c, "startedAt", mapping->started_at));
    for (size_t i = 0; i < mapping->n_labels; i++)
        TRY(check_pointer(c, call_printf(c, "labels[%zu].value", i), mapping->labels[i]->value));
    for (size_t i = 0; i < mapping->n_severity_values; i++)
        TRY(check_severity(c, mapping->severity_values[i]));
    return ERR_OK;
}
