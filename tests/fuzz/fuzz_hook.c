// SPDX-License-Identifier: Apache-2.0
// A mapping and a body at /ingest/v1/hooks: the first line holds pointers to list, title, key and start,
// separated by tabs; the rest is the body.
#include "tests/fuzz/alert_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    struct alert_batch batch;
    call_begin(&call, NULL, 64u << 20);
    char *text = arena_strndup(&call.arena, (const char *)data, size);
    char *body = strchr(text, '\n'), *rest = text;
    if (body != NULL) {
        *body++ = '\0';
        Sokuo__V1__HookMapping mapping = SOKUO__V1__HOOK_MAPPING__INIT;
        char **fields[] = {&mapping.items, &mapping.title, &mapping.dedup_key, &mapping.started_at};
        for (size_t i = 0; i < 4 && rest != NULL; i++)
            *fields[i] = strsep(&rest, "\t");
        bool is_mapping = hook_mapping_check(&call, &mapping) == ERR_OK;
        if (hook_read(&call, &mapping, body, size - (size_t)(body - text), &batch) == ERR_OK && is_mapping)
            must_be_batch(&batch);
    }
    call_end(&call);
    return 0;
}
