// SPDX-License-Identifier: Apache-2.0
#include "server/notify/http.h"

#include <string.h>

#define ANSWER_SHOWN 200

bool http_post(struct call *c, const struct post *post, struct transfer *t, struct notify_result *ret)
{
    struct curl_slist *headers = NULL;
    *ret = (struct notify_result){.outcome = NOTIFY_LATER, .is_channels_fault = true};
    if (!transfer_begin(c, t, post->url, post->is_inside_shut, &ret->answer))
        return false;
    for (const char *const *line = post->headers; *line; line++)
        transfer_header(t, &headers, *line);
    transfer_header(t, &headers, "Expect:");
    transfer_header(t, &headers, "User-Agent: Sokuo");
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)post->body_len);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, post->body);
    if (*post->user) {
        curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(t->easy, CURLOPT_USERNAME, post->user);
        curl_easy_setopt(t->easy, CURLOPT_PASSWORD, post->secret);
    }
    transfer_run(t);
    if (t->code == CURLE_OK)
        return true;
    ret->answer = transfer_fault(t);
    return false;
}

// Status line and the beginning of the body, in one line.
static const char *said(struct call *c, const struct transfer *t)
{
    size_t len = t->answer.len < ANSWER_SHOWN ? t->answer.len : ANSWER_SHOWN;
    while (len > 0 && len < t->answer.len && ((unsigned char)t->answer.data[len] & 0xC0) == 0x80)
        len--;
    char *text = call_printf(c, "%s %.*s", t->words, (int)len, len > 0 ? t->answer.data : "");
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = ' ';
    return text;
}

void http_judge(struct call *c, const struct transfer *t, struct notify_result *ret)
{
    bool is_taken = t->status >= 200 && t->status < 300;
    *ret = (struct notify_result){
        .outcome = is_taken ? NOTIFY_TAKEN : NOTIFY_LATER,
        .is_channels_fault = !is_taken && t->status != 429,
        .retry_after_s = t->retry_after_s,
        .answer = said(c, t),
    };
}
