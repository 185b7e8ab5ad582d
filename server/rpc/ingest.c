// SPDX-License-Identifier: Apache-2.0
// POST /ingest/v1/{alertmanager,pagerduty,hooks}/<token>: alerts of monitoring systems, answered in each
// source's own manner and only after the commit. No account, no session: the token in the path (or
// PagerDuty's routing_key) says which integration it is. A source may always send the same again.
#include <assert.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/codec/alert.h"
#include "server/rpc/intake_app.h"
#include "server/rpc/rpc.h"
#include "server/rpc/session.h"
#include "server/store/db.h"
#include "server/store/intake_store.h"
#include "server/store/wake.h"

#define PREFIX "/ingest/v1/"
#define PAGERDUTY_ENQUEUE "v2/enqueue" // where PagerDuty's own clients post to, below a base URL
#define HOOK_BODY_LIMIT (256u * 1024)
#define TOKEN_MOST 64
#define DEADLINE_US UINT64_C(20000000)
#define TRIES 3 // of a write that collided with another

// One source's endpoint.
struct source {
    const char *path;
    Sokuo__V1__IntegrationKind kind;
    unsigned body_limit;
    const char *method; // for the log: the path holds a secret
};

static const struct source sources[] = {
    {"alertmanager/", SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_ALERTMANAGER, INGEST_BODY_LIMIT,
     "ingest/alertmanager"},
    {"pagerduty/", SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_PAGERDUTY, INGEST_BODY_LIMIT,
     "ingest/pagerduty"},
    {"hooks/", SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK, HOOK_BODY_LIMIT, "ingest/hooks"},
};

// What was read of a request.
struct delivery {
    const struct source *source;
    const char *token;
    struct integration integration;
    struct alert_batch batch;
    struct alert_errors errors; // PagerDuty's
    struct intake_result result;
};

static void reply_json(struct call *c, struct rpc_response *res, int status, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    res->status = status;
    res->content_type = "application/json";
    res->body_len = strlen(text);
    res->body = arena_memdup(&c->arena, text, res->body_len);
    free(text);
    json_decref(value);
}

static json_t *error_json(const struct call *c, enum err err)
{
    const char *ja = c->error_ja ? c->error_ja : err_text(err),
               *en = c->error_en ? c->error_en : err_text(err);
    return json_pack("{s:s, s:s, s:s, s:s}", "code", err_word(err), "reason",
                     c->error_reason ? c->error_reason : "", "message", c->lang == LANG_EN ? en : ja,
                     "messageEn", en);
}

// PagerDuty's clients show errors as they are, and read nothing else.
static json_t *pagerduty_error_json(const struct call *c, const struct alert_errors *errors, int status)
{
    if (status == 429)
        return json_pack("{s:s, s:s}", "status", "throttle exceeded", "message",
                         "Requests for this service are arriving too quickly. Please retry later.");
    json_t *texts = json_array();
    for (size_t i = 0; i < errors->count; i++)
        json_array_append_new(texts, json_string(errors->texts[i]));
    if (errors->count == 0)
        json_array_append_new(texts, json_string(c->error_en ? c->error_en : ""));
    return json_pack("{s:s, s:s, s:o}", "status", "invalid event", "message", "Event object is invalid",
                     "errors", texts);
}

static int status_of(const struct call *c, enum err err)
{
    if (c->error_reason && strcmp(c->error_reason, "BODY_TOO_LARGE") == 0)
        return 413;
    // A source takes 4xx for final: what may pass by itself must be 5xx.
    if (err == ERR_ABORTED || err == ERR_DEADLINE_EXCEEDED || err == ERR_ALREADY_EXISTS)
        return 503;
    return err_http(err);
}

static void reply_error(struct call *c, const struct delivery *delivery, enum err err,
                        struct rpc_response *res)
{
    int status = status_of(c, err);
    bool is_pagerduty = delivery->source &&
                        delivery->source->kind == SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_PAGERDUTY &&
                        (status == 400 || status == 429);
    res->err = err;
    reply_json(c, res, status,
               is_pagerduty ? pagerduty_error_json(c, &delivery->errors, status) : error_json(c, err));
    if (status == 503)
        rpc_response_header(res, "Retry-After", "5");
    if (status == 429)
        rpc_response_header(res, "Retry-After", call_printf(c, "%d", delivery->result.retry_after_s));
}

static enum err not_here(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_INTEGRATION",
                     "この宛先の連携はありません。URLを管理画面で確かめてください。",
                     "There is no integration at this address. Check the URL in the administration.");
}

