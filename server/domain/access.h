// SPDX-License-Identifier: Apache-2.0
// Who may read an incident and what else they may do to it: the first wall. The second, row-level security
// (0003_access.sql), says the same about reading.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/words.h"

enum access_act {
    ACCESS_READ = 1,
    ACCESS_EDIT = 2,
    ACCESS_TRIAGE = 4,
    ACCESS_ASSIGN = 8,
    ACCESS_CLASSIFY = 16, // class, named and excluded persons
    ACCESS_MERGE = 32,
    ACCESS_ADD_ENTRY = 64,
};
#define ACCESS_ACT_COUNT 7

struct access_actor {
    uint64_t roles;
    bool reads_all; // a duty that reads every incident up to `restricted`
    bool is_system; // the server itself
};

// How the actor stands to the incident.
struct access_incident {
    int confidentiality, state;
    bool is_filer, is_handler, is_commander;
    bool is_filer_section;     // the actor's section filed it
    bool is_concerned_section; // the actor's section is concerned
    int member;                // MemberAccess, expired ones already unspecified
};

// Bits of enum access_act. Without ACCESS_READ nothing is allowed, and the incident is "not found".
unsigned access_decide(const struct access_actor *actor, const struct access_incident *incident);
// Who else must be looked up by name: 0 every person, 1 internal, 2 narrower or somebody is excluded.
int access_wall(int confidentiality, bool somebody_excluded);
// Stable word of one act, such as "ADD_ENTRY"; "" for ACCESS_READ.
const char *access_word(unsigned act);
