// SPDX-License-Identifier: Apache-2.0
#include "server/store/intake_store.h"

#include <string.h>

#include "server/codec/text.h"
#include "server/domain/intake.h"
#include "server/store/db.h"
#include "server/store/message.h"

#define GRAMS_MOST 3000 // pairs of one entry that can be searched

// Statements of a delivery, in the order of db/queries/intake.sql.
enum step { STEP_TAKE, STEP_RESOLVE, STEP_REPEAT, STEP_OPEN, STEP_FLOOD, STEP_SEEN, STEP_COUNT };

// The whole body or the alert's part of it, cut at a character.
static json_t *raw_json(const struct alert *alert, const char *body, size_t len)
{
    const char *raw = alert->raw ? alert->raw : body;
    size_t raw_len = alert->raw ? strlen(alert->raw) : len;
    if (raw_len > ALERT_RAW_MOST) {
        raw_len = ALERT_RAW_MOST;
        while (raw_len > 0 && ((unsigned char)raw[raw_len] & 0xC0) == 0x80)
            raw_len--;
    }
    return json_stringn(raw, raw_len);
}

static json_t *labels_json(const struct alert *alert)
{
    json_t *labels = json_array();
    for (size_t i = 0; i < alert->label_count; i++)
        json_array_append_new(labels, json_pack("{s:s, s:s}", "name", alert->labels[i]->name, "value",
                                                alert->labels[i]->value));
    return labels;
}

static json_t *time_json(int64_t us)
{
    return us == ALERT_TIME_UNKNOWN ? json_null() : json_integer(us);
}

static json_t *uuid_json(void)
{
    struct uuid id = uuid_v7();
    char text[UUID_TEXT_SIZE];
    return json_string(uuid_format(&id, text));
}

static json_t *alert_json(const struct alert *alert, size_t seq, int repeats, int truncated, const char *body,
                          size_t len)
{
    return json_pack("{s:i, s:o, s:o, s:i, s:s, s:s, s:s, s:i, s:o, s:i, s:o, s:o, s:s, s:i, s:o}", "seq",
                     (int)seq, "item_id", uuid_json(), "journal_id", uuid_json(), "action",
                     (int)alert->action == ALERT_FIRING ? 0 : (int)alert->action, "dedup_key", alert->key,
                     "title", alert->title, "description", alert->description, "severity",
                     (int)intake_severity(alert->severity), "labels", labels_json(alert), "repeats", repeats,
                     "started_us", time_json(alert->started_at_us), "ended_us", time_json(alert->ended_at_us),
                     "source_url", alert->source_url, "truncated", truncated, "raw",
                     raw_json(alert, body, len));
}

// The delivery's alerts as sokuo.intake_alerts takes them; reports of one key fold into the last.
static const char *batch_json(struct call *c, const struct alert_batch *batch, const char *body, size_t len)
{
    struct intake_report *reports = call_alloc(c, (batch->count + 1) * sizeof *reports);
    for (size_t i = 0; i < batch->count; i++)
        reports[i].key = batch->alerts[i].key;
    intake_fold(reports, batch->count);

    json_t *alerts = json_array();
    for (size_t i = 0; i < batch->count; i++) {
        if (reports[i].repeats > 0)
            json_array_append_new(
                alerts, alert_json(&batch->alerts[i], i, reports[i].repeats, batch->truncated, body, len));
    }
    char *dump = json_dumps(alerts, JSON_COMPACT);
    const char *text = arena_strdup(&c->arena, dump);
    free(dump);
    json_decref(alerts);
    return text;
}

static void read_outcomes(const struct rows *rows, struct intake_outcome *outcomes, bool has_severity)
{
    int seq = rows_col(rows, "seq"), id = rows_col(rows, "id"), state = rows_col(rows, "state");
    for (int i = 0; i < rows_count(rows); i++) {
        struct intake_outcome *outcome = &outcomes[row_i64(rows, i, seq)];
        outcome->is_kept = true;
        outcome->item_id = row_uuid(rows, i, id);
        outcome->state = (Sokuo__V1__ItemState)row_i64(rows, i, state);
        if (has_severity)
            outcome->severity = (Sokuo__V1__Severity)row_i64(rows, i, rows_col(rows, "severity"));
    }
}

