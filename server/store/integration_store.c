// SPDX-License-Identifier: Apache-2.0
#include "server/store/integration_store.h"

#include <sodium.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/domain/intake.h"
#include "server/store/db.h"
#include "server/store/message.h"
#include "server/store/secret.h"

#define SECRET_PURPOSE "integration.hmac_secret"
#define PREFIX_LEN 6 // enough to tell tokens apart, far too little to guess the rest

// Five bits a character, without letters and digits that look alike.
static const char *make_token(struct call *c)
{
    static const char alphabet[33] = "abcdefghijkmnpqrstuvwxyz23456789";
    uint8_t bits[INTEGRATION_TOKEN_LEN];
    randombytes_buf(bits, sizeof bits);
    char *token = call_alloc(c, INTEGRATION_TOKEN_LEN + 1);
    for (size_t i = 0; i < INTEGRATION_TOKEN_LEN; i++)
        token[i] = alphabet[bits[i] & 31];
    return token;
}

static const char *prefix_of(struct call *c, const char *token)
{
    return arena_strndup(&c->arena, token, PREFIX_LEN);
}

static struct param hash_of(struct call *c, const char *token)
{
    uint8_t *hash = call_alloc(c, SECRET_HASH_LEN);
    secret_hash(token, hash);
    return p_bytes(hash, SECRET_HASH_LEN);
}

static struct param packed(struct call *c, const ProtobufCMessage *message)
{
    struct buf out = buf_in(&c->arena);
    if (message)
        message_to_wire(c, message, &out);
    return p_bytes(out.data ? out.data : "", (int)out.len);
}

static enum err unpack(struct call *c, const struct rows *rows, int row, const char *column, const char *type,
                       ProtobufCMessage **ret_message)
{
    int col = rows_col(rows, column);
    return wire_to_message(c, codec_message(type), row_bytes(rows, row, col), (size_t)row_len(rows, row, col),
                           ret_message);
}

static enum err open_secret(struct call *c, const struct rows *rows, struct integration *integration)
{
    int col = rows_col(rows, "hmac_secret");
    if (row_is_null(rows, 0, col))
        return ERR_OK;
    integration->hmac_secret = secret_open(c, SECRET_PURPOSE, &integration->id, row_bytes(rows, 0, col),
                                           (size_t)row_len(rows, 0, col), &integration->hmac_secret_len);
    if (integration->hmac_secret == NULL)
        return call_fail(
            c, ERR_INTERNAL, "SECRET_UNREADABLE",
            "連携の共有鍵を読めません。管理画面で共有鍵を設定し直してください。",
            "The integration's shared secret cannot be read. Set it again in the administration.");
    return ERR_OK;
}

enum err integration_by_token(struct call *c, const char *token, struct integration *ret_integration)
{
    c->actor = (struct actor){.is_system = true, .capacity = SOKUO__V1__CAPACITY__CAPACITY_INTEGRATION};
    const struct param params[] = {hash_of(c, token)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INTEGRATION_BY_TOKEN, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_INTEGRATION",
                         "この宛先の連携はありません。URLを管理画面で確かめてください。",
                         "There is no integration at this address. Check the URL in the administration.");

    struct integration found = {
        .tenant_id = row_uuid(rows, 0, rows_col(rows, "tenant_id")),
        .id = row_uuid(rows, 0, rows_col(rows, "id")),
        .name = row_text(rows, 0, rows_col(rows, "name")),
        .kind = (Sokuo__V1__IntegrationKind)row_i64(rows, 0, rows_col(rows, "kind")),
        .mode = (Sokuo__V1__Mode)row_i64(rows, 0, rows_col(rows, "mode")),
    };
    TRY(unpack(c, rows, 0, "mapping", "sokuo.v1.HookMapping", (ProtobufCMessage **)&found.mapping));
    TRY(unpack(c, rows, 0, "intake_rule", "sokuo.v1.IntakeRule", (ProtobufCMessage **)&found.rule));
    TRY(open_secret(c, rows, &found));
    c->actor.tenant_id = found.tenant_id;
    c->actor.person_name = found.name;
    *ret_integration = found;
    return ERR_OK;
}

static enum err read_integration(struct call *c, const struct rows *rows, int row,
                                 Sokuo__V1__Integration **ret_item)
{
    Sokuo__V1__Integration *item = call_alloc(c, sizeof *item);
    sokuo__v1__integration__init(item);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    item->id = msg_uuid(c, &id);
    item->name = msg_text(row_text(rows, row, rows_col(rows, "name")));
    item->kind = (Sokuo__V1__IntegrationKind)row_i64(rows, row, rows_col(rows, "kind"));
    item->enabled = row_bool(rows, row, rows_col(rows, "enabled"));
    item->mode = (Sokuo__V1__Mode)row_i64(rows, row, rows_col(rows, "mode"));
    item->rate_per_minute = (int32_t)row_i64(rows, row, rows_col(rows, "rate_per_minute"));
    item->token_prefix = msg_text(row_text(rows, row, rows_col(rows, "token_prefix")));
    item->last_seen_at = msg_time(c, row_time(rows, row, rows_col(rows, "last_seen_at")));
    item->has_hmac_secret = row_bool(rows, row, rows_col(rows, "has_hmac_secret"));
    TRY(unpack(c, rows, row, "mapping", "sokuo.v1.HookMapping", (ProtobufCMessage **)&item->mapping));
    TRY(unpack(c, rows, row, "intake_rule", "sokuo.v1.IntakeRule", (ProtobufCMessage **)&item->intake_rule));
    *ret_item = item;
    return ERR_OK;
}

