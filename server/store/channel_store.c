// SPDX-License-Identifier: Apache-2.0
#include "server/store/channel_store.h"

#include <string.h>

#include "server/base/log.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/secret.h"

#define SECRET_PURPOSE "channel.secret"
#define KEY_PURPOSE "push_key.private_key"

static char *text_of(const struct rows *rows, int row, const char *column)
{
    return msg_text(row_text(rows, row, rows_col(rows, column)));
}

static Sokuo__V1__Channel *take(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Channel *m = call_alloc(c, sizeof *m);
    int16_t *reaches = NULL;
    sokuo__v1__channel__init(m);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    m->id = msg_uuid(c, &id);
    m->kind = (Sokuo__V1__ChannelKind)row_i64(rows, row, rows_col(rows, "kind"));
    m->name = text_of(rows, row, "name");
    m->template_ = text_of(rows, row, "template");
    m->n_reaches = (size_t)row_i16s(c, rows, row, rows_col(rows, "reaches"), &reaches);
    m->reaches = call_alloc(c, (m->n_reaches + 1) * sizeof *m->reaches);
    for (size_t i = 0; i < m->n_reaches; i++)
        m->reaches[i] = (Sokuo__V1__ContactKind)reaches[i];
    m->url = text_of(rows, row, "url");
    m->sender = text_of(rows, row, "sender");
    m->user = text_of(rows, row, "user_name");
    m->body = text_of(rows, row, "body");
    m->headers = text_of(rows, row, "headers");
    m->requires_tls = row_bool(rows, row, rows_col(rows, "requires_tls"));
    m->per_minute = (int32_t)row_i64(rows, row, rows_col(rows, "per_minute"));
    m->enabled = row_bool(rows, row, rows_col(rows, "enabled"));
    m->has_secret = row_bool(rows, row, rows_col(rows, "has_secret"));
    m->serves_exercises = row_bool(rows, row, rows_col(rows, "serves_exercises"));
    m->open_until = msg_time(c, row_time(rows, row, rows_col(rows, "open_until")));
    m->last_fault = text_of(rows, row, "last_fault");
    m->last_sent_at = msg_time(c, row_time(rows, row, rows_col(rows, "last_sent_at")));
    return m;
}

enum err channel_list(struct call *c, const struct uuid *id, Sokuo__V1__Channel ***ret, size_t *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), id ? p_uuid(id) : p_null()};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CHANNEL_LIST, params, &rows));
    *ret = msg_list(c, rows_count(rows) + 1);
    *ret_count = (size_t)rows_count(rows);
    for (int row = 0; row < rows_count(rows); row++)
        (*ret)[row] = take(c, rows, row);
    return ERR_OK;
}

// --- opening

static const void *unseal(struct call *c, const char *purpose, const struct uuid *of, const struct rows *rows,
                          int row, const char *column, size_t *ret_len)
{
    int col = rows_col(rows, column);
    const void *plain = row_is_null(rows, row, col) ? NULL
                                                    : secret_open(c, purpose, of, row_bytes(rows, row, col),
                                                                  (size_t)row_len(rows, row, col), ret_len);
    if (!plain && !row_is_null(rows, row, col))
        log_error("channel_secret_unreadable", LOG_S("what", column),
                  LOG_S("do", "set the channel's secret again"));
    return plain;
}

static struct notify_channel open_row(struct call *c, const struct rows *rows, int row)
{
    struct notify_channel channel = {
        .tenant_id = row_uuid(rows, row, rows_col(rows, "tenant_id")),
        .id = row_uuid(rows, row, rows_col(rows, "id")),
        .kind = (int)row_i64(rows, row, rows_col(rows, "kind")),
        .version = (int)row_i64(rows, row, rows_col(rows, "version")),
        .name = text_of(rows, row, "name"),
        .template = text_of(rows, row, "template"),
        .url = text_of(rows, row, "url"),
        .sender = text_of(rows, row, "sender"),
        .user = text_of(rows, row, "user_name"),
        .body = text_of(rows, row, "body"),
        .headers = text_of(rows, row, "headers"),
        .requires_tls = row_bool(rows, row, rows_col(rows, "requires_tls")),
        .secret = "",
    };
    size_t len = 0;
    const char *secret = unseal(c, SECRET_PURPOSE, &channel.id, rows, row, "secret", &len);
    if (secret)
        channel.secret = arena_strndup(&c->arena, secret, len);
    channel.push_private = unseal(c, KEY_PURPOSE, &channel.tenant_id, rows, row, "private_key", &len);
    if (channel.push_private)
        channel.push_public = row_bytes(rows, row, rows_col(rows, "public_key"));
    return channel;
}