static void read_result(struct call *c, const struct db_stmt *steps, size_t count,
                        struct intake_result *result)
{
    const struct rows *take = steps[STEP_TAKE].rows, *flood = steps[STEP_FLOOD].rows;
    result->is_over_rate = row_bool(take, 0, rows_col(take, "is_over"));
    result->retry_after_s = (int)row_i64(take, 0, rows_col(take, "retry_after_s"));
    result->outcomes = call_alloc(c, (count + 1) * sizeof *result->outcomes);
    read_outcomes(steps[STEP_RESOLVE].rows, result->outcomes, false);
    read_outcomes(steps[STEP_REPEAT].rows, result->outcomes, true);
    read_outcomes(steps[STEP_OPEN].rows, result->outcomes, true);
    if (rows_count(flood) > 0) {
        result->flood_id = row_uuid(flood, 0, rows_col(flood, "id"));
        result->folded = (int)row_i64(flood, 0, rows_col(flood, "folded"));
    }
}

static const char *flood_title(struct call *c, const struct integration *integration)
{
    return call_printf(c, "【多発】%s からの通知が多いため、まとめて数えています", integration->name);
}

enum err intake_deliver(struct call *c, const struct integration *integration,
                        const struct alert_batch *batch, const char *body, size_t len,
                        struct intake_result *ret_result)
{
    struct param tenant = p_uuid(&integration->tenant_id), id = p_uuid(&integration->id);
    struct param alerts = p_json(batch_json(c, batch, body, len)), name = p_text(integration->name);
    // Alertmanager's key holds the alert's start: the same key is the very same alert.
    struct param is_very =
        p_bool(integration->kind == SOKUO__V1__INTEGRATION_KIND__INTEGRATION_KIND_ALERTMANAGER);
    struct param mode = p_i16(c, (int16_t)integration->mode), most = p_i32(c, INTAKE_NEW_PER_MINUTE);
    struct uuid flood_id = uuid_v7(), journal_id = uuid_v7();
    const struct param take[] = {tenant, id}, resolve[] = {tenant, id, alerts, name},
                       repeat[] = {tenant, id, alerts, name, is_very},
                       open[] = {tenant, id, alerts, name, is_very, most, mode},
                       flood[] = {tenant,
                                  id,
                                  alerts,
                                  name,
                                  is_very,
                                  p_uuid(&flood_id),
                                  mode,
                                  p_text(flood_title(c, integration)),
                                  p_uuid(&journal_id)};
    struct db_stmt steps[STEP_COUNT] = {
        [STEP_TAKE] = {.query = Q_INTEGRATION_TAKE, .params = take},
        [STEP_RESOLVE] = {.query = Q_INTAKE_RESOLVE, .params = resolve},
        [STEP_REPEAT] = {.query = Q_INTAKE_REPEAT, .params = repeat},
        [STEP_OPEN] = {.query = Q_INTAKE_OPEN, .params = open},
        [STEP_FLOOD] = {.query = Q_INTAKE_FLOOD, .params = flood},
        [STEP_SEEN] = {.query = Q_INTEGRATION_SEEN, .params = take},
    };
    TRY(db_write(c, &integration->id, steps, STEP_COUNT));
    *ret_result = (struct intake_result){0};
    read_result(c, steps, batch->count, ret_result);
    return ERR_OK;
}

