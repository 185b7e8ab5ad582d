// SPDX-License-Identifier: Apache-2.0
// What must not leave the house in a text, replaced by a mark. Rules miss things: who hands it out reads it
// first.
#pragma once

#include "server/base/call.h"

// The text with telephone numbers, extensions, mail and network addresses replaced; adds to *removed how
// many.
const char *blacken_contacts(struct call *c, const char *text, const char *mark, int *removed);

// Names to look for, prepared once.
struct name_list {
    struct name {
        const char *family, *given; // "" = the name has one part only
    } * names;                      // by family
    int count;
    size_t longest; // family, in bytes
};

// Takes names as they are written, family and given name apart by a space.
void name_list_make(struct call *c, const char *const *names, int count, struct name_list *ret_list);
// The text with these names replaced: whole ones with or without the space between, and family names alone;
// but a place such as 福島県 stays, and a family name of one character goes only before a title (林さん).
// Adds to *removed how many.
const char *blacken_names(struct call *c, const struct name_list *list, const char *text, const char *mark,
                          int *removed);
