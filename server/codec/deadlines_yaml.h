// SPDX-License-Identifier: Apache-2.0
// A pack of rules (playbooks/rules/): whom the law or the city wants told by when. Steps name a rule by its
// id.
#pragma once

#include "server/codec/yaml_tree.h"

#define DEADLINES_MOST 100

struct deadline_pack {
    const char *ids[DEADLINES_MOST];
    size_t count;
};

// Reads the tree of a pack, telling every fault.
void deadlines_read(struct call *c, const struct tree_node *root, struct plan_faults *faults,
                    struct deadline_pack *ret_pack);
// The pack that ships.
void deadlines_shipped(struct call *c, struct deadline_pack *ret_pack);
bool deadline_is_in(const struct deadline_pack *pack, const char *id);