enum err intake_over(struct call *c, const struct integration *integration, const struct alert_batch *batch,
                     struct intake_over **ret_over, size_t *ret_count)
{
    const char **keys = call_alloc(c, (batch->count + 1) * sizeof *keys);
    int key_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->alerts[i].action == ALERT_RESOLVED)
            keys[key_count++] = batch->alerts[i].key;
    }
    *ret_count = 0;
    if (key_count == 0)
        return ERR_OK;

    const struct param params[] = {p_uuid(&integration->tenant_id), p_uuid(&integration->id),
                                   p_texts(c, keys, key_count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INTAKE_RESOLVED_PROMOTED, params, &rows));
    size_t count = (size_t)rows_count(rows);
    struct intake_over *over = call_alloc(c, (count + 1) * sizeof *over);
    for (int i = 0; i < (int)count; i++) {
        over[i].item_id = row_uuid(rows, i, rows_col(rows, "id"));
        over[i].incident_id = row_uuid(rows, i, rows_col(rows, "incident_id"));
        over[i].title = row_text(rows, i, rows_col(rows, "title"));
        over[i].resolved_at_us = row_time(rows, i, rows_col(rows, "resolved_at"));
    }
    *ret_over = over;
    *ret_count = count;
    return ERR_OK;
}

static char *text_at(const struct rows *rows, int row, const char *column)
{
    return msg_text(row_text(rows, row, rows_col(rows, column)));
}

static char *id_at(struct call *c, const struct rows *rows, int row, const char *column)
{
    struct uuid id = row_uuid(rows, row, rows_col(rows, column));
    return msg_uuid(c, &id);
}

static Google__Protobuf__Timestamp *time_at(struct call *c, const struct rows *rows, int row,
                                            const char *column)
{
    return msg_time(c, row_time(rows, row, rows_col(rows, column)));
}

static int32_t number_at(const struct rows *rows, int row, const char *column)
{
    return (int32_t)row_i64(rows, row, rows_col(rows, column));
}

static char *copy_string(struct call *c, const json_t *value)
{
    const char *text = json_string_value(value);
    return arena_strdup(&c->arena, text ? text : "");
}

static void read_labels(struct call *c, const char *json, Sokuo__V1__IntakeItem *item)
{
    json_t *labels = json_loads(json, 0, NULL);
    size_t count = json_array_size(labels);
    item->labels = call_alloc(c, (count + 1) * sizeof(Sokuo__V1__Label *));
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(labels, i);
        Sokuo__V1__Label *label = call_alloc(c, sizeof *label);
        sokuo__v1__label__init(label);
        label->name = copy_string(c, json_object_get(entry, "name"));
        label->value = copy_string(c, json_object_get(entry, "value"));
        item->labels[item->n_labels++] = label;
    }
    json_decref(labels);
}

static Sokuo__V1__IntakeItem *read_item(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__IntakeItem *item = call_alloc(c, sizeof *item);
    sokuo__v1__intake_item__init(item);
    item->id = id_at(c, rows, row, "id");
    item->state = (Sokuo__V1__ItemState)number_at(rows, row, "state");
    struct uuid integration_id = row_uuid(rows, row, rows_col(rows, "integration_id"));
    item->integration = msg_ref(c, integration_id, text_at(rows, row, "integration_name"));
    item->kind = (Sokuo__V1__IntegrationKind)number_at(rows, row, "kind");
    item->mode = (Sokuo__V1__Mode)number_at(rows, row, "mode");
    item->title = text_at(rows, row, "title");
    item->description = text_at(rows, row, "description");
    item->severity = (Sokuo__V1__Severity)number_at(rows, row, "severity");
    read_labels(c, row_text(rows, row, rows_col(rows, "labels")), item);
    item->dedup_key = text_at(rows, row, "dedup_key");
    item->count = number_at(rows, row, "count");
    item->first_seen_at = time_at(c, rows, row, "first_seen_at");
    item->last_seen_at = time_at(c, rows, row, "last_seen_at");
    item->started_at = time_at(c, rows, row, "started_at");
    item->resolved_at = time_at(c, rows, row, "resolved_at");
    item->incident_id = id_at(c, rows, row, "incident_id");
    item->incident_number = text_at(rows, row, "incident_number");
    item->source_url = text_at(rows, row, "source_url");
    item->truncated = number_at(rows, row, "truncated");
    item->folded = number_at(rows, row, "folded");
    item->dismiss_reason = text_at(rows, row, "dismiss_reason");
    return item;
}

