// SPDX-License-Identifier: Apache-2.0
#include "server/store/account_store.h"

#include <string.h>

#include "server/store/note.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static enum err no_such_account(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_ACCOUNT", "そのアカウントは見つかりません。",
                     "There is no such account.");
}

static enum err write_one(struct call *c, const struct uuid *stream, enum query query,
                          const struct param *params, struct rows **ret_rows)
{
    struct db_stmt stmt = {.query = query, .params = params};
    TRY(db_write(c, stream, &stmt, 1));
    *ret_rows = stmt.rows;
    return ERR_OK;
}

// --- reading

bool account_from(const struct rows *rows, struct account *ret)
{
    if (rows_count(rows) == 0)
        return false;
    int secret = rows_col(rows, "totp_secret"), pending = rows_col(rows, "totp_pending");
    *ret = (struct account){
        .tenant_id = row_uuid(rows, 0, rows_col(rows, "tenant_id")),
        .id = row_uuid(rows, 0, rows_col(rows, "id")),
        .person_id = row_uuid(rows, 0, rows_col(rows, "person_id")),
        .login = row_text(rows, 0, rows_col(rows, "login")),
        .person_name = row_text(rows, 0, rows_col(rows, "person_name")),
        .password_hash = row_text(rows, 0, rows_col(rows, "password_hash")),
        .totp_secret = row_is_null(rows, 0, secret) ? NULL : row_bytes(rows, 0, secret),
        .totp_secret_len = row_len(rows, 0, secret),
        .totp_pending = row_is_null(rows, 0, pending) ? NULL : row_bytes(rows, 0, pending),
        .totp_pending_len = row_len(rows, 0, pending),
        .totp_last_step = row_i64(rows, 0, rows_col(rows, "totp_last_step")),
        .is_open = row_bool(rows, 0, rows_col(rows, "is_open")),
    };
    return true;
}

enum err account_get(struct call *c, const struct uuid *id, struct account *ret)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id)};
    TRY(db_query(c, Q_ACCOUNT_GET, params, &rows));
    return account_from(rows, ret) ? ERR_OK : no_such_account(c);
}

enum err account_find(struct call *c, const char *login, const char *tenant_code, struct account *ret)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_text(login), p_text(tenant_code)};
    TRY(db_query(c, Q_ACCOUNT_LOGIN, params, &rows));
    return rows_count(rows) == 1 && account_from(rows, ret) ? ERR_OK : no_such_account(c);
}

// --- changing

enum err account_add(struct call *c, const struct uuid *id, const struct uuid *person_id, const char *login,
                     const char *password_hash, bool must_change)
{
    struct rows *rows = NULL;
    struct param params[6 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(id),
                                            p_uuid(person_id),           p_text(login),
                                            p_text(password_hash),       p_bool(must_change)};
    note_who(c, params + 6);
    enum err err = write_one(c, id, Q_ACCOUNT_ADD, params, &rows);
    if (err == ERR_ALREADY_EXISTS) {
        call_clear_error(c);
        return call_fail(c, err, "LOGIN_TAKEN",
                         "ログイン名「%s」は既に使われています。別の名前にしてください。",
                         "The login name “%s” is taken. Choose another one.", login);
    }
    TRY(err);
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_PERSON", "その職員は見つかりません。",
                         "There is no such person.");
    return ERR_OK;
}

static enum err set_password(struct call *c, const struct uuid *id, const char *old_hash, const char *hash,
                             bool must_change, bool remove_totp, const struct uuid *kept_session,
                             bool *ret_set)
{
    struct rows *rows = NULL;
    struct param params[6 + NOTE_PARAMS + 1] = {
        p_uuid(&c->actor.tenant_id), p_uuid(id),         p_text(old_hash), p_text(hash),
        p_bool(must_change),         p_bool(remove_totp)};
    note_who(c, params + 6);
    params[6 + NOTE_PARAMS] = p_uuid(kept_session);
    TRY(write_one(c, id, Q_ACCOUNT_PASSWORD_SET, params, &rows));
    *ret_set = rows_count(rows) == 1;
    return ERR_OK;
}

enum err account_change_password(struct call *c, const struct account *account, const char *hash)
{
    bool set = false;
    TRY(set_password(c, &account->id, account->password_hash, hash, false, false, &c->actor.session_id,
                     &set));
    if (!set)
        return call_fail(
            c, ERR_ABORTED, "STALE_PASSWORD",
            "パスワードがちょうど別の画面で変更されました。新しいパスワードでログインし直してください。",
            "The password was just changed elsewhere. Log in again with the new one.");
    return ERR_OK;
}

enum err account_reset(struct call *c, const struct uuid *id, const char *hash, bool remove_totp)
{
    bool set = false;
    TRY(set_password(c, id, NULL, hash, true, remove_totp, NULL, &set));
    return set ? ERR_OK : no_such_account(c);
}

