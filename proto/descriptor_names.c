// SPDX-License-Identifier: Apache-2.0
// The way protoc-c makes C names, so that the tables we write can name what it wrote.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "proto/descriptor_tool.h"

const char *name_plain(const char *reference)
{
    return reference[0] == '.' ? reference + 1 : reference;
}

// Every name may grow to three times its length: each letter brings one underscore, each dot becomes two.
static char *name_alloc(const char *full_name)
{
    char *out = calloc(3, strlen(full_name) + 1);
    if (out == NULL)
        fail("out of memory");
    return out;
}

char *name_c_type(const char *full_name)
{
    char *out = name_alloc(full_name), *to = out;
    bool upper_next = true;
    for (const char *from = full_name; *from != '\0'; from++) {
        if (*from == '.') {
            *to++ = '_';
            *to++ = '_';
        } else if (*from != '_') {
            *to++ = (char)(upper_next ? toupper((unsigned char)*from) : *from);
        }
        upper_next = *from == '.' || *from == '_';
    }
    return out;
}

char *name_c_symbol(const char *full_name)
{
    char *out = name_alloc(full_name), *to = out;
    bool was_upper = true; // none at the beginning of a word
    for (const char *from = full_name; *from != '\0'; from++) {
        bool is_upper = isupper((unsigned char)*from);
        if (*from == '.') {
            *to++ = '_';
            *to++ = '_';
        } else {
            if (is_upper && !was_upper)
                *to++ = '_';
            *to++ = (char)tolower((unsigned char)*from);
        }
        was_upper = is_upper || *from == '.';
    }
    return out;
}
