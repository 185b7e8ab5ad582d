// SPDX-License-Identifier: Apache-2.0
// One JSON object a line on standard error. Libraries return; the edge and the engines log. Never a secret, a
// body or a person's text.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *key;
    const char *text; // NULL: number counts
    int64_t number;
};

static inline struct log_field log_field_text(const char *key, const char *text)
{
    return (struct log_field){.key = key, .text = text ? text : ""};
}
#define LOG_S(k, v) log_field_text(k, v)
#define LOG_I(k, v) ((struct log_field){.key = (k), .number = (int64_t)(v)})

// Least level that is written; LOG_INFO at first.
void log_set_level(enum log_level level);
// Name of this process in every line, such as "edge1". Also looks whether journald is listening.
void log_set_process(const char *name);
// Writes {"time":…,"level":…,"process":…,"event":…, fields…}. Under journald with a <N> prefix.
void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t count);

// From now on, debug and info lines of this thread wait for log_flush. A warning or an error is written at
// once, behind what waits.
void log_gather(void);
// Something waits for log_flush.
bool log_waits(void);
// Writes what waits.
void log_flush(void);

#define LOG(level, event, ...)                                 \
    log_event(level, event, (struct log_field[]){__VA_ARGS__}, \
              sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define log_debug(event, ...) LOG(LOG_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) LOG(LOG_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) LOG(LOG_WARN, event, __VA_ARGS__)
#define log_error(event, ...) LOG(LOG_ERROR, event, __VA_ARGS__)
