// SPDX-License-Identifier: Apache-2.0
#include "server/edge/reply.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "server/edge/gate.h"
#include "server/edge/metrics.h"

#define CSP                                                                                               \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " \
    "font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "      \
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
#define PERMISSIONS                                                                               \
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), "          \
    "geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), " \
    "picture-in-picture=(), serial=(), usb=(), xr-spatial-tracking=()"

static const char *const SECURITY[][2] = {
    {"content-security-policy", CSP},
    {"x-content-type-options", "nosniff"},
    {"referrer-policy", "no-referrer"},
    {"cross-origin-opener-policy", "same-origin"},
    {"cross-origin-resource-policy", "same-origin"},
    {"permissions-policy", PERMISSIONS},
    {"strict-transport-security", "max-age=63072000"}, // the last: only where asked for
};
#define SECURITY_COUNT (sizeof SECURITY / sizeof SECURITY[0])

// The same in libh2o's words, made once: every answer copies the entries.
static h2o_iovec_t security_names[SECURITY_COUNT];
static h2o_header_t security_headers[SECURITY_COUNT];
static size_t security_count;

static h2o_iovec_t iovec_of(const char *text)
{
    return h2o_iovec_init(text, strlen(text));
}

static const char *reason_phrase(int status)
{
    switch (status) {
#define X(code, phrase) \
    case code:          \
        return phrase;
        X(200, "OK")
        X(201, "Created")
        X(202, "Accepted")
        X(204, "No Content")
        X(304, "Not Modified")
        X(400, "Bad Request")
        X(401, "Unauthorized")
        X(403, "Forbidden")
        X(404, "Not Found")
        X(405, "Method Not Allowed")
        X(409, "Conflict")
        X(413, "Content Too Large")
        X(414, "URI Too Long")
        X(415, "Unsupported Media Type")
        X(417, "Expectation Failed")
        X(421, "Misdirected Request")
        X(429, "Too Many Requests")
        X(431, "Request Header Fields Too Large")
        X(499, "Client Closed Request")
        X(500, "Internal Server Error")
        X(501, "Not Implemented")
        X(503, "Service Unavailable")
        X(504, "Gateway Timeout")
#undef X
    default:
        return "Other";
    }
}

static void add(h2o_req_t *req, h2o_iovec_t *name, h2o_iovec_t value)
{
    h2o_headers_t *headers = &req->res.headers;
    h2o_vector_reserve(&req->pool, headers, headers->size + 1);
    headers->entries[headers->size++] = (h2o_header_t){.name = name, .value = value};
}

static bool is_head(const h2o_req_t *req)
{
    return req->input.method.len == 4 && memcmp(req->input.method.base, "HEAD", 4) == 0;
}

// A field of a protobuf message: key, length, text. Lengths here are below 16,384.
static size_t put_text(uint8_t *out, int field, const char *text)
{
    size_t len = strlen(text), at = 0;
    if (len == 0)
        return 0;
    out[at++] = (uint8_t)(field << 3 | 2);
    if (len >= 0x80)
        out[at++] = (uint8_t)((len & 0x7f) | 0x80);
    out[at++] = (uint8_t)(len >= 0x80 ? len >> 7 : len);
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length stands before it
    memcpy(out + at, text, len);
    return at + len;
}

static size_t put_number(uint8_t *out, int field, uint32_t number)
{
    size_t at = 0;
    if (number == 0)
        return 0;
    out[at++] = (uint8_t)(field << 3);
    for (; number >= 0x80; number >>= 7)
        out[at++] = (uint8_t)((number & 0x7f) | 0x80);
    out[at++] = (uint8_t)number;
    return at;
}

// sokuo.v1.ErrorInfo in base64 without padding, as the Connect protocol wants details.
static void error_info(h2o_mem_pool_t *pool, char *out, const char *reason, const char *ja, const char *en,
                       size_t limit)
{
    uint8_t *message = h2o_mem_alloc_pool(pool, strlen(reason) + strlen(ja) + strlen(en) + 24);
    size_t len = put_text(message, 1, reason);
    len += put_text(message + len, 3, ja);
    len += put_text(message + len, 4, en);
    len += put_number(message + len, 6, (uint32_t)limit);
    int text_len = EVP_EncodeBlock((unsigned char *)out, message, (int)len);
    while (text_len > 0 && out[text_len - 1] == '=')
        out[--text_len] = '\0';
}

// The inside of a JSON string.
static const char *json_text(h2o_req_t *req, const char *text)
{
    size_t cap = strlen(text) * 6 + 1, at = 0;
    char *out = h2o_mem_alloc_pool(&req->pool, cap);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            out[at++] = '\\';
        if ((unsigned char)*text < 0x20)
            at += (size_t)snprintf(out + at, cap - at, "\\u%04x", (unsigned char)*text);
        else
            out[at++] = *text;
    }
    out[at] = '\0';
    return out;
}

h2o_iovec_t reply_error_json(h2o_req_t *req, const char *word, const char *reason, const char *ja,
                             const char *en, bool in_english, size_t limit)
{
    size_t size = 2 * (strlen(reason) + strlen(ja) + strlen(en)) + 64;
    char *info = h2o_mem_alloc_pool(&req->pool, size);
    error_info(&req->pool, info, reason, ja, en, limit);
    ja = json_text(req, ja);
    en = json_text(req, en);
    size = strlen(info) + 2 * (strlen(ja) + strlen(en)) + 2 * strlen(reason) + 256;
    char *json = h2o_mem_alloc_pool(&req->pool, size);
    int len = snprintf(
        json, size,
        "{\"code\":\"%s\",\"message\":\"%s\",\"details\":[{\"type\":\"sokuo.v1.ErrorInfo\",\"value\":"
        "\"%s\",\"debug\":{\"reason\":\"%s\",\"messageJa\":\"%s\",\"messageEn\":\"%s\"}}]}",
        word, in_english ? en : ja, info, reason, ja, en);
    return h2o_iovec_init(json, (size_t)len);
}