enum err integration_list(struct call *c, const struct uuid *id, Sokuo__V1__Integration ***ret_items,
                          size_t *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), id ? p_uuid(id) : p_null()};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INTEGRATION_LIST, params, &rows));
    int count = rows_count(rows);
    Sokuo__V1__Integration **items = call_alloc(c, (size_t)(count + 1) * sizeof(Sokuo__V1__Integration *));
    for (int i = 0; i < count; i++)
        TRY(read_integration(c, rows, i, &items[i]));
    *ret_items = items;
    *ret_count = (size_t)count;
    return ERR_OK;
}

static enum err not_found(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_INTEGRATION",
                     "この連携は見つかりません。一覧を読み直してください。",
                     "There is no such integration. Load the list again.");
}

static enum err name_taken(struct call *c, const char *name)
{
    return call_fail(c, ERR_ALREADY_EXISTS, "NAME_TAKEN",
                     "「%s」という連携がすでにあります。別の名前にしてください。",
                     "There is an integration named \"%s\" already. Choose another name.", name);
}

static int32_t rate_of(const Sokuo__V1__SaveIntegrationRequest *req)
{
    return req->rate_per_minute > 0 ? req->rate_per_minute : INTAKE_RATE_DEFAULT;
}

// NULL leaves the secret as it is.
static struct param sealed_secret(struct call *c, const struct uuid *id, const char *secret)
{
    if (*secret == '\0')
        return p_null();
    size_t len = 0;
    const void *sealed = secret_seal(c, SECRET_PURPOSE, id, secret, strlen(secret), &len);
    return p_bytes(sealed, (int)len);
}

static enum err add(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req, const struct uuid *id,
                    const char *token)
{
    const struct actor *a = &c->actor;
    struct uuid journal_id = uuid_v7();
    const struct param params[] = {
        p_uuid(&a->tenant_id),
        p_uuid(id),
        p_text(req->name),
        p_i16(c, (int16_t)req->kind),
        p_i16(c, (int16_t)(req->mode ? req->mode : SOKUO__V1__MODE__MODE_REAL)),
        p_bool(req->enabled),
        hash_of(c, token),
        p_text(prefix_of(c, token)),
        sealed_secret(c, id, req->hmac_secret),
        packed(c, (const ProtobufCMessage *)req->mapping),
        packed(c, (const ProtobufCMessage *)req->intake_rule),
        p_uuid(&journal_id),
        p_uuid(&a->person_id),
        p_text(a->person_name),
        p_uuid(&a->post_id),
        p_text(a->post_name ? a->post_name : ""),
        p_i32(c, rate_of(req)),
        p_i16(c, (int16_t)a->capacity),
    };
    struct db_stmt stmt = {.query = Q_INTEGRATION_ADD, .params = params};
    TRY(db_write(c, id, &stmt, 1));
    return rows_count(stmt.rows) == 1 ? ERR_OK : name_taken(c, req->name);
}

static enum err change(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req, const struct uuid *id)
{
    const struct actor *a = &c->actor;
    struct uuid journal_id = uuid_v7();
    const struct param params[] = {
        p_uuid(&a->tenant_id),
        p_uuid(id),
        p_text(req->name),
        p_bool(req->enabled),
        packed(c, (const ProtobufCMessage *)req->mapping),
        packed(c, (const ProtobufCMessage *)req->intake_rule),
        sealed_secret(c, id, req->hmac_secret),
        p_i32(c, rate_of(req)),
        p_uuid(&journal_id),
        p_uuid(&a->person_id),
        p_text(a->person_name),
        p_uuid(&a->post_id),
        p_text(a->post_name ? a->post_name : ""),
        p_i16(c, (int16_t)a->capacity),
    };
    struct db_stmt stmt = {.query = Q_INTEGRATION_CHANGE, .params = params};
    enum err err = db_write(c, id, &stmt, 1);
    if (err == ERR_ALREADY_EXISTS)
        return name_taken(c, req->name);
    TRY(err);
    return rows_count(stmt.rows) == 1 ? ERR_OK : not_found(c);
}

enum err integration_save(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req, struct uuid *ret_id,
                          const char **ret_token)
{
    struct uuid id;
    const char *token = "";
    if (uuid_parse(req->id, &id)) {
        TRY(change(c, req, &id));
    } else {
        id = uuid_v7();
        token = make_token(c);
        TRY(add(c, req, &id, token));
    }
    *ret_id = id;
    *ret_token = token;
    return ERR_OK;
}

enum err integration_renew(struct call *c, const struct uuid *id, const char **ret_token,
                           Sokuo__V1__IntegrationKind *ret_kind)
{
    const struct actor *a = &c->actor;
    const char *token = make_token(c);
    struct uuid journal_id = uuid_v7();
    const struct param params[] = {
        p_uuid(&a->tenant_id),          p_uuid(id),          hash_of(c, token),
        p_text(prefix_of(c, token)),    p_uuid(&journal_id), p_uuid(&a->person_id),
        p_text(a->person_name),         p_uuid(&a->post_id), p_text(a->post_name ? a->post_name : ""),
        p_i16(c, (int16_t)a->capacity),
    };
    struct db_stmt stmt = {.query = Q_INTEGRATION_RENEW, .params = params};
    TRY(db_write(c, id, &stmt, 1));
    if (rows_count(stmt.rows) == 0)
        return not_found(c);
    *ret_token = token;
    *ret_kind = (Sokuo__V1__IntegrationKind)row_i64(stmt.rows, 0, rows_col(stmt.rows, "kind"));
    return ERR_OK;
}
