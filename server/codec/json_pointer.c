// SPDX-License-Identifier: Apache-2.0
#include "server/codec/json_pointer.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_MOST 256

bool json_pointer_check(const char *pointer)
{
    if (*pointer != '\0' && *pointer != '/')
        return false;
    for (const char *at = strchr(pointer, '~'); at != NULL; at = strchr(at + 1, '~')) {
        if (at[1] != '0' && at[1] != '1')
            return false;
    }
    return true;
}

// Copies the token behind *at without its escapes and moves *at to the next '/' or the end.
static bool read_token(const char **at, char token[TOKEN_MOST])
{
    size_t len = 0;
    const char *p = *at;
    for (; *p != '\0' && *p != '/'; p++) {
        if (len + 1 == TOKEN_MOST)
            return false;
        char c = *p;
        if (c == '~')
            c = *++p == '0' ? '~' : '/';
        token[len++] = c;
    }
    token[len] = '\0';
    *at = p;
    return true;
}

// Digits without leading zeros (RFC 6901 section 4); "-" names the element behind the last, which never
// exists.
static json_t *array_item(json_t *array, const char *token)
{
    size_t len = strlen(token);
    if (len == 0 || len > 9 || strspn(token, "0123456789") != len || (len > 1 && token[0] == '0'))
        return NULL;
    return json_array_get(array, strtoul(token, NULL, 10));
}

json_t *json_pointer_get(json_t *root, const char *pointer)
{
    if (!json_pointer_check(pointer))
        return NULL;
    json_t *value = root;
    const char *at = pointer;
    while (value != NULL && *at == '/') {
        char token[TOKEN_MOST];
        at++;
        if (!read_token(&at, token))
            return NULL;
        value = json_is_array(value) ? array_item(value, token) : json_object_get(value, token);
    }
    return value;
}
