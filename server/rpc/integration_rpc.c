// SPDX-License-Identifier: Apache-2.0
#include "server/store/integration_store.h"

#include <string.h>

#include "server/codec/alert.h"
#include "server/domain/intake.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/wake.h"

enum err rpc_list_integrations(struct call *c, const Sokuo__V1__ListIntegrationsRequest *req,
                               Sokuo__V1__ListIntegrationsResponse *res)
{
    return integration_list(c, NULL, &res->integrations, &res->n_integrations);
}

static const char *path_of(struct call *c, Sokuo__V1__IntegrationKind kind, const char *token)
{
    const char *kinds[] = {"", "alertmanager", "pagerduty", "hooks"};
    return call_printf(c, "/ingest/v1/%s/%s", kinds[kind], token);
}

static enum err check_new(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req)
{
    if (*req->id == '\0' && req->kind == SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_UNSPECIFIED)
        return call_fail_field(c, "kind", "REQUIRED", "連携の種類を選んでください。",
                               "Choose the kind of the integration.");
    return ERR_OK;
}

static enum err check_save(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req)
{
    TRY(check_new(c, req));
    if (req->rate_per_minute < 0 || req->rate_per_minute > INTAKE_RATE_MOST)
        return call_fail_field(c, "ratePerMinute", "OUT_OF_RANGE",
                               "1分あたりの受付数は0(標準)から%dまでにしてください。",
                               "Requests per minute must be between 0 (standard) and %d.", INTAKE_RATE_MOST);
    // Alertmanager and PagerDuty's clients cannot sign: the secret would shut them out.
    if (*req->hmac_secret != '\0' && *req->id == '\0' &&
        req->kind != SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK)
        return call_fail_field(c, "hmacSecret", "ONLY_HOOKS", "共有鍵を使えるのは汎用webhookだけです。",
                               "Only hooks can have a shared secret.");
    return req->mapping ? hook_mapping_check(c, req->mapping) : ERR_OK;
}

enum err rpc_save_integration(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req,
                              Sokuo__V1__SaveIntegrationResponse *res)
{
    TRY(check_save(c, req));
    struct uuid id;
    const char *token = "";
    TRY(integration_save(c, req, &id, &token));
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    Sokuo__V1__Integration **items = NULL;
    size_t count = 0;
    TRY(integration_list(c, &id, &items, &count));
    if (count == 0)
        return call_fail(c, ERR_ABORTED, "CHANGED",
                         "保存した連携が見つかりません。一覧を読み直してください。",
                         "The integration was saved but is not there. Load the list again.");
    res->integration = items[0];
    if (*token != '\0') {
        res->token = msg_text(token);
        res->path = msg_text(path_of(c, items[0]->kind, token));
    }
    return ERR_OK;
}

enum err rpc_renew_integration_token(struct call *c, const Sokuo__V1__RenewIntegrationTokenRequest *req,
                                     Sokuo__V1__RenewIntegrationTokenResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    const char *token = "";
    Sokuo__V1__IntegrationKind kind;
    TRY(integration_renew(c, &id, &token, &kind));
    res->token = msg_text(token);
    res->path = msg_text(path_of(c, kind, token));
    return ERR_OK;
}

static Sokuo__V1__IntakeItem *preview(struct call *c, const struct alert *alert, int truncated)
{
    Sokuo__V1__IntakeItem *item = call_alloc(c, sizeof *item);
    sokuo__v1__intake_item__init(item);
    item->state = alert->action == ALERT_RESOLVED ? SOKUO__V1__ITEM_STATE__ITEM_STATE_RESOLVED
                                                  : SOKUO__V1__ITEM_STATE__ITEM_STATE_OPEN;
    item->kind = SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK;
    item->title = msg_text(alert->title);
    item->description = msg_text(alert->description);
    item->severity = intake_severity(alert->severity);
    item->labels = alert->labels;
    item->n_labels = alert->label_count;
    item->dedup_key = msg_text(alert->key);
    item->count = 1;
    item->started_at = msg_time(c, alert->started_at_us);
    item->source_url = msg_text(alert->source_url);
    item->truncated = truncated;
    return item;
}

enum err rpc_preview_mapping(struct call *c, const Sokuo__V1__PreviewMappingRequest *req,
                             Sokuo__V1__PreviewMappingResponse *res)
{
    TRY(hook_mapping_check(c, req->mapping));
    struct alert_batch batch;
    TRY(hook_read(c, req->mapping, req->body, strlen(req->body), &batch));
    res->items = call_alloc(c, (batch.count + 1) * sizeof(Sokuo__V1__IntakeItem *));
    for (size_t i = 0; i < batch.count; i++)
        res->items[i] = preview(c, &batch.alerts[i], batch.truncated);
    res->n_items = batch.count;
    return ERR_OK;
}
