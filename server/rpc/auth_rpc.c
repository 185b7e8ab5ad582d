// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/auth_rpc.h"

#include <string.h>

#include "server/domain/password.h"
#include "server/domain/recovery_code.h"
#include "server/domain/totp.h"
#include "server/rpc/cookie.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define USER_AGENT_MAX 200

// --- pieces that the other files use too

bool auth_totp_right(struct call *c, const struct account *account, bool pending, const char *code,
                     int64_t *ret_step)
{
    const void *sealed = pending ? account->totp_pending : account->totp_secret;
    int sealed_len = pending ? account->totp_pending_len : account->totp_secret_len;
    size_t len = 0;
    const void *secret =
        sealed ? secret_open(c, ACCOUNT_TOTP_PURPOSE, &account->id, sealed, (size_t)sealed_len, &len) : NULL;
    int64_t last_step = pending ? 0 : account->totp_last_step;
    return secret && totp_check(secret, len, code, c->now_us / 1000000, last_step, ret_step);
}

enum err auth_password_judge(struct call *c, const char *field, const char *password, const char *login)
{
    switch (password_judge(password, login)) {
    case PASSWORD_GOOD:
        return ERR_OK;
    case PASSWORD_SHORT:
        return call_fail_field(
            c, field, "TOO_SHORT",
            "パスワードは%d文字以上にしてください。思い出せる言葉をいくつか並べるとよいです。",
            "Use %d characters or more. Several words that you can remember do well.", PASSWORD_MIN_CHARS);
    case PASSWORD_LONG:
        return call_fail_field(c, field, "TOO_LONG", "パスワードは%d文字までです。",
                               "A password may have %d characters at most.", PASSWORD_MAX_CHARS);
    case PASSWORD_HAS_LOGIN:
        return call_fail_field(c, field, "HAS_LOGIN", "ログイン名を含まないパスワードにしてください。",
                               "Choose a password that does not contain the login name.");
    case PASSWORD_COMMON:
    case PASSWORD_MONOTONOUS:
        break;
    }
    return call_fail_field(c, field, "TOO_COMMON",
                           "推測されやすいパスワードです。別の言葉の組み合わせにしてください。",
                           "This password is easily guessed. Choose other words.");
}

static Sokuo__V1__Role *list_roles(struct call *c, uint64_t mask, size_t *ret_count)
{
    Sokuo__V1__Role *roles = call_alloc(c, 64 * sizeof *roles);
    for (int role = 1; role < 63; role++) {
        if (mask >> role & 1)
            roles[(*ret_count)++] = (Sokuo__V1__Role)role;
    }
    return roles;
}

enum err auth_me(struct call *c, const struct uuid *tenant_id, const struct uuid *account_id,
                 Sokuo__V1__Me **ret)
{
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(tenant_id), p_uuid(account_id)};
    TRY(db_query(c, Q_ACCOUNT_ME, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_UNAUTHENTICATED, "LOGIN_NEEDED", "ログインが必要です。", "Please log in.");
#define UUID(name) row_uuid(rows, 0, rows_col(rows, name))
#define TEXT(name) row_text(rows, 0, rows_col(rows, name))
    Sokuo__V1__Me *me = call_alloc(c, sizeof *me);
    sokuo__v1__me__init(me);
    me->account_id = msg_uuid(c, account_id);
    me->login = msg_text(TEXT("login"));
    me->person = msg_ref(c, UUID("person_id"), TEXT("person_name"));
    me->post = msg_ref(c, UUID("post_id"), TEXT("post_name"));
    me->section = msg_ref(c, UUID("unit_id"), TEXT("unit_name"));
    me->roles = list_roles(c, (uint64_t)row_i64(rows, 0, rows_col(rows, "roles")), &me->n_roles);
    me->totp_enrolled = row_bool(rows, 0, rows_col(rows, "totp_enrolled"));
    me->must_change_password = row_bool(rows, 0, rows_col(rows, "must_change_password"));
    me->recovery_codes_left = (int32_t)row_i64(rows, 0, rows_col(rows, "codes_left"));
    me->tenant = msg_ref(c, UUID("tenant_id"), TEXT("tenant_name"));
    me->server_time = msg_time(c, row_time(rows, 0, rows_col(rows, "now")));
    me->server_version = msg_text(SOKUO_VERSION);
    me->capacity = me->post ? (Sokuo__V1__Capacity)row_i64(rows, 0, rows_col(rows, "capacity"))
                            : SOKUO__V1__CAPACITY__CAPACITY_UNSPECIFIED;
#undef UUID
#undef TEXT
    *ret = me;
    return ERR_OK;
}

