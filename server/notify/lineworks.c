// SPDX-License-Identifier: Apache-2.0
#include "server/notify/lineworks.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/notify/http.h"
#include "server/notify/jwt.h"

#define TOKEN_URL "https://auth.worksmobile.com/oauth2/v2.0/token"
#define TOKENS 8
#define ASSERTION_S 1800                             // the assertion may live an hour at most
#define TOKEN_KEPT_US (UINT64_C(6) * 3600 * 1000000) // a token lives a day

static struct kept {
    struct uuid channel;
    int version;
    uint64_t until_us;
    char header[1200];
} tokens[TOKENS];

static void end_json(void *json)
{
    json_decref(json);
}

// A text of the secret; NULL when it is missing.
static const char *part(struct call *c, const char *secret, const char *name)
{
    json_t *root = json_loads(secret, 0, NULL);
    if (!root)
        return NULL;
    call_defer(c, end_json, root);
    const char *value = json_string_value(json_object_get(root, name));
    return value && *value ? value : NULL;
}

bool lineworks_secret_is_whole(struct call *c, const char *secret)
{
    static const char *const names[] = {"clientId", "clientSecret", "serviceAccount", "privateKey"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!part(c, secret, names[i]))
            return false;
    return jwt_rs256(c, "{}", part(c, secret, "privateKey")) != NULL;
}

static const char *claims_of(struct call *c, const char *secret, int64_t now_s)
{
    json_t *claims = json_pack("{s:s, s:s, s:I, s:I}", "iss", part(c, secret, "clientId"), "sub",
                               part(c, secret, "serviceAccount"), "iat", (json_int_t)now_s, "exp",
                               (json_int_t)now_s + ASSERTION_S);
    char *text = json_dumps(claims, JSON_COMPACT);
    const char *kept = call_printf(c, "%s", text ? text : "{}");
    free(text);
    json_decref(claims);
    return kept;
}

static const char *escaped(struct call *c, const char *text)
{
    char *one = curl_easy_escape(NULL, text, 0);
    const char *kept = call_printf(c, "%s", one ? one : "");
    curl_free(one);
    return kept;
}

const char *lineworks_request(struct call *c, const char *secret, int64_t now_s)
{
    if (!lineworks_secret_is_whole(c, secret))
        return NULL;
    const char *assertion = jwt_rs256(c, claims_of(c, secret, now_s), part(c, secret, "privateKey"));
    return call_printf(c,
                       "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer&assertion=%s"
                       "&client_id=%s&client_secret=%s&scope=bot",
                       assertion, escaped(c, part(c, secret, "clientId")),
                       escaped(c, part(c, secret, "clientSecret")));
}

static struct kept *slot_of(const struct notify_channel *channel)
{
    return &tokens[channel->id.bytes[15] % TOKENS];
}

void lineworks_forget(const struct notify_channel *channel)
{
    slot_of(channel)->until_us = 0;
}

// The token of an answer; NULL when there is none.
static const char *token_in(struct call *c, struct transfer *t)
{
    return part(c, buf_text(&t->answer), "access_token");
}

static const char *fetch(struct call *c, const struct notify_channel *channel, struct notify_result *ret)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    const char *url = part(c, channel->secret, "tokenUrl");
    const char *body = lineworks_request(c, channel->secret, c->now_us / 1000000);
    struct transfer *t = call_alloc(c, sizeof *t);
    *ret = (struct notify_result){.outcome = NOTIFY_LATER, .is_channels_fault = true};
    ret->answer = "the secret must be JSON with clientId, clientSecret, serviceAccount and privateKey";
    if (!body || !http_post(c,
                            &(struct post){.url = url ? url : TOKEN_URL,
                                           .body = body,
                                           .body_len = strlen(body),
                                           .headers = headers,
                                           .user = "",
                                           .secret = ""},
                            t, ret))
        return NULL;
    const char *token = t->status == 200 ? token_in(c, t) : NULL;
    if (!token) // not the body: it may hold what was sent
        ret->answer = call_printf(c, "no token: %s", t->words);
    return token;
}

const char *lineworks_header(struct call *c, const struct notify_channel *channel, struct notify_result *ret)
{
    struct kept *kept = slot_of(channel);
    if (uuid_equal(&kept->channel, &channel->id) && kept->version == channel->version &&
        kept->until_us > clock_us())
        return arena_strdup(&c->arena, kept->header);
    const char *token = fetch(c, channel, ret);
    if (!token)
        return NULL;
    const char *header = call_printf(c, "Authorization: Bearer %s", token);
    if (strlen(header) < sizeof kept->header) {
        *kept = (struct kept){channel->id, channel->version, clock_us() + TOKEN_KEPT_US, ""};
        memcpy(kept->header, header, strlen(header) + 1);
    }
    return header;
}
