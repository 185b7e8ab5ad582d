// SPDX-License-Identifier: Apache-2.0
#include "server/store/feed_memory.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/fiber.h"
#include "server/store/db_lane.h"
#include "server/store/feed_rows.h"
#include "server/store/message.h"
#include "server/store/turn.h"
#include "server/store/wake.h"

#define TENANTS_MOST 16
#define LOOK_AGAIN_US UINT64_C(2000000) // while somebody waits, without any wake
#define BLOCKED_US UINT64_C(20000)      // the same while an older transaction hides a row

// A call that waits for the next look.
struct asker {
    struct turn turn; // first: the turn is the asker
    struct fiber *fiber;
    struct asker *next;
    enum err err;
};

// One tenant.
struct memory {
    struct feed_rows rows; // rows.db NULL: a free place
    struct asker *askers, **askers_end;
    bool is_looking, is_watched;
    unsigned users, waiting;
    uint64_t used_us;
};
static struct memory memories[TENANTS_MOST];

static bool same_tenant(const struct memory *m, const struct call *c)
{
    return m->rows.db == c->db && uuid_equal(&m->rows.tenant_id, &c->actor.tenant_id);
}

// The memory of the caller's tenant; the place of one that was not asked for longest when it is new. NULL
// when all are busy.
static struct memory *memory_of(const struct call *c)
{
    struct memory *found = NULL;
    for (struct memory *m = memories; m < memories + TENANTS_MOST; m++) {
        if (same_tenant(m, c)) {
            m->used_us = clock_us();
            return m;
        }
        bool is_idle = m->users == 0 && !m->is_looking && !m->is_watched;
        if (is_idle && (!found || m->used_us < found->used_us))
            found = m;
    }
    if (!found)
        return NULL;
    feed_rows_clear(&found->rows);
    *found = (struct memory){.used_us = clock_us()};
    feed_rows_init(&found->rows, c->db, &c->actor.tenant_id);
    found->askers_end = &found->askers;
    return found;
}

// --- looks ---

// Who waits is told of what is new, and when there is no telling.
static enum err look(struct memory *m)
{
    uint64_t news = m->rows.news;
    enum err err = feed_rows_look(&m->rows);
    if (m->waiting > 0 && (m->rows.news != news || err != ERR_OK))
        wake_here(&m->rows.tenant_id);
    return err;
}

// On a fiber of its own, as long as somebody asks.
static void look_for_askers(void *arg)
{
    struct memory *m = arg;
    while (m->askers) {
        struct asker *first = m->askers;
        m->askers = NULL;
        m->askers_end = &m->askers;
        enum err err = look(m);
        for (struct asker *a = first, *next; a; a = next) {
            next = a->next; // a is gone once its turn has come
            a->err = err;
            turn_give(&a->turn, TURN_GO_ON);
        }
    }
    m->is_looking = false;
}

static void wake_asker(struct turn *turn)
{
    fiber_wake(((struct asker *)turn)->fiber);
}

// Sleeps until a look that began after now is done, and until it is this call's turn.
static enum err ask(struct call *c, struct memory *m)
{
    struct asker asker = {.turn.fn = wake_asker, .fiber = fiber_self()};
    *m->askers_end = &asker;
    m->askers_end = &asker.next;
    m->users++;
    if (!m->is_looking) {
        m->is_looking = true;
        fiber_spawn(look_for_askers, m);
    }
    fiber_sleep();
    m->users--;
    return asker.err == ERR_OK ? ERR_OK : db_error_fail(c, asker.err);
}

// --- who sees what ---

// As the database tells it (incident_many): members are asked only where it can matter.
static int member_of(const struct call *c, const struct feed_state *s)
{
    if (s->incident.wall < 2 && c->actor.reads_all)
        return 0;
    for (int i = 0; i < s->member_count; i++) {
        if (uuid_equal(&s->members[i], &c->actor.person_id))
            return s->accesses[i];
    }
    return 0;
}

static bool concerns(const struct call *c, const struct feed_state *s)
{
    for (int i = 0; i < s->section_count && !uuid_is_nil(&c->actor.section_id); i++) {
        if (uuid_equal(&s->sections[i], &c->actor.section_id))
            return true;
    }
    return false;
}

static int compare_uuids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

static bool reads(const struct call *c, const struct feed_row *row)
{
    const struct feed_state *s = row->state;
    return s && (incident_access_as(c, &s->incident, member_of(c, s), concerns(c, s)) & ACCESS_READ);
}

// Who is asked, unless they are excluded from the incident.
static bool is_asked(const struct call *c, const struct feed_row *row)
{
    for (int i = 0; row->state && i < row->state->member_count; i++) {
        if (uuid_equal(&row->state->members[i], &c->actor.person_id) &&
            row->state->accesses[i] == (int)MEMBER(EXCLUDED))
            return false;
    }
    const size_t size = sizeof *row->asked;
    return row->asked_count > 0 &&
           bsearch(&c->actor.person_id, row->asked, (size_t)row->asked_count, size, compare_uuids);
}

