// SPDX-License-Identifier: Apache-2.0
// ContactService: the channels, as administrators see and test them.
#include <string.h>

#include "server/domain/notice_text.h"
#include "server/domain/words.h"
#include "server/notify/notify.h"
#include "server/notify/p256.h"
#include "server/rpc/methods.gen.h"
#include "server/store/channel_store.h"
#include "server/store/message.h"

#define KIND(x) SOKUO__V1__CHANNEL_KIND__CHANNEL_KIND_##x
#define CONTACT(x) SOKUO__V1__CONTACT_KIND__CONTACT_KIND_##x
#define PER_MINUTE_MOST 100000

// What is always there: messages shown in the client.
static Sokuo__V1__Channel *in_app(struct call *c)
{
    Sokuo__V1__Channel *m = call_alloc(c, sizeof *m);
    sokuo__v1__channel__init(m);
    m->kind = KIND(IN_APP);
    m->name = msg_text(c->lang == LANG_EN ? "In the client, while it is open" : "即応の画面(開いている間)");
    m->enabled = m->serves_exercises = true;
    return m;
}

enum err rpc_list_channels(struct call *c, const Sokuo__V1__ListChannelsRequest *req,
                           Sokuo__V1__ListChannelsResponse *res)
{
    TRY(channel_list(c, NULL, &res->channels, &res->n_channels));
    res->channels[res->n_channels++] = in_app(c); // channel_list leaves room for one
    return ERR_OK;
}

enum err rpc_get_push_key(struct call *c, const Sokuo__V1__GetPushKeyRequest *req,
                          Sokuo__V1__GetPushKeyResponse *res)
{
    const void *key = NULL;
    TRY(channel_push_key(c, &key));
    if (key)
        res->key = (ProtobufCBinaryData){65, (uint8_t *)key};
    return ERR_OK;
}

// --- saving ---

static void put_reach(struct call *c, Sokuo__V1__Channel *m, const Sokuo__V1__ContactKind *kinds,
                      size_t count)
{
    m->reaches = arena_memdup(&c->arena, kinds, count * sizeof *kinds);
    m->n_reaches = count;
}

// Whom it reaches, where nobody said it.
static void default_reach(struct call *c, Sokuo__V1__Channel *m)
{
    static const Sokuo__V1__ContactKind mail[] = {CONTACT(MAIL)}, push[] = {CONTACT(WEB_PUSH)},
                                        chat[] = {CONTACT(CHAT)};
    static const Sokuo__V1__ContactKind sms[] = {CONTACT(SMS), CONTACT(MOBILE)};
    static const Sokuo__V1__ContactKind voice[] = {CONTACT(PHONE), CONTACT(MOBILE)};
    if (m->n_reaches > 0)
        return;
    if (m->kind == KIND(SMTP))
        put_reach(c, m, mail, 1);
    else if (m->kind == KIND(WEB_PUSH))
        put_reach(c, m, push, 1);
    else if (strcmp(m->template_, "sms") == 0)
        put_reach(c, m, sms, 2);
    else if (strcmp(m->template_, "voice") == 0)
        put_reach(c, m, voice, 2);
    else
        put_reach(c, m, chat, 1);
}

static struct notify_channel as_way(const Sokuo__V1__Channel *m, const char *secret)
{
    return (struct notify_channel){.kind = (int)m->kind,
                                   .name = m->name,
                                   .template = m->template_,
                                   .url = m->url,
                                   .sender = m->sender,
                                   .user = m->user,
                                   .secret = secret,
                                   .body = m->body,
                                   .headers = m->headers,
                                   .requires_tls = m->requires_tls};
}

static enum err check_fields(struct call *c, const Sokuo__V1__Channel *m)
{
    if (*m->name == '\0')
        return call_fail_field(c, "channel.name", "REQUIRED", "連絡手段の名前を入れてください。",
                               "Name the channel.");
    if (m->per_minute < 0 || m->per_minute > PER_MINUTE_MOST)
        return call_fail_field(c, "channel.perMinute", "OUT_OF_RANGE",
                               "1分あたりの件数は0(制限なし)から%dまでにしてください。",
                               "Messages a minute must be between 0 (no limit) and %d.", PER_MINUTE_MOST);
    for (size_t i = 0; i < m->n_reaches; i++)
        if (m->reaches[i] < CONTACT(MOBILE) || m->reaches[i] > CONTACT(WEB_PUSH))
            return call_fail_field(c, "channel.reaches", "UNKNOWN_KIND",
                                   "届く連絡先の種類が正しくありません。",
                                   "There is no such kind of contact point.");
    return ERR_OK;
}

// A secret goes only where it was meant to go: with another address it is asked for again.
static enum err check_secret(struct call *c, const struct uuid *id, const Sokuo__V1__Channel *m,
                             const char *secret)
{
    Sokuo__V1__Channel **before = NULL;
    size_t count = 0;
    if (strcmp(m->template_, "lineworks") != 0 && strpbrk(secret, "\r\n"))
        return call_fail_field(c, "secret", "ONE_LINE", "秘密情報は1行で入れてください。",
                               "The secret is one line.");
    TRY(channel_list(c, id, &before, &count));
    if (count == 1 && before[0]->has_secret && *secret == '\0' && strcmp(before[0]->url, m->url) != 0)
        return call_fail_field(c, "secret", "SECRET_AGAIN",
                               "送信先が変わるときは、パスワードやトークンをもう一度入れてください。",
                               "With another address, enter the password or token again.");
    return ERR_OK;
}

