// SPDX-License-Identifier: Apache-2.0
// Who may take command of an incident, and by what ground (domain reference 2.4). One person commands at a
// time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/words.h"

// By what ground command may be taken.
enum command_ground {
    COMMAND_NONE,     // the person stands in no duty that commands
    COMMAND_HELD,     // somebody holds it, is there, and is not below
    COMMAND_MINE,     // the person holds it already
    COMMAND_FREE,     // nobody holds it
    COMMAND_ABSENT,   // its holder is away
    COMMAND_LEASE,    // its holder has done nothing for too long
    COMMAND_SUPERIOR, // the person's duty stands above the holder's, or the holder acts for the person
};

// Duties that command, the highest first; ranks of struct command_stand. Ends with 0.
extern const int command_roles[];

// How a person stands to command.
struct command_stand {
    int role;       // duty by which they would command; 0: none
    bool is_acting; // as a deputy of it
};

// The highest duty by which a person may command: their own, or one they stand in for while nobody before
// them in its chain can be reached. stands_in: bit 1 << Role of duties they stand in for; unreached: of
// those, the ones whose earlier places are all out of reach.
struct command_stand command_stand_of(uint64_t roles, uint64_t stands_in, uint64_t unreached);

struct command_view {
    bool is_free, is_mine;
    bool holder_is_absent;
    bool holder_is_acting; // for whoever holds the duty
    int holder_role;       // duty by which the holder commands; 0: not said
    int64_t lease_until_us;
};
enum command_ground command_may_take(const struct command_view *view, struct command_stand stand,
                                     int64_t now_us);

// How long command holds from the holder's last recorded act.
int64_t command_lease_us(int severity);

// Stable word such as "FREE"; "" when command may not be taken.
const char *command_ground_word(enum command_ground ground);
