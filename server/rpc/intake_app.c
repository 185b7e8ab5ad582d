// SPDX-License-Identifier: Apache-2.0
// Decision 0031: an item is durable first; what it opens or tells comes after, in one unit and under ids
// derived from the item's, so that a source that sends again, or a person who tries again, finds it done.
#include "server/rpc/intake_app.h"

#include <string.h>

#include "server/base/log.h"
#include "server/domain/intake.h"
#include "server/store/incident_store.h"
#include "server/store/intake_store.h"
#include "server/store/message.h"
#include "server/store/wake.h"

// What is derived from an item's id (uuid_derive).
enum derived { DERIVED_ENTRY = 1, DERIVED_RESOLVED, DERIVED_OPENING, DERIVED_RESOLVED_OPERATION };

#define DESCRIPTION_MOST 10000 // bytes: well within an incident's 10,000 characters

// How an incident is to be opened.
struct opening {
    const char *title; // NULL or "" = the first item's
    Sokuo__V1__IncidentType type;
    Sokuo__V1__Severity severity;       // unspecified = the highest of the items
    const char *section_id, *system_id; // "" = 不明
};

static Sokuo__V1__Severity highest(Sokuo__V1__IntakeItem *const *items, size_t count)
{
    Sokuo__V1__Severity severity = SEVERITY(UNSPECIFIED);
    for (size_t i = 0; i < count; i++)
        severity = items[i]->severity > severity ? items[i]->severity : severity;
    return severity;
}

// Earliest start that a source named.
static int64_t earliest(Sokuo__V1__IntakeItem *const *items, size_t count)
{
    int64_t found = TIME_NULL;
    for (size_t i = 0; i < count; i++) {
        int64_t started = msg_take_time(items[i]->started_at);
        if (started != TIME_NULL && (found == TIME_NULL || started < found))
            found = started;
    }
    return found;
}

// One line an item, and its text when there is room.
static const char *describe(struct call *c, Sokuo__V1__IntakeItem *const *items, size_t count)
{
    struct buf text = buf_in(&c->arena);
    for (size_t i = 0; i < count; i++) {
        if (text.len + strlen(items[i]->title) + strlen(items[i]->description) > DESCRIPTION_MOST)
            break; // every item's text stands in the chronology, whole
        buf_printf(&text, "%s%s", text.len ? "\n" : "", count > 1 ? items[i]->title : "");
        buf_printf(&text, "%s%s", count > 1 && *items[i]->description ? "\n" : "", items[i]->description);
    }
    return buf_text(&text);
}

static char **one_id(struct call *c, const char *id, size_t *ret_count)
{
    *ret_count = *id != '\0';
    char **ids = call_alloc(c, sizeof *ids);
    ids[0] = msg_text(id);
    return ids;
}

static Sokuo__V1__IncidentFacts *facts_of(struct call *c, const struct opening *opening,
                                          Sokuo__V1__IntakeItem *first)
{
    Sokuo__V1__IncidentFacts *facts = call_alloc(c, sizeof *facts);
    sokuo__v1__incident_facts__init(facts);
    facts->finder = first->integration->name;
    facts->discovered_at = first->first_seen_at;
    facts->section_ids = one_id(c, opening->section_id, &facts->n_section_ids);
    facts->system_ids = one_id(c, opening->system_id, &facts->n_system_ids);
    return facts;
}

// The severity of the mapping or of the person; only the rules of severity raise it.
static enum err judge(struct call *c, struct incident *incident)
{
    struct severity_facts facts = incident_severity_facts(&incident->m);
    TRY(incident_situation(c, &facts));
    struct severity_result result = severity_raise((int)incident->m.severity, 0, &facts);
    incident->m.severity = (Sokuo__V1__Severity)result.severity;
    incident_set_rules(c, incident, result.rules);
    return ERR_OK;
}

