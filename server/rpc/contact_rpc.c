// SPDX-License-Identifier: Apache-2.0
// ContactService: a person's own contact points, and the codes that prove them.
#include <string.h>

#include "server/domain/contact.h"
#include "server/domain/words.h"
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/store/contact_store.h"
#include "server/store/duty_store.h"
#include "server/store/message.h"

// --- reading ---

enum err rpc_list_contact_points(struct call *c, const Sokuo__V1__ListContactPointsRequest *req,
                                 Sokuo__V1__ListContactPointsResponse *res)
{
    struct uuid person_id = *req->person_id ? msg_take_uuid(req->person_id) : c->actor.person_id;
    bool sees = uuid_equal(&person_id, &c->actor.person_id), is_head = false;
    if (!sees) {
        TRY(absence_whom(c, &person_id, &is_head));
        sees = is_head || (c->actor.roles & ROLES_CALL);
    }
    int count = 0;
    int language = 0;
    TRY(contact_list(c, &person_id, sees, &res->points, &count));
    TRY(contact_language(c, &person_id, &language));
    res->n_points = (size_t)count;
    res->language = (Sokuo__V1__MessageLanguage)language;
    return ERR_OK;
}

enum err rpc_set_language(struct call *c, const Sokuo__V1__SetLanguageRequest *req,
                          Sokuo__V1__SetLanguageResponse *res)
{
    struct operation operation;
    bool is_known = false, is_done = true;
    int language = 0;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(directory_number(c, "language", (int)req->language, SOKUO__V1__MESSAGE_LANGUAGE__MESSAGE_LANGUAGE_JA,
                         SOKUO__V1__MESSAGE_LANGUAGE__MESSAGE_LANGUAGE_EN));
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (!is_known)
        TRY(contact_language_set(c, (int)req->language, &operation, &is_done));
    if (!is_done)
        TRY(operation_look_up(c, &operation, &res->base, &is_known));
    TRY(contact_language(c, &c->actor.person_id, &language));
    res->language = (Sokuo__V1__MessageLanguage)language;
    return ERR_OK;
}

static enum err own_points(struct call *c, Sokuo__V1__OwnContactPoint ***ret_points, size_t *ret_count)
{
    int count = 0;
    TRY(contact_list(c, &c->actor.person_id, true, ret_points, &count));
    *ret_count = (size_t)count;
    return ERR_OK;
}

// --- saving ---

static enum err refuse_push(struct call *c)
{
    return call_fail_field(
        c, "push", "NOT_A_PUSH",
        "この端末の通知の登録が正しくありません。通知をいったん切り、もう一度許可してください。",
        "This browser's subscription is not right. Switch notifications off and allow them again.");
}

static enum err refuse_address(struct call *c, enum contact_fault fault)
{
    switch (fault) {
    case CONTACT_OK:
        return ERR_OK;
    case CONTACT_NOT_MOBILE:
        return call_fail_field(
            c, "address", "NOT_MOBILE",
            "携帯電話の番号(060・070・080・090)ではありません。種別を「電話」にしてください。",
            "This is no mobile number of Japan (060, 070, 080, 090). Choose the kind telephone.");
    case CONTACT_NOT_A_MAIL:
        return call_fail_field(c, "address", "NOT_A_MAIL",
                               "メールアドレスとして正しくありません。例 taro@city.example.jp",
                               "This is no mail address. Example: taro@city.example.jp");
    case CONTACT_NOT_A_CHAT_ID:
        return call_fail_field(c, "address", "NOT_A_CHAT_ID",
                               "チャットの名前は、空白を含まない半角の英数字と記号で入力してください。",
                               "The name in the chat is one word of letters, digits and . _ - @ # + : / =");
    case CONTACT_NOT_A_PUSH:
        return refuse_push(c);
    case CONTACT_NOT_A_NUMBER:
        break;
    }
    return call_fail_field(
        c, "address", "NOT_A_NUMBER",
        "電話番号として正しくありません。0から始まる10桁か11桁の番号、または+と国番号から始まる番号を"
        "入力してください。内線(3桁から6桁)は種別「電話」に登録できます。",
        "This is no telephone number. Give 10 or 11 digits from 0 on, or + with the country. "
        "Extensions of 3 to 6 digits are of the kind telephone.");
}

enum err contact_address(struct call *c, int kind, const char *address, const char **ret_address)
{
    char *kept = call_alloc(c, CONTACT_ROOM);
    *ret_address = kept;
    return refuse_address(c, contact_normalise(kind, address, kept));
}

static enum err check_push(struct call *c, const Sokuo__V1__SaveOwnContactPointRequest *req,
                           struct contact_edit *edit)
{
    const Sokuo__V1__PushSubscription *push = req->push;
    if (edit->kind != CONTACT(WEB_PUSH))
        return contact_address(c, edit->kind, req->address, &edit->address);
    if (!push || !contact_push_keys_ok(push->p256dh.data, push->p256dh.len, push->auth.data, push->auth.len))
        return refuse_push(c);
    edit->push = push;
    return contact_address(c, edit->kind, push->endpoint, &edit->address);
}

