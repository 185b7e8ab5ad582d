// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP request: what passes the gate is unambiguous. The first byte is the length of the body.
#include <string.h>

#include "server/edge/gate.h"
#include "tests/fuzz/fuzz.h"

static bool knows(const char *path)
{
    return strncmp(path, "/sokuo.v1.", 10) == 0;
}

static size_t limit_of(const char *path)
{
    return 100;
}

static bool is_within(struct gate_text text, const char *head, size_t len)
{
    return text.base == NULL || (text.base >= head && text.len <= len && text.base + text.len <= head + len);
}

static void must_be_sound(const struct gate_request *req, const char *head, size_t len, size_t body_len)
{
    MUST(req->path.len > 0 && req->path.base[0] == '/');
    for (size_t i = 0; i < req->path.len; i++)
        MUST(strchr("/._-", req->path.base[i]) != NULL ||
             (req->path.base[i] >= '0' && req->path.base[i] <= 'z'));
    MUST(memmem(head, len, "\r\n\r\n", 4) == head + len - 4);
    MUST(memchr(head, '\0', len) == NULL);
    bool has_length = req->fields[GATE_FIELD_CONTENT_LENGTH].base != NULL;
    bool has_coding = req->fields[GATE_FIELD_TRANSFER_ENCODING].base != NULL;
    MUST(!(has_length && has_coding));
    MUST(has_length || has_coding || body_len == 0);
    MUST(req->method == GATE_POST || body_len == 0);
    MUST(req->fields[GATE_FIELD_HOST].len == 1 && (req->fields[GATE_FIELD_HOST].base[0] | 0x20) == 'h');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {"h"};
    static const struct gate_policy policy = {
        .hosts = hosts,
        .host_count = 1,
        .public_origin = "https://h",
        .rpc_knows = knows,
        .rpc_limit = limit_of,
        .ingest_limit = 50,
    };
    static const struct gate_peer peer = {.local_host = ""};
    if (size == 0)
        return 0;
    size_t body_len = data[0] >= '0' && data[0] <= '9' ? (size_t)(data[0] - '0') * 20 : 0;
    const char *head = (const char *)data + 1;
    size_t len = gate_head_len(head, size - 1);
    MUST(len <= size - 1);
    struct gate_request req;
    gate_check(&policy, &peer, head, len, body_len, &req);
    MUST(req.reason < GATE_REASON_COUNT && is_within(req.path, head, len) && is_within(req.query, head, len));
    for (int i = 0; i < GATE_FIELD_COUNT; i++)
        MUST(is_within(req.fields[i], head, len));
    if (req.reason == GATE_OK)
        must_be_sound(&req, head, len, body_len);
    return 0;
}