enum err account_set_enabled(struct call *c, const struct uuid *id, bool enabled)
{
    struct rows *rows = NULL;
    struct param params[3 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(id), p_bool(enabled)};
    note_who(c, params + 3);
    TRY(write_one(c, id, Q_ACCOUNT_ENABLE, params, &rows));
    return rows_count(rows) == 1 ? ERR_OK : no_such_account(c);
}

void account_rehash(struct call *c, const struct account *account, const char *hash)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&account->tenant_id), p_uuid(&account->id),
                                   p_text(account->password_hash), p_text(hash)};
    if (write_one(c, &account->id, Q_ACCOUNT_REHASH, params, &rows) != ERR_OK)
        call_clear_error(c);
}

// --- second factor

enum err account_totp_begin(struct call *c, const struct uuid *id, const void *sealed, size_t len)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id), p_bytes(sealed, (int)len)};
    return write_one(c, id, Q_TOTP_BEGIN, params, &rows);
}

enum err account_totp_confirm(struct call *c, const struct account *account, int64_t step,
                              const char *const *codes, int count)
{
    struct rows *rows = NULL;
    struct param params[5 + NOTE_PARAMS] = {p_uuid(&account->tenant_id), p_uuid(&account->id),
                                            p_bytes(account->totp_pending, account->totp_pending_len),
                                            p_i64(c, step), p_texts(c, codes, count)};
    note_who(c, params + 5);
    TRY(write_one(c, &account->id, Q_TOTP_CONFIRM, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_ABORTED, "STALE_ENROLMENT",
                         "認証アプリの登録が別の画面でやり直されました。新しいQRコードを読み取ってください。",
                         "The enrolment was begun again elsewhere. Scan the newer QR code.");
    return ERR_OK;
}

enum err account_recovery_renew(struct call *c, const struct uuid *id, const char *const *codes, int count)
{
    struct rows *rows = NULL;
    struct param params[3 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(id),
                                            p_texts(c, codes, count)};
    note_who(c, params + 3);
    TRY(write_one(c, id, Q_RECOVERY_RENEW, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NO_TOTP",
                         "認証アプリがまだ登録されていません。先に登録してください。",
                         "No authenticator app is enrolled yet. Enrol one first.");
    return ERR_OK;
}

// --- sessions and tokens

#define TOKEN_PREFIX_SHOWN 12 // "sokuo_" and six more

enum err token_add(struct call *c, const struct uuid *account_id, const char *name, int64_t expires_us,
                   struct token *ret)
{
    char random[SECRET_TEXT_SIZE];
    uint8_t hash[SECRET_HASH_LEN];
    secret_make(random);
    *ret = (struct token){.id = uuid_v7(), .secret = call_printf(c, SECRET_TOKEN_PREFIX "%s", random)};
    ret->prefix = arena_strndup(&c->arena, ret->secret, TOKEN_PREFIX_SHOWN);
    secret_hash(ret->secret, hash);

    struct rows *rows = NULL;
    struct param params[7 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id), p_uuid(&ret->id), p_uuid(account_id),
        p_bytes(hash, sizeof hash),  p_text(name),     p_text(ret->prefix),
        p_time(c, expires_us)};
    note_who(c, params + 7);
    TRY(write_one(c, account_id, Q_TOKEN_ADD, params, &rows));
    if (rows_count(rows) == 0)
        return no_such_account(c);
    ret->created_us = row_time(rows, 0, rows_col(rows, "created_at"));
    ret->last_used_us = row_time(rows, 0, rows_col(rows, "last_used_at"));
    ret->expires_us = row_time(rows, 0, rows_col(rows, "expires_at"));
    return ERR_OK;
}

enum err session_revoke(struct call *c, const struct uuid *id, bool is_token, const struct uuid *owner)
{
    struct rows *rows = NULL;
    struct param params[5 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(id), p_bool(is_token),
                                            p_uuid(owner)};
    note_who(c, params + 4);
    params[4 + NOTE_PARAMS] = p_uuid(&c->actor.session_id);
    TRY(write_one(c, id, Q_SESSION_REVOKE, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_SESSION",
                         "見つかりません。既に終了している場合があります。",
                         "Not found. It may have ended already.");
    return ERR_OK;
}

enum err session_revoke_all(struct call *c, const struct uuid *account_id, const struct uuid *except,
                            bool tokens, int *ret_count)
{
    struct rows *rows = NULL;
    struct param params[5 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(account_id), p_uuid(except),
                                            p_bool(tokens)};
    note_who(c, params + 4);
    params[4 + NOTE_PARAMS] = p_uuid(&c->actor.session_id);
    TRY(write_one(c, account_id, Q_SESSION_REVOKE_ALL, params, &rows));
    *ret_count = rows_count(rows);
    return ERR_OK;
}
