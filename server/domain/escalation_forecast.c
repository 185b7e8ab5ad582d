// SPDX-License-Identifier: Apache-2.0
#include "server/domain/escalation.h"

int escalation_forecast(const struct escalation_facts *facts, int64_t now_us, struct escalation_forecast *ret,
                        int room)
{
    struct escalation_turn turn = {.after = escalation_new()};
    struct escalation_event event = {.act = ESC_ARM};
    int count = 0;
    for (int turns = 0; turns < 1000 && turn.after.round == 0; turns++) {
        struct escalation before = turn.after;
        escalation_step(&before, facts, &event, now_us, &turn);
        for (int i = 0; i < turn.count && count < room; i++)
            ret[count++] = (struct escalation_forecast){now_us, turn.effects[i]};
        if (turn.verdict != ESC_CHANGED || turn.after.due_us == ESC_NEVER || count == room)
            break;
        event = (struct escalation_event){.act = ESC_TICK, .generation = turn.after.generation};
        now_us = turn.after.due_us;
    }
    return count;
}
