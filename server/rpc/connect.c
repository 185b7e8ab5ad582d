// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/connect.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/codec/codec.h"
#include "server/rpc/gzip.h"
#include "sokuo/v1/common.pb-c.h"

#define MILLISECOND_US UINT64_C(1000)
#define LONGEST_MS UINT64_C(60000)
#define DEFAULT_MS UINT64_C(35000)
#define WORTH_COMPRESSING 1400 // bytes: below it, one packet either way

static bool starts_with(const char *text, const char *prefix)
{
    return text && strncasecmp(text, prefix, strlen(prefix)) == 0;
}

// "application/json" also with parameters such as "; charset=utf-8".
static bool media_type_is(const char *content_type, const char *wanted)
{
    if (!starts_with(content_type, wanted))
        return false;
    char next = content_type[strlen(wanted)];
    return next == '\0' || next == ';' || next == ' ';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Undoes %XX and '+' of a query value. NULL when an escape is cut short.
static char *percent_decode(struct call *c, const char *text, size_t len, size_t *ret_len)
{
    char *out = call_alloc(c, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            out[n++] = (char)(text[i] == '+' ? ' ' : text[i]);
            continue;
        }
        int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return NULL;
        out[n++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret_len = n;
    return out;
}

// Value of a query parameter, decoded; NULL when it is absent or broken.
static char *query_value(struct call *c, const char *query, const char *name, size_t *ret_len)
{
    size_t name_len = strlen(name);
    while (query && *query) {
        size_t len = strcspn(query, "&");
        if (len > name_len && strncmp(query, name, name_len) == 0 && query[name_len] == '=')
            return percent_decode(c, query + name_len + 1, len - name_len - 1, ret_len);
        query += len + (query[len] == '&');
    }
    return NULL;
}

static enum err base64_decode(struct call *c, const char *text, size_t len, struct connect_message *message)
{
    while (len > 0 && text[len - 1] == '=')
        len--;
    unsigned char *out = call_alloc(c, len + 1);
    size_t out_len;
    if (sodium_base642bin(out, len + 1, text, len, NULL, &out_len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return call_fail_field(c, "message", "BAD_BASE64", "messageが正しいbase64ではありません。",
                               "The parameter message is not valid base64.");
    message->data = out;
    message->len = out_len;
    return ERR_OK;
}

static enum err decompress(struct call *c, const char *encoding, size_t limit,
                           struct connect_message *message)
{
    if (!encoding || *encoding == '\0' || strcasecmp(encoding, "identity") == 0 || message->len == 0)
        return ERR_OK;
    if (strcasecmp(encoding, "gzip") != 0)
        return call_fail(c, ERR_UNIMPLEMENTED, "UNKNOWN_COMPRESSION",
                         "この圧縮方式には対応していません。使えるのは gzip と identity です。",
                         "Unknown compression; supported are gzip and identity.");
    return gzip_inflate(c, message->data, message->len, limit, &message->data, &message->len);
}

static enum err read_get(struct call *c, const struct rpc_request *req, size_t limit,
                         struct connect_message *message)
{
    size_t len = 0;
    const char *encoding = query_value(c, req->query, "encoding", &len);
    if (!encoding || (strcmp(encoding, "json") != 0 && strcmp(encoding, "proto") != 0))
        return call_fail_field(c, "encoding", "BAD_VALUE", "encodingは json か proto にしてください。",
                               "The parameter encoding must be json or proto.");
    message->is_json = strcmp(encoding, "json") == 0;

    char *value = query_value(c, req->query, "message", &len);
    if (!value)
        return call_fail_field(c, "message", "REQUIRED", "messageがないか、壊れています。",
                               "The parameter message is missing or broken.");
    message->data = value;
    message->len = len;
    const char *base64 = query_value(c, req->query, "base64", &len);
    if (base64 && strcmp(base64, "1") == 0)
        TRY(base64_decode(c, value, message->len, message));
    return decompress(c, query_value(c, req->query, "compression", &len), limit, message);
}

static enum err check_version(struct call *c, const struct rpc_request *req)
{
    size_t len = 0;
    const char *version = req->is_get ? query_value(c, req->query, "connect", &len) : req->protocol_version;
    const char *wanted = req->is_get ? "v1" : "1";
    if (version && strcmp(version, wanted) != 0)
        return call_fail(c, ERR_INVALID_ARGUMENT, "PROTOCOL_VERSION",
                         "Connectの版は 1 だけに対応しています。",
                         "Only version 1 of the Connect protocol is supported.");
    return ERR_OK;
}

enum err connect_read(struct call *c, const struct rpc_request *req, size_t limit,
                      struct connect_message *ret_message, struct rpc_response *res)
{
    TRY(check_version(c, req));
    if (req->is_get)
        return read_get(c, req, limit, ret_message);

    ret_message->is_json = media_type_is(req->content_type, "application/json");
    if (!ret_message->is_json && !media_type_is(req->content_type, "application/proto")) {
        res->status = 415;
        rpc_response_header(res, "Accept-Post", "application/json, application/proto");
        return ERR_INVALID_ARGUMENT;
    }
    ret_message->data = req->body;
    ret_message->len = req->body_len;
    return decompress(c, req->content_encoding, limit, ret_message);
}

enum err connect_deadline(struct call *c, const struct rpc_request *req)
{
    uint64_t ms = DEFAULT_MS;
    if (req->timeout_ms && *req->timeout_ms) {
        size_t len = strlen(req->timeout_ms);
        if (len > 10 || strspn(req->timeout_ms, "0123456789") != len)
            return call_fail(c, ERR_INVALID_ARGUMENT, "BAD_TIMEOUT",
                             "Connect-Timeout-Msは10桁までの数字です。",
                             "Connect-Timeout-Ms takes up to ten digits.");
        ms = strtoull(req->timeout_ms, NULL, 10);
    }
    c->deadline_us = clock_us() + (ms < LONGEST_MS ? ms : LONGEST_MS) * MILLISECOND_US;
    return ERR_OK;
}

static bool accepts_gzip(const struct rpc_request *req)
{
    return req->accept_encoding && strstr(req->accept_encoding, "gzip");
}

enum err connect_reply(struct call *c, const struct rpc_request *req, bool is_json,
                       const ProtobufCMessage *message, struct rpc_response *res)
{
    struct buf out = buf_in(&c->arena);
    if (is_json)
        TRY(message_to_json(c, message, &out));
    else
        message_to_wire(c, message, &out);

    res->status = 200;
    res->content_type = is_json ? "application/json" : "application/proto";
    res->body = out.data;
    res->body_len = out.len;
    rpc_response_header(res, "Vary", "Accept-Encoding");
    if (out.len >= WORTH_COMPRESSING && accepts_gzip(req)) {
        gzip_deflate(c, out.data, out.len, &res->body, &res->body_len);
        rpc_response_header(res, "Content-Encoding", "gzip");
    }
    return ERR_OK;
}

static char *base64_encode(struct call *c, const struct buf *data)
{
    size_t size = sodium_base64_ENCODED_LEN(data->len, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    char *out = call_alloc(c, size);
    return sodium_bin2base64(out, size, (const unsigned char *)data->data, data->len,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

Sokuo__V1__ErrorInfo *connect_error_info(struct call *c, enum err err)
{
    Sokuo__V1__ErrorInfo *info = call_alloc(c, sizeof *info);
    sokuo__v1__error_info__init(info);
    if (!c->error_ja) // a library failed without words: say what is true anyway
        call_fail(c, err, "INTERNAL", "処理できませんでした(受付番号 %s)。記録は変わっていません。",
                  "This did not work (reference %s). Nothing was changed.", c->id);
    info->reason = (char *)(c->error_reason ? c->error_reason : "");
    info->field = (char *)(c->error_field ? c->error_field : "");
    info->message_ja = (char *)c->error_ja;
    info->message_en = (char *)c->error_en;
    info->limit = c->error_limit;
    if (c->error_retry_at_us > 0) {
        info->retry_at = call_alloc(c, sizeof *info->retry_at);
        google__protobuf__timestamp__init(info->retry_at);
        info->retry_at->seconds = c->error_retry_at_us / 1000000;
        info->retry_at->nanos = (int32_t)(c->error_retry_at_us % 1000000) * 1000;
    }
    return info;
}

void connect_fail(struct call *c, enum err err, struct rpc_response *res)
{
    Sokuo__V1__ErrorInfo *info = connect_error_info(c, err);
    struct buf packed = buf_in(&c->arena);
    message_to_wire(c, &info->base, &packed);

    Sokuo__V1__ErrorBodyDetail detail = SOKUO__V1__ERROR_BODY_DETAIL__INIT;
    detail.type = (char *)"sokuo.v1.ErrorInfo";
    detail.value = base64_encode(c, &packed);
    detail.debug = info;
    Sokuo__V1__ErrorBodyDetail *details[] = {&detail};

    Sokuo__V1__ErrorBody body = SOKUO__V1__ERROR_BODY__INIT;
    body.code = (char *)err_word(err);
    body.message = c->lang == LANG_EN ? info->message_en : info->message_ja;
    body.n_details = 1;
    body.details = details;

    struct buf out = buf_in(&c->arena);
    if (message_to_json(c, &body.base, &out) != ERR_OK)
        buf_printf(&out, "{\"code\":\"%s\"}", err_word(err));
    res->status = err_http(err);
    res->err = err;
    res->content_type = "application/json";
    res->body = out.data;
    res->body_len = out.len;
    if (err == ERR_UNAVAILABLE || err == ERR_COMMIT_UNKNOWN || err == ERR_RESOURCE_EXHAUSTED)
        rpc_response_header(res, "Retry-After", "1");
}