bool reply_in_english(const struct gate_request *gate)
{
    struct gate_text langs = gate->fields[GATE_FIELD_ACCEPT_LANGUAGE];
    for (size_t i = 0; i + 1 < langs.len; i++) {
        if (strncmp(langs.base + i, "ja", 2) == 0)
            return false;
        if (strncmp(langs.base + i, "en", 2) == 0)
            return true;
    }
    return false;
}

static bool is_for_programs(const struct gate_request *gate)
{
    return gate->route == GATE_RPC || gate->route == GATE_INGEST || gate->route == GATE_EVIDENCE ||
           gate->route == GATE_CALENDAR || gate->route == GATE_EVENTS;
}

// The texts come from a table of ours; each holds at most one %zu.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void fill(char *out, size_t size, const char *text, size_t limit)
{
    snprintf(out, size, text, limit);
}
#pragma GCC diagnostic pop

h2o_iovec_t reply_refusal_body(h2o_req_t *req, const struct gate_request *gate, const char **ret_type)
{
    char ja[300], en[300];
    fill(ja, sizeof ja, gate_text_ja(gate->reason), gate->limit);
    fill(en, sizeof en, gate_text_en(gate->reason), gate->limit);
    if (is_for_programs(gate)) {
        *ret_type = "application/json";
        return reply_error_json(req, gate_word(gate->reason), gate_name(gate->reason), ja, en,
                                reply_in_english(gate), gate->limit);
    }
    *ret_type = "text/plain; charset=utf-8";
    char *text = h2o_mem_alloc_pool(&req->pool, sizeof ja + sizeof en);
    int len = snprintf(text, sizeof ja + sizeof en, "%s\n%s\n", ja, en);
    return h2o_iovec_init(text, (size_t)len);
}

void reply_begin_process(bool with_hsts)
{
    security_count = with_hsts ? SECURITY_COUNT : SECURITY_COUNT - 1;
    for (size_t i = 0; i < security_count; i++) {
        security_names[i] = iovec_of(SECURITY[i][0]);
        security_headers[i] = (h2o_header_t){.name = &security_names[i], .value = iovec_of(SECURITY[i][1])};
    }
}

void reply_begin(h2o_req_t *req, int status, const char *content_type)
{
    req->res.status = status;
    req->res.reason = reason_phrase(status);
    h2o_headers_t *headers = &req->res.headers;
    h2o_vector_reserve(&req->pool, headers, security_count + 9);
    memcpy(headers->entries, security_headers, security_count * sizeof security_headers[0]);
    headers->size = security_count;
    if (content_type != NULL)
        reply_header_static(req, "content-type", content_type);
}

bool reply_is_ours(const h2o_req_t *req)
{
    return req->res.headers.size > 0 && req->res.headers.entries[0].name == &security_names[0];
}

void reply_header_static(h2o_req_t *req, const char *name, const char *value)
{
    h2o_add_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 1, NULL, value, strlen(value));
}

void reply_header(h2o_req_t *req, const char *name, const char *value)
{
    h2o_iovec_t *copy = h2o_mem_alloc_pool(&req->pool, sizeof *copy);
    *copy = h2o_strdup(&req->pool, name, SIZE_MAX);
    add(req, copy, h2o_strdup(&req->pool, value, SIZE_MAX));
}

void reply_count(const h2o_req_t *req)
{
    metrics_http(req->res.status);
}

void reply_send(h2o_req_t *req, const void *body, size_t len)
{
    static h2o_generator_t generator = {NULL, NULL};
    h2o_iovec_t buf = {(char *)body, len};
    bool has_no_body = req->res.status == 304 || req->res.status == 204;
    req->res.content_length = has_no_body ? SIZE_MAX : len;
    reply_count(req);
    h2o_start_response(req, &generator);
    if (is_head(req) || has_no_body || len == 0)
        h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL);
    else
        h2o_send(req, &buf, 1, H2O_SEND_STATE_FINAL);
}

void reply_text(h2o_req_t *req, int status, const char *content_type, const char *body)
{
    reply_begin(req, status, content_type);
    reply_header_static(req, "cache-control", "no-store");
    reply_send(req, body, strlen(body));
}

void reply_refuse(h2o_req_t *req, const struct gate_request *gate)
{
    const char *type;
    h2o_iovec_t body = reply_refusal_body(req, gate, &type);
    reply_begin(req, gate_status(gate->reason), type);
    reply_header_static(req, "cache-control", "no-store");
    if (gate->allow != NULL)
        reply_header_static(req, "allow", gate->allow);
    reply_send(req, body.base, body.len);
}

void reply_unavailable(h2o_req_t *req, const struct gate_request *gate, const char *reason, const char *ja,
                       const char *en, int retry_after_s)
{
    char seconds[12];
    snprintf(seconds, sizeof seconds, "%d", retry_after_s);
    h2o_iovec_t body = reply_error_json(req, "unavailable", reason, ja, en, reply_in_english(gate), 0);
    reply_begin(req, 503, "application/json");
    reply_header_static(req, "cache-control", "no-store");
    reply_header(req, "retry-after", seconds);
    reply_send(req, body.base, body.len);
}
