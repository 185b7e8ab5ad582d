// SPDX-License-Identifier: Apache-2.0
// One world from its seed: made, lived through with faults, healed, drained.
#include <stddef.h>
#include <string.h>

#include "tests/sim/sim.h"

#define BEGIN_US (1000000 * S)
#define HEAL_US (180 * S)
#define DRAIN_US (7200 * S) // a clock that went back keeps notices waiting
#define STEPS_MOST 20000

static void make_policy(struct world *w)
{
    struct escalation_policy *policy = &w->policy;
    policy->direction = ESC_UPWARD;
    policy->hours = ESC_ALWAYS;
    policy->severity = SEVERITY(S4);
    policy->rounds = (uint8_t)below(w, 3);
    policy->round_after_s = 60 + below(w, 60);
    policy->ack_lasts_s = below(w, 2) ? 60 + below(w, 200) : 0;
    policy->snooze_most_s = 60 + below(w, 200);
    policy->level_count = (uint8_t)(1 + below(w, 5));
    for (int i = 0; i < policy->level_count; i++) {
        int silence_s = 60 + below(w, 90);
        policy->levels[i] = (struct escalation_level){
            .role = i + 1, .ranks = (uint8_t)(1 + below(w, 3)), .deputy_after_s = silence_s};
        policy->levels[i].contact_after_s = 20 + below(w, silence_s);
        policy->levels[i].is_headquarters = i + 1 == policy->level_count;
    }
}

static void make_people(struct world *w)
{
    for (int level = 0; level < w->policy.level_count; level++) {
        bool is_hole = below(w, 8) == 0;
        for (int rank = 0; rank < 3; rank++) {
            bool is_there = !is_hole && below(w, 5) > 0;
            w->reaches[0].people[level][rank] = (struct escalation_person){
                is_there ? ESC_PRESENT : (uint8_t)(below(w, 2) * ESC_AWAY), (uint8_t)below(w, 4)};
        }
    }
}

static uint64_t spread(uint64_t x) // splitmix64
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void world_make(struct world *w, const struct config *config)
{
    // The two lists are read only as far as they are written.
    memset(w, 0, offsetof(struct world, notices));
    memset(&w->engines, 0, sizeof *w - offsetof(struct world, engines));
    w->config = config;
    w->random[0] = spread(config->seed);
    w->random[1] = spread(~config->seed);
    // Each seed has a swarm of its own: all faults at once would hide each other.
    w->faults = (unsigned)world_random(w) & (unsigned)world_random(w) & FAULTS_ALL;
    w->faults |= (unsigned)(below(w, 2) ? world_random(w) & FAULTS_ALL : 0);
    w->faults &= config->faults;
    w->escalations = 1 + below(w, ESCALATIONS);
    w->engines_used = 1 + below(w, ENGINES);
    w->senders_used = 1 + below(w, SENDERS);
    w->is_provider_honest = below(w, 2);
    w->silence = 20 + below(w, 80);
    w->now_us = BEGIN_US;
    w->end_us = BEGIN_US + between(w, 60 * S, 900 * S);
    w->chaos_at_us = BEGIN_US + between(w, S, 60 * S);
    make_policy(w);
    make_people(w);
    for (int i = 0; i < w->escalations; i++) {
        w->db.rows[i].e = escalation_new();
        w->db.fired[i] = w->db.level[i] = w->db.rows[i].called = -1;
        operation_begin(w, i, (struct escalation_event){.act = ESC_ARM}, BEGIN_US + between(w, 0, 30 * S));
    }
    for (int i = 0; i < ENGINES; i++)
        w->engines[i].at_us = i < w->engines_used ? BEGIN_US + between(w, 0, S) : FAR;
    for (int i = 0; i < SENDERS; i++)
        w->senders[i].at_us = i < w->senders_used ? BEGIN_US + between(w, 0, S) : FAR;
    if (w->config->twin)
        w->config->twin->begin(w);
}

enum actor { ENGINE, SENDER, OPERATION, CHAOS };

struct next {
    int64_t at_us;
    enum actor actor;
    int at;
};

static void sooner(struct next *next, int64_t at_us, enum actor actor, int at)
{
    if (at_us < next->at_us)
        *next = (struct next){at_us, actor, at};
}

static struct next world_next(const struct world *w)
{
    struct next next = {w->is_healing ? FAR : w->chaos_at_us, CHAOS, 0};
    for (int i = 0; i < w->engines_used; i++)
        sooner(&next, w->engines[i].at_us, ENGINE, i);
    for (int i = 0; i < w->senders_used; i++)
        sooner(&next, w->senders[i].at_us, SENDER, i);
    for (int i = 0; i < w->operations; i++)
        sooner(&next, w->operation[i].at_us, OPERATION, i);
    return next;
}

// Lets everything happen until then.
static void world_pass(struct world *w, int64_t until_us)
{
    while (!w->violated && !w->is_full && w->steps++ < STEPS_MOST) {
        struct next next = world_next(w);
        if (next.at_us > until_us)
            break;
        w->now_us = next.at_us > w->now_us ? next.at_us : w->now_us;
        if (next.actor == ENGINE)
            engine_act(w, next.at);
        else if (next.actor == SENDER)
            sender_act(w, next.at);
        else if (next.actor == OPERATION)
            operation_act(w, next.at);
        else
            chaos_act(w);
        check_always(w);
    }
    w->now_us = w->now_us > until_us ? w->now_us : until_us;
}

static bool is_drained(const struct world *w)
{
    for (int i = 0; i < w->db.notices; i++) {
        if (w->notices[i].state == NOTICE_QUEUED)
            return false;
    }
    for (int i = 0; i < w->operations; i++) {
        if (w->operation[i].at_us != FAR)
            return false;
    }
    return true;
}

// No more faults: everybody comes back, what is due must happen, then all is stopped and drained.
static void world_heal(struct world *w)
{
    tell(w, "no more faults");
    w->is_healing = true;
    w->down_until_us = w->now_us;
    for (int i = 0; i < w->engines_used; i++) {
        struct engine *engine = &w->engines[i];
        engine->at_us = engine->is_dead && engine->at_us > w->now_us + S ? w->now_us + S : engine->at_us;
    }
    for (int i = 0; i < w->senders_used; i++) {
        struct sender *sender = &w->senders[i];
        sender->at_us = sender->is_dead && sender->at_us > w->now_us + S ? w->now_us + S : sender->at_us;
    }
    w->unwell_until_us = w->unwell_until_us < w->now_us + S ? w->unwell_until_us : w->now_us + S;
    world_pass(w, w->now_us + HEAL_US);
    for (int i = 0; i < w->escalations; i++)
        operation_begin(w, i, (struct escalation_event){.act = ESC_STOP}, w->now_us);
    for (int64_t until_us = w->now_us + DRAIN_US; w->now_us < until_us && !is_drained(w) && !w->violated;)
        world_pass(w, w->now_us + 30 * S);
}

bool world_live(struct world *w, const struct config *config)
{
    world_make(w, config);
    world_pass(w, w->end_us);
    if (!w->violated && !w->is_full)
        world_heal(w);
    if (!w->violated && !w->is_full && w->steps < STEPS_MOST)
        check_end(w);
    if (w->config->twin && !w->violated && !w->is_full)
        w->config->twin->end(w);
    return !w->violated;
}
