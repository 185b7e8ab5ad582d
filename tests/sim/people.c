// SPDX-License-Identifier: Apache-2.0
// What people and the provider report: clients keep their operation's id and try until they are told.
#include "tests/sim/sim.h"

void operation_begin(struct world *w, int escalation, struct escalation_event event, int64_t at_us)
{
    if (w->operations == OPERATIONS) {
        w->is_full = true;
        return;
    }
    w->operation[w->operations++] =
        (struct operation){.at_us = at_us, .escalation = escalation, .event = event};
}

void operation_act(struct world *w, int at)
{
    struct operation *operation = &w->operation[at];
    bool is_down = w->now_us < w->down_until_us;
    if (is_down || w->db.rows[operation->escalation].locked) {
        operation->at_us = w->now_us + (is_down ? between(w, S, 8 * S) : 20000);
        return;
    }
    if (operation->event.act != ESC_ARM && w->db.rows[operation->escalation].e.generation == 0) {
        operation->at_us = FAR; // there is no such call
        return;
    }
    struct escalation_event event = operation->event;
    event.contact = ESC_OUTSIDE; // people know of no contact points
    struct work work = {
        .escalation = operation->escalation, .operation = at, .engine = -1, .place = place_of(w, &event)};
    work_step(w, &work, as_told(w, event));
    enum commit commit = work_commit(w, &work);
    operation->at_us = FAR;
    if (commit != COMMIT_DONE || (!operation->is_answered && strikes(w, FAULT_RETRY, 150)))
        operation->at_us = w->now_us + between(w, S / 2, 5 * S);
    operation->is_answered |= commit == COMMIT_DONE;
}

void people_see(struct world *w, const struct notice *notice)
{
    static const uint8_t answers[] = {ESC_ACKNOWLEDGE, ESC_ACKNOWLEDGE, ESC_ACKNOWLEDGE, ESC_ACCEPT,
                                      ESC_ACCEPT,      ESC_REFUSE,      ESC_REFUSE,      ESC_READ};
    if (w->is_healing || below(w, 100) < w->silence)
        return;
    struct escalation_event event = {
        .act = answers[below(w, sizeof answers)], .level = notice->level, .rank = notice->rank};
    if (below(w, 8) == 0)
        event.level = event.rank = ESC_OUTSIDE;
    int64_t delay_us = below(w, 4) ? between(w, S, 60 * S) : between(w, 60 * S, 900 * S);
    operation_begin(w, notice->escalation, event, w->now_us + delay_us);
}
