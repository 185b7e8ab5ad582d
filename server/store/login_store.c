// SPDX-License-Identifier: Apache-2.0
#include "server/store/login_store.h"

#include <ctype.h>
#include <string.h>

#include "server/base/log.h"
#include "server/domain/throttle.h"
#include "server/store/note.h"

// --- the name and its keys

// In lower case, without blanks around it.
static char *fold_login(struct call *c, const char *login)
{
    login += strspn(login, " \t\r\n");
    size_t len = strlen(login);
    while (len > 0 && isspace((unsigned char)login[len - 1]))
        len--;
    char *folded = arena_strndup(&c->arena, login, len);
    for (char *at = folded; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return folded;
}

// As it stands in the throttle's keys, where '@' parts the name from the network: otherwise the name
// "sato@192.0.2.1", tried from anywhere, would slow sato down at home.
static const char *key_name(struct call *c, const char *name)
{
    char *key = arena_strdup(&c->arena, name);
    for (char *at = strchr(key, '@'); at != NULL; at = strchr(at, '@'))
        *at = ' ';
    return key;
}

static enum err too_early(struct call *c, int64_t retry_at_us)
{
    int seconds = (int)((retry_at_us - c->now_us + 999999) / 1000000);
    enum err err =
        call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FAILURES",
                  "続けて失敗したため、あと%d秒待ってからもう一度お試しください。ロックはされていません。",
                  "There were several failures. Wait %d more seconds and try again; nothing is locked.",
                  seconds < 1 ? 1 : seconds);
    c->error_retry_at_us = retry_at_us;
    return err;
}

// --- looking

struct brakes {
    int64_t login_until, here_until, address_until; // microseconds; 0 or TIME_NULL = free
    bool is_known;
};

static struct brakes read_brakes(const struct login_try *try, const char *here_key, const struct rows *rows)
{
    struct brakes brakes = {0};
    for (int i = 0; i < rows_count(rows); i++) {
        const char *key = row_text(rows, i, rows_col(rows, "key"));
        int64_t until = row_time(rows, i, rows_col(rows, "not_before"));
        if (strcmp(key, try->known_key) == 0)
            brakes.is_known = true;
        else if (strcmp(key, try->address_key) == 0)
            brakes.address_until = until;
        else if (strcmp(key, here_key) == 0)
            brakes.here_until = until;
        else
            brakes.login_until = until;
    }
    return brakes;
}

enum err login_begin(struct call *c, const char *login, const char *address, struct login_try *ret)
{
    char network[64];
    throttle_network(address, network, sizeof network);
    char *name = fold_login(c, login);
    const char *key = key_name(c, name);
    const char *login_key = call_printf(c, "login:%s", key);
    const char *here_key = call_printf(c, "login:%s@%s", key, network);
    *ret = (struct login_try){
        .network = arena_strdup(&c->arena, network),
        .address_key = call_printf(c, "address:%s", network),
        .known_key = call_printf(c, "known:%s@%s", key, network),
    };
    char *at = strchr(name, '@');
    if (at)
        *at = '\0';

    const char *keys[] = {login_key, here_key, ret->address_key, ret->known_key};
    const struct param key_params[] = {p_texts(c, keys, 4)};
    const struct param name_params[] = {p_text(name), p_text(at ? at + 1 : NULL)};
    struct db_stmt stmts[] = {{.query = Q_THROTTLE_FIND, .params = key_params},
                              {.query = Q_ACCOUNT_LOGIN, .params = name_params}};
    TRY(db_read(c, stmts, 2));

    struct brakes brakes = read_brakes(ret, here_key, stmts[0].rows);
    int64_t line_until = brakes.is_known ? brakes.here_until : brakes.login_until;
    int64_t until = line_until > brakes.address_until ? line_until : brakes.address_until;
    if (until > 0)
        return too_early(c, until);
    ret->line_key = brakes.is_known ? here_key : login_key;
    ret->has_account = rows_count(stmts[1].rows) == 1 && account_from(stmts[1].rows, &ret->account);
    return ERR_OK;
}

// --- counting

