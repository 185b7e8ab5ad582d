// SPDX-License-Identifier: Apache-2.0
// AuthService: sessions, API tokens, and the accounts of the tenant.
#include <string.h>

#include "server/domain/password.h"
#include "server/rpc/auth_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/page.h"
#include "server/store/directory_store.h"
#include "server/store/message.h"
#include "server/store/wake.h"

static bool is_admin(const struct call *c)
{
    return actor_has_role(&c->actor, SOKUO__V1__ROLE__ROLE_ADMIN);
}

// --- sessions

enum err rpc_list_sessions(struct call *c, const Sokuo__V1__ListSessionsRequest *req,
                           Sokuo__V1__ListSessionsResponse *res)
{
    struct uuid account_id = req->account_id[0] ? msg_take_uuid(req->account_id) : c->actor.account_id;
    if (!uuid_equal(&account_id, &c->actor.account_id)) {
        struct account account;
        TRY(is_admin(c) ? account_get(c, &account_id, &account)
                        : account_get(c, &(struct uuid){{0}}, &account)); /* one answer: not found */
    }
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&account_id)};
    TRY(db_query(c, Q_SESSION_LIST, params, &rows));
    res->n_sessions = (size_t)rows_count(rows);
    res->sessions = msg_list(c, (int)res->n_sessions);
    for (int i = 0; i < rows_count(rows); i++) {
        Sokuo__V1__Session *session = res->sessions[i] = call_alloc(c, sizeof *session);
        sokuo__v1__session__init(session);
        struct uuid id = row_uuid(rows, i, rows_col(rows, "id"));
        session->id = msg_uuid(c, &id);
        session->current = uuid_equal(&id, &c->actor.session_id);
        session->created_at = msg_time(c, row_time(rows, i, rows_col(rows, "created_at")));
        session->last_used_at = msg_time(c, row_time(rows, i, rows_col(rows, "last_used_at")));
        session->expires_at = msg_time(c, row_time(rows, i, rows_col(rows, "expires_at")));
        session->ip = msg_text(row_text(rows, i, rows_col(rows, "ip")));
        session->user_agent = msg_text(row_text(rows, i, rows_col(rows, "user_agent")));
    }
    return ERR_OK;
}

enum err rpc_revoke_session(struct call *c, const Sokuo__V1__RevokeSessionRequest *req,
                            Sokuo__V1__RevokeSessionResponse *res)
{
    if (req->id[0]) {
        struct uuid id = msg_take_uuid(req->id), anybody = {{0}};
        TRY(session_revoke(c, &id, false, is_admin(c) ? &anybody : &c->actor.account_id));
        res->revoked = 1;
    } else {
        int ended = 0;
        TRY(session_revoke_all(c, &c->actor.account_id, &c->actor.session_id, false, &ended));
        res->revoked = ended;
    }
    wake_send(&c->actor.tenant_id, WAKE_SESSIONS);
    return ERR_OK;
}

// --- tokens

enum err rpc_list_tokens(struct call *c, const Sokuo__V1__ListTokensRequest *req,
                         Sokuo__V1__ListTokensResponse *res)
{
    struct uuid everybody = {{0}};
    bool all = req->all && is_admin(c);
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   p_uuid(all ? &everybody : &c->actor.account_id)};
    TRY(db_query(c, Q_TOKEN_LIST, params, &rows));
    res->n_tokens = (size_t)rows_count(rows);
    res->tokens = msg_list(c, (int)res->n_tokens);
    for (int i = 0; i < rows_count(rows); i++) {
        Sokuo__V1__Token *token = res->tokens[i] = call_alloc(c, sizeof *token);
        sokuo__v1__token__init(token);
        struct uuid id = row_uuid(rows, i, rows_col(rows, "id"));
        token->id = msg_uuid(c, &id);
        token->name = msg_text(row_text(rows, i, rows_col(rows, "name")));
        token->prefix = msg_text(row_text(rows, i, rows_col(rows, "prefix")));
        token->person = msg_ref(c, row_uuid(rows, i, rows_col(rows, "person_id")),
                                row_text(rows, i, rows_col(rows, "person_name")));
        token->created_at = msg_time(c, row_time(rows, i, rows_col(rows, "created_at")));
        token->last_used_at = msg_time(c, row_time(rows, i, rows_col(rows, "last_used_at")));
        token->expires_at = msg_time(c, row_time(rows, i, rows_col(rows, "expires_at")));
    }
    return ERR_OK;
}

enum err rpc_create_token(struct call *c, const Sokuo__V1__CreateTokenRequest *req,
                          Sokuo__V1__CreateTokenResponse *res)
{
    struct account account;
    struct token made;
    if (req->expires_at && msg_take_time(req->expires_at) <= c->now_us)
        return call_fail_field(c, "expiresAt", "IN_THE_PAST", "終了日時は今より後にしてください。",
                               "The end must be later than now.");
    TRY(auth_password_again(c, req->password, &account));
    TRY(token_add(c, &account.id, req->name, msg_take_time(req->expires_at), &made));

    Sokuo__V1__Token *token = res->token = call_alloc(c, sizeof *token);
    sokuo__v1__token__init(token);
    res->secret = msg_text(made.secret);
    token->id = msg_uuid(c, &made.id);
    token->name = req->name;
    token->prefix = msg_text(made.prefix);
    token->person = msg_ref(c, account.person_id, account.person_name);
    token->created_at = msg_time(c, made.created_us);
    token->last_used_at = msg_time(c, made.last_used_us);
    token->expires_at = msg_time(c, made.expires_us);
    return ERR_OK;
}