// Which source, and the token of the path; "" when the body names it.
static enum err read_path(struct call *c, const char *path, struct delivery *delivery)
{
    if (strncmp(path, PREFIX, strlen(PREFIX)) != 0)
        return not_here(c);
    path += strlen(PREFIX);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        size_t len = strlen(sources[i].path);
        if (strncmp(path, sources[i].path, len) != 0)
            continue;
        delivery->source = &sources[i];
        c->method = sources[i].method;
        delivery->token = path + len;
        if (sources[i].kind == SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_PAGERDUTY &&
            strcmp(delivery->token, PAGERDUTY_ENQUEUE) == 0)
            delivery->token = "";
        else if (*delivery->token == '\0')
            return not_here(c);
        return ERR_OK;
    }
    return not_here(c);
}

static enum err check_body(struct call *c, const struct rpc_request *req, const struct source *source)
{
    if (req->content_encoding && *req->content_encoding && strcmp(req->content_encoding, "identity") != 0)
        return call_fail(c, ERR_INVALID_ARGUMENT, "UNKNOWN_COMPRESSION",
                         "圧縮された本文は受け取れません。圧縮せずに送ってください。",
                         "Compressed bodies are not taken. Send it without Content-Encoding.");
    if (req->body_len > source->body_limit)
        return call_fail(c, ERR_INVALID_ARGUMENT, "BODY_TOO_LARGE",
                         "本文が大きすぎます(%uバイトまで)。まとめる件数を減らしてください。",
                         "The body is too large (%u bytes at most). Send fewer alerts at once.",
                         source->body_limit);
    return ERR_OK;
}