// --- the way in

static const char *client_ip(const struct call *c)
{
    return c->request && c->request->client_ip ? c->request->client_ip : "";
}

// One answer for a wrong name, a wrong password and a wrong code.
static enum err refuse(struct call *c, struct login_try *try, const char *why)
{
    TRY(login_failed(c, try, why));
    return call_fail(
        c, ERR_UNAUTHENTICATED, "WRONG_LOGIN",
        "ログイン名、パスワード、認証コードのいずれかが違います。大文字と小文字、認証アプリの時刻も確認してく"
        "ださい。",
        "The login name, the password or the code is wrong. Check capital letters, and the clock of the "
        "authenticator app.");
}

enum proof { PROOF_GIVEN, PROOF_MISSING, PROOF_WRONG };

// The second factor, where the account has one.
static enum proof prove(struct call *c, const struct account *account, const Sokuo__V1__LoginRequest *req,
                        struct login_entry *entry)
{
    if (!account->totp_secret)
        return PROOF_GIVEN;
    if (req->recovery_code[0]) {
        char code[RECOVERY_CODE_SIZE];
        uint8_t *hash = call_alloc(c, SECRET_HASH_LEN);
        if (!recovery_code_read(req->recovery_code, code))
            return PROOF_WRONG;
        secret_hash(code, hash);
        entry->recovery_hash = hash;
        return PROOF_GIVEN; /* login_finish looks it up and uses it up */
    }
    if (!req->totp_code[0])
        return PROOF_MISSING;
    return auth_totp_right(c, account, false, req->totp_code, &entry->totp_step) ? PROOF_GIVEN : PROOF_WRONG;
}

static const char *user_agent(struct call *c)
{
    const char *agent = c->request && c->request->user_agent ? c->request->user_agent : "";
    char *kept = arena_strndup(&c->arena, agent, strnlen(agent, USER_AGENT_MAX));
    for (char *at = kept; *at; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e)
            *at = '?'; /* header bytes are not always UTF-8 */
    }
    return kept;
}

static enum err enter(struct call *c, const Sokuo__V1__LoginRequest *req, struct login_try *try,
                      Sokuo__V1__LoginResponse *res)
{
    struct login_entry entry = {.ip = client_ip(c), .user_agent = user_agent(c)};
    char random[SECRET_TEXT_SIZE];
    switch (prove(c, &try->account, req, &entry)) {
    case PROOF_MISSING:
        res->totp_required = true;
        return login_halfway(c, try);
    case PROOF_WRONG:
        return refuse(c, try, req->recovery_code[0] ? "recovery_code" : "totp");
    case PROOF_GIVEN:
        break;
    }
    secret_make(random);
    entry.secret = call_printf(c, "%s%s", req->want_token ? SECRET_TOKEN_PREFIX : "", random);
    bool entered = false;
    TRY(login_finish(c, try, &entry, &entered));
    if (!entered)
        return refuse(c, try, entry.recovery_hash ? "recovery_code" : "totp");

    TRY(auth_me(c, &try->account.tenant_id, &try->account.id, &res->me));
    if (req->want_token)
        res->token = msg_text(entry.secret);
    else if (c->response)
        cookie_set_session(c, c->response, c->request->is_secure, entry.secret);
    return ERR_OK;
}

