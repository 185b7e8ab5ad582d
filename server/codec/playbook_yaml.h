// SPDX-License-Identifier: Apache-2.0
// A plan's YAML (profile: playbooks/README.md) into the contract's message, with every fault at its line and
// column. What one step has to do with another is domain/playbook.h's to judge.
#pragma once

#include "server/codec/plan_fault.h"

#define PLAN_STEPS_MOST 300 // fragments included
#define PLAN_AFTER_MOST 20
#define PLAN_OPTIONS_MOST 8

struct tree_node;

struct plan_source {
    // As it was read, fragments expanded; fields with faults are left at their defaults. NULL when there is
    // no map.
    Sokuo__V1__Playbook *playbook;
    bool is_pack;     // a pack of rules: no playbook, and no fault for it
    bool is_fragment; // a fragment by itself: its id is in playbook->id
    // Where each step is written; of a fragment's steps, where the fragment is named.
    const struct tree_node *root, **steps;
};

// Reads into the call's arena and adds what is wrong to the faults.
void playbook_yaml_read(struct call *c, const void *data, size_t len, struct plan_faults *faults,
                        struct plan_source *ret_source);
// Place of a step's field such as "after", of its item (0 = the first) when the field is a list; of the step
// when it does not have the field. An empty key is the step itself.
struct plan_mark plan_where(const struct plan_source *source, size_t step, const char *key, size_t item);
// Place of an option's field within a step's decision; of the option when it has no such field.
struct plan_mark plan_where_option(const struct plan_source *source, size_t step, size_t option,
                                   const char *key);
