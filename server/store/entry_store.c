// SPDX-License-Identifier: Apache-2.0
#include "server/store/entry_store.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "server/codec/text.h"
#include "server/store/message.h"

#define GRAMS_MAX 8192
#define ADD_PARAMS 25

struct db_stmt entry_last_stmt(struct call *c, const struct uuid *incident_id, int count,
                               struct param *params)
{
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_uuid(incident_id);
    params[2] = p_i32(c, count);
    return (struct db_stmt){.query = Q_ENTRY_LAST, .params = params};
}

// Columns of the rows at hand, in the usual order: looked up once a result.
// clang-format off
#define COLUMNS(X)                                                                                    \
    X(id) X(stream_id) X(stream_seq) X(kind) X(occurred_at) X(recorded_at) X(person_id)               \
    X(person_name) X(post_id) X(post_name) X(capacity) X(entry_kind) X(text) X(sender) X(receiver)    \
    X(means) X(certainty) X(corrects_id) X(reason) X(changes) X(corrected_by_id)
// clang-format on
struct columns {
#define X(name) int name;
    COLUMNS(X)
#undef X
};

static struct columns columns_of(const struct rows *rows)
{
    struct columns columns;
    int next = 0;
#define X(name)                                      \
    columns.name = rows_col_from(rows, #name, next); \
    next = columns.name + 1;
    COLUMNS(X)
#undef X
    return columns;
}

static char *json_text(struct call *c, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return msg_text(text ? arena_strdup(&c->arena, text) : NULL);
}

static void take_changes(struct call *c, const char *json, Sokuo__V1__Entry *entry)
{
    json_t *list = json_loads(json, 0, NULL);
    size_t count = json_array_size(list);
    entry->changes = msg_list(c, (int)count);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        Sokuo__V1__Change *change = entry->changes[i] = call_alloc(c, sizeof *change);
        sokuo__v1__change__init(change);
        change->field = json_text(c, item, "field");
        change->before = json_text(c, item, "before");
        change->after = json_text(c, item, "after");
    }
    entry->n_changes = count;
    json_decref(list);
}

static Sokuo__V1__Entry *take_entry(struct call *c, const struct rows *rows, int row,
                                    const struct columns *col)
{
    Sokuo__V1__Entry *entry = call_alloc(c, sizeof *entry);
    sokuo__v1__entry__init(entry);
    const struct uuid ids[] = {
        row_uuid(rows, row, col->id),          row_uuid(rows, row, col->stream_id),
        row_uuid(rows, row, col->person_id),   row_uuid(rows, row, col->post_id),
        row_uuid(rows, row, col->corrects_id), row_uuid(rows, row, col->corrected_by_id)};
    entry->id = msg_uuid(c, &ids[0]);
    entry->incident_id = msg_uuid(c, &ids[1]);
    entry->seq = (int32_t)row_i64(rows, row, col->stream_seq);
    entry->kind = (Sokuo__V1__EntryKind)row_i64(rows, row, col->entry_kind);
    entry->text = msg_text(row_text(rows, row, col->text));
    entry->sender = msg_text(row_text(rows, row, col->sender));
    entry->receiver = msg_text(row_text(rows, row, col->receiver));
    entry->means = (Sokuo__V1__Means)row_i64(rows, row, col->means);
    entry->certainty = (Sokuo__V1__Certainty)row_i64(rows, row, col->certainty);
    entry->occurred_at = msg_time(c, row_time(rows, row, col->occurred_at));
    entry->recorded_at = msg_time(c, row_time(rows, row, col->recorded_at));
    entry->by = msg_who(c, &ids[2], row_text(rows, row, col->person_name), &ids[3],
                        row_text(rows, row, col->post_name), (int)row_i64(rows, row, col->capacity));
    entry->corrects_id = msg_uuid(c, &ids[4]);
    entry->corrected_by_id = msg_uuid(c, &ids[5]);
    entry->reason = msg_text(row_text(rows, row, col->reason));
    if (!row_is_null(rows, row, col->changes))
        take_changes(c, row_text(rows, row, col->changes), entry);
    if (entry->kind == ENTRY_KIND(CHANGE))
        entry->change_kind = msg_text(row_text(rows, row, col->kind));
    return entry;
}

enum err entry_row(struct call *c, const struct rows *rows, int row, Sokuo__V1__Entry **ret_entry)
{
    struct columns columns = columns_of(rows);
    *ret_entry = take_entry(c, rows, row, &columns);
    return ERR_OK;
}

enum err entry_rows(struct call *c, const struct rows *rows, int count, Sokuo__V1__Entry ***ret_entries)
{
    struct columns columns = columns_of(rows);
    *ret_entries = msg_list(c, count);
    for (int i = 0; i < count; i++)
        (*ret_entries)[i] = take_entry(c, rows, i, &columns);
    return ERR_OK;
}

