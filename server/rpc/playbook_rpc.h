// SPDX-License-Identifier: Apache-2.0
// What the handlers of plans share.
#pragma once

#include "server/rpc/playbook_check.h"
#include "server/store/playbook_store.h"

// Opens and checks what was sent, against the tenant's plans.
enum err plan_open_sent(struct call *c, const ProtobufCBinaryData *source, struct plan_sent *ret) MUST_USE;
// Checks a source that is kept.
enum err plan_recheck(struct call *c, const struct revision_source *kept, struct plan_check *ret) MUST_USE;
// Copies the list of faults out of a check, for an answer.
Sokuo__V1__PlaybookFault **plan_faults_take(struct call *c, const struct plan_faults *faults,
                                            size_t *ret_count);
