// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/page.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int page_size_of(int32_t wanted)
{
    if (wanted <= 0)
        return 50;
    return wanted > 200 ? 200 : wanted;
}

#define PAGE_VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

char *page_token_make(struct call *c, const char *key)
{
    size_t size = sodium_base64_encoded_len(strlen(key), PAGE_VARIANT);
    return sodium_bin2base64(call_alloc(c, size), size, (const unsigned char *)key, strlen(key),
                             PAGE_VARIANT);
}

static enum err not_ours(struct call *c)
{
    return call_fail_field(c, "pageToken", "BAD_PAGE_TOKEN",
                           "続きの目印が正しくありません。最初のページから開き直してください。",
                           "The page token is not one of ours. Start again from the first page.");
}

enum err page_token_read(struct call *c, const char *token, const char **ret_key)
{
    size_t len = strlen(token), key_len = 0;
    char *key = call_alloc(c, len + 1);
    if (len > 0 &&
        (sodium_base642bin((unsigned char *)key, len, token, len, NULL, &key_len, NULL, PAGE_VARIANT) != 0 ||
         memchr(key, '\0', key_len)))
        return not_ours(c);
    key[key_len] = '\0';
    *ret_key = key;
    return ERR_OK;
}

char *page_place_make(struct call *c, char list, int64_t number, const struct uuid *id)
{
    static const struct uuid none;
    char text[UUID_TEXT_SIZE];
    return page_token_make(
        c, call_printf(c, "%c%" PRId64 ",%s", list, number, uuid_format(id ? id : &none, text)));
}

enum err page_place_read(struct call *c, const char *token, char list, int64_t *ret_number,
                         struct uuid *ret_id)
{
    const char *key = "";
    TRY(page_token_read(c, token, &key));
    if (*key == '\0')
        return ERR_OK;
    if (*key != list)
        return not_ours(c);
    char *end;
    struct uuid id;
    errno = 0;
    int64_t number = strtoll(key + 1, &end, 10);
    if (errno != 0 || *end != ',' || !uuid_parse(end + 1, &id))
        return not_ours(c);
    *ret_number = number;
    *ret_id = id;
    return ERR_OK;
}