static enum err fill_filing(struct call *c, const struct opening *opening,
                            Sokuo__V1__IntakeItem *const *items, size_t count, struct incident_filing *filing)
{
    Sokuo__V1__Incident *m = &filing->incident.m;
    sokuo__v1__incident__init(m);
    m->title = opening->title && *opening->title ? msg_text(opening->title) : items[0]->title;
    m->description = msg_text(describe(c, items, count));
    m->incident_type = opening->type;
    m->severity = opening->severity ? opening->severity : highest(items, count);
    m->mode = items[0]->mode;
    m->confidentiality = CLASS(INTERNAL);
    m->occurred_at = msg_time(c, earliest(items, count));
    m->facts = facts_of(c, opening, items[0]);
    TRY(incident_check_refs(c, m->facts));
    TRY(judge(c, &filing->incident));
    incident_filing_begin(c, filing);
    return ERR_OK;
}

static const char *entry_text(struct call *c, const Sokuo__V1__IntakeItem *item)
{
    struct buf text = buf_in(&c->arena);
    buf_printf(&text, "【検知】%s", item->title);
    if (*item->description)
        buf_printf(&text, "\n%s", item->description);
    for (size_t i = 0; i < item->n_labels; i++)
        buf_printf(&text, "%s%s=%s", i ? ", " : "\n", item->labels[i]->name, item->labels[i]->value);
    if (item->count > 1)
        buf_printf(&text, "\n(%d回の通知)", item->count);
    if (item->folded > 0)
        buf_printf(&text, "\n(ほか%d件をまとめて計数)", item->folded);
    if (*item->source_url)
        buf_printf(&text, "\n%s", item->source_url);
    return buf_text(&text);
}

static struct intake_entry *entries_of(struct call *c, const struct uuid *operation_id,
                                       const struct uuid *incident_id, Sokuo__V1__IntakeItem *const *items,
                                       size_t count)
{
    struct intake_entry *entries = call_alloc(c, (count + 1) * sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        struct uuid item_id = msg_take_uuid(items[i]->id);
        int64_t started = msg_take_time(items[i]->started_at);
        entries[i] = (struct intake_entry){
            .id = uuid_derive(&item_id, DERIVED_ENTRY),
            .operation_id = *operation_id,
            .incident_id = *incident_id,
            .text = entry_text(c, items[i]),
            .sender = items[i]->integration->name,
            .occurred_at_us = started != TIME_NULL ? started : msg_take_time(items[i]->first_seen_at),
        };
    }
    return entries;
}

