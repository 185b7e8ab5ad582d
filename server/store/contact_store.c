// SPDX-License-Identifier: Apache-2.0
#include "server/store/contact_store.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "server/domain/contact.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/wake.h"

// --- reading ---

static Sokuo__V1__ContactPoint *take_point(struct call *c, const struct rows *rows, int row, bool sees)
{
    Sokuo__V1__ContactPoint *point = call_alloc(c, sizeof *point);
    sokuo__v1__contact_point__init(point);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    point->id = msg_uuid(c, &id);
    point->kind = (Sokuo__V1__ContactKind)row_i64(rows, row, rows_col(rows, "kind"));
    // A subscription's address lets whoever knows it ring the device: its owner alone sees it.
    struct uuid person_id = row_uuid(rows, row, rows_col(rows, "person_id"));
    if (sees && (point->kind != CONTACT(WEB_PUSH) || uuid_equal(&person_id, &c->actor.person_id)))
        point->address = msg_text(row_text(rows, row, rows_col(rows, "address")));
    point->priority = (int32_t)row_i64(rows, row, rows_col(rows, "priority"));
    point->private_ = row_bool(rows, row, rows_col(rows, "private"));
    point->confirmed_at = msg_time(c, row_time(rows, row, rows_col(rows, "confirmed_at")));
    return point;
}

static Sokuo__V1__OwnContactPoint *take_own(struct call *c, const struct rows *rows, int row, bool sees)
{
    Sokuo__V1__OwnContactPoint *own = call_alloc(c, sizeof *own);
    sokuo__v1__own_contact_point__init(own);
    own->point = take_point(c, rows, row, sees);
    own->is_stale = row_bool(rows, row, rows_col(rows, "is_stale"));
    own->by_hand_only = !row_bool(rows, row, rows_col(rows, "has_channel"));
    if (!sees)
        return own;
    own->last_sent_at = msg_time(c, row_time(rows, row, rows_col(rows, "last_sent_at")));
    own->last_fault = msg_text(row_text(rows, row, rows_col(rows, "last_fault")));
    own->awaits_code = row_bool(rows, row, rows_col(rows, "awaits_code"));
    own->device_name = msg_text(row_text(rows, row, rows_col(rows, "device_name")));
    return own;
}

enum err contact_list(struct call *c, const struct uuid *person_id, bool sees_addresses,
                      Sokuo__V1__OwnContactPoint ***ret_points, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(person_id), p_null()};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CONTACT_LIST, params, &rows));
    *ret_count = rows_count(rows);
    *ret_points = msg_list(c, *ret_count);
    for (int i = 0; i < *ret_count; i++)
        (*ret_points)[i] = take_own(c, rows, i, sees_addresses);
    return ERR_OK;
}

static enum err no_such_contact(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_CONTACT", "その連絡先は見つかりません。",
                     "There is no such contact point.");
}

enum err contact_get(struct call *c, const struct uuid *person_id, const struct uuid *id,
                     Sokuo__V1__OwnContactPoint **ret_point)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(person_id), p_uuid(id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CONTACT_LIST, params, &rows));
    if (rows_count(rows) == 0)
        return no_such_contact(c);
    *ret_point = take_own(c, rows, 0, true);
    return ERR_OK;
}

// --- changing ---

static struct param bytes_of(ProtobufCBinaryData data)
{
    return data.len ? p_bytes(data.data, (int)data.len) : p_null();
}

// Where there is no operation all three are NULL.
static void operation_params(const struct operation *operation, bool with_id, struct param *out)
{
    if (with_id)
        *out++ = operation ? p_uuid(&operation->id) : p_null();
    out[0] = operation ? p_text(operation->method) : p_null();
    out[1] = operation ? p_bytes(operation->request_hash, sizeof operation->request_hash) : p_null();
}

static enum err explain_put(struct call *c, enum err err)
{
    if (err != ERR_ALREADY_EXISTS)
        return err;
    call_clear_error(c);
    return call_fail_field(c, "address", "TAKEN", "同じ連絡先が既に登録されています。",
                           "The same contact point is there already.");
}

