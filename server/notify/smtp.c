// SPDX-License-Identifier: Apache-2.0
// Mail by SMTP (RFC 5321): STARTTLS unless the channel says otherwise; connections are kept and used again.
#include <string.h>

#include "server/notify/mime.h"
#include "server/notify/notify.h"
#include "server/notify/transfer.h"

struct upload {
    const char *data;
    size_t left;
};

static size_t give(char *to, size_t size, size_t count, void *arg)
{
    struct upload *up = arg;
    size_t len = size * count < up->left ? size * count : up->left;
    memcpy(to, up->data, len);
    up->data += len;
    up->left -= len;
    return len;
}

static void bounce(struct notify_result *ret, const char *answer)
{
    *ret = (struct notify_result){.outcome = NOTIFY_BOUNCED, .answer = answer};
}

// What libcurl was told at RCPT concerns the address; what was told before or after it, the channel.
static bool is_about_address(const struct transfer *t)
{
    return strstr(t->error, "RCPT failed") != NULL;
}

static void judge(struct transfer *t, struct notify_result *ret)
{
    if (t->code == CURLE_OK) {
        *ret = (struct notify_result){.outcome = NOTIFY_TAKEN, .answer = t->words};
        return;
    }
    bool is_said = t->status >= 400 && t->code != CURLE_OPERATION_TIMEDOUT;
    bool is_permanent =
        is_said && t->status >= 500 && t->code != CURLE_LOGIN_DENIED && t->code != CURLE_USE_SSL_FAILED;
    const char *said = is_said && *t->words ? t->words : transfer_fault(t);
    *ret = (struct notify_result){
        .outcome = is_permanent && is_about_address(t) ? NOTIFY_BOUNCED : NOTIFY_LATER,
        .is_channels_fault = !is_about_address(t),
        .answer = said,
    };
    // The whole message was read and refused for good: this one will never pass.
    if (is_permanent && t->code == CURLE_WEIRD_SERVER_REPLY)
        ret->outcome = NOTIFY_BOUNCED;
}

static void set_up(struct transfer *t, const struct notify_channel *channel, const char *from,
                   struct upload *up)
{
    curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, up);
    curl_easy_setopt(t->easy, CURLOPT_USE_SSL,
                     (long)(channel->requires_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (*channel->user) {
        curl_easy_setopt(t->easy, CURLOPT_USERNAME, channel->user);
        curl_easy_setopt(t->easy, CURLOPT_PASSWORD, channel->secret);
    }
}

// The name we greet with is the path of libcurl's URL: the sender's domain.
static const char *url_of(struct call *c, const struct notify_channel *channel, const char *from)
{
    size_t len = strlen(channel->url);
    while (len > 0 && channel->url[len - 1] == '/')
        len--;
    return call_printf(c, "%.*s/%s", (int)len, channel->url, strchr(from, '@') + 1);
}

static void send_mail(struct call *c, const struct notify_channel *channel,
                      const struct notify_message *message, struct notify_result *ret)
{
    const char *from = mail_address(&c->arena, channel->sender),
               *to = mail_address(&c->arena, message->address);
    if (!to || strchr(message->address, '<')) {
        bounce(ret, "not a mail address");
        return;
    }
    *ret = (struct notify_result){
        .outcome = NOTIFY_LATER, .is_channels_fault = true, .answer = "no sender address"};
    struct transfer *t = call_alloc(c, sizeof *t);
    if (!from || !transfer_begin(c, t, url_of(c, channel, from), false, &ret->answer))
        return;
    struct buf mail = buf_in(&c->arena);
    mail_write(&mail, &(struct mail){.sender = channel->sender,
                                     .address = to,
                                     .subject = message->subject,
                                     .text = message->text,
                                     .key = message->key,
                                     .at_us = c->now_us,
                                     .is_urgent = message->is_urgent});
    struct upload up = {mail.data, mail.len};
    struct curl_slist *to_list = NULL;
    transfer_header(t, &to_list, to);
    curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, to_list);
    set_up(t, channel, from, &up);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, message->is_again ? 1L : 0L);
    transfer_run(t);
    judge(t, ret);
}

static enum err check(struct call *c, const struct notify_channel *channel)
{
    if (strncmp(channel->url, "smtp://", 7) != 0 && strncmp(channel->url, "smtps://", 8) != 0)
        return call_fail_field(
            c, "channel.url", "BAD_URL",
            "メールサーバーは smtp://ホスト名:587 の形で書いてください(はじめからTLSなら smtps://)。",
            "Write the mail server as smtp://host:587 (smtps:// when TLS begins at once).");
    if (strchr(channel->url, '@') || strpbrk(channel->url, " \t\r\n"))
        return call_fail_field(
            c, "channel.url", "BAD_URL",
            "URLに空白や利用者名を入れないでください。利用者名とパスワードは別の欄にあります。",
            "No blanks and no user name in the URL: user name and password have their own fields.");
    if (!mail_address(&c->arena, channel->sender))
        return call_fail_field(
            c, "channel.sender", "BAD_ADDRESS",
            "差出人のメールアドレスを「即応 <sokuo@city.example.jp>」の形で書いてください。",
            "Write the sender as \"Sokuo <sokuo@city.example.jp>\".");
    return ERR_OK;
}

const struct notify_way notify_smtp = {"smtp", send_mail, check};
