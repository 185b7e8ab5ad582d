// SPDX-License-Identifier: Apache-2.0
#include "server/notify/notify.h"

#include <string.h>

const struct notify_way *notify_way(int kind)
{
    static const struct notify_way *const ways[NOTIFY_KINDS] = {[NOTIFY_SMTP] = &notify_smtp,
                                                                [NOTIFY_WEBHOOK] = &notify_webhook,
                                                                [NOTIFY_WEB_PUSH] = &notify_web_push};
    return kind > 0 && kind < NOTIFY_KINDS ? ways[kind] : NULL;
}

const char *notify_public_url(struct call *c)
{
    const char *url = notify_settings()->public_url;
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    return arena_strndup(&c->arena, url, len);
}
