// SPDX-License-Identifier: Apache-2.0
// A body at /ingest/v1/pagerduty.
#include "tests/fuzz/alert_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    struct alert alert;
    struct alert_errors errors;
    const char *routing_key;
    call_begin(&call, NULL, 64u << 20);
    if (pagerduty_read(&call, (const char *)data, size, &alert, &routing_key, &errors) == ERR_OK)
        must_be_alert(&alert);
    else
        MUST(call.error_en != NULL && errors.count <= sizeof errors.texts / sizeof errors.texts[0]);
    call_end(&call);
    return 0;
}
