// SPDX-License-Identifier: Apache-2.0
#include "server/store/integration_store.h"

#include <string.h>

#include "server/codec/alert.h"
#include "server/domain/intake.h"
#include "server/rpc/methods.gen.h"
#include "server/store/incident_store.h"
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

// Kind of the integration: of a new one as asked, of an old one as it was made.
static enum err find_kind(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req,
                          Sokuo__V1__IntegrationKind *ret_kind)
{
    *ret_kind = req->kind;
    if (*req->id != '\0') {
        struct uuid id = msg_take_uuid(req->id);
        Sokuo__V1__Integration **items = NULL;
        size_t count = 0;
        TRY(integration_list(c, &id, &items, &count));
        if (count > 0) // integration_save tells when there is none
            *ret_kind = items[0]->kind;
    } else if (req->kind == SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_UNSPECIFIED) {
        return call_fail_field(c, "kind", "REQUIRED", "連携の種類を選んでください。",
                               "Choose the kind of the integration.");
    }
    return ERR_OK;
}

// A rule whose section or system is not there would fail when the alert comes.
static enum err check_rule(struct call *c, const Sokuo__V1__IntakeRule *rule)
{
    Sokuo__V1__IncidentFacts facts = SOKUO__V1__INCIDENT_FACTS__INIT;
    char *section = rule->section_id, *system = rule->system_id;
    facts.section_ids = &section;
    facts.n_section_ids = *section != '\0';
    facts.system_ids = &system;
    facts.n_system_ids = *system != '\0';
    enum err err = incident_check_refs(c, &facts);
    if (err == ERR_INVALID_ARGUMENT)
        c->error_field = "intakeRule";
    return err;
}

static enum err check_save(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req)
{
    Sokuo__V1__IntegrationKind kind;
    TRY(find_kind(c, req, &kind));
    if (req->rate_per_minute < 0 || req->rate_per_minute > INTAKE_RATE_MOST)
        return call_fail_field(c, "ratePerMinute", "OUT_OF_RANGE",
                               "1分あたりの受付数は0(標準)から%dまでにしてください。",
                               "Requests per minute must be between 0 (standard) and %d.", INTAKE_RATE_MOST);
    // Alertmanager and PagerDuty's clients cannot sign: the secret would shut them out.
    if (*req->hmac_secret != '\0' && kind != SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_HOOK)
        return call_fail_field(c, "hmacSecret", "ONLY_HOOKS", "共有鍵を使えるのは汎用webhookだけです。",
                               "Only hooks can have a shared secret.");
    if (req->intake_rule)
        TRY(check_rule(c, req->intake_rule));
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
