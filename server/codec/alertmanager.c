// SPDX-License-Identifier: Apache-2.0
// Prometheus Alertmanager's webhook version 4, as captured from 0.25, and Grafana's superset of it. Unknown
// fields are welcome. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
#include <string.h>

#include "server/codec/alert.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

// The first of several names that has a text.
static const char *first_of(const json_t *object, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (*text_of(object, *names) != '\0')
            return text_of(object, *names);
    }
    return "";
}

static void read_labels(struct call *c, const json_t *labels, struct alert *alert)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)labels, name, value) alert_label(c, alert, name, alert_scalar(c, value));
}

// Summary as the rule's author wrote it, else the alert's name and where it is.
static const char *title_of(struct call *c, const json_t *labels, const json_t *annotations)
{
    static const char *const names[] = {"summary", "title", NULL};
    const char *title = first_of(annotations, names);
    const char *name = text_of(labels, "alertname"), *instance = text_of(labels, "instance");
    if (*title == '\0' && *name != '\0')
        title = *instance ? call_printf(c, "%s (%s)", name, instance) : name;
    return alert_line(c, *title ? title : "(無題の通知)", 200);
}

// The same alert has the same fingerprint; one that began anew has another start (ecosystem reference 6). The
// fingerprint is a hash of the labels: where it is missing, ours is.
static const char *key_of(struct call *c, const json_t *entry, const json_t *labels)
{
    const char *fingerprint = text_of(entry, "fingerprint");
    if (*fingerprint == '\0') {
        char *dump = json_dumps(labels, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        fingerprint = arena_strdup(&c->arena, dump ? dump : "");
        free(dump);
    }
    return alert_key(c, call_printf(c, "%s/%s", fingerprint, text_of(entry, "startsAt")));
}

static enum err read_status(struct call *c, const json_t *root, const json_t *entry, size_t index,
                            enum alert_action *ret_action)
{
    const char *status = *text_of(entry, "status") ? text_of(entry, "status") : text_of(root, "status");
    if (strcmp(status, "firing") == 0)
        *ret_action = ALERT_FIRING;
    else if (strcmp(status, "resolved") == 0)
        *ret_action = ALERT_RESOLVED;
    else
        return call_fail_field(c, call_printf(c, "alerts[%zu].status", index), "BAD_STATUS",
                               "alerts[%zu].status は firing か resolved にしてください。",
                               "alerts[%zu].status must be firing or resolved.", index);
    return ERR_OK;
}

static enum err read_entry(struct call *c, const json_t *root, const json_t *entry, size_t index,
                           struct alert *alert)
{
    static const char *const descriptions[] = {"description", "message", NULL};
    static const char *const severities[] = {"severity", "priority", NULL};
    static const char *const links[] = {"panelURL", "dashboardURL", "generatorURL", NULL};
    if (!json_is_object(entry))
        return call_fail_field(c, call_printf(c, "alerts[%zu]", index), "NOT_AN_OBJECT",
                               "alerts[%zu] はオブジェクトにしてください。", "alerts[%zu] must be an object.",
                               index);
    TRY(read_status(c, root, entry, index, &alert->action));
    const json_t *labels = json_object_get(entry, "labels");
    const json_t *annotations = json_object_get(entry, "annotations");
    const char *link = first_of(entry, links);
    alert->title = title_of(c, labels, annotations);
    alert->description = alert_text(c, first_of(annotations, descriptions), 4000);
    alert->severity = alert_line(c, first_of(labels, severities), 50);
    alert->key = key_of(c, entry, labels);
    alert->source_url = alert_url(c, *link ? link : text_of(root, "externalURL"));
    alert->started_at_us = alert_time(json_object_get(entry, "startsAt"));
    alert->ended_at_us = alert_time(json_object_get(entry, "endsAt"));
    read_labels(c, labels, alert);
    return ERR_OK;
}

// Of a body with several alerts each item keeps its own part, so that a group of 500 is not kept 500 times.
static const char *raw_of(struct call *c, const json_t *entry)
{
    char *dump = json_dumps(entry, JSON_COMPACT);
    const char *raw = arena_strdup(&c->arena, dump);
    free(dump);
    return raw;
}

enum err alertmanager_read(struct call *c, const char *body, size_t len, struct alert_batch *ret_batch)
{
    CLEANUP(json_drop) json_t *root = NULL;
    TRY(alert_load(c, body, len, &root));
    const json_t *alerts = json_object_get(root, "alerts");
    if (!json_is_array(alerts))
        return call_fail_field(
            c, "alerts", "REQUIRED",
            "alerts がありません。Alertmanagerのwebhook(version 4)の形で送ってください。",
            "There is no list named alerts. Send Alertmanager's webhook format, version 4.");

    size_t total = json_array_size(alerts);
    struct alert_batch batch = {.count = total < ALERTS_MOST ? total : ALERTS_MOST};
    json_int_t left_out = json_integer_value(json_object_get(root, "truncatedAlerts"));
    batch.truncated = (int)(total - batch.count) + (left_out > 0 && left_out < 1000000 ? (int)left_out : 0);
    batch.alerts = call_alloc(c, (batch.count + 1) * sizeof(struct alert));
    for (size_t i = 0; i < batch.count; i++) {
        const json_t *entry = json_array_get(alerts, i);
        TRY(read_entry(c, root, entry, i, &batch.alerts[i]));
        if (total > 1)
            batch.alerts[i].raw = raw_of(c, entry);
    }
    *ret_batch = batch;
    return ERR_OK;
}
