// SPDX-License-Identifier: Apache-2.0
// What monitoring systems say, in one shape: the readers of three kinds of bodies fill it, ingest stores it.
// Texts are cut to what the queue keeps, hold no control characters but line breaks, and live in the call's
// arena.
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/call.h"
#include "sokuo/v1/intake.pb-c.h"

enum alert_action { ALERT_FIRING, ALERT_ACKNOWLEDGED, ALERT_RESOLVED };

#define ALERT_TIME_UNKNOWN INT64_MIN
#define ALERTS_MOST 500      // of one body; the rest counts as truncated
#define ALERT_LABELS_MOST 40 // of one alert
#define ALERT_KEY_MOST 255   // bytes; longer keys are hashed
#define ALERT_RAW_MOST ((size_t)256 * 1024)

struct alert {
    enum alert_action action;
    const char *key;         // never empty
    const char *title;       // never empty
    const char *description; // may be empty
    const char *severity;    // the source's word; empty = 不明
    const char *source_url;  // http or https, or empty
    const char *raw;         // its part of the body; NULL = the whole body
    Sokuo__V1__Label **labels;
    size_t label_count;
    int64_t started_at_us, ended_at_us; // or ALERT_TIME_UNKNOWN
};

struct alert_batch {
    struct alert *alerts;
    size_t count;
    int truncated; // the source left out this many, or we did beyond ALERTS_MOST
};

// What PagerDuty answers to an event that is not one.
struct alert_errors {
    const char *texts[8];
    size_t count;
};

// Prometheus Alertmanager's webhook, version 4; Grafana's superset of it.
enum err alertmanager_read(struct call *c, const char *body, size_t len,
                           struct alert_batch *ret_batch) MUST_USE;
// One PagerDuty Events v2 event. A trigger without dedup_key gets one. INVALID_ARGUMENT fills ret_errors when
// the body is JSON. ret_routing_key is "" when there is none.
enum err pagerduty_read(struct call *c, const char *body, size_t len, struct alert *ret_alert,
                        const char **ret_routing_key, struct alert_errors *ret_errors) MUST_USE;
// Any JSON, by a mapping.
enum err hook_read(struct call *c, const Sokuo__V1__HookMapping *mapping, const char *body, size_t len,
                   struct alert_batch *ret_batch) MUST_USE;
// Refuses a mapping whose pointers are none; names the field.
enum err hook_mapping_check(struct call *c, const Sokuo__V1__HookMapping *mapping) MUST_USE;

// For the readers.

// Parses a body whose depth and number of containers are bounded. The caller owns the result.
enum err alert_load(struct call *c, const char *body, size_t len, json_t **ret_root) MUST_USE;
static inline void json_drop(json_t **value)
{
    json_decref(*value);
}
// One line of at most so many characters: control characters become spaces. "" for NULL.
const char *alert_line(struct call *c, const char *text, size_t most);
// As alert_line, keeping line breaks and tabs.
const char *alert_text(struct call *c, const char *text, size_t most);
// A string as it is, a number, true or false as text; "" for everything else.
const char *alert_scalar(struct call *c, const json_t *value);
// The address when it is one that a person may follow, else "".
const char *alert_url(struct call *c, const char *url);
// The key itself, or a hash of it when it is longer than ALERT_KEY_MOST.
const char *alert_key(struct call *c, const char *key);
// Adds a label unless there are ALERT_LABELS_MOST or one of that name.
void alert_label(struct call *c, struct alert *alert, const char *name, const char *value);
// RFC 3339 text, or Unix seconds or milliseconds; ALERT_TIME_UNKNOWN for anything else and for year 1.
int64_t alert_time(const json_t *value);
