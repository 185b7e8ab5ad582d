// SPDX-License-Identifier: Apache-2.0
// Faults put in on purpose. Those of the step wrap it; those of store, engine and sender stand where they
// act.
#include "tests/sim/sim.h"

#include <string.h>

#define BIT(t) (1u << (t))

const struct mutant_row mutant_rows[MUTANTS] = {
    [MUTANT_NONE] = {"none", "everything as it is", 0},
    [MUTANT_NO_GUARD] = {"no-guard", "saves without comparing the generation", BIT(T1) | BIT(T3)},
    [MUTANT_CLAIM_STICKS] = {"claim-sticks", "claims by a mark that outlives its engine", BIT(T2)},
    [MUTANT_VERSION_READ_AGAIN] = {"version-read-again", "saves an old decision on the new version", BIT(T3)},
    [MUTANT_NOT_ASKED_AGAIN] = {"not-asked-again", "sends without asking whether it is still wanted",
                                BIT(T3)},
    [MUTANT_OUTBOX_LATER] = {"outbox-later", "writes the outbox in a transaction of its own", BIT(T4)},
    [MUTANT_MARK_FIRST] = {"mark-first", "marks a notice sent, then sends it", BIT(T5)},
    [MUTANT_LEASE_FOR_EVER] = {"lease-for-ever", "a dead sender keeps its notice", BIT(T5)},
    [MUTANT_NO_LEASE] = {"no-lease", "two senders may take the same notice", BIT(T6)},
    [MUTANT_KEY_OF_ATTEMPT] = {"key-of-attempt", "each attempt has a key of its own", BIT(T6)},
    [MUTANT_LEVEL_SKIPPED] = {"level-skipped", "climbs two levels at once", BIT(T7)},
    [MUTANT_OWN_CLOCK] = {"own-clock", "an engine's clock decides", BIT(T8)},
    [MUTANT_BURST] = {"burst", "after an outage every level at once", BIT(T9)},
    [MUTANT_CLOCK_BACK] = {"clock-back", "time goes back with the clock", BIT(T10)},
    [MUTANT_JITTER] = {"jitter", "the step throws dice", BIT(T11) | BIT(T12)},
    [MUTANT_UNLOGGED] = {"unlogged", "a delivery changes the row, not the log", BIT(T12)},
    [MUTANT_DUE_LEFT] = {"due-left", "what was stopped stays due", BIT(T13)},
    [MUTANT_DUE_LOST] = {"due-lost", "what is snoozed is never due", BIT(T13)},
    [MUTANT_ASYNCHRONOUS] = {"asynchronous", "answers before the replica has it", BIT(T14) | BIT(T1)},
    [MUTANT_NO_OPERATION_ID] = {"no-operation-id", "a retry is another change", BIT(T14)},
    [MUTANT_LEAF_LATER] = {"leaf-later", "the audit leaf follows the answer", BIT(T15)},
    [MUTANT_GAP_SILENT] = {"gap-silent", "a level without anybody is passed silently", BIT(T7) | BIT(T16)},
    [MUTANT_RED_SILENT] = {"red-silent", "nobody could be notified, and nobody says so", BIT(T16)},
};

static void drop(struct escalation_turn *turn, int kind)
{
    int kept = 0;
    for (int i = 0; i < turn->count; i++) {
        if (turn->effects[i].kind != kind)
            turn->effects[kept++] = turn->effects[i];
    }
    turn->count = kept;
}

// The next level looks empty, and nobody is told.
static void skip_level(const struct escalation *before, const struct escalation_facts *facts,
                       const struct escalation_event *event, int64_t now_us, struct escalation_turn *ret)
{
    struct escalation_reach reach = *facts->reach;
    struct escalation_facts other = *facts;
    other.reach = &reach;
    if (before->level + 2 < facts->policy->level_count)
        memset(reach.people[before->level + 1], 0, sizeof reach.people[0]);
    escalation_step(before, &other, event, now_us, ret);
    drop(ret, ESC_GAP);
}

void mutant_step(struct world *w, const struct escalation *before, const struct escalation_facts *facts,
                 const struct escalation_event *event, int64_t now_us, struct escalation_turn *ret)
{
    int mutant = w->config->mutant;
    escalation_step(before, facts, event, now_us, ret);
    struct escalation *after = &ret->after;
    if (mutant == MUTANT_NONE || ret->verdict != ESC_CHANGED)
        return;
    if (mutant == MUTANT_LEVEL_SKIPPED && event->act == ESC_TICK && before->phase == ESC_CALLING)
        skip_level(before, facts, event, now_us, ret);
    if (mutant == MUTANT_GAP_SILENT)
        drop(ret, ESC_GAP);
    if (mutant == MUTANT_RED_SILENT)
        drop(ret, ESC_RED);
    if (mutant == MUTANT_BURST && after->owed_us < after->until_us)
        after->until_us = after->due_us = after->owed_us;
    if (mutant == MUTANT_CLOCK_BACK)
        after->clock_us = now_us;
    if (mutant == MUTANT_JITTER && after->phase == ESC_CALLING)
        after->until_us += (int64_t)(world_random(w) & 1);
    if (mutant == MUTANT_DUE_LEFT && after->phase == ESC_STOPPED)
        after->due_us = before->due_us;
    if (mutant == MUTANT_DUE_LOST && after->phase == ESC_SNOOZED)
        after->due_us = ESC_NEVER;
}
