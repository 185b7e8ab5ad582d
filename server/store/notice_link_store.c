// SPDX-License-Identifier: Apache-2.0
// Links of messages: what one is about, and acting as the person it was sent to.
#include "server/domain/escalation.h"
#include "server/domain/throttle.h"
#include "server/store/notice_store.h"
#include "server/store/secret.h"

static struct uuid uuid_of(const struct rows *rows, const char *column)
{
    return row_uuid(rows, 0, rows_col(rows, column));
}

static int int_of(const struct rows *rows, const char *column)
{
    return (int)row_i64(rows, 0, rows_col(rows, column));
}

static const char *text_of(const struct rows *rows, const char *column)
{
    return row_text(rows, 0, rows_col(rows, column));
}

static bool is_over(const struct rows *rows)
{
    int phase = int_of(rows, "phase");
    return row_bool(rows, 0, rows_col(rows, "is_withdrawn")) || phase == ESC_STOPPED;
}

enum err notice_by_link(struct call *c, const char *token, struct notice_link *ret)
{
    uint8_t hash[SECRET_HASH_LEN];
    secret_hash(token, hash);
    c->actor = (struct actor){.is_system = true};
    const struct param params[] = {p_bytes(hash, sizeof hash)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_NOTICE_BY_LINK, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(
            c, ERR_NOT_FOUND, "NO_SUCH_LINK",
            "このリンクは使えません。72時間を過ぎたか、URLの一部が欠けています。即応にログインして回答してく"
            "ださい。",
            "This link does not work: it is older than 72 hours, or a part of it is missing. Log in to Sokuo "
            "to answer.");
    *ret = (struct notice_link){
        .tenant_id = uuid_of(rows, "tenant_id"),
        .id = uuid_of(rows, "id"),
        .person_id = uuid_of(rows, "person_id"),
        .order_id = uuid_of(rows, "order_id"),
        .addressee_id = uuid_of(rows, "addressee_id"),
        .escalation_id = uuid_of(rows, "escalation_id"),
        .kind = int_of(rows, "kind"),
        .mode = int_of(rows, "mode"),
        .confidentiality = int_of(rows, "confidentiality"),
        .person = text_of(rows, "person_name"),
        .number = text_of(rows, "number"),
        .text = text_of(rows, "text"),
        .due_us = row_time(rows, 0, rows_col(rows, "due_at")),
        .answered_us = row_time(rows, 0, rows_col(rows, "answered_at")),
        .used_us = row_time(rows, 0, rows_col(rows, "link_used_at")),
        .wants_acceptance = row_bool(rows, 0, rows_col(rows, "wants_acceptance")),
        .is_over = is_over(rows),
        .addressee_state = int_of(rows, "addressee_state"),
    };
    return ERR_OK;
}

enum err notice_link_used(struct call *c, const struct notice_link *link)
{
    const struct param params[] = {p_uuid(&link->tenant_id), p_uuid(&link->id)};
    struct db_stmt stmt = {.query = Q_NOTICE_LINK_USED, .params = params};
    return db_write(c, &link->id, &stmt, 1);
}

enum err notice_act_as(struct call *c, const struct notice_link *link)
{
    const struct param params[] = {p_uuid(&link->tenant_id), p_uuid(&link->person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_NOTICE_PERSON, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_LINK", "このリンクは使えません。",
                         "This link does not work.");
    c->actor = (struct actor){
        .tenant_id = link->tenant_id,
        .person_id = link->person_id,
        .person_name = text_of(rows, "person_name"),
        .post_id = uuid_of(rows, "post_id"),
        .post_name = text_of(rows, "post_name"),
        .section_id = uuid_of(rows, "section_id"),
        .capacity = int_of(rows, "capacity"),
        .roles = (uint64_t)row_i64(rows, 0, rows_col(rows, "roles")),
        .login = "",
        .is_known = true,
    };
    return ERR_OK;
}

// --- guesses

static const char *brake_key(struct call *c, const char *address)
{
    char network[64];
    throttle_network(address, network, sizeof network);
    return call_printf(c, "link:%s", network);
}

enum err notice_link_brake(struct call *c, const char *address)
{
    const char *key = brake_key(c, address);
    const struct param params[] = {p_texts(c, &key, 1)};
    struct rows *rows = NULL;
    c->actor = (struct actor){.is_system = true};
    TRY(db_query(c, Q_THROTTLE_FIND, params, &rows));
    if (rows_count(rows) == 0 || row_is_null(rows, 0, rows_col(rows, "not_before")))
        return ERR_OK;
    enum err err = call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FAILURES",
                             "使えないリンクが続いたため、1分ほど待ってからもう一度開いてください。",
                             "Several links in a row did not work. Wait a minute and open it again.");
    c->error_retry_at_us = row_time(rows, 0, rows_col(rows, "not_before"));
    return err;
}

enum err notice_link_missed(struct call *c, const char *address)
{
    static const struct uuid nobody;
    const struct param params[] = {p_text(brake_key(c, address)), p_i32(c, THROTTLE_ADDRESS_MAX),
                                   p_i32(c, THROTTLE_ADDRESS_S)};
    struct db_stmt stmt = {.query = Q_THROTTLE_ADDRESS, .params = params};
    return db_write(c, &nobody, &stmt, 1);
}
