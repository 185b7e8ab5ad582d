// SPDX-License-Identifier: Apache-2.0
// Chats, SMS and voice gateways, and whatever takes a POST: shipped templates, or the city's own body and
// headers.
#include <string.h>

#include "server/notify/http.h"
#include "server/notify/lineworks.h"
#include "server/notify/notify.h"
#include "server/notify/template.h"

#define HEADERS_MOST 20

struct hook {
    const struct notify_channel *channel;
    const struct notify_message *message;
    const char *body, *type;
    const char *headers[HEADERS_MOST + 5];
    int header_count;
    const char *unknown; // a place that there is none of
};

static bool is_named(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

static void add_header(struct hook *hook, const char *line)
{
    if (hook->header_count < HEADERS_MOST + 4)
        hook->headers[hook->header_count++] = line;
}

// The channel's own lines, each a header; nothing in a value begins another.
static bool add_own_headers(struct call *c, struct hook *hook)
{
    const char *at = hook->channel->headers;
    for (int count = 0; *at && count < HEADERS_MOST; count++) {
        size_t len = strcspn(at, "\r\n");
        char *line = arena_strndup(&c->arena, at, len);
        at += len + strspn(at + len, "\r\n");
        line = (char *)template_fill(c, line, TEMPLATE_PLAIN, hook->channel, hook->message, &hook->unknown);
        if (!line)
            return false;
        for (char *b = line; *b; b++)
            if ((unsigned char)*b < 0x20)
                *b = ' ';
        if (is_named(line, "Content-Type"))
            hook->type = line + strlen("Content-Type:") + strspn(line + strlen("Content-Type:"), " ");
        else if (*line)
            add_header(hook, line);
    }
    return true;
}

static bool fill(struct call *c, struct hook *hook)
{
    const struct notify_channel *channel = hook->channel;
    const struct template *shipped = template_shipped(*channel->template ? channel->template : "generic");
    const char *body = *channel->body || !shipped ? channel->body : shipped->body;
    hook->type = *channel->body || !shipped ? "" : shipped->type;
    if (!add_own_headers(c, hook))
        return false;
    enum template_format format = template_format(hook->type, body);
    if (*hook->type == '\0')
        hook->type = format == TEMPLATE_JSON ? "application/json" : "application/x-www-form-urlencoded";
    hook->body = template_fill(c, body, format, channel, hook->message, &hook->unknown);
    add_header(hook, call_printf(c, "Content-Type: %s", hook->type));
    add_header(hook, call_printf(c, "Idempotency-Key: %s", hook->message->key));
    return hook->body != NULL;
}

static bool uses_secret(const struct notify_channel *channel)
{
    return strstr(channel->url, "{{secret}}") || strstr(channel->headers, "{{secret}}") ||
           strstr(channel->body, "{{secret}}");
}

static bool is_lineworks(const struct notify_channel *channel)
{
    return strcmp(channel->template, "lineworks") == 0;
}

// A token where the other side wants one.
static bool authorize(struct call *c, struct hook *hook, struct notify_result *ret)
{
    const struct notify_channel *channel = hook->channel;
    if (is_lineworks(channel)) {
        const char *line = lineworks_header(c, channel, ret);
        if (line)
            add_header(hook, line);
        return line != NULL;
    }
    if (*channel->secret && !*channel->user && !uses_secret(channel))
        add_header(hook, call_printf(c, "Authorization: Bearer %s", channel->secret));
    return true;
}

// Of those about the body or the address, a gateway's refusal is the address's: a number that is none.
static void judge(struct call *c, const struct hook *hook, const struct transfer *t,
                  struct notify_result *ret)
{
    http_judge(c, t, ret);
    if (t->status == 400 || t->status == 422) {
        ret->outcome = NOTIFY_BOUNCED;
        ret->is_channels_fault = false;
    }
    if (t->status == 401 && is_lineworks(hook->channel))
        lineworks_forget(hook->channel);
    if (*hook->channel->secret && strstr(ret->answer, hook->channel->secret))
        ret->answer = t->words; // it said our secret back
}

static void send_hook(struct call *c, const struct notify_channel *channel,
                      const struct notify_message *message, struct notify_result *ret)
{
    struct hook hook = {.channel = channel, .message = message, .unknown = ""};
    *ret = (struct notify_result){.outcome = NOTIFY_LATER, .is_channels_fault = true};
    const char *url = template_fill(c, channel->url, TEMPLATE_URL, channel, message, &hook.unknown);
    if (!url || !fill(c, &hook)) {
        ret->answer = call_printf(c, "unknown place {{%s}}", hook.unknown);
        return;
    }
    if (!authorize(c, &hook, ret))
        return;
    struct transfer *t = call_alloc(c, sizeof *t);
    const struct post post = {.url = url,
                              .body = hook.body,
                              .body_len = strlen(hook.body),
                              .headers = hook.headers,
                              .user = channel->user,
                              .secret = channel->secret};
    if (http_post(c, &post, t, ret))
        judge(c, &hook, t, ret);
}

static enum err check_places(struct call *c, const struct notify_channel *channel)
{
    static const struct notify_message empty = {"", "", "", "",    "",    "",   "",
                                                "", 0,  0,  false, false, NULL, NULL};
    const struct {
        const char *text, *field;
        enum template_format format;
    } parts[] = {{channel->url, "channel.url", TEMPLATE_URL},
                 {channel->body, "channel.body", TEMPLATE_JSON},
                 {channel->headers, "channel.headers", TEMPLATE_PLAIN}};
    for (size_t i = 0; i < 3; i++) {
        const char *unknown = "";
        if (!template_fill(c, parts[i].text, parts[i].format, channel, &empty, &unknown))
            return call_fail_field(c, parts[i].field, "UNKNOWN_PLACE",
                                   "{{%s}} は使えません。使えるのは text, subject, short, brief, address, "
                                   "number, person, link, key, incident, "
                                   "severity, mode, sender, user, secret です。",
                                   "There is no {{%s}}. There are text, subject, short, brief, address, "
                                   "number, person, link, key, "
                                   "incident, severity, mode, sender, user and secret.",
                                   unknown);
    }
    return ERR_OK;
}

static enum err check(struct call *c, const struct notify_channel *channel)
{
    bool is_http = strncmp(channel->url, "http://", 7) == 0 &&
                   transfer_host_listed(channel->url, notify_settings()->hosts);
    if ((!is_http && strncmp(channel->url, "https://", 8) != 0) || strpbrk(channel->url, " \t\r\n"))
        return call_fail_field(
            c, "channel.url", "BAD_URL",
            "URLは https:// で始めてください。http:// は、設定 outbound_hosts にあるホストだけに使えます。",
            "Begin the URL with https://. Only hosts named in the setting outbound_hosts may be reached by "
            "http://.");
    if (*channel->template && !template_shipped(channel->template))
        return call_fail_field(
            c, "channel.template", "UNKNOWN_TEMPLATE",
            "ひな形は mattermost, slack, teams, lineworks, sms, voice, generic から選んでください。",
            "Choose a template: mattermost, slack, teams, lineworks, sms, voice or generic.");
    if (is_lineworks(channel) && *channel->secret && !lineworks_secret_is_whole(c, channel->secret))
        return call_fail_field(
            c, "secret", "BAD_SECRET",
            "LINE WORKSの秘密情報は clientId, clientSecret, serviceAccount, privateKey(PEM)を持つJSON"
            "で入れてください。",
            "The secret for LINE WORKS is JSON with clientId, clientSecret, serviceAccount and "
            "privateKey (PEM).");
    return check_places(c, channel);
}

const struct notify_way notify_webhook = {"webhook", send_hook, check};
