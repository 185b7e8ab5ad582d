// SPDX-License-Identifier: Apache-2.0
#include "server/base/err.h"

static const struct {
    int http;
    const char *word, *text;
} table[ERR_COUNT] = {
#define X(name, http, word, text) {http, word, text},
    ERR_MAP(X)
#undef X
};

int err_http(enum err err)
{
    return table[err].http;
}

const char *err_word(enum err err)
{
    return table[err].word;
}

const char *err_text(enum err err)
{
    return table[err].text;
}