// A token of another kind is as unknown as any other.
static enum err find_integration(struct call *c, struct delivery *delivery)
{
    if (strlen(delivery->token) > TOKEN_MOST)
        return not_here(c);
    TRY(integration_by_token(c, delivery->token, &delivery->integration));
    return delivery->integration.kind == delivery->source->kind ? ERR_OK : not_here(c);
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit ? strchr(digits, digit | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

// "sha256=" and 64 digits, as GitHub and many others send it.
static bool signature_is_right(const struct integration *integration, const struct rpc_request *req)
{
    const char *given = req->signature;
    if (given == NULL || strncmp(given, "sha256=", 7) != 0 || strlen(given) != 7 + 64)
        return false;
    uint8_t wanted[EVP_MAX_MD_SIZE], got[32];
    unsigned wanted_len = 0;
    for (size_t i = 0; i < sizeof got; i++) {
        int high = hex_value(given[7 + 2 * i]), low = hex_value(given[8 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        got[i] = (uint8_t)(high << 4 | low);
    }
    HMAC(EVP_sha256(), integration->hmac_secret, (int)integration->hmac_secret_len, req->body, req->body_len,
         wanted, &wanted_len);
    return wanted_len == sizeof got && CRYPTO_memcmp(wanted, got, sizeof got) == 0;
}

static enum err check_signature(struct call *c, const struct delivery *delivery,
                                const struct rpc_request *req)
{
    if (delivery->integration.hmac_secret == NULL || signature_is_right(&delivery->integration, req))
        return ERR_OK;
    return call_fail(c, ERR_UNAUTHENTICATED, "BAD_SIGNATURE",
                     "署名(X-Hub-Signature-256)がないか、合いません。送る側の共有鍵を確かめてください。",
                     "The signature (X-Hub-Signature-256) is missing or wrong. Check the sender's secret.");
}

static enum err read_pagerduty(struct call *c, const struct rpc_request *req, struct delivery *delivery)
{
    struct alert *alert = call_alloc(c, sizeof *alert);
    const char *routing_key = "";
    TRY(pagerduty_read(c, req->body, req->body_len, alert, &routing_key, &delivery->errors));
    delivery->batch = (struct alert_batch){.alerts = alert, .count = 1};
    if (*delivery->token != '\0')
        return ERR_OK;
    delivery->token = routing_key;
    TRY(find_integration(c, delivery));
    return check_signature(c, delivery, req);
}

static enum err read_body(struct call *c, const struct rpc_request *req, struct delivery *delivery)
{
    switch (delivery->source->kind) {
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_ALERTMANAGER:
        return alertmanager_read(c, req->body, req->body_len, &delivery->batch);
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_PAGERDUTY:
        return read_pagerduty(c, req, delivery);
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK:
        return hook_read(c, delivery->integration.mapping, req->body, req->body_len, &delivery->batch);
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_UNSPECIFIED:
    case _SOKUO__V1__INTEGRATION_KIND_IS_INT_SIZE:
        break;
    }
    return not_here(c);
}

// Collisions with people's work on the same items pass by themselves.
static enum err deliver(struct call *c, const struct rpc_request *req, struct delivery *delivery)
{
    enum err err = ERR_ABORTED;
    for (int i = 0; i < TRIES && (err == ERR_ABORTED || err == ERR_ALREADY_EXISTS); i++) {
        call_clear_error(c);
        err = intake_deliver(c, &delivery->integration, &delivery->batch, req->body, req->body_len,
                             &delivery->result);
    }
    TRY(err);
    wake_send(&delivery->integration.tenant_id, WAKE_FEED);
    if (delivery->result.is_over_rate)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "RATE_LIMITED",
                         "この連携の受付数が1分あたりの上限を超えました。%d秒後に送り直してください。",
                         "This integration is over its requests per minute. Send again in %d seconds.",
                         delivery->result.retry_after_s);
    return intake_follow_up(c, &delivery->integration, &delivery->batch, &delivery->result);
}

static enum err serve(struct call *c, const struct rpc_request *req, struct delivery *delivery)
{
    TRY(read_path(c, req->path, delivery));
    assert(delivery->source != NULL);
    TRY(check_body(c, req, delivery->source));
    if (*delivery->token != '\0') {
        TRY(find_integration(c, delivery));
        TRY(check_signature(c, delivery, req));
    }
    TRY(read_body(c, req, delivery));
    return deliver(c, req, delivery);
}

// Id of the item that took the first alert; the flood's, or "" when none did.
static const char *item_of(struct call *c, const struct delivery *delivery, size_t index)
{
    const struct intake_outcome *outcome = &delivery->result.outcomes[index];
    const struct uuid *id = outcome->is_kept ? &outcome->item_id : &delivery->result.flood_id;
    return uuid_is_nil(id) ? "" : uuid_format(id, call_alloc(c, UUID_TEXT_SIZE));
}

static void reply_hook(struct call *c, const struct delivery *delivery, struct rpc_response *res)
{
    static const char *const words[] = {"ignored", "open", "resolved", "promoted", "dismissed"};
    json_t *items = json_array();
    const char *first_id = "", *first_status = "ignored";
    for (size_t i = 0; i < delivery->batch.count; i++) {
        const struct intake_outcome *outcome = &delivery->result.outcomes[i];
        const char *id = item_of(c, delivery, i);
        const char *status = outcome->is_kept ? words[outcome->state] : *id ? "folded" : "ignored";
        json_array_append_new(items, json_pack("{s:s, s:s}", "id", id, "status", status));
        if (*first_id == '\0' && *id != '\0') {
            first_id = id;
            first_status = status;
        }
    }
    reply_json(c, res, 202,
               json_pack("{s:s, s:s, s:o}", "id", first_id, "status", first_status, "items", items));
}

static void reply(struct call *c, const struct delivery *delivery, struct rpc_response *res)
{
    switch (delivery->source->kind) {
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_PAGERDUTY:
        assert(delivery->batch.count == 1);
        reply_json(c, res, 202,
                   json_pack("{s:s, s:s, s:s}", "status", "success", "message", "Event processed",
                             "dedup_key", delivery->batch.alerts[0].key));
        break;
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK:
        reply_hook(c, delivery, res);
        break;
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_ALERTMANAGER:
    case SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_UNSPECIFIED:
    case _SOKUO__V1__INTEGRATION_KIND_IS_INT_SIZE:
        reply_json(c, res, 200, json_object());
        break;
    }
}

void ingest_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    c->lang = session_language(req);
    c->method = "ingest";
    c->now_us = db_now_us(c->db);
    c->deadline_us = clock_us() + DEADLINE_US;
    rpc_response_header(res, "Cache-Control", "no-store");
    if (req->is_get) {
        res->status = 405;
        res->err = ERR_INVALID_ARGUMENT;
        rpc_response_header(res, "Allow", "POST");
        return;
    }
    struct delivery delivery = {.token = ""};
    enum err err = serve(c, req, &delivery);
    if (err == ERR_OK)
        reply(c, &delivery, res);
    else
        reply_error(c, &delivery, err, res);
    if (err == ERR_UNAUTHENTICATED || err == ERR_RESOURCE_EXHAUSTED || err == ERR_INTERNAL)
        log_warn("ingest.refused", LOG_S("call", c->id), LOG_S("method", c->method),
                 LOG_S("integration", delivery.integration.name), LOG_S("reason", c->error_reason),
                 LOG_S("ip", req->client_ip));
}