enum err channel_open(struct call *c, const struct uuid *ids, int count, struct notify_channel **ret,
                      int *ret_count)
{
    const struct param params[] = {p_uuids(c, ids, count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CHANNEL_OPEN, params, &rows));
    *ret_count = rows_count(rows);
    *ret = call_alloc(c, (size_t)(*ret_count + 1) * sizeof **ret);
    for (int row = 0; row < *ret_count; row++)
        (*ret)[row] = open_row(c, rows, row);
    return ERR_OK;
}

// --- saving

static struct param sealed(struct call *c, const struct uuid *id, const char *secret)
{
    if (*secret == '\0')
        return p_null();
    size_t len = 0;
    const void *bytes = secret_seal(c, SECRET_PURPOSE, id, secret, strlen(secret), &len);
    return p_bytes(bytes, (int)len);
}

enum err channel_save(struct call *c, const struct uuid *id, const Sokuo__V1__Channel *channel,
                      const char *secret)
{
    int16_t *reaches = call_alloc(c, (channel->n_reaches + 1) * sizeof *reaches);
    for (size_t i = 0; i < channel->n_reaches; i++)
        reaches[i] = (int16_t)channel->reaches[i];
    struct param params[16 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(id),
        p_i16(c, (int16_t)channel->kind),
        p_text(channel->name),
        p_text(channel->template_),
        p_i16s(c, reaches, (int)channel->n_reaches),
        p_text(channel->url),
        p_text(channel->sender),
        p_text(channel->user),
        p_text(channel->body),
        p_text(channel->headers),
        p_bool(channel->requires_tls),
        p_i32(c, channel->per_minute),
        p_bool(channel->enabled),
        p_bool(channel->serves_exercises),
        sealed(c, id, secret),
    };
    note_who(c, params + 16);
    struct db_stmt stmt = {.query = Q_CHANNEL_SAVE, .params = params};
    TRY(db_write(c, id, &stmt, 1));
    if (rows_count(stmt.rows) == 1)
        return ERR_OK;
    return call_fail(
        c, ERR_ALREADY_EXISTS, "NAME_TAKEN",
        "「%s」という連絡手段がすでにあるか、種類が変わっています。名前を変えるか、新しく作ってください。",
        "There is a channel named \"%s\" already, or the kind has changed. Choose another name, or make a "
        "new one.",
        channel->name);
}

// --- the key of Web Push

enum err channel_push_key(struct call *c, const void **ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CHANNEL_PUSH_KEY, params, &rows));
    bool has_one = rows_count(rows) == 1 && row_len(rows, 0, rows_col(rows, "public_key")) == 65;
    *ret = has_one ? row_bytes(rows, 0, rows_col(rows, "public_key")) : NULL;
    return ERR_OK;
}

enum err channel_push_key_add(struct call *c, const uint8_t private_key[32], const uint8_t public_key[65])
{
    const struct uuid *tenant = &c->actor.tenant_id;
    size_t len = 0;
    const void *bytes = secret_seal(c, KEY_PURPOSE, tenant, private_key, 32, &len);
    const struct param params[] = {p_uuid(tenant), p_bytes(public_key, 65), p_bytes(bytes, (int)len)};
    struct db_stmt stmt = {.query = Q_CHANNEL_PUSH_KEY_ADD, .params = params};
    return db_write(c, tenant, &stmt, 1);
}
