// SPDX-License-Identifier: Apache-2.0
// The files of playbooks/ as they are compiled in.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct shipped_file {
    const char *name; // PB-01 of PB-01_malware_ransomware.yaml, F-PII, rules/deadlines
    const char *file; // its path below playbooks/
    const void *data;
    size_t len;
    bool is_plan; // else a fragment or a pack of rules
};

// In order of name, ended by one without a name.
extern const struct shipped_file shipped_files[];

// A file by name such as F-PII; NULL when there is none.
const struct shipped_file *shipped_find(const char *name);