enum err entry_page(struct call *c, const struct uuid *incident_id, int after, int before, const int *kinds,
                    size_t kind_count, bool oldest_first, int limit, Sokuo__V1__Entry ***ret_entries,
                    int *ret_count)
{
    int16_t list[16];
    int n = 0;
    for (size_t i = 0; i < kind_count && n < 16; i++)
        list[n++] = (int16_t)kinds[i];
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(incident_id),
        p_i32(c, after),
        p_i32(c, before > 0 ? before : INT_MAX),
        n > 0 ? p_i16s(c, list, n) : p_null(),
        p_i32(c, limit),
    };
    struct rows *rows = NULL;
    TRY(db_query(c, oldest_first ? Q_ENTRY_PAGE_OLDEST_FIRST : Q_ENTRY_PAGE, params, &rows));
    *ret_count = rows_count(rows);
    return entry_rows(c, rows, *ret_count, ret_entries);
}

enum err entry_extract(struct call *c, const struct uuid *incident_id, int before, int64_t from_us,
                       int64_t until_us, int limit, Sokuo__V1__Entry ***ret_entries, int *ret_count)
{
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), p_uuid(incident_id), p_i32(c, before),
        p_time(c, from_us),          p_time(c, until_us), p_i32(c, limit),
    };
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ENTRY_EXTRACT, params, &rows));
    *ret_count = rows_count(rows);
    return entry_rows(c, rows, *ret_count, ret_entries);
}

enum err entry_names(struct call *c, const struct uuid *incident_id, const char ***ret_names, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ENTRY_NAMES, params, &rows));
    *ret_count = rows_count(rows);
    *ret_names = msg_list(c, *ret_count);
    for (int i = 0; i < *ret_count; i++)
        (*ret_names)[i] = row_text(rows, i, 0);
    return ERR_OK;
}

enum err entry_get(struct call *c, const struct uuid *incident_id, const struct uuid *id,
                   Sokuo__V1__Entry **ret_entry)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id), p_uuid(id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ENTRY_GET, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "ENTRY_NOT_FOUND",
                         "その記録は見つかりません。画面を読み込み直してください。",
                         "There is no such entry. Load the screen again.");
    return entry_row(c, rows, 0, ret_entry);
}

static struct param lexemes_of(struct call *c, const char *folded, int bucket)
{
    const char *const *grams;
    size_t count = text_bigrams(c, folded, GRAMS_MAX, &grams);
    const char **both = call_alloc(c, 2 * count * sizeof *both + 1);
    for (size_t i = 0; i < count; i++) {
        both[i] = grams[i];
        both[count + i] = call_printf(c, "%s%d", grams[i], bucket);
    }
    return p_texts(c, both, (int)(2 * count));
}

enum err entry_add(struct call *c, const struct incident *incident, const Sokuo__V1__Entry *entry,
                   const struct operation *op, struct operation_facts *ret_facts, bool *ret_done)
{
    const struct actor *actor = &c->actor;
    struct uuid id = msg_take_uuid(entry->id), corrects = msg_take_uuid(entry->corrects_id);
    const char *folded =
        text_fold(c, call_printf(c, "%s %s %s", entry->text, entry->sender, entry->receiver));
    const struct param params[ADD_PARAMS] = {
        p_uuid(&actor->tenant_id),
        p_uuid(&op->id),
        p_uuid(&incident->id),
        p_uuid(&id),
        p_text(*entry->change_kind      ? entry->change_kind
               : uuid_is_nil(&corrects) ? "entry.added"
                                        : "entry.corrected"),
        p_time(c, msg_take_time(entry->occurred_at)),
        p_uuid(&actor->person_id),
        p_text(entry->by->person_name),
        p_uuid(&actor->post_id),
        p_text(entry->by->post_name),
        p_i16(c, (int16_t)entry->by->capacity),
        p_i16(c, (int16_t)entry->kind),
        p_text(entry->text),
        p_text(entry->sender),
        p_text(entry->receiver),
        p_i16(c, (int16_t)entry->means),
        p_i16(c, (int16_t)entry->certainty),
        p_text(entry->reason),
        p_uuid(&corrects),
        p_text(op->method),
        p_bytes(op->request_hash, 32),
        p_bytes(op->response, op->response_len),
        p_text(folded),
        lexemes_of(c, folded, incident->search_bucket),
        p_i32(c, incident->search_bucket),
    };
    struct db_stmt add = {.query = Q_ENTRY_ADD, .params = params};
    enum err err = db_write(c, &incident->id, &add, 1);
    if (err ==
        ERR_ALREADY_EXISTS) { // the same operation or correction came in by another process at the same time
        call_clear_error(c);
        *ret_done = false;
        return ERR_OK;
    }
    TRY(err);
    *ret_done = rows_count(add.rows) > 0;
    if (*ret_done)
        *ret_facts = (struct operation_facts){.seq = (int)row_i64(add.rows, 0, 0),
                                              .recorded_at_us = row_time(add.rows, 0, 1)};
    return ERR_OK;
}
