// SPDX-License-Identifier: Apache-2.0
// Senders: lease a notice of the outbox, asking in the same statement whether it is still wanted; hand it to
// the provider; mark it.
#include "tests/sim/sim.h"

#define LEASE_US (30 * S)
#define POLL_US (20 * S)
#define ATTEMPTS_MOST 6
// The call goes on after so many tries in vain, while the message is tried further.
#define TRIES_TOLD 3

static bool is_wanted(const struct world *w, const struct notice *notice)
{
    return notice->generation > w->db.rows[notice->escalation].settled;
}

static bool is_free(const struct world *w, const struct notice *notice)
{
    if (notice->state != NOTICE_QUEUED || notice->not_before_us > db_now(w))
        return false;
    if (w->config->mutant == MUTANT_NO_LEASE)
        return true;
    if (w->config->mutant == MUTANT_LEASE_FOR_EVER && notice->owner)
        return false;
    return !notice->owner || notice->lease_until_us <= db_now(w);
}

// The one that waits longest; -1 = none.
static int find_free(const struct world *w)
{
    int found = -1;
    for (int i = 0; i < w->db.notices; i++) {
        const struct notice *notice = &w->notices[i];
        if (is_free(w, notice) && (found < 0 || notice->not_before_us < w->notices[found].not_before_us))
            found = i;
    }
    return found;
}

static void sender_rest(struct world *w, struct sender *sender)
{
    sender->state = SENDER_IDLE;
    sender->at_us = w->now_us + between(w, POLL_US / 2, POLL_US);
}

static void sender_lease(struct world *w, int at)
{
    struct sender *sender = &w->senders[at];
    int found = find_free(w);
    if (found < 0 || w->now_us < w->down_until_us) {
        sender_rest(w, sender);
        return;
    }
    struct notice after = w->notices[found];
    bool asks = w->config->mutant != MUTANT_NOT_ASKED_AGAIN;
    sender->notice = found;
    sender->at_us = w->now_us + between(w, 1000, S);
    if (asks && !is_wanted(w, &after)) {
        after.state = NOTICE_SUPPRESSED;
        after.owner = 0;
        lease_commit(w, at, found, &after);
        return;
    }
    after.is_troubled |=
        after.owner != 0 && w->config->mutant != MUTANT_NO_LEASE; // the lease of somebody who never came back
    after.owner = (uint8_t)(at + 1);
    after.lease_until_us = db_now(w) + LEASE_US;
    after.attempts++;
    if (w->config->mutant == MUTANT_MARK_FIRST)
        after.state = NOTICE_SENT;
    bool was_wanted = is_wanted(w, &after);
    if (lease_commit(w, at, found, &after) != COMMIT_DONE)
        return;
    if (!was_wanted)
        violate(w, T3, "a notice is on its way although it was answered");
    sender->state = SENDER_SENDING;
    if (strikes(w, FAULT_ZOMBIE, 60)) {
        tell(w, "sender %d stalls", at);
        sender->at_us = w->now_us + between(w, S, 3 * LEASE_US);
    }
}

// The provider takes it; a provider that honours keys shows it once.
static void provider_takes(struct world *w, struct notice *notice)
{
    if (strikes(w, FAULT_DROP, 40)) {
        tell(w, "the provider drops a notice silently");
        notice->is_dropped = true;
        return;
    }
    bool is_same_key = w->config->mutant != MUTANT_KEY_OF_ATTEMPT;
    if (notice->visible > 0 && w->is_provider_honest && is_same_key)
        return;
    notice->visible++;
    tell(w, "a notice of generation %u of escalation %d arrives at %d.%d", notice->generation,
         notice->escalation, notice->level, notice->rank);
    check_seen(w, notice);
    if (notice->visible == 1)
        people_see(w, notice);
}

static void sender_send(struct world *w, int at)
{
    struct sender *sender = &w->senders[at];
    struct notice *notice = &w->notices[sender->notice];
    sender->state = SENDER_MARKING;
    sender->at_us = w->now_us + between(w, 10000, S);
    sender->outcome = NOTICE_SENT;
    if (strikes(w, FAULT_BOUNCE, 150)) {
        sender->outcome = NOTICE_DEAD;
        return;
    }
    if (strikes(w, FAULT_TIMEOUT, 100)) {
        bool took = below(w, 2);
        tell(w, "the provider does not answer (%s)", took ? "sent" : "not sent");
        sender->outcome = NOTICE_QUEUED;
        notice->is_troubled = true; // on record, whatever it took
        if (!took)
            return;
    }
    provider_takes(w, notice);
}

// What the call hears: -1 = nothing.
static int act_of(const struct notice *after)
{
    if (after->state == NOTICE_SENT)
        return ESC_DELIVERED;
    bool is_in_vain = after->state == NOTICE_DEAD || after->attempts == TRIES_TOLD;
    return is_in_vain ? ESC_BOUNCED : -1;
}

static void sender_mark(struct world *w, int at)
{
    struct sender *sender = &w->senders[at];
    struct notice after = w->notices[sender->notice];
    if (w->db.rows[after.escalation].locked) { // waits for whoever steps the call
        sender->at_us = w->now_us + 20000;
        return;
    }
    int outcome = sender->outcome;
    // That it was taken is true whoever holds the lease by now; anything else only counts from who holds it.
    bool counts = after.state == NOTICE_QUEUED && (outcome == NOTICE_SENT || after.owner == at + 1);
    sender->state = SENDER_IDLE;
    sender->at_us = w->now_us + 1000;
    if (!counts) {
        bool is_tried = after.state == NOTICE_QUEUED && w->now_us >= w->down_until_us;
        if (w->config->twin && is_tried)
            w->config->twin->mark(w, at, outcome, S, NULL);
        return;
    }
    bool is_over = outcome == NOTICE_QUEUED && after.attempts >= ATTEMPTS_MOST;
    after.state = is_over ? NOTICE_DEAD : (uint8_t)outcome;
    after.owner = 0;
    if (after.state == NOTICE_QUEUED)
        after.not_before_us = db_now(w) + between(w, S, S << (after.attempts < 5 ? after.attempts : 5));
    mark_commit(w, at, sender->notice, &after, act_of(&after));
}

void sender_kill(struct world *w, int at, int64_t back_us)
{
    tell(w, "sender %d ends, and is back at %.3f s", at, (double)back_us / S);
    w->senders[at].is_dead = true;
    w->senders[at].state = SENDER_IDLE;
    w->senders[at].at_us = back_us;
}

void sender_act(struct world *w, int at)
{
    struct sender *sender = &w->senders[at];
    if (sender->is_dead) {
        sender->is_dead = false;
        sender_rest(w, sender);
    } else if (sender->state == SENDER_IDLE)
        sender_lease(w, at);
    else if (strikes(w, FAULT_KILL, 40))
        sender_kill(w, at, w->now_us + between(w, S, 10 * S));
    else if (sender->state == SENDER_SENDING)
        sender_send(w, at);
    else
        sender_mark(w, at);
}