static void read_items(struct call *c, const struct rows *rows, Sokuo__V1__IntakeItem ***ret_items,
                       size_t *ret_count)
{
    int count = rows_count(rows);
    *ret_items = call_alloc(c, (size_t)(count + 1) * sizeof(Sokuo__V1__IntakeItem *));
    for (int i = 0; i < count; i++)
        (*ret_items)[i] = read_item(c, rows, i);
    *ret_count = (size_t)count;
}

enum err intake_list(struct call *c, const Sokuo__V1__ListItemsRequest *req,
                     const struct intake_cursor *after, int limit, Sokuo__V1__IntakeItem ***ret_items,
                     size_t *ret_count)
{
    struct uuid integration_id = msg_take_uuid(req->integration_id);
    int16_t *states = call_alloc(c, (req->n_states + 1) * sizeof *states);
    for (size_t i = 0; i < req->n_states; i++)
        states[i] = (int16_t)req->states[i];
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id),
        p_time(c, after->first_seen_us),
        p_uuid(&after->id),
        p_uuid(&integration_id),
        p_i32(c, limit),
        p_i16s(c, states, (int)req->n_states),
    };
    struct rows *rows = NULL;
    TRY(db_query(c, req->n_states == 0 ? Q_INTAKE_QUEUE : Q_INTAKE_LIST, params, &rows));
    read_items(c, rows, ret_items, ret_count);
    return ERR_OK;
}

enum err intake_get(struct call *c, const struct uuid *ids, int count, Sokuo__V1__IntakeItem ***ret_items,
                    const char ***ret_raws, size_t *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INTAKE_GET, params, &rows));
    read_items(c, rows, ret_items, ret_count);
    if (ret_raws == NULL)
        return ERR_OK;
    *ret_raws = call_alloc(c, (*ret_count + 1) * sizeof **ret_raws);
    for (int i = 0; i < (int)*ret_count; i++)
        (*ret_raws)[i] = row_text(rows, i, rows_col(rows, "raw"));
    return ERR_OK;
}

static struct param journal_ids(struct call *c, int count)
{
    struct uuid *ids = call_alloc(c, (size_t)(count + 1) * sizeof *ids);
    for (int i = 0; i < count; i++)
        ids[i] = uuid_v7();
    return p_uuids(c, ids, count);
}

enum err intake_dismiss(struct call *c, const struct uuid *operation_id, const uint8_t *request_hash,
                        const struct uuid *ids, int count, const char *reason, bool restore, int *ret_changed)
{
    const struct actor *a = &c->actor;
    const struct param params[] = {
        p_uuid(&a->tenant_id),
        p_uuids(c, ids, count),
        p_text(reason),
        p_bool(restore),
        journal_ids(c, count),
        p_uuid(&a->person_id),
        p_text(a->person_name ? a->person_name : ""),
        p_uuid(&a->post_id),
        p_text(a->post_name ? a->post_name : ""),
        p_i16(c, (int16_t)a->capacity),
        p_uuid(operation_id),
        p_bytes(request_hash, 32),
    };
    struct db_stmt stmt = {.query = Q_INTAKE_DISMISS, .params = params};
    enum err err = db_write(c, operation_id, &stmt, 1);
    if (err == ERR_ALREADY_EXISTS) { // the same operation at the same time: its answer is there now
        call_clear_error(c);
        err = db_write(c, operation_id, &stmt, 1);
    }
    TRY(err);
    if (rows_count(stmt.rows) == 0)
        return call_fail(c, ERR_ALREADY_EXISTS, "OPERATION_REUSED",
                         "同じ操作番号が別の操作に使われています。画面を読み直してやり直してください。",
                         "This operation_id was used for something else. Make a new one and try again.");
    *ret_changed = (int)row_i64(stmt.rows, 0, rows_col(stmt.rows, "changed"));
    return ERR_OK;
}

