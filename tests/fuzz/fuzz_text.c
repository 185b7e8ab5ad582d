// SPDX-License-Identifier: Apache-2.0
// Any text: folding yields sound text without double spaces, and as many pairs as asked for at most.
#include <string.h>

#include "server/codec/text.h"
#include "server/codec/utf8.h"
#include "tests/fuzz/fuzz.h"

#define GRAMS_MOST 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    call_begin(&call, NULL, 64u << 20);
    const char *text = arena_strndup(&call.arena, (const char *)data, size);
    const char *folded = text_fold(&call, text);
    size_t len = strlen(folded);
    MUST(utf8_sound(folded, len) == len);
    MUST(strstr(folded, "  ") == NULL && folded[0] != ' ' && (len == 0 || folded[len - 1] != ' '));
    const char *const *grams;
    size_t count = text_bigrams(&call, folded, GRAMS_MOST, &grams);
    MUST(count <= GRAMS_MOST);
    for (size_t i = 0; i < count; i++)
        MUST(utf8_count(grams[i]) == 2 && strstr(folded, grams[i]) != NULL);
    call_end(&call);
    return 0;
}