static const struct uuid *stream_of(const struct login_try *try)
{
    static const struct uuid nobody = {{0}};
    return try->has_account ? &try->account.id : &nobody;
}

enum err login_charge(struct call *c, struct login_try *try)
{
    int16_t delays[THROTTLE_DELAYS];
    throttle_delays(delays);
    const struct param params[] = {p_text(try->line_key), p_i16s(c, delays, THROTTLE_DELAYS),
                                   p_i32(c, THROTTLE_FORGET_S)};
    struct db_stmt stmt = {.query = Q_THROTTLE_CHARGE, .params = params};
    TRY(db_write(c, stream_of(try), &stmt, 1));
    if (rows_count(stmt.rows) == 0)
        return too_early(c, c->now_us + 1000000);
    return ERR_OK;
}

enum err login_failed(struct call *c, struct login_try *try, const char *why)
{
    const struct param address_params[] = {p_text(try->address_key), p_i32(c, THROTTLE_ADDRESS_MAX),
                                           p_i32(c, THROTTLE_ADDRESS_S)};
    struct uuid note_id = uuid_v7(), nobody = {{0}};
    const char *changes =
        call_printf(c, "[{\"field\":\"factor\",\"after\":\"%s\"},{\"field\":\"network\",\"after\":\"%s\"}]",
                    why, strpbrk(try->network, "\"\\") ? "" : try->network);
    const struct param note_params[] = {p_uuid(&try->account.tenant_id),
                                        p_uuid(&note_id),
                                        p_uuid(&try->account.id),
                                        p_text("account.login_failed"),
                                        p_json(changes),
                                        p_uuid(&nobody),
                                        p_text(""),
                                        p_uuid(&nobody),
                                        p_text(""),
                                        p_i16(c, 1)};
    struct db_stmt stmts[] = {{.query = Q_THROTTLE_ADDRESS, .params = address_params},
                              {.query = Q_THROTTLE_SWEEP, .params = NULL},
                              {.query = Q_ACCOUNT_NOTE, .params = note_params}};
    log_warn("login_failed", LOG_S("call", c->id), LOG_S("network", try->network), LOG_S("factor", why));
    /* A name that does not exist has no stream of its own: only the log has it. */
    return db_write(c, stream_of(try), stmts, try->has_account ? 3 : 2);
}

enum err login_halfway(struct call *c, struct login_try *try)
{
    const struct param params[] = {p_text(try->line_key)};
    struct db_stmt stmt = {.query = Q_THROTTLE_REFUND, .params = params};
    return db_write(c, stream_of(try), &stmt, 1);
}

enum err login_right_again(struct call *c, struct login_try *try)
{
    const struct param params[] = {p_text(try->line_key)};
    struct db_stmt stmt = {.query = Q_THROTTLE_CLEAR, .params = params};
    return db_write(c, stream_of(try), &stmt, 1);
}

// --- entering

enum err login_finish(struct call *c, struct login_try *try, const struct login_entry *entry,
                      bool *ret_entered)
{
    struct uuid session_id = uuid_v7(), note_id = uuid_v7();
    uint8_t hash[SECRET_HASH_LEN];
    secret_hash(entry->secret, hash);
    const struct account *account = &try->account;
    const struct param entry_params[] = {
        p_uuid(&account->tenant_id),
        p_uuid(&account->id),
        p_i64(c, entry->totp_step),
        entry->recovery_hash ? p_bytes(entry->recovery_hash, SECRET_HASH_LEN) : p_null(),
        p_uuid(&session_id),
        p_bytes(hash, sizeof hash),
        p_text(entry->ip),
        p_text(entry->user_agent),
        p_uuid(&note_id),
    };
    const struct param line_params[] = {p_text(try->line_key)}, known_params[] = {p_text(try->known_key)};
    struct db_stmt stmts[] = {{.query = Q_LOGIN_FINISH, .params = entry_params},
                              {.query = Q_THROTTLE_CLEAR, .params = line_params},
                              {.query = Q_THROTTLE_KNOWN, .params = known_params}};
    TRY(db_write(c, &account->id, stmts, 3));
    *ret_entered = rows_count(stmts[0].rows) == 1;
    return ERR_OK;
}
