// SPDX-License-Identifier: Apache-2.0
#include "server/store/notice_store.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/message.h"
#include "server/store/secret.h"
#include "server/store/wake.h"

#define FINISH_STATEMENTS 6

static const struct uuid any_stream;

static const char *text_of(const struct rows *rows, int row, const char *column)
{
    return row_text(rows, row, rows_col(rows, column));
}

static int int_of(const struct rows *rows, int row, const char *column)
{
    return (int)row_i64(rows, row, rows_col(rows, column));
}

static struct uuid uuid_of(const struct rows *rows, int row, const char *column)
{
    return row_uuid(rows, row, rows_col(rows, column));
}

static int64_t time_of(const struct rows *rows, int row, const char *column)
{
    return row_time(rows, row, rows_col(rows, column));
}

static const uint8_t *bytes_of(const struct rows *rows, int row, const char *column, int len)
{
    int col = rows_col(rows, column);
    return row_len(rows, row, col) == len ? row_bytes(rows, row, col) : NULL;
}

// --- leasing

static enum notice_fate fate_of(const char *word)
{
    static const char *const words[] = {"SEND", "IN_APP", "DIGEST", "GONE", "NO_CHANNEL"};
    for (int i = 0; i < 5; i++)
        if (strcmp(words[i], word) == 0)
            return (enum notice_fate)i;
    return NOTICE_NOT_NOW;
}

static struct notice take(const struct rows *rows, int row)
{
    return (struct notice){
        .tenant_id = uuid_of(rows, row, "tenant_id"),
        .id = uuid_of(rows, row, "id"),
        .channel_id = uuid_of(rows, row, "channel_id"),
        .fate = fate_of(text_of(rows, row, "fate")),
        .dedup_key = text_of(rows, row, "dedup_key"),
        .person = text_of(rows, row, "person_name"),
        .address = text_of(rows, row, "address"),
        .wants_link = row_bool(rows, row, rows_col(rows, "wants_link")),
        .has_link = row_bool(rows, row, rows_col(rows, "has_link")),
        .p256dh = bytes_of(rows, row, "p256dh", 65),
        .auth = bytes_of(rows, row, "auth", 16),
        .facts =
            {
                .kind = int_of(rows, row, "kind"),
                .mode = int_of(rows, row, "mode"),
                .severity = int_of(rows, row, "priority"),
                .confidentiality = int_of(rows, row, "confidentiality"),
                .number = text_of(rows, row, "number"),
                .text = text_of(rows, row, "text"),
                .from = text_of(rows, row, "sender"),
                .link = "",
                .due_us = time_of(rows, row, "due_at"),
                .queued_us = time_of(rows, row, "queued_at"),
                .attempts = int_of(rows, row, "attempts"),
                .in_english = row_bool(rows, row, rows_col(rows, "in_english")),
            },
    };
}

enum err notice_due(struct call *c, bool *ret)
{
    struct rows *rows = NULL;
    TRY(db_query(c, Q_NOTICE_DUE, NULL, &rows));
    *ret = row_bool(rows, 0, rows_col(rows, "is_due"));
    return ERR_OK;
}

enum err notice_lease(struct call *c, const struct uuid *owner, int most, int cap, struct notice **ret,
                      int *ret_count)
{
    const struct param params[] = {p_uuid(owner), p_i32(c, most), p_i32(c, cap)};
    struct db_stmt stmt = {.query = Q_NOTICE_LEASE, .params = params};
    TRY(db_write(c, &any_stream, &stmt, 1));
    *ret_count = rows_count(stmt.rows);
    *ret = call_alloc(c, (size_t)(*ret_count + 1) * sizeof **ret);
    for (int row = 0; row < *ret_count; row++)
        (*ret)[row] = take(stmt.rows, row);
    return ERR_OK;
}

static struct param fresh_ids(struct call *c, int count)
{
    struct uuid *ids = call_alloc(c, (size_t)(count + 1) * sizeof *ids);
    for (int i = 0; i < count; i++)
        ids[i] = uuid_v7();
    return p_uuids(c, ids, count);
}

static void put_keys(struct call *c, const struct notice_key *keys, int count, struct param out[2])
{
    struct uuid *tenants = call_alloc(c, (size_t)(count + 1) * sizeof *tenants);
    struct uuid *ids = call_alloc(c, (size_t)(count + 1) * sizeof *ids);
    for (int i = 0; i < count; i++) {
        tenants[i] = keys[i].tenant_id;
        ids[i] = keys[i].id;
    }
    out[0] = p_uuids(c, tenants, count);
    out[1] = p_uuids(c, ids, count);
}

enum err notice_collect(struct call *c, const struct notice_key *keys, int count)
{
    struct param params[3] = {[2] = fresh_ids(c, count)};
    put_keys(c, keys, count, params);
    struct db_stmt stmt = {.query = Q_NOTICE_DIGEST, .params = params};
    return db_write(c, &any_stream, &stmt, 1);
}

// --- links

