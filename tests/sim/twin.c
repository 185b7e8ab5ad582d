// SPDX-License-Identifier: Apache-2.0
// Worlds that happen in PostgreSQL, too: what memory does is done there by the engine's own statements, in
// as many sessions, at the same moments of the same clock, and compared.
#include <stdio.h>
#include <string.h>

#include "tests/sim/twin.h"
#include "tests/sim/twin_pg.h"

// Effects of what commits now, as text.
static char effects[4000];

static void differ(struct world *w, const char *what, const char *memory, const char *postgres)
{
    static char why[3000];
    (void)snprintf(why, sizeof why, "%s\n#   memory:     %.1400s\n#   PostgreSQL: %.1400s", what, memory,
                   postgres);
    violate(w, TWIN, why);
}

static void begin(struct world *w)
{
    pg_world(&w->policy);
    pg_clock(db_now(w));
    pg_people(&w->reaches[0]);
    effects[0] = '\0';
}

static void people(struct world *w)
{
    pg_clock(db_now(w));
    pg_people(&w->reaches[w->reach]);
}

// Levels above are not looked at when they do not matter: vacant there, or as in memory.
static bool is_reach(const struct world *w, const struct work *work, const struct escalation_reach *got)
{
    int present = w->db.rows[work->escalation].e.level;
    bool is_whole = false, is_same = true;
    for (int i = 0; i < w->policy.level_count * ESC_RANKS_MOST; i++) {
        struct escalation_person a = w->reaches[work->reach].people[i / ESC_RANKS_MOST][i % ESC_RANKS_MOST],
                                 b = got->people[i / ESC_RANKS_MOST][i % ESC_RANKS_MOST];
        bool is_equal = a.standing == b.standing && (a.standing == ESC_VACANT || a.contacts == b.contacts);
        is_whole |= i / ESC_RANKS_MOST != present && b.standing != ESC_VACANT;
        is_same &= is_equal || i / ESC_RANKS_MOST != present;
    }
    return is_same || !is_whole;
}

static bool is_effect(const struct escalation_effect *a, const struct escalation_effect *b)
{
    return a->kind == b->kind && a->why == b->why && a->level == b->level && a->rank == b->rank &&
           a->contact == b->contact && a->missed == b->missed && a->late_us == b->late_us;
}

static bool is_turn(const struct escalation_turn *a, const struct escalation_turn *b)
{
    bool is_same = memcmp(&a->after, &b->after, sizeof a->after) == 0 && a->count == b->count;
    for (int i = 0; i < a->count && is_same; i++)
        is_same = is_effect(&a->effects[i], &b->effects[i]);
    return is_same;
}

static void claim(struct world *w, int engine)
{
    const struct work *work = &w->engines[engine].work;
    const struct row *row = &w->db.rows[work->escalation];
    struct pg_claimed got;
    char words[600];
    pg_clock(db_now(w));
    if (!pg_claim(engine, &got)) {
        differ(w, "a call is due", "claimed", "nothing is due");
        return;
    }
    if (got.call != work->escalation)
        differ(w, "which call is due longest", work->escalation ? "another" : "the first", "not the same");
    (void)snprintf(words, sizeof words, "%s", pg_state_of(&row->e, row->settled));
    if (memcmp(&got.before, &row->e, sizeof got.before) != 0)
        differ(w, "what was read of it", words, pg_state_of(&got.before, row->settled));
    if (!is_reach(w, work, &got.reach))
        differ(w, "who can be called", "", "others");
    (void)snprintf(words, sizeof words, "%s", pg_state_of(&work->turn.after, row->settled));
    if (!is_turn(&work->turn, &got.turn))
        differ(w, "what the tick did", words, pg_state_of(&got.turn.after, row->settled));
}

static void session_ends(struct world *w, int engine)
{
    pg_session_end(engine);
}

static void turned(struct world *w, const struct work *work)
{
    for (int i = 0; i < work->turn.count; i++) {
        size_t len = strlen(effects);
        (void)snprintf(effects + len, sizeof effects - len, "%s",
                       pg_effect_of(work->turn.after.generation, i, &work->turn.effects[i]));
    }
}

