// SPDX-License-Identifier: Apache-2.0
// What the handlers of plans share.
#pragma once

#include "server/rpc/playbook_check.h"
#include "server/store/playbook_store.h"

// A plan as it was sent: YAML, or CACAO that is made into YAML.
struct plan_sent {
    const void *yaml, *original; // original: NULL = it was YAML
    size_t yaml_len, original_len;
    struct plan_check check; // of the YAML, against the tenant's plans
};

// Opens and checks what was sent.
enum err plan_open(struct call *c, const ProtobufCBinaryData *source, struct plan_sent *ret) MUST_USE;
// Checks a source that is kept.
enum err plan_recheck(struct call *c, const struct revision_source *kept, struct plan_check *ret) MUST_USE;
// Copies the list of faults out of a check, for an answer.
Sokuo__V1__PlaybookFault **plan_faults_take(struct call *c, const struct plan_faults *faults,
                                            size_t *ret_count);