const char *notice_token(struct call *c, const struct uuid *id)
{
    uint8_t bytes[SECRET_HASH_LEN];
    char *token = call_alloc(c, SECRET_TEXT_SIZE);
    secret_derive("notice.link", id, bytes);
    sodium_bin2base64(token, SECRET_TEXT_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return token;
}

enum err notice_remember_links(struct call *c, const struct notice_key *keys, int count)
{
    const char **hashes = call_alloc(c, (size_t)(count + 1) * sizeof *hashes);
    for (int i = 0; i < count; i++) {
        uint8_t hash[SECRET_HASH_LEN];
        char *hex = call_alloc(c, 2 * SECRET_HASH_LEN + 1);
        secret_hash(notice_token(c, &keys[i].id), hash);
        hashes[i] = sodium_bin2hex(hex, 2 * SECRET_HASH_LEN + 1, hash, sizeof hash);
    }
    struct param params[3] = {[2] = p_texts(c, hashes, count)};
    put_keys(c, keys, count, params);
    struct db_stmt stmt = {.query = Q_NOTICE_LINK, .params = params};
    return db_write(c, &any_stream, &stmt, 1);
}

// --- finishing

static json_t *end_json(const struct notice_end *end)
{
    char tenant[UUID_TEXT_SIZE], id[UUID_TEXT_SIZE];
    return json_pack("{s:s, s:s, s:i, s:s, s:I, s:b}", "tenant", uuid_format(&end->tenant_id, tenant), "id",
                     uuid_format(&end->id, id), "outcome", (int)end->outcome, "reason", end->reason, "wait",
                     (json_int_t)end->wait_us, "gone", (int)end->is_gone);
}

static const char *dumped(struct call *c, json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);
    const char *kept = arena_strdup(&c->arena, text ? text : "[]");
    free(text);
    json_decref(root);
    return kept;
}

static const char *ends_json(struct call *c, const struct notice_end *ends, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, end_json(&ends[i]));
    return dumped(c, list);
}

// How one channel did among the ends.
static json_t *channel_json(const struct notice_end *ends, int count, const struct uuid *channel_id)
{
    int good = 0, bad = 0;
    const char *fault = "";
    char id[UUID_TEXT_SIZE];
    for (int i = 0; i < count; i++) {
        if (!ends[i].was_tried || !uuid_equal(&ends[i].channel_id, channel_id))
            continue;
        good += !ends[i].is_channels_fault; // it answered, whatever it thinks of the address
        bad += ends[i].is_channels_fault;
        if (ends[i].is_channels_fault)
            fault = ends[i].reason;
    }
    return json_pack("{s:s, s:i, s:i, s:s}", "id", uuid_format(channel_id, id), "good", good, "bad", bad,
                     "fault", fault);
}

static bool is_first_of_channel(const struct notice_end *ends, int at)
{
    for (int i = 0; i < at; i++)
        if (uuid_equal(&ends[i].channel_id, &ends[at].channel_id))
            return false;
    return !uuid_is_nil(&ends[at].channel_id);
}

static const char *channels_json(struct call *c, const struct notice_end *ends, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (is_first_of_channel(ends, i))
            json_array_append_new(list, channel_json(ends, count, &ends[i].channel_id));
    return dumped(c, list);
}

// Those who look at the order or the incident see it.
static void wake_those_of(const struct rows *rows)
{
    struct uuid last = {0};
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid tenant = uuid_of(rows, row, "tenant_id");
        if (!uuid_equal(&tenant, &last))
            wake_send(&tenant, WAKE_FEED);
        last = tenant;
    }
}

enum err notice_finish(struct call *c, const struct uuid *owner, const struct notice_end *ends, int count)
{
    const char *json = ends_json(c, ends, count);
    const struct param finish[] = {p_json(json), p_uuid(owner)};
    const struct param incident[] = {p_json(json), fresh_ids(c, count)};
    const struct param channels[] = {p_json(channels_json(c, ends, count))};
    // The incident first, then what hangs on it: as everybody who changes an order does.
    struct db_stmt stmts[FINISH_STATEMENTS] = {
        {.query = Q_NOTICE_FINISH, .params = finish},
        {.query = Q_NOTICE_FINISH_INCIDENT, .params = incident},
        {.query = Q_NOTICE_FINISH_ORDER, .params = finish},
        {.query = Q_NOTICE_FINISH_CALL, .params = finish},
        {.query = Q_NOTICE_FINISH_CHANNEL, .params = channels},
        {.query = Q_NOTICE_FINISH_CONTACT, .params = finish},
    };
    TRY(db_write(c, &any_stream, stmts, FINISH_STATEMENTS));
    wake_those_of(stmts[1].rows);
    wake_those_of(stmts[2].rows);
    return ERR_OK;
}

// --- the caller's view

static const char *kind_word(int kind)
{
    static const char *const words[] = {"", "ORDER", "CALL", "TEST", "DIGEST", "READINESS", "ALARM"};
    return kind > 0 && kind < 7 ? words[kind] : "";
}