// Files the incident with its items and what they say in one unit.
static enum err open_incident(struct call *c, struct operation *operation, const struct opening *opening,
                              Sokuo__V1__IntakeItem *const *items, size_t count,
                              Sokuo__V1__PromoteItemsResponse *res)
{
    struct incident_filing *filing = call_alloc(c, sizeof *filing);
    struct uuid *ids = call_alloc(c, (count + 1) * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = msg_take_uuid(items[i]->id);
    TRY(fill_filing(c, opening, items, count, filing));
    filing->item_ids = ids;
    filing->entries = entries_of(c, &operation->id, &filing->incident.id, items, count);
    filing->item_count = filing->entry_count = (int)count;
    res->incident = &filing->incident.m;
    res->incident->version = 1 + (int)count; // each entry is one change
    operation_pack(c, operation, &res->base);

    struct operation_facts facts;
    bool is_done = false, is_found = false;
    TRY(incident_file(c, filing, operation, &facts, &is_done));
    if (is_done)
        operation_complete(c, &res->base, &facts);
    else
        TRY(operation_look_up(c, operation, &res->base, &is_found));
    if (!is_done && !is_found)
        return call_fail(c, ERR_ABORTED, "TRY_AGAIN", "混み合っています。同じ内容でもう一度送ってください。",
                         "The server is busy. Send the same again.");
    return ERR_OK;
}

static enum err cannot_take_entries(struct call *c)
{
    return call_fail_field(c, "incidentId", "INCIDENT_ENDED",
                           "この事案は保管済みか統合済みです。続いている事案を選んでください。",
                           "This incident is archived or merged. Choose one that goes on.");
}

static enum err attach(struct call *c, struct operation *operation, const Sokuo__V1__PromoteItemsRequest *req,
                       Sokuo__V1__IntakeItem *const *items, size_t count,
                       Sokuo__V1__PromoteItemsResponse *res)
{
    struct uuid incident_id = msg_take_uuid(req->incident_id);
    struct incident *incident = NULL;
    TRY(incident_get(c, &incident_id, &incident));
    if (!(incident_access(c, incident) & ACCESS_ADD_ENTRY))
        return cannot_take_entries(c);
    if (incident->m.mode != items[0]->mode)
        return call_fail_field(c, "incidentId", "OTHER_MODE",
                               "実際・訓練・試験の区分が違う事案には加えられません。",
                               "Items of one mode cannot be added to an incident of another.");
    struct uuid *ids = NULL;
    int id_count = intake_ids(c, req->item_ids, req->n_item_ids, &ids);
    res->incident = &incident->m;
    operation_pack(c, operation, &res->base);
    bool is_done = false;
    TRY(intake_attach(c, operation, &incident_id, ids,
                      entries_of(c, &operation->id, &incident_id, items, count), id_count, &is_done));
    if (!is_done)
        return operation_look_up(c, operation, &res->base, &is_done);
    TRY(incident_get(c, &incident_id, &incident));
    res->incident = &incident->m;
    return ERR_OK;
}

static enum err check_items(struct call *c, Sokuo__V1__IntakeItem *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i]->state != SOKUO__V1__ITEM_STATE__ITEM_STATE_OPEN &&
            items[i]->state != SOKUO__V1__ITEM_STATE__ITEM_STATE_RESOLVED)
            return intake_taken(c);
        if (items[i]->mode != items[0]->mode)
            return call_fail_field(c, "itemIds", "OTHER_MODE",
                                   "実際・訓練・試験の項目は、別々に事案にしてください。",
                                   "Items of different modes cannot become one incident.");
    }
    return ERR_OK;
}

static enum err promote(struct call *c, struct operation *operation,
                        const Sokuo__V1__PromoteItemsRequest *req, Sokuo__V1__PromoteItemsResponse *res)
{
    struct uuid *ids = NULL;
    int id_count = intake_ids(c, req->item_ids, req->n_item_ids, &ids);
    Sokuo__V1__IntakeItem **items = NULL;
    size_t count = 0;
    TRY(intake_get(c, ids, id_count, &items, NULL, &count));
    if (count != (size_t)id_count)
        return intake_not_found(c);
    TRY(check_items(c, items, count));

    const struct opening opening = {.title = req->title,
                                    .type = req->incident_type,
                                    .severity = req->severity,
                                    .section_id = "",
                                    .system_id = ""};
    return *req->incident_id ? attach(c, operation, req, items, count, res)
                             : open_incident(c, operation, &opening, items, count, res);
}

enum err intake_promote(struct call *c, struct operation *operation,
                        const Sokuo__V1__PromoteItemsRequest *req, Sokuo__V1__PromoteItemsResponse *res)
{
    bool is_found = false;
    TRY(operation_look_up(c, operation, &res->base, &is_found));
    if (is_found)
        return ERR_OK;
    enum err err = promote(c, operation, req, res);
    if (err != ERR_FAILED_PRECONDITION)
        return err;
    // Somebody was faster; perhaps this very operation, sent twice.
    call_clear_error(c);
    TRY(operation_look_up(c, operation, &res->base, &is_found));
    return is_found ? ERR_OK : intake_taken(c);
}

// Alerts that are over tell the incident of their item.
static enum err tell_ends(struct call *c, const struct integration *integration,
                          const struct alert_batch *batch)
{
    struct intake_over *over = NULL;
    size_t count = 0;
    TRY(intake_over(c, integration, batch, &over, &count));
    for (size_t i = 0; i < count; i++) {
        const struct intake_entry entry = {
            .id = uuid_derive(&over[i].item_id, DERIVED_RESOLVED),
            .operation_id = uuid_derive(&over[i].item_id, DERIVED_RESOLVED_OPERATION),
            .incident_id = over[i].incident_id,
            .text = call_printf(c, "【解消】%s(%s からの通知)", over[i].title, integration->name),
            .sender = integration->name,
            .occurred_at_us = over[i].resolved_at_us,
        };
        TRY(intake_tell(c, &entry));
    }
    return ERR_OK;
}