enum err rpc_revoke_token(struct call *c, const Sokuo__V1__RevokeTokenRequest *req,
                          Sokuo__V1__RevokeTokenResponse *res)
{
    struct uuid id = msg_take_uuid(req->id), anybody = {{0}};
    TRY(session_revoke(c, &id, true, is_admin(c) ? &anybody : &c->actor.account_id));
    wake_send(&c->actor.tenant_id, WAKE_SESSIONS);
    return ERR_OK;
}

// --- accounts

static Sokuo__V1__Account *fill_account(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Account *account = call_alloc(c, sizeof *account);
    sokuo__v1__account__init(account);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    account->id = msg_uuid(c, &id);
    account->login = msg_text(row_text(rows, row, rows_col(rows, "login")));
    account->person = msg_ref(c, row_uuid(rows, row, rows_col(rows, "person_id")),
                              row_text(rows, row, rows_col(rows, "person_name")));
    account->enabled = row_bool(rows, row, rows_col(rows, "enabled"));
    account->totp_enrolled = row_bool(rows, row, rows_col(rows, "totp_enrolled"));
    account->last_login_at = msg_time(c, row_time(rows, row, rows_col(rows, "last_login_at")));
    account->post = msg_ref(c, row_uuid(rows, row, rows_col(rows, "post_id")),
                            row_text(rows, row, rows_col(rows, "post_name")));
    return account;
}

enum err rpc_list_accounts(struct call *c, const Sokuo__V1__ListAccountsRequest *req,
                           Sokuo__V1__ListAccountsResponse *res)
{
    int size = page_size_of(req->page_size);
    const char *after = "";
    TRY(page_token_read(c, req->page_token, &after));
    struct uuid any = {{0}};
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(after),
                                   p_text(req->query),          p_text(person_query_folded(c, req->query)),
                                   p_i32(c, size + 1),          p_uuid(&any)};
    TRY(db_query(c, Q_ACCOUNT_LIST, params, &rows));
    int count = rows_count(rows) > size ? size : rows_count(rows);
    res->accounts = msg_list(c, count);
    for (int i = 0; i < count; i++)
        res->accounts[res->n_accounts++] = fill_account(c, rows, i);
    if (rows_count(rows) > size)
        res->next_page_token = page_token_make(c, res->accounts[count - 1]->login);
    return ERR_OK;
}

static enum err show_account(struct call *c, const struct uuid *id, Sokuo__V1__Account **ret)
{
    struct rows *rows = NULL;
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), p_text(""), p_text(""), p_text(""), p_i32(c, 1), p_uuid(id)};
    TRY(db_query(c, Q_ACCOUNT_LIST, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_ACCOUNT", "そのアカウントは見つかりません。",
                         "There is no such account.");
    *ret = fill_account(c, rows, 0);
    return ERR_OK;
}

enum err rpc_create_account(struct call *c, const Sokuo__V1__CreateAccountRequest *req,
                            Sokuo__V1__CreateAccountResponse *res)
{
    char *login = arena_strdup(&c->arena, req->login);
    for (char *at = login; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at |= 0x20; /* lower case */
    }
    if (!login_name_good(login))
        return call_fail_field(c, "login", "BAD_LOGIN",
                               "ログイン名に使えるのは、半角の英小文字・数字・点・ハイフン・下線です。",
                               "A login name has lower-case letters, digits, dots, hyphens and underscores.");
    const char *password = secret_password_make(c), *hash = NULL;
    struct uuid id = uuid_v7(), person_id = msg_take_uuid(req->person_id);
    TRY(secret_password_hash(c, password, &hash));
    TRY(account_add(c, &id, &person_id, login, hash, true));
    TRY(show_account(c, &id, &res->account));
    res->password = msg_text(password);
    return ERR_OK;
}

enum err rpc_set_account_enabled(struct call *c, const Sokuo__V1__SetAccountEnabledRequest *req,
                                 Sokuo__V1__SetAccountEnabledResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    if (!req->enabled && uuid_equal(&id, &c->actor.account_id))
        return call_fail(c, ERR_FAILED_PRECONDITION, "OWN_ACCOUNT",
                         "自分のアカウントは止められません。ほかの管理者に依頼してください。",
                         "You cannot shut your own account. Ask another administrator.");
    TRY(account_set_enabled(c, &id, req->enabled));
    wake_send(&c->actor.tenant_id, WAKE_SESSIONS);
    return show_account(c, &id, &res->account);
}

enum err rpc_reset_account(struct call *c, const Sokuo__V1__ResetAccountRequest *req,
                           Sokuo__V1__ResetAccountResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    const char *password = secret_password_make(c), *hash = NULL;
    TRY(secret_password_hash(c, password, &hash));
    TRY(account_reset(c, &id, hash, req->remove_totp));
    wake_send(&c->actor.tenant_id, WAKE_SESSIONS);
    res->password = msg_text(password);
    return ERR_OK;
}