enum err contact_put(struct call *c, const struct contact_edit *edit, const struct operation *operation,
                     struct uuid *ret_id)
{
    bool is_new = uuid_is_nil(&edit->id);
    struct uuid id = !is_new ? edit->id : operation ? operation->id : uuid_v7();
    const Sokuo__V1__PushSubscription none = SOKUO__V1__PUSH_SUBSCRIPTION__INIT;
    const Sokuo__V1__PushSubscription *push = edit->push ? edit->push : &none;
    struct param params[21] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&id),
        p_bool(is_new),
        p_uuid(&edit->person_id),
        p_i16(c, (int16_t)edit->kind),
        p_text(edit->address),
        p_i16(c, (int16_t)edit->priority),
        p_bool(edit->is_private),
        bytes_of(push->p256dh),
        bytes_of(push->auth),
        p_text(push->device_name),
    };
    operation_params(operation, true, params + 11);
    note_who(c, params + 14);
    params[20] = p_i32(c, CONTACTS_PER_PERSON);
    struct db_stmt stmt = {.query = Q_CONTACT_PUT, .params = params};
    TRY(explain_put(c, db_write(c, &edit->person_id, &stmt, 1)));
    *ret_id = rows_count(stmt.rows) > 0 ? id : (struct uuid){0};
    return ERR_OK;
}

enum err contact_why_not(struct call *c, const struct contact_edit *edit)
{
    Sokuo__V1__OwnContactPoint **points = NULL;
    int count = 0;
    TRY(contact_list(c, &edit->person_id, false, &points, &count));
    if (!uuid_is_nil(&edit->id) || count < CONTACTS_PER_PERSON)
        return no_such_contact(c);
    return call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_MANY",
                     "連絡先は1人%d件までです。使わないものを消してから追加してください。",
                     "A person has at most %d contact points. Remove one that is not used first.",
                     CONTACTS_PER_PERSON);
}

enum err contact_remove(struct call *c, const struct uuid *id, const struct uuid *owner,
                        const struct operation *operation, bool *ret_done)
{
    struct param params[6 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(id),
                                            owner ? p_uuid(owner) : p_null()};
    operation_params(operation, true, params + 3);
    note_who(c, params + 6);
    struct db_stmt stmt = {.query = Q_CONTACT_REMOVE, .params = params};
    TRY(db_write(c, owner ? owner : id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return *ret_done || operation ? ERR_OK : no_such_contact(c);
}

// --- language ---

enum err contact_language(struct call *c, const struct uuid *person_id, int *ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CONTACT_LANGUAGE, params, &rows));
    *ret = rows_count(rows) > 0 ? (int)row_i64(rows, 0, 0) : 0;
    return ERR_OK;
}

enum err contact_language_set(struct call *c, int language, const struct operation *operation, bool *ret_done)
{
    struct param params[5 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_i16(c, (int16_t)language),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 5);
    struct db_stmt stmt = {.query = Q_CONTACT_LANGUAGE_SET, .params = params};
    TRY(db_write(c, &c->actor.person_id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

// --- codes ---

// Bound to its contact point, so that a code of one is worth nothing at another.
static struct param code_hash(struct call *c, const struct uuid *id, const char *code)
{
    uint8_t *hash = call_alloc(c, crypto_hash_sha256_BYTES);
    const char *text = call_printf(c, "%s:%s", msg_uuid(c, id), code);
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    return p_bytes(hash, crypto_hash_sha256_BYTES);
}

static Sokuo__V1__Notice *take_notice(struct call *c, const struct rows *rows)
{
    Sokuo__V1__Notice *notice = call_alloc(c, sizeof *notice);
    sokuo__v1__notice__init(notice);
    struct uuid id = row_uuid(rows, 0, rows_col(rows, "id"));
    notice->id = msg_uuid(c, &id);
    notice->kind = msg_text("TEST");
    notice->person = msg_ref(c, row_uuid(rows, 0, rows_col(rows, "person_id")),
                             row_text(rows, 0, rows_col(rows, "person_name")));
    notice->state = (Sokuo__V1__NoticeState)row_i64(rows, 0, rows_col(rows, "state"));
    notice->attempts = (int32_t)row_i64(rows, 0, rows_col(rows, "attempts"));
    notice->reason = msg_text(row_text(rows, 0, rows_col(rows, "reason")));
    notice->queued_at = msg_time(c, row_time(rows, 0, rows_col(rows, "queued_at")));
    notice->sent_at = msg_time(c, row_time(rows, 0, rows_col(rows, "sent_at")));
    notice->next_at = msg_time(c, row_time(rows, 0, rows_col(rows, "next_at")));
    notice->mode = (Sokuo__V1__Mode)row_i64(rows, 0, rows_col(rows, "mode"));
    return notice;
}

static enum err explain_test(struct call *c, const char *word)
{
    if (strcmp(word, "NONE") == 0)
        return no_such_contact(c);
    if (strcmp(word, "NO_CHANNEL") == 0)
        return call_fail(
            c, ERR_FAILED_PRECONDITION, "NO_CHANNEL",
            "この種類の連絡先へ送る経路がまだ設定されていません。電話で確かめたうえで「今も正しい」"
            "を押すか、管理者に経路の設定を頼んでください。",
            "Nothing is set up that reaches this kind of contact point. Confirm it by word, or ask "
            "an administrator to set up a channel.");
    if (strcmp(word, "TOO_SOON") == 0)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_SOON",
                         "直前に送ったばかりです。1分待ってからもう一度お試しください。",
                         "A code was sent just now. Wait a minute, then try again.");
    if (strcmp(word, "TOO_MANY") == 0)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_TESTS",
                         "確認コードの送信は1時間に10回までです。時間をおいてお試しください。",
                         "At most ten codes are sent to a person in an hour. Try again later.");
    return ERR_OK;
}

static enum err run_test(struct call *c, const struct uuid *id, const struct operation *operation)
{
    char code[CONTACT_CODE_DIGITS + 1];
    (void)snprintf(code, sizeof code, "%06u", randombytes_uniform(1000000));
    const char *text = call_printf(c,
                                   "【即応】連絡先の確認コードは %s です。15分以内に画面へ入力してください。"
                                   "心当たりがなければ、このまま捨ててください。",
                                   code);
    struct param params[8 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id), p_uuid(&operation->id), p_uuid(id),
        p_uuid(&c->actor.person_id), code_hash(c, id, code), p_text(text)};
    operation_params(operation, false, params + 6);
    note_who(c, params + 8);
    struct db_stmt stmt = {.query = Q_CONTACT_TEST, .params = params};
    TRY(db_write(c, &c->actor.person_id, &stmt, 1));
    wake_send(&c->actor.tenant_id, WAKE_ENGINE); // it goes out at once
    return explain_test(c, row_text(stmt.rows, 0, 0));
}