// A browser that subscribes again is the same contact point.
static enum err find_same_browser(struct call *c, struct contact_edit *edit)
{
    Sokuo__V1__OwnContactPoint **points = NULL;
    int count = 0;
    if (!edit->push || !uuid_is_nil(&edit->id))
        return ERR_OK;
    TRY(contact_list(c, &edit->person_id, true, &points, &count));
    for (int i = 0; i < count; i++) {
        if ((int)points[i]->point->kind == edit->kind &&
            strcmp(points[i]->point->address, edit->address) == 0)
            edit->id = msg_take_uuid(points[i]->point->id);
    }
    return ERR_OK;
}

static enum err save(struct call *c, const Sokuo__V1__SaveOwnContactPointRequest *req,
                     const struct operation *operation, bool *ret_done, struct contact_edit *edit)
{
    TRY(directory_number(c, "kind", (int)req->kind, CONTACT(MOBILE), CONTACT(WEB_PUSH)));
    TRY(directory_number(c, "priority", req->priority, 0, 99));
    *edit = (struct contact_edit){.id = msg_take_uuid(req->id),
                                  .person_id = c->actor.person_id,
                                  .kind = (int)req->kind,
                                  .priority = req->priority,
                                  .is_private = req->private_};
    TRY(check_push(c, req, edit));
    TRY(find_same_browser(c, edit));
    struct uuid id;
    TRY(contact_put(c, edit, operation, &id));
    *ret_done = !uuid_is_nil(&id);
    return ERR_OK;
}

enum err rpc_save_own_contact_point(struct call *c, const Sokuo__V1__SaveOwnContactPointRequest *req,
                                    Sokuo__V1__SaveOwnContactPointResponse *res)
{
    struct operation operation;
    struct contact_edit edit;
    bool is_known, is_done = true;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (!is_known)
        TRY(save(c, req, &operation, &is_done, &edit));
    if (!is_done) {
        TRY(operation_look_up(c, &operation, &res->base, &is_known));
        if (!is_known)
            return contact_why_not(c, &edit);
    }
    return own_points(c, &res->points, &res->n_points);
}

enum err rpc_remove_contact_point(struct call *c, const Sokuo__V1__RemoveContactPointRequest *req,
                                  Sokuo__V1__RemoveContactPointResponse *res)
{
    struct operation operation;
    bool is_known, is_done = true;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    struct uuid id = msg_take_uuid(req->id);
    if (!is_known)
        TRY(contact_remove(c, &id, &c->actor.person_id, &operation, &is_done));
    if (!is_done) {
        TRY(operation_look_up(c, &operation, &res->base, &is_known));
        if (!is_known)
            return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_CONTACT", "その連絡先は見つかりません。",
                             "There is no such contact point.");
    }
    TRY(own_points(c, &res->points, &res->n_points));
    res->unreachable = true;
    for (size_t i = 0; i < res->n_points; i++) {
        const Sokuo__V1__ContactPoint *point = res->points[i]->point;
        res->unreachable &= !contact_rings_at_night((int)point->kind, point->private_);
    }
    return ERR_OK;
}

// --- codes ---

enum err rpc_test_contact_point(struct call *c, const Sokuo__V1__TestContactPointRequest *req,
                                Sokuo__V1__TestContactPointResponse *res)
{
    struct operation operation;
    bool is_known;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    struct uuid id = msg_take_uuid(req->id);
    return contact_test(c, &id, &operation, &res->notice);
}

// Full-width digits and spaces are how a code comes from a Japanese keyboard.
static const char *plain_code(struct call *c, const char *code)
{
    char *plain = call_alloc(c, strlen(code) + 1);
    size_t len = 0;
    for (const char *at = code; *at; at++) {
        if (strncmp(at, "\xEF\xBC", 2) == 0 && (unsigned char)at[2] >= 0x90 && (unsigned char)at[2] <= 0x99) {
            plain[len++] = (char)((unsigned char)at[2] - 0x90 + '0');
            at += 2;
        } else if (*at >= '0' && *at <= '9') {
            plain[len++] = *at;
        } else if (*at != ' ') {
            return code;
        }
    }
    return plain;
}

enum err rpc_confirm_contact_point(struct call *c, const Sokuo__V1__ConfirmContactPointRequest *req,
                                   Sokuo__V1__ConfirmContactPointResponse *res)
{
    struct operation operation;
    bool is_known;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (!is_known) {
        struct uuid id = msg_take_uuid(req->id);
        Sokuo__V1__OwnContactPoint *own = NULL;
        TRY(contact_get(c, &c->actor.person_id, &id, &own));
        if (!*req->code && contact_needs_code((int)own->point->kind, !own->by_hand_only))
            return call_fail_field(
                c, "code", "CODE_NEEDED",
                "この連絡先は、送られた確認コードで確認します。先にコードを送ってください。",
                "This contact point is confirmed by the code sent to it. Send one first.");
        TRY(contact_confirm(c, &id, plain_code(c, req->code), &operation));
    }
    return own_points(c, &res->points, &res->n_points);
}
