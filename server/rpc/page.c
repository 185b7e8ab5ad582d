// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/page.h"

#include <sodium.h>
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

enum err page_token_read(struct call *c, const char *token, const char **ret_key)
{
    size_t len = strlen(token), key_len = 0;
    char *key = call_alloc(c, len + 1);
    if (len > 0 &&
        (sodium_base642bin((unsigned char *)key, len, token, len, NULL, &key_len, NULL, PAGE_VARIANT) != 0 ||
         memchr(key, '\0', key_len)))
        return call_fail_field(c, "pageToken", "BAD_PAGE_TOKEN",
                               "続きの目印が正しくありません。最初のページから開き直してください。",
                               "The page token is not one of ours. Start again from the first page.");
    key[key_len] = '\0';
    *ret_key = key;
    return ERR_OK;
}
