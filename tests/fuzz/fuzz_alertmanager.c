// SPDX-License-Identifier: Apache-2.0
// A body at /ingest/v1/alertmanager.
#include "tests/fuzz/alert_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    struct alert_batch batch;
    call_begin(&call, NULL, 64u << 20);
    if (alertmanager_read(&call, (const char *)data, size, &batch) == ERR_OK)
        must_be_batch(&batch);
    else
        MUST(call.error_en != NULL && call.error_ja != NULL);
    call_end(&call);
    return 0;
}
