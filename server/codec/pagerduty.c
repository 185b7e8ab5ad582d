// SPDX-License-Identifier: Apache-2.0
// PagerDuty Events v2: https://developer.pagerduty.com/docs/send-alert-event. Texts of errors are PagerDuty's
// manner: its clients show them as they are.
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "server/codec/alert.h"

#define KEY_MOST 255
#define SUMMARY_MOST 1024

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void complain(struct alert_errors *errors, const char *text)
{
    if (errors->count < sizeof errors->texts / sizeof errors->texts[0])
        errors->texts[errors->count++] = text;
}

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

static void check_payload(const json_t *payload, struct alert_errors *errors)
{
    static const char *const severities[] = {"critical", "error", "warning", "info", NULL};
    if (!json_is_object(payload)) {
        complain(errors, "'payload' is missing or blank");
        return;
    }
    if (*text_of(payload, "summary") == '\0')
        complain(errors, "'payload.summary' is missing or blank");
    if (count_characters(text_of(payload, "summary")) > SUMMARY_MOST)
        complain(errors, "Length of 'payload.summary' is incorrect (should be at most 1024 characters)");
    if (*text_of(payload, "source") == '\0')
        complain(errors, "'payload.source' is missing or blank");
    if (*text_of(payload, "severity") == '\0')
        complain(errors, "'payload.severity' is missing or blank");
    else if (!is_one_of(text_of(payload, "severity"), severities))
        complain(errors,
                 "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', "
                 "'error' or 'info')");
}

static void check_event(const json_t *root, struct alert *alert, struct alert_errors *errors)
{
    const char *action = text_of(root, "event_action"), *key = text_of(root, "dedup_key");
    const json_t *key_value = json_object_get(root, "dedup_key");
    if (*action == '\0')
        complain(errors, "'event_action' is missing or blank");
    else if (strcmp(action, "trigger") == 0)
        alert->action = ALERT_FIRING;
    else if (strcmp(action, "acknowledge") == 0)
        alert->action = ALERT_ACKNOWLEDGED;
    else if (strcmp(action, "resolve") == 0)
        alert->action = ALERT_RESOLVED;
    else
        complain(errors,
                 "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or "
                 "'resolve')");
    if (key_value != NULL && !json_is_string(key_value) && !json_is_null(key_value))
        complain(errors, "'dedup_key' is invalid (must be a string)");
    if (strlen(key) > KEY_MOST)
        complain(errors, "Length of 'dedup_key' is incorrect (should be at most 255 characters)");
    if (*key == '\0' && (strcmp(action, "acknowledge") == 0 || strcmp(action, "resolve") == 0))
        complain(errors, "'dedup_key' is missing or blank");
    if (strcmp(action, "trigger") == 0)
        check_payload(json_object_get(root, "payload"), errors);
}

// A key of ours for an event without one: the same body again, such as a retry, is the same alert.
static const char *make_key(struct call *c, const char *body, size_t len)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)body, len, hash);
    char *key = call_alloc(c, 33);
    for (size_t i = 0; i < 16; i++)
        sprintf(key + 2 * i, "%02x", hash[i]);
    return key;
}

// "name: value" lines of the details that are plain values.
static const char *describe(struct call *c, const json_t *details)
{
    if (json_is_string(details))
        return alert_text(c, json_string_value(details), 4000);
    struct buf text = buf_in(&c->arena);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)details, name, value)
    {
        if (*alert_scalar(c, value) != '\0')
            buf_printf(&text, "%s%s: %s", text.len ? "\n" : "", name, alert_scalar(c, value));
    }
    return alert_text(c, buf_text(&text), 4000);
}

static void read_payload(struct call *c, const json_t *root, struct alert *alert)
{
    static const char *const names[] = {"source", "component", "group", "class", NULL};
    const json_t *payload = json_object_get(root, "payload");
    const char *title = alert_line(c, text_of(payload, "summary"), 200);
    const char *link = text_of(root, "client_url");
    if (*link == '\0')
        link = text_of(json_array_get(json_object_get(root, "links"), 0), "href");
    alert->title = *title ? title : "(無題の通知)";
    alert->description = describe(c, json_object_get(payload, "custom_details"));
    alert->severity = alert_line(c, text_of(payload, "severity"), 50);
    alert->source_url = alert_url(c, link);
    alert->started_at_us = alert_time(json_object_get(payload, "timestamp"));
    for (size_t i = 0; names[i] != NULL; i++)
        alert_label(c, alert, names[i], text_of(payload, names[i]));
    alert_label(c, alert, "client", text_of(root, "client"));
}

enum err pagerduty_read(struct call *c, const char *body, size_t len, struct alert *ret_alert,
                        const char **ret_routing_key, struct alert_errors *ret_errors)
{
    CLEANUP(json_drop) json_t *root = NULL;
    *ret_errors = (struct alert_errors){0};
    *ret_routing_key = "";
    TRY(alert_load(c, body, len, &root));
    struct alert alert = {.started_at_us = ALERT_TIME_UNKNOWN, .ended_at_us = ALERT_TIME_UNKNOWN};
    *ret_routing_key = arena_strdup(&c->arena, text_of(root, "routing_key"));
    check_event(root, &alert, ret_errors);
    if (ret_errors->count > 0)
        return call_fail(c, ERR_INVALID_ARGUMENT, "INVALID_EVENT", "イベントの形が正しくありません: %s",
                         "The event is not valid: %s", ret_errors->texts[0]);
    alert.key = alert_line(c, text_of(root, "dedup_key"), KEY_MOST);
    if (*alert.key == '\0')
        alert.key = make_key(c, body, len);
    read_payload(c, root, &alert);
    *ret_alert = alert;
    return ERR_OK;
}
