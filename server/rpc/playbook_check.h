// SPDX-License-Identifier: Apache-2.0
// A plan's source looked at whole: its writing (codec) and its sense (domain).
#pragma once

#include "server/codec/playbook_yaml.h"

struct plan_check {
    struct plan_faults faults; // in order of line
    struct plan_source source;
    bool is_sound; // may be approved: warnings at most
    size_t own_steps;
};

// Checks YAML. codes: plans that decisions may add, besides itself and those that ship.
void plan_check(struct call *c, const void *data, size_t len, const char *file, const char *const *codes,
                size_t code_count, struct plan_check *ret);

// A plan as somebody hands it in: YAML, or CACAO that is made into YAML.
struct plan_sent {
    const void *yaml, *original; // original: NULL = it was YAML
    size_t yaml_len, original_len;
    struct plan_check check; // of the YAML
};

// Opens and checks it. The bytes must outlive the call.
void plan_open(struct call *c, const void *data, size_t len, const char *const *codes, size_t code_count,
               struct plan_sent *ret);