static enum err push_key_ready(struct call *c)
{
    uint8_t private_key[32], public_key[65];
    if (!p256_make(private_key, public_key))
        return call_fail(c, ERR_INTERNAL, "NO_KEY",
                         "プッシュ通知の鍵を作れませんでした。もう一度お試しください。",
                         "The key of Web Push could not be made. Try again.");
    return channel_push_key_add(c, private_key, public_key);
}

enum err rpc_save_channel(struct call *c, const Sokuo__V1__SaveChannelRequest *req,
                          Sokuo__V1__SaveChannelResponse *res)
{
    Sokuo__V1__Channel *m = req->channel;
    struct uuid id = msg_take_uuid(*m->id ? m->id : req->operation_id);
    const struct notify_way *way = notify_way((int)m->kind);
    if (!way || uuid_is_nil(&id))
        return call_fail_field(c, "channel.kind", "REQUIRED",
                               "連絡手段の種類(メール、Webhook、プッシュ通知)を選んでください。",
                               "Choose the kind of the channel: mail, webhook or Web Push.");
    struct notify_channel channel = as_way(m, req->secret);
    TRY(check_fields(c, m));
    TRY(way->check(c, &channel));
    TRY(check_secret(c, &id, m, req->secret));
    default_reach(c, m);
    if (m->kind == KIND(WEB_PUSH))
        TRY(push_key_ready(c));
    TRY(channel_save(c, &id, m, req->secret));
    Sokuo__V1__Channel **saved = NULL;
    size_t count = 0;
    TRY(channel_list(c, &id, &saved, &count));
    res->channel = count == 1 ? saved[0] : m;
    return ERR_OK;
}

// --- testing ---

static struct notify_message test_message(struct call *c, const char *address)
{
    char *subject = call_alloc(c, NOTICE_SUBJECT_SIZE), *body = call_alloc(c, NOTICE_BODY_SIZE);
    char *brief = call_alloc(c, NOTICE_SHORT_SIZE);
    struct uuid key = uuid_v7();
    const struct notice_facts facts = {.kind = NOTICE_TEST,
                                       .mode = MODE(TEST),
                                       .number = "",
                                       .text = c->lang == LANG_EN ? "This channel works."
                                                                  : "この連絡手段から届くことの確認です。",
                                       .from = c->actor.person_name,
                                       .link = "",
                                       .due_us = INT64_MIN,
                                       .queued_us = c->now_us,
                                       .now_us = c->now_us,
                                       .attempts = 1,
                                       .in_english = c->lang == LANG_EN};
    notice_subject(&facts, subject);
    notice_body(&facts, body);
    notice_short(&facts, brief);
    return (struct notify_message){.address = address,
                                   .person = c->actor.person_name,
                                   .subject = subject,
                                   .text = body,
                                   .brief = brief,
                                   .link = "",
                                   .number = "",
                                   .key = uuid_format(&key, call_alloc(c, UUID_TEXT_SIZE)),
                                   .mode = MODE(TEST),
                                   .is_again = true};
}

static const char *answer_text(struct call *c, const struct notify_result *result)
{
    bool is_en = c->lang == LANG_EN;
    if (result->outcome == NOTIFY_TAKEN)
        return call_printf(c, is_en ? "Taken: %s" : "相手が受け取りました: %s", result->answer);
    if (!result->is_channels_fault)
        return call_printf(c, is_en ? "The address does not work: %s" : "宛先に届きません: %s",
                           result->answer);
    return call_printf(c,
                       is_en ? "Not sent. Check the address, user name, secret and certificate: %s"
                             : "送れません。送信先、利用者名、秘密情報、証明書を確かめてください: %s",
                       result->answer);
}

enum err rpc_test_channel(struct call *c, const Sokuo__V1__TestChannelRequest *req,
                          Sokuo__V1__TestChannelResponse *res)
{
    struct uuid id = msg_take_uuid(req->channel_id);
    struct notify_channel *channels = NULL;
    int count = 0;
    TRY(channel_open(c, &id, 1, &channels, &count));
    if (count == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_CHANNEL",
                         "この連絡手段は見つかりません。一覧を読み直してください。",
                         "There is no such channel. Load the list again.");
    if (channels[0].kind == NOTIFY_WEB_PUSH)
        return call_fail(c, ERR_FAILED_PRECONDITION, "BY_CONTACT_POINT",
                         "プッシュ通知は、各自の連絡先の画面から試し送りしてください。",
                         "Web Push is tested from a person's own contact points.");
    struct notify_message message = test_message(c, req->address);
    struct notify_result result;
    notify_way(channels[0].kind)->send(c, &channels[0], &message, &result);
    res->ok = result.outcome == NOTIFY_TAKEN;
    res->answer = msg_text(answer_text(c, &result));
    return ERR_OK;
}