static void keep_hash_strong(struct call *c, const struct account *account, const char *password)
{
    const char *hash = NULL;
    if (!secret_password_is_old(account->password_hash))
        return;
    if (secret_password_hash(c, password, &hash) == ERR_OK)
        account_rehash(c, account, hash);
    else
        call_clear_error(c);
}

enum err rpc_login(struct call *c, const Sokuo__V1__LoginRequest *req, Sokuo__V1__LoginResponse *res)
{
    if (req->want_token && c->request && c->request->is_browser)
        return call_fail_field(c, "wantToken", "NOT_FOR_BROWSERS",
                               "ブラウザーではトークンを受け取れません。wantToken を外してください。",
                               "A browser does not get a token. Leave wantToken out.");
    c->actor = (struct actor){.is_system = true}; /* the tenant is not known yet */
    struct login_try try;
    TRY(login_begin(c, req->login, client_ip(c), &try));
    TRY(login_charge(c, &try));

    bool right = false;
    TRY(secret_password_check(c, try.has_account ? try.account.password_hash : NULL, req->password, &right));
    if (!right)
        return refuse(c, &try, "password");
    if (!try.account.is_open)
        return refuse(c, &try, "closed");
    keep_hash_strong(c, &try.account, req->password);
    return enter(c, req, &try, res);
}

enum err rpc_logout(struct call *c, const Sokuo__V1__LogoutRequest *req, Sokuo__V1__LogoutResponse *res)
{
    if (c->response)
        cookie_clear_session(c, c->response, c->request->is_secure);
    if (!c->actor.is_known || c->actor.is_token)
        return ERR_OK; /* an API token ends by RevokeToken only */
    enum err err = session_revoke(c, &c->actor.session_id, false, &c->actor.account_id);
    if (err == ERR_NOT_FOUND) {
        call_clear_error(c);
        return ERR_OK;
    }
    if (err == ERR_OK)
        wake_send(&c->actor.tenant_id, WAKE_SESSIONS);
    return err;
}

enum err rpc_get_me(struct call *c, const Sokuo__V1__GetMeRequest *req, Sokuo__V1__GetMeResponse *res)
{
    return auth_me(c, &c->actor.tenant_id, &c->actor.account_id, &res->me);
}

// --- the password

// The throttle's rows and the account belong to the server; the caller's identity comes back afterwards.
static enum err again(struct call *c, const char *password, struct login_try *try)
{
    TRY(login_begin(c, c->actor.login, client_ip(c), try));
    TRY(account_get(c, &c->actor.account_id, &try->account)); /* the same login may exist in another tenant */
    try->has_account = true;
    TRY(login_charge(c, try));
    bool right = false;
    TRY(secret_password_check(c, try->account.password_hash, password, &right));
    if (right)
        return login_right_again(c, try);
    TRY(login_failed(c, try, "password"));
    return call_fail_field(c, "password", "WRONG_PASSWORD", "今のパスワードが違います。",
                           "The present password is wrong.");
}

enum err auth_password_again(struct call *c, const char *password, struct account *ret)
{
    struct login_try try;
    c->actor.is_system = true;
    enum err err = again(c, password, &try);
    c->actor.is_system = false;
    *ret = try.account;
    return err;
}

enum err rpc_change_password(struct call *c, const Sokuo__V1__ChangePasswordRequest *req,
                             Sokuo__V1__ChangePasswordResponse *res)
{
    struct account account;
    const char *hash = NULL;
    TRY(auth_password_judge(c, "newPassword", req->new_password, c->actor.login));
    TRY(auth_password_again(c, req->current_password, &account));
    if (strcmp(req->current_password, req->new_password) == 0)
        return call_fail_field(c, "newPassword", "SAME_PASSWORD", "今と違うパスワードにしてください。",
                               "Choose a password other than the present one.");
    TRY(secret_password_hash(c, req->new_password, &hash));
    TRY(account_change_password(c, &account, hash));
    wake_send(&c->actor.tenant_id, WAKE_SESSIONS);
    return ERR_OK;
}
