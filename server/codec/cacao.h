// SPDX-License-Identifier: Apache-2.0
// CACAO Security Playbooks 2.0. Out: conformant; what CACAO has no place for (role, due time, evidence,
// approval, translations, predecessors) is in one extension. In: lenient; what is not understood becomes a
// manual step that says so.
#pragma once

#include "server/codec/plan_fault.h"

#define CACAO_BYTES_MOST ((size_t)1 << 20)

// What a plan does not know of itself.
struct cacao_facts {
    struct uuid playbook_id, tenant_id;               // ids in the file derive from them (version 5)
    int64_t created_us, modified_us;                  // of the plan; of this revision
    int64_t effective_us, review_due_us, approved_us; // INT64_MIN = none
    int revision;
    const char *approved_by, *reason;
    bool is_revoked; // withdrawn or superseded
};

// Writes a plan that was compiled without faults, as JSON with a line feed at its end.
enum err cacao_write(struct call *c, const Sokuo__V1__Playbook *plan, const struct cacao_facts *facts,
                     struct buf *out) MUST_USE;

// Whether the bytes begin like JSON: then they are CACAO or nothing.
bool cacao_looks_like(const void *data, size_t len);
// Makes YAML of a CACAO playbook, to be checked like any other. A failed reading is told in faults (then *out
// stays empty), what was changed in comments within the YAML.
void cacao_read(struct call *c, const void *data, size_t len, struct plan_faults *faults, struct buf *out);

// Key of our extension, "extension-definition--…" (version 5 of "urn:sokuo:cacao-extension:1").
const char *cacao_extension(struct call *c);
