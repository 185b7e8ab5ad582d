// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/fill.h"

#include <sodium.h>
#include <string.h>

#define US INT64_C(1000000)

char *fill_text(const char *text)
{
    return (char *)(text ? text : "");
}

char *fill_uuid(struct call *c, const struct uuid *id)
{
    if (uuid_is_nil(id))
        return fill_text(NULL);
    return uuid_format(id, call_alloc(c, UUID_TEXT_SIZE));
}

Google__Protobuf__Timestamp *fill_time(struct call *c, int64_t us)
{
    if (us == INT64_MIN)
        return NULL;
    Google__Protobuf__Timestamp *time = call_alloc(c, sizeof *time);
    google__protobuf__timestamp__init(time);
    int64_t part = us % US < 0 ? us % US + US : us % US;
    time->seconds = (us - part) / US;
    time->nanos = (int32_t)(part * 1000);
    return time;
}

Sokuo__V1__Ref *fill_ref(struct call *c, struct uuid id, const char *name)
{
    if (uuid_is_nil(&id))
        return NULL;
    Sokuo__V1__Ref *ref = call_alloc(c, sizeof *ref);
    sokuo__v1__ref__init(ref);
    ref->id = fill_uuid(c, &id);
    ref->name = fill_text(name);
    return ref;
}

void *fill_list(struct call *c, int count)
{
    return call_alloc(c, (size_t)count * sizeof(void *));
}

struct uuid take_uuid(const char *text)
{
    struct uuid id = {{0}};
    if (!text || !uuid_parse(text, &id))
        return (struct uuid){{0}};
    return id;
}

int64_t take_time(const Google__Protobuf__Timestamp *time)
{
    return time ? time->seconds * US + time->nanos / 1000 : INT64_MIN;
}

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