enum err contact_test(struct call *c, const struct uuid *id, const struct operation *operation,
                      Sokuo__V1__Notice **ret_notice)
{
    TRY(run_test(c, id, operation));
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&operation->id),
                                   p_uuid(&c->actor.person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CONTACT_TEST_NOTICE, params, &rows));
    if (rows_count(rows) == 0)
        return no_such_contact(c);
    *ret_notice = take_notice(c, rows);
    return ERR_OK;
}

static enum err explain_confirm(struct call *c, const char *word, int tries_left)
{
    if (strcmp(word, "NONE") == 0)
        return no_such_contact(c);
    if (strcmp(word, "WRONG") == 0 && tries_left > 0)
        return call_fail(c, ERR_FAILED_PRECONDITION, "WRONG_CODE",
                         "確認コードが違います。あと%d回入力できます。",
                         "The code is not right. %d tries are left.", tries_left);
    if (strcmp(word, "WRONG") == 0 || strcmp(word, "SPENT") == 0)
        return call_fail(c, ERR_FAILED_PRECONDITION, "CODE_SPENT",
                         "確認コードを%d回間違えたため使えなくなりました。新しいコードを送ってください。",
                         "The code was wrong %d times and is worth nothing now. Send a new one.",
                         CONTACT_CODE_TRIES);
    if (strcmp(word, "EXPIRED") == 0)
        return call_fail(c, ERR_FAILED_PRECONDITION, "CODE_EXPIRED",
                         "確認コードの期限(15分)が過ぎました。新しいコードを送ってください。",
                         "The code is older than 15 minutes. Send a new one.");
    if (strcmp(word, "NO_CODE") == 0)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NO_CODE", "先に確認コードを送ってください。",
                         "Send a code first.");
    return ERR_OK;
}

enum err contact_confirm(struct call *c, const struct uuid *id, const char *code,
                         const struct operation *operation)
{
    struct param params[8 + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id),
                                            p_uuid(&operation->id),
                                            p_uuid(id),
                                            p_uuid(&c->actor.person_id),
                                            *code ? code_hash(c, id, code) : p_null(),
                                            p_i32(c, CONTACT_CODE_TRIES)};
    operation_params(operation, false, params + 6);
    note_who(c, params + 8);
    struct db_stmt stmt = {.query = Q_CONTACT_CONFIRM, .params = params};
    TRY(db_write(c, &c->actor.person_id, &stmt, 1));
    return explain_confirm(c, row_text(stmt.rows, 0, 0), (int)row_i64(stmt.rows, 0, 1));
}