// Ids of the items of this delivery that wait in the queue and match the rule.
static int matching_items(struct call *c, const struct integration *integration,
                          const struct alert_batch *batch, const struct intake_result *result,
                          struct uuid **ret_ids)
{
    int count = 0;
    *ret_ids = call_alloc(c, (batch->count + 1) * sizeof **ret_ids);
    for (size_t i = 0; i < batch->count; i++) {
        const struct intake_outcome *outcome = &result->outcomes[i];
        const struct alert *alert = &batch->alerts[i];
        if (outcome->is_kept && outcome->state == SOKUO__V1__ITEM_STATE__ITEM_STATE_OPEN &&
            alert->action == ALERT_FIRING &&
            intake_rule_opens(integration->rule, outcome->severity, alert->labels, alert->label_count))
            (*ret_ids)[count++] = outcome->item_id;
    }
    return count;
}

// One delivery opens one incident: sources group what belongs together.
static enum err open_by_rule(struct call *c, const struct integration *integration,
                             const struct alert_batch *batch, const struct intake_result *result)
{
    struct uuid *ids = NULL;
    int id_count = matching_items(c, integration, batch, result, &ids);
    if (id_count == 0)
        return ERR_OK;
    Sokuo__V1__IntakeItem **items = NULL;
    size_t count = 0;
    TRY(intake_get(c, ids, id_count, &items, NULL, &count));
    if (count == 0)
        return ERR_OK;
    const Sokuo__V1__IntakeRule *rule = integration->rule;
    const struct opening opening = {
        .type = rule->incident_type, .section_id = rule->section_id, .system_id = rule->system_id};
    // The operation hangs on the gravest item: the same delivery again finds it done.
    Sokuo__V1__GetItemRequest request = SOKUO__V1__GET_ITEM_REQUEST__INIT;
    request.id = items[0]->id;
    struct uuid first = msg_take_uuid(items[0]->id), operation_id = uuid_derive(&first, DERIVED_OPENING);
    char text[UUID_TEXT_SIZE];
    struct operation operation;
    operation_make(c, uuid_format(&operation_id, text), &request.base, &operation);
    Sokuo__V1__PromoteItemsResponse response = SOKUO__V1__PROMOTE_ITEMS_RESPONSE__INIT;
    return open_incident(c, &operation, &opening, items, count, &response);
}

static bool passes_by_itself(enum err err)
{
    return err == ERR_UNAVAILABLE || err == ERR_COMMIT_UNKNOWN || err == ERR_ABORTED ||
           err == ERR_DEADLINE_EXCEEDED || err == ERR_RESOURCE_EXHAUSTED;
}

// A rule that cannot be followed must not make the source send for ever: the item waits for a person.
static enum err tolerate(struct call *c, const struct integration *integration, const char *event,
                         enum err err)
{
    if (err == ERR_OK || passes_by_itself(err))
        return err == ERR_RESOURCE_EXHAUSTED ? ERR_UNAVAILABLE : err; // storage full: not the source's rate
    log_warn(event, LOG_S("call", c->id), LOG_S("integration", integration->name),
             LOG_S("reason", c->error_reason), LOG_S("detail", c->error_en));
    call_clear_error(c);
    return ERR_OK;
}

enum err intake_follow_up(struct call *c, const struct integration *integration,
                          const struct alert_batch *batch, const struct intake_result *result)
{
    TRY(tolerate(c, integration, "intake.end_not_told", tell_ends(c, integration, batch)));
    TRY(tolerate(c, integration, "intake.rule_failed", open_by_rule(c, integration, batch, result)));
    wake_send(&integration->tenant_id, WAKE_FEED);
    return ERR_OK;
}