// A stable word of ours in the caller's language, and what the other side said.
static const char *reason_text(struct call *c, const char *reason)
{
    static const struct {
        const char *word, *ja, *en;
    } known[] = {
        {"SETTLED", "すでに対応済みのため送っていません", "Not sent: it was settled already"},
        {"WITHDRAWN", "指示が取り消されたため送っていません", "Not sent: the order was withdrawn"},
        {"ANSWERED", "すでに回答があったため送っていません", "Not sent: it was answered already"},
        {"CLOSED", "事案が終わったため送っていません", "Not sent: the incident is closed"},
        {"DIGEST", "件数が多いため、まとめて送ります", "Part of a digest: there were many"},
        {"NO_CHANNEL", "自動で届ける手段がありません。電話で伝えてください",
         "Nothing is set up that reaches it: telephone"},
        {"NO_POINT", "連絡先がないか、職員が在籍していません",
         "The contact point is gone, or the person has left"},
        {"BOUNCED", "宛先に届きません", "The address does not work"},
        {"FAILED", "送信に失敗しました。もう一度送ります", "Failed; it is tried again"},
        {"REPLACED", "新しい送信試験に置き換わりました", "A newer test took its place"},
        {"GAVE_UP", "何度送っても届きませんでした", "Gave up after many tries"},
    };
    size_t len = strcspn(reason, ":");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].word) == len && strncmp(known[i].word, reason, len) == 0)
            return call_printf(c, "%s%s", c->lang == LANG_EN ? known[i].en : known[i].ja, reason + len);
    return reason;
}

static Sokuo__V1__Notice *take_notice(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Notice *m = call_alloc(c, sizeof *m);
    sokuo__v1__notice__init(m);
    struct uuid id = uuid_of(rows, row, "id"), incident = uuid_of(rows, row, "incident_id");
    struct uuid order = uuid_of(rows, row, "order_id");
    m->id = msg_uuid(c, &id);
    m->kind = msg_text(kind_word(int_of(rows, row, "kind")));
    m->person = msg_ref(c, uuid_of(rows, row, "person_id"), text_of(rows, row, "person_name"));
    m->channel = (Sokuo__V1__ChannelKind)int_of(rows, row, "channel");
    m->state = (Sokuo__V1__NoticeState)int_of(rows, row, "state");
    m->attempts = int_of(rows, row, "attempts");
    m->reason = msg_text(reason_text(c, text_of(rows, row, "reason")));
    m->queued_at = msg_time(c, time_of(rows, row, "queued_at"));
    m->sent_at = msg_time(c, time_of(rows, row, "sent_at"));
    m->next_at = msg_time(c, time_of(rows, row, "next_at"));
    m->incident_id = msg_uuid(c, &incident);
    m->order_id = msg_uuid(c, &order);
    m->mode = (Sokuo__V1__Mode)int_of(rows, row, "mode");
    return m;
}

enum err notice_list(struct call *c, const struct notice_filter *f, Sokuo__V1__ListNoticesResponse *res)
{
    const struct actor *a = &c->actor;
    const struct param list[] = {p_uuid(&a->tenant_id), p_uuid(&f->incident_id),     p_uuid(&f->order_id),
                                 p_bool(f->dead_only),  p_i32(c, (int32_t)f->reach), p_uuid(&a->person_id)};
    const struct param count[] = {p_uuid(&a->tenant_id), p_uuid(&f->incident_id), p_uuid(&f->order_id),
                                  p_i32(c, (int32_t)f->reach), p_uuid(&a->person_id)};
    struct db_stmt stmts[] = {{.query = Q_NOTICE_LIST, .params = list},
                              {.query = Q_NOTICE_COUNT, .params = count}};
    TRY(db_read(c, stmts, 2));
    res->n_notices = (size_t)rows_count(stmts[0].rows);
    res->notices = msg_list(c, rows_count(stmts[0].rows) + 1);
    for (int row = 0; row < rows_count(stmts[0].rows); row++)
        res->notices[row] = take_notice(c, stmts[0].rows, row);
    res->dead_count = int_of(stmts[1].rows, 0, "dead");
    res->queued_count = int_of(stmts[1].rows, 0, "queued");
    return ERR_OK;
}

enum err notice_retry(struct call *c, const struct uuid *ids, int count, bool is_admin, struct uuid **ret,
                      int *ret_count)
{
    const struct actor *a = &c->actor;
    struct uuid journal_id = uuid_v7();
    const struct param params[] = {p_uuid(&a->tenant_id),
                                   p_uuids(c, ids, count),
                                   p_bool(is_admin),
                                   p_uuid(&journal_id),
                                   p_uuid(&a->person_id),
                                   p_text(a->person_name),
                                   p_uuid(&a->post_id),
                                   p_text(a->post_name ? a->post_name : ""),
                                   p_i16(c, (int16_t)a->capacity)};
    struct db_stmt stmt = {.query = Q_NOTICE_RETRY, .params = params};
    TRY(db_write(c, &any_stream, &stmt, 1));
    wake_send(&a->tenant_id, WAKE_ENGINE);
    *ret_count = rows_count(stmt.rows);
    *ret = call_alloc(c, (size_t)(*ret_count + 1) * sizeof **ret);
    for (int row = 0; row < *ret_count; row++)
        (*ret)[row] = uuid_of(stmt.rows, row, "id");
    return ERR_OK;
}
