// SPDX-License-Identifier: Apache-2.0
// What must hold for every alert that a reader lets through: what the database and the screens rely on.
#pragma once

#include <string.h>

#include "server/codec/alert.h"
#include "server/codec/utf8.h"
#include "tests/fuzz/fuzz.h"

static inline void must_be_text(const char *text, size_t characters)
{
    size_t len = strlen(text);
    MUST(utf8_sound(text, len) == len);
    MUST(utf8_count(text) <= characters);
    for (size_t i = 0; i < len; i++)
        MUST((unsigned char)text[i] >= 0x20 || text[i] == '\n' || text[i] == '\t');
}

static inline void must_be_alert(const struct alert *alert)
{
    must_be_text(alert->title, 200);
    must_be_text(alert->description, 4000);
    must_be_text(alert->severity, 200);
    must_be_text(alert->key, ALERT_KEY_MOST);
    must_be_text(alert->source_url, 2000);
    MUST(*alert->title != '\0' && *alert->key != '\0' && strlen(alert->key) <= ALERT_KEY_MOST);
    MUST(*alert->source_url == '\0' || strncmp(alert->source_url, "http", 4) == 0);
    MUST(alert->label_count <= ALERT_LABELS_MOST);
    for (size_t i = 0; i < alert->label_count; i++) {
        must_be_text(alert->labels[i]->name, 200);
        must_be_text(alert->labels[i]->value, 1000);
    }
}

static inline void must_be_batch(const struct alert_batch *batch)
{
    MUST(batch->count <= ALERTS_MOST && batch->truncated >= 0);
    for (size_t i = 0; i < batch->count; i++)
        must_be_alert(&batch->alerts[i]);
}
