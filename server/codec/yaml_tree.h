// SPDX-License-Identifier: Apache-2.0
// YAML, restricted (playbooks/README.md): one document of UTF-8 becomes a tree of nodes that know their
// place. No anchors, aliases, tags, merge keys or directives; plain scalars stay text.
#pragma once

#include <stdbool.h>

#include "server/codec/plan_fault.h"

#define YAML_BYTES_MOST ((size_t)256 * 1024)
#define YAML_DEPTH_MOST 16
#define YAML_NODES_MOST 40000

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree_node {
    enum tree_kind kind;
    bool is_plain; // a scalar without quotes
    struct plan_mark at;
    const char *text; // of a scalar: UTF-8 without control characters but line feed and tab; else ""
    size_t count;     // children
    // Children. Within a map keys and values take turns: a key is followed by its value.
    struct tree_node *first, *last, *next;
};

// Reads a document into the call's arena; NULL when it holds no tree at all. What is against the profile is
// told in faults, and reading goes on where that makes sense.
struct tree_node *yaml_tree_read(struct call *c, const void *data, size_t len, struct plan_faults *faults);
// Whether a text of a plan may hold this character.
bool yaml_takes(uint32_t code);
// Value of a key of a map; NULL when it is not there.
const struct tree_node *tree_get(const struct tree_node *map, const char *key);
