// SPDX-License-Identifier: Apache-2.0
#include "server/notify/web_push.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "server/domain/words.h"
#include "server/notify/http.h"
#include "server/notify/jwt.h"
#include "server/notify/mime.h"
#include "server/notify/web_push_cipher.h"

#define VAPID_S INT64_C(43200) // at most a day
#define TTL_S 86400            // how long the push service keeps it for a phone that is off
#define TOPIC_DIGITS 32        // a later message of the same key takes the place of one that waits

const char *web_push_payload(struct call *c, const struct notify_message *m)
{
    json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:b}", "title", m->subject, "body", m->brief, "url",
                             m->link, "tag", m->key, "urgent", m->is_urgent);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    const char *kept = call_printf(c, "%s", text ? text : "{}");
    free(text);
    json_decref(root);
    return kept;
}

// "https://host:port" of the endpoint.
static const char *origin_of(struct call *c, const char *endpoint)
{
    const char *host = strstr(endpoint, "://");
    if (!host)
        return "";
    size_t len = (size_t)(host + 3 - endpoint) + strcspn(host + 3, "/?#");
    return arena_strndup(&c->arena, endpoint, len);
}

const char *web_push_vapid(struct call *c, const struct notify_channel *channel, const char *endpoint,
                           const char *sub, int64_t now_s)
{
    const char *claims = call_printf(c, "{\"aud\":\"%s\",\"exp\":%" PRId64 ",\"sub\":\"%s\"}",
                                     origin_of(c, endpoint), now_s + VAPID_S, sub);
    const char *token = jwt_es256(c, claims, channel->push_private, channel->push_public);
    if (!token)
        return NULL;
    struct buf key = buf_in(&c->arena);
    jwt_base64url(&key, channel->push_public, 65);
    return call_printf(c, "vapid t=%s, k=%s", token, buf_text(&key));
}

// Whom the push service may write to about us.
static const char *subject_of(struct call *c, const struct notify_channel *channel)
{
    const char *address = mail_address(&c->arena, channel->sender);
    const char *url = notify_public_url(c);
    return address ? call_printf(c, "mailto:%s", address) : *url ? url : "mailto:sokuo@localhost";
}

static bool seal(struct call *c, const struct notify_message *m, struct buf *out)
{
    struct web_push_keys keys = {.browser_public = m->p256dh, .browser_auth = m->auth};
    const char *text = web_push_payload(c, m);
    return m->p256dh && m->auth && web_push_fresh(&keys) && web_push_encrypt(&keys, text, strlen(text), out);
}

static bool is_endpoint(const char *endpoint)
{
    return strncmp(endpoint, "https://", 8) == 0 && !strpbrk(endpoint, " \t\r\n\"\\@");
}

static void judge(struct call *c, const struct transfer *t, struct notify_result *ret)
{
    http_judge(c, t, ret);
    if (t->status == 404 || t->status == 410)
        *ret = (struct notify_result){.outcome = NOTIFY_GONE, .answer = ret->answer};
    else if (t->status == 400 || t->status == 403 || t->status == 413)
        *ret = (struct notify_result){.outcome = NOTIFY_BOUNCED, .answer = ret->answer};
}

static void send_push(struct call *c, const struct notify_channel *channel, const struct notify_message *m,
                      struct notify_result *ret)
{
    struct buf body = buf_in(&c->arena);
    *ret = (struct notify_result){.outcome = NOTIFY_BOUNCED, .answer = "not a subscription"};
    if (!is_endpoint(m->address) || !channel->push_private || !seal(c, m, &body))
        return;
    const char *vapid = web_push_vapid(c, channel, m->address, subject_of(c, channel), c->now_us / 1000000);
    const char *headers[] = {"Content-Type: application/octet-stream",
                             "Content-Encoding: aes128gcm",
                             call_printf(c, "TTL: %d", TTL_S),
                             m->is_urgent ? "Urgency: high" : "Urgency: normal",
                             call_printf(c, "Topic: %.*s", TOPIC_DIGITS, m->key),
                             call_printf(c, "Authorization: %s", vapid ? vapid : ""),
                             NULL};
    struct transfer *t = call_alloc(c, sizeof *t);
    const struct post post = {.url = m->address,
                              .body = body.data,
                              .body_len = body.len,
                              .headers = headers,
                              .user = "",
                              .secret = "",
                              .is_inside_shut = true};
    if (http_post(c, &post, t, ret))
        judge(c, t, ret);
    else
        ret->is_channels_fault = false; // each browser names its own push service
}

static enum err check(struct call *c, const struct notify_channel *channel)
{
    if (*channel->sender && !mail_address(&c->arena, channel->sender))
        return call_fail_field(c, "channel.sender", "BAD_ADDRESS",
                               "プッシュ配信元に伝える連絡先を、メールアドレスで書いてください。",
                               "Write a mail address under which push services reach you.");
    return ERR_OK;
}

const struct notify_way notify_web_push = {"web_push", send_push, check};