static void compare_row(struct world *w, const struct work *work)
{
    static char words[sizeof effects + 600];
    const struct row *row = &w->db.rows[work->escalation];
    (void)snprintf(words, sizeof words, "%s%s", pg_state_of(&row->e, row->settled), effects);
    effects[0] = '\0';
    const char *got = pg_state(work->escalation, work->read_generation);
    if (strncmp(got, words, 999) != 0) // as much as a value has room for
        differ(w, "the row and its effects", words, got);
}

static bool save(struct world *w, const struct work *work, bool is_guarded)
{
    enum pg_saved saved = pg_save(work->engine);
    if (saved == PG_REFUSED)
        differ(w, "who won", is_guarded ? "this save" : "another generation", "not saved for another reason");
    return saved == PG_SAVED;
}

static void commit(struct world *w, const struct work *work, bool is_guarded)
{
    bool is_done;
    pg_clock(db_now(w));
    if (work->engine >= 0)
        is_done = save(w, work, is_guarded);
    else if (work->event.act == ESC_ARM)
        is_done = pg_call(work->operation);
    else
        is_done =
            pg_tell(work->operation, work->escalation, work->event.act, work->place, work->event.until_us);
    if (is_done != is_guarded)
        differ(w, "who won", is_guarded ? "this commit" : "another before it",
               is_done ? "this one" : "another");
    if (is_done && work->engine < 0 && !work->is_late)
        pg_step(work->escalation);
    if (is_done)
        compare_row(w, work);
}

static void lease(struct world *w, int sender, int at)
{
    const struct notice *notice = &w->notices[at];
    struct pg_leased got;
    pg_clock(db_now(w));
    if (!pg_lease(sender, &got))
        differ(w, "a notice is due", "leased", "nothing is due");
    else if (got.call != notice->escalation || got.generation != notice->generation ||
             got.position != notice->position)
        differ(w, "which notice is due longest", "another", "not the same");
    else if (got.is_wanted != (notice->state == NOTICE_QUEUED))
        differ(w, "still wanted?", got.is_wanted ? "no" : "yes", got.is_wanted ? "yes" : "no");
}

static void mark(struct world *w, int sender, int state, int64_t wait_us, const struct work *told)
{
    static const enum pg_outcome outcomes[] = {
        [NOTICE_QUEUED] = PG_LATER, [NOTICE_SENT] = PG_TAKEN, [NOTICE_DEAD] = PG_DEAD};
    pg_clock(db_now(w));
    pg_mark(sender, outcomes[state], wait_us);
    if (!told)
        return;
    pg_step(told->escalation);
    compare_row(w, told);
}

static void keep(struct world *w)
{
    pg_keep();
}

static void lose(struct world *w)
{
    pg_lose();
}

static void compare_outbox(struct world *w)
{
    static const int states[] = {
        [NOTICE_QUEUED] = 1, [NOTICE_SENT] = 2, [NOTICE_SUPPRESSED] = 4, [NOTICE_DEAD] = 5};
    static char rows[NOTICES * 40 + 100];
    size_t len = (size_t)snprintf(rows, sizeof rows, "(-1, 0, 0, 0, 0)");
    for (int i = 0; i < w->db.notices; i++) {
        const struct notice *n = &w->notices[i];
        len += (size_t)snprintf(rows + len, sizeof rows - len, ",(%d, %u, %d, %d, %d)", n->escalation,
                                n->generation, n->position, states[n->state], n->attempts);
    }
    const char *difference = pg_outbox(rows);
    if (*difference)
        differ(w, "the outbox", difference, "");
}

static void end(struct world *w)
{
    compare_outbox(w);
    for (int i = 0; i < w->escalations; i++) {
        const struct row *row = &w->db.rows[i];
        const struct work all = {.escalation = i, .read_generation = UINT32_MAX >> 1};
        if (row->e.generation > 0)
            compare_row(w, &all);
    }
    const char *fault = pg_whole();
    if (*fault)
        differ(w, "at the end", "", fault);
}

const struct twin twin = {begin, people, claim, session_ends, turned, commit, lease, mark, keep, lose, end};
