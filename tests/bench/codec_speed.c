// SPDX-License-Identifier: Apache-2.0
// What one answer with twenty entries costs in the codec, by itself. Run: meson test -C build --benchmark -v
// codec_speed
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/codec/codec.h"
#include "server/codec/text.h"
#include "sokuo/v1/incident.pb-c.h"

#define ENTRIES 20
#define SERIES 5
#define ROUNDS 1000
#define ID "018f4e1a-0000-7000-8000-000000000001"

static const char entry_json[] =
    "{\"id\":\"" ID "\",\"incidentId\":\"" ID "\",\"seq\":12,\"kind\":\"ENTRY_KIND_REPORT\","
    "\"text\":\"本庁舎3階のネットワーク機器が再起動を繰り返しているとの連絡。情報政策課で現地確認中。\","
    "\"sender\":\"市民課 窓口係\",\"receiver\":\"情報政策課\",\"means\":\"MEANS_PHONE\","
    "\"certainty\":\"CERTAINTY_CONFIRMED\",\"occurredAt\":\"2026-04-01T00:12:34Z\","
    "\"recordedAt\":\"2026-04-01T00:13:00.123456Z\","
    "\"by\":{\"personId\":\"" ID "\",\"personName\":\"山田 太郎\",\"postName\":\"情報政策課長\"}}";
static const char incident_json[] =
    "{\"incident\":{\"id\":\"" ID
    "\",\"number\":\"2026-0042\",\"version\":12,\"title\":\"本庁舎ネットワーク障害\","
    "\"incidentType\":\"INCIDENT_TYPE_EQUIPMENT_FAILURE\",\"severity\":\"SEVERITY_S2\","
    "\"filedAt\":\"2026-04-01T00:10:00Z\",\"facts\":{\"place\":\"本庁舎3階\"}},\"entries\":[";

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static const ProtobufCMessageDescriptor *type;
static struct buf json, wire;
static ProtobufCMessage *message;

static enum err write_json(struct call *c)
{
    struct buf out = buf_in(&c->arena);
    return message_to_json(c, message, &out);
}

static enum err write_wire(struct call *c)
{
    struct buf out = buf_in(&c->arena);
    message_to_wire(c, message, &out);
    return ERR_OK;
}

static enum err read_json(struct call *c)
{
    ProtobufCMessage *read;
    return json_to_message(c, type, json.data, json.len, NULL, &read);
}

static enum err read_wire(struct call *c)
{
    ProtobufCMessage *read;
    return wire_to_message(c, type, wire.data, wire.len, &read);
}

static enum err check(struct call *c)
{
    return message_check(c, message);
}

// A description of 1,000 characters, folded, and its pairs.
static enum err fold(struct call *c)
{
    struct buf text = buf_in(&c->arena);
    for (int i = 0; i < 40; i++)
        buf_puts(&text, "本庁舎3階のネットワーク機器ガ再起動ヲ繰り返す。");
    const char *const *grams;
    return text_bigrams(c, text_fold(c, buf_text(&text)), 5000, &grams) > 0 ? ERR_OK : ERR_INTERNAL;
}

static void measure(const char *name, enum err (*step)(struct call *c))
{
    double best = 1e9;
    for (int series = 0; series < SERIES; series++) { // the best series: others share the machine
        double before = now_us();
        for (int i = 0; i < ROUNDS; i++) {
            struct call call;
            call_begin(&call, NULL, 16u << 20);
            if (step(&call) != ERR_OK)
                abort();
            call_end(&call);
        }
        double each = (now_us() - before) / ROUNDS;
        best = each < best ? each : best;
    }
    printf("%-12s %7.1f us\n", name, best);
}

int main(void)
{
    struct call call;
    codec_begin();
    call_begin(&call, NULL, 16u << 20);
    json = buf_in(&call.arena);
    buf_puts(&json, incident_json);
    for (int i = 0; i < ENTRIES; i++) {
        buf_puts(&json, i > 0 ? "," : "");
        buf_puts(&json, entry_json);
    }
    buf_puts(&json, "]}");
    type = codec_message("sokuo.v1.GetIncidentResponse");
    const struct json_options strict = {.reject_unknown_fields = true};
    if (json_to_message(&call, type, json.data, json.len, &strict, &message) != ERR_OK) {
        printf("%s\n", call.error_en);
        return 1;
    }
    wire = buf_in(&call.arena);
    message_to_wire(&call, message, &wire);
    printf("GetIncidentResponse with %d entries: JSON %zu bytes, protobuf %zu bytes\n", ENTRIES, json.len,
           wire.len);
    measure("write JSON", write_json);
    measure("write proto", write_wire);
    measure("read JSON", read_json);
    measure("read proto", read_wire);
    measure("check", check);
    measure("fold", fold);
    call_end(&call);
    return 0;
}