struct db_stmt intake_promote_stmt(struct call *c, const struct uuid *operation_id,
                                   const struct uuid *incident_id, const struct uuid *ids, int count)
{
    const struct actor *a = &c->actor;
    const struct param params[] = {
        p_uuid(&a->tenant_id),
        p_uuid(operation_id),
        p_uuid(incident_id),
        p_uuids(c, ids, count),
        journal_ids(c, count),
        p_uuid(&a->person_id),
        p_text(a->person_name ? a->person_name : ""),
        p_uuid(&a->post_id),
        p_text(a->post_name ? a->post_name : ""),
        p_i16(c, (int16_t)a->capacity),
    };
    return (struct db_stmt){.query = Q_INTAKE_PROMOTE,
                            .params = arena_memdup(&c->arena, params, sizeof params)};
}

struct db_stmt intake_entry_stmt(struct call *c, const struct intake_entry *entry)
{
    const struct actor *a = &c->actor;
    const char *folded = text_fold(c, entry->text);
    const char *const *grams;
    size_t count = text_bigrams(c, folded, GRAMS_MOST, &grams);
    const struct param params[] = {
        p_uuid(&a->tenant_id),
        p_uuid(&entry->operation_id),
        p_uuid(&entry->incident_id),
        p_uuid(&entry->id),
        p_time(c, entry->occurred_at_us),
        p_text(entry->text),
        p_text(entry->sender),
        p_uuid(&a->person_id),
        p_text(a->person_name ? a->person_name : ""),
        p_uuid(&a->post_id),
        p_text(a->post_name ? a->post_name : ""),
        p_i16(c, (int16_t)a->capacity),
        p_text(folded),
        p_texts(c, grams, (int)count),
    };
    return (struct db_stmt){.query = Q_INTAKE_TELLS_INCIDENT,
                            .params = arena_memdup(&c->arena, params, sizeof params)};
}

enum err intake_tell(struct call *c, const struct intake_entry *entry)
{
    struct db_stmt stmt = intake_entry_stmt(c, entry);
    return db_write(c, &entry->incident_id, &stmt, 1);
}

enum err intake_attach(struct call *c, const struct operation *operation, const struct uuid *incident_id,
                       const struct uuid *item_ids, const struct intake_entry *entries, int count,
                       bool *ret_done)
{
    const struct param done[] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_uuid(incident_id),
        p_uuid(&c->actor.person_id),
        p_text(operation->method),
        p_bytes(operation->request_hash, 32),
        p_bytes(operation->response, operation->response_len),
    };
    struct db_stmt *stmts = call_alloc(c, (size_t)(count + 2) * sizeof *stmts);
    stmts[0] = intake_promote_stmt(c, &operation->id, incident_id, item_ids, count);
    for (int i = 0; i < count; i++)
        stmts[i + 1] = intake_entry_stmt(c, &entries[i]);
    stmts[count + 1] = (struct db_stmt){.query = Q_INTAKE_ATTACH_DONE, .params = done};
    enum err err = db_write(c, incident_id, stmts, count + 2);
    if (err == ERR_ALREADY_EXISTS) { // the same operation came in by another process at the same time
        call_clear_error(c);
        *ret_done = false;
        return ERR_OK;
    }
    if (err == ERR_FAILED_PRECONDITION)
        return intake_taken(c);
    TRY(err);
    *ret_done = rows_count(stmts[0].rows) > 0;
    return ERR_OK;
}

enum err intake_not_found(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_ITEM",
                     "この受付項目は見つかりません。一覧を読み直してください。",
                     "There is no such item. Load the list again.");
}

enum err intake_taken(struct call *c)
{
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "ITEM_TAKEN",
        "ほかの人が先に処理した項目が含まれています。一覧を読み直してください。何も変更していません。",
        "Somebody dealt with one of these items before. Load the list again. Nothing was changed.");
}

int intake_ids(struct call *c, char *const *texts, size_t count, struct uuid **ret_ids)
{
    struct uuid *ids = call_alloc(c, (count + 1) * sizeof *ids);
    int kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct uuid id = msg_take_uuid(texts[i]);
        bool is_known = false;
        for (int k = 0; k < kept; k++)
            is_known |= uuid_equal(&ids[k], &id);
        if (!is_known)
            ids[kept++] = id;
    }
    *ret_ids = ids;
    return kept;
}