// Both walls in one: the rules of domain/access.c, and for what is no incident those of 0003_access.sql and
// 0012_order_reach.sql.
static bool may_see(const struct call *c, const struct feed_row *row, const struct feed_wish *wish)
{
    if (!uuid_is_nil(&wish->incident_id) && !uuid_equal(&wish->incident_id, &row->incident_id))
        return false;
    if (row->is_order)
        return reads(c, row) || is_asked(c, row);
    if (row->is_intake)
        return wish->with_intake;
    if (!row->change->entry)
        return row->wall == 0 || (row->wall == 1 && c->actor.reads_all);
    return reads(c, row);
}

// False when a membership has ended since the last look.
static bool take_block(const struct call *c, const struct feed_block *b, const struct feed_place *after,
                       const struct feed_wish *wish, struct feed_page *page)
{
    for (int i = 0; i < b->count && page->count < wish->limit; i++) {
        const struct feed_row *row = &b->rows[i];
        if (feed_place_compare(&row->place, after) <= 0)
            continue;
        if (row->state && row->state->until_us <= page->now_us)
            return false;
        if (!may_see(c, row, wish))
            continue;
        page->changes[page->count++] = row->change;
        page->next = row->place;
    }
    return true;
}

static bool answer(struct call *c, const struct feed_rows *r, const struct feed_place *after,
                   const struct feed_wish *wish, struct feed_page *page)
{
    int64_t now_us = db_now_us(c->db);
    *page = (struct feed_page){.next = *after, .now_us = now_us > r->now_us ? now_us : r->now_us};
    int after_it = 0;
    for (const struct feed_block *b = r->first; b; b = b->next) {
        if (b->count > 0 && feed_place_compare(&b->rows[b->count - 1].place, after) > 0)
            after_it += b->count;
    }
    page->changes = msg_list(c, after_it);
    for (const struct feed_block *b = r->first; b && after_it > 0; b = b->next) {
        if (!take_block(c, b, after, wish, page))
            return false;
    }
    page->more = page->count == wish->limit;
    if (!page->more && feed_place_compare(&page->next, &r->horizon) < 0)
        page->next = r->horizon;
    if (page->count > 0)
        feed_rows_hold(c);
    return true;
}

enum err feed_recall(struct call *c, const struct feed_place *after, const struct feed_wish *wish,
                     struct feed_page *ret_page, bool *ret_known)
{
    *ret_known = false;
    struct memory *m = memory_of(c);
    if (!m || c->actor.is_system)
        return ERR_OK;
    TRY(ask(c, m));
    if (m->rows.is_known && feed_place_compare(after, &m->rows.floor) >= 0 &&
        feed_place_compare(after, &m->rows.horizon) <= 0)
        *ret_known = answer(c, &m->rows, after, wish, ret_page);
    return ERR_OK;
}

enum err feed_present(struct call *c, struct feed_place *ret_place, int64_t *ret_now_us)
{
    struct memory *m = memory_of(c);
    if (m)
        TRY(ask(c, m));
    if (!m || !m->rows.is_known)
        return feed_horizon(c, ret_place, ret_now_us);
    *ret_place = m->rows.horizon;
    *ret_now_us = db_now_us(c->db);
    return ERR_OK;
}

// --- waiting ---

uint64_t feed_news(const struct call *c)
{
    const struct memory *m = memory_of(c);
    return m ? m->rows.news : 0;
}

// On a fiber of its own while anybody waits: looks now and then for what no wake told.
static void watch(void *arg)
{
    struct memory *m = arg;
    while (m->waiting > 0 && !wake_lets_go()) {
        struct call c;
        call_begin(&c, m->rows.db, 0);
        c.actor.tenant_id = m->rows.tenant_id;
        (void)wake_wait(&c, m->rows.has_undecided ? BLOCKED_US : LOOK_AGAIN_US);
        if (m->waiting > 0)
            (void)ask(&c, m); // a look that finds something wakes those who wait
        call_end(&c);
    }
    m->is_watched = false;
}

void feed_wait(struct call *c, uint64_t news, uint64_t timeout_us)
{
    struct memory *m = memory_of(c);
    if (!m) {
        (void)wake_wait(c, timeout_us < LOOK_AGAIN_US ? timeout_us : LOOK_AGAIN_US);
        return;
    }
    if (m->rows.news != news)
        return;
    m->waiting++;
    m->users++;
    if (!m->is_watched) {
        m->is_watched = true;
        fiber_spawn(watch, m);
    }
    (void)wake_wait(c, timeout_us);
    m->users--;
    m->waiting--;
}
