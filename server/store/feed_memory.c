// SPDX-License-Identifier: Apache-2.0
#include "server/store/feed_memory.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/fiber.h"
#include "server/store/db_lane.h"
#include "server/store/message.h"
#include "server/store/turn.h"
#include "server/store/wake.h"

#define TENANTS_MOST 16
#define ROWS_MOST 512                    // remembered, of a tenant
#define BYTES_MOST ((size_t)1024 * 1024) // likewise
#define PAGE_MOST 256                    // rows that one look takes; more begin anew
#define LOOK_AGAIN_US UINT64_C(2000000)  // while somebody waits, without any wake
#define BLOCKED_US UINT64_C(20000)       // the same while an older transaction hides a row
#define FOR_EVER INT64_MAX

// An incident as of its last change, with what decides who sees it.
struct state {
    struct incident incident;
    struct uuid *sections, *members;
    int16_t *accesses; // MemberAccess of the members
    int section_count, member_count;
    int64_t until_us; // then a membership ends, and it must be read again
};

struct row {
    struct feed_place place;
    Sokuo__V1__FeedChange *change;
    struct uuid stream_id;
    struct state *state; // incidents only
    bool is_intake;
    int wall;
};

// What one look brought: its rows and states live in its call's arena and results. States of a block belong
// to rows of the same or older blocks, so the oldest block can always go.
struct block {
    struct call call;
    struct block *next;
    struct row *rows;
    int count;
    struct state *states;
    int state_count;
    size_t bytes;
};

// A call that waits for the next look.
struct asker {
    struct turn turn; // first: the turn is the asker
    struct fiber *fiber;
    struct asker *next;
    enum err err;
};

// One tenant. The rows after `floor` up to `horizon` are all here, oldest first.
struct memory {
    struct db *db; // NULL: a free place
    struct uuid tenant_id;
    bool is_known; // floor and horizon are
    struct feed_place floor, horizon;
    int64_t now_us; // the database's clock at the last look
    uint64_t reconnects;
    struct block *first, **end;
    int row_count;
    size_t bytes;
    struct asker *askers, **askers_end;
    bool is_looking, is_watched;
    bool has_undecided; // the last look saw rows past the horizon
    unsigned users, waiting;
    uint64_t news, used_us;
};
static struct memory memories[TENANTS_MOST];

// Calls that hold changes, and blocks that wait until there are none.
static unsigned holders;
static struct block *left_over;

static void block_free(struct block *b)
{
    call_end(&b->call);
    free(b);
}

static void free_left_over(void)
{
    while (left_over && holders == 0) {
        struct block *b = left_over;
        left_over = b->next;
        block_free(b);
    }
}

static void let_go(void *arg)
{
    (void)arg;
    holders--;
    free_left_over();
}

static void hold(struct call *c)
{
    holders++;
    call_defer(c, let_go, NULL);
}

static int place_compare(const struct feed_place *a, const struct feed_place *b)
{
    if (a->xid != b->xid)
        return a->xid < b->xid ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static void drop_oldest(struct memory *m)
{
    struct block *b = m->first;
    m->first = b->next;
    if (!m->first)
        m->end = &m->first;
    m->row_count -= b->count;
    m->bytes -= b->bytes;
    if (b->count > 0)
        m->floor = b->rows[b->count - 1].place;
    b->next = left_over;
    left_over = b;
    free_left_over();
}

// Nothing before this place is remembered.
static void begin_at(struct memory *m, const struct feed_place *place)
{
    while (m->first)
        drop_oldest(m);
    m->floor = m->horizon = *place;
    m->is_known = true;
    m->has_undecided = false;
}

static bool same_tenant(const struct memory *m, const struct call *c)
{
    return m->db == c->db && uuid_equal(&m->tenant_id, &c->actor.tenant_id);
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
    while (found->first)
        drop_oldest(found);
    *found = (struct memory){.db = c->db, .tenant_id = c->actor.tenant_id, .used_us = clock_us()};
    found->end = &found->first;
    found->askers_end = &found->askers;
    return found;
}

// --- a look ---

static bool is_stream(const struct rows *rows, int row, const char *stream)
{
    return strcmp(row_text(rows, row, rows_col(rows, "stream")), stream) == 0;
}

static enum err take_row(struct call *c, const struct rows *rows, int row, struct row *ret_row)
{
    *ret_row = (struct row){
        .place = feed_place_of(rows, row),
        .stream_id = row_uuid(rows, row, rows_col(rows, "stream_id")),
        .is_intake = is_stream(rows, row, "intake_item"),
        .wall = (int)row_i64(rows, row, rows_col(rows, "wall")),
    };
    return feed_change(c, rows, row, &ret_row->change);
}

// Ids of incidents that must be read, each once.
struct wanted {
    struct uuid *ids;
    int count;
};

static void want(struct wanted *wanted, const struct uuid *id)
{
    for (int i = 0; i < wanted->count; i++) {
        if (uuid_equal(&wanted->ids[i], id))
            return;
    }
    wanted->ids[wanted->count++] = *id;
}

// A row past the horizon has changed its incident already: what is remembered of that is out of date.
static void want_overtaken(const struct memory *m, struct wanted *wanted, const struct uuid *id, int version)
{
    for (const struct block *b = m->first; b; b = b->next) {
        for (int i = 0; i < b->count; i++) {
            const struct row *row = &b->rows[i];
            if (row->state && row->state->incident.m.version < version && uuid_equal(&row->stream_id, id))
                want(wanted, id);
        }
    }
}

static void want_ended(const struct memory *m, struct wanted *wanted, int64_t now_us)
{
    for (const struct block *b = m->first; b; b = b->next) {
        for (int i = 0; i < b->count; i++) {
            const struct row *row = &b->rows[i];
            if (row->state && row->state->until_us <= now_us)
                want(wanted, &row->stream_id);
        }
    }
}

static enum err take_page(struct memory *m, struct block *b, const struct rows *rows, struct wanted *wanted)
{
    struct call *c = &b->call;
    int found = rows_count(rows);
    b->rows = call_alloc(c, (size_t)found * sizeof *b->rows + 1);
    wanted->ids = call_alloc(c, (size_t)(found + m->row_count) * sizeof *wanted->ids + 1);
    m->has_undecided = false;
    for (int i = 0; i < found; i++) {
        struct uuid id = row_uuid(rows, i, rows_col(rows, "stream_id"));
        bool is_incident = is_stream(rows, i, "incident");
        if (row_bool(rows, i, rows_col(rows, "is_decided"))) {
            TRY(take_row(c, rows, i, &b->rows[b->count++]));
            if (is_incident)
                want(wanted, &id);
            continue;
        }
        m->has_undecided = true;
        if (is_incident)
            want_overtaken(m, wanted, &id, (int)row_i64(rows, i, rows_col(rows, "stream_seq")));
    }
    return ERR_OK;
}

static enum err take_state(struct call *c, const struct rows *rows, int row, struct state *s)
{
    TRY(incident_row(c, rows, row, &s->incident));
    s->section_count = row_uuids(c, rows, row, rows_col(rows, "section_ids"), &s->sections);
    s->member_count = row_uuids(c, rows, row, rows_col(rows, "member_ids"), &s->members);
    (void)row_i16s(c, rows, row, rows_col(rows, "member_accesses"), &s->accesses);
    s->until_us = row_time(rows, row, rows_col(rows, "members_until"));
    if (s->until_us == TIME_NULL)
        s->until_us = FOR_EVER;
    return ERR_OK;
}

static enum err read_states(struct memory *m, struct block *b, const struct wanted *wanted)
{
    if (wanted->count == 0)
        return ERR_OK;
    struct call *c = &b->call;
    const struct param params[] = {p_uuid(&m->tenant_id), p_uuids(c, wanted->ids, wanted->count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_FEED_INCIDENTS, params, &rows));
    b->bytes += PQresultMemorySize(rows_result(rows));
    b->state_count = rows_count(rows);
    b->states = call_alloc(c, (size_t)b->state_count * sizeof *b->states + 1);
    for (int i = 0; i < b->state_count; i++)
        TRY(take_state(c, rows, i, &b->states[i]));
    return ERR_OK;
}

static void link_state(struct memory *m, struct state *s)
{
    for (struct block *b = m->first; b; b = b->next) {
        for (int i = 0; i < b->count; i++) {
            struct row *row = &b->rows[i];
            if (!row->change->entry || !uuid_equal(&row->stream_id, &s->incident.id))
                continue;
            row->state = s;
            row->change->incident = &s->incident.m;
        }
    }
}

static void keep(struct memory *m, struct block *b)
{
    b->bytes += b->call.arena.used + sizeof *b;
    b->next = NULL;
    *m->end = b;
    m->end = &b->next;
    m->row_count += b->count;
    m->bytes += b->bytes;
    for (int i = 0; i < b->state_count; i++)
        link_state(m, &b->states[i]);
}

// Takes over what a look found; nothing sleeps in here. True when the block is kept.
static bool take_over(struct memory *m, struct block *b, const struct feed_place *horizon)
{
    bool is_kept = b->count > 0 || b->state_count > 0;
    if (b->count > 0) {
        m->horizon = b->rows[b->count - 1].place;
        m->news++;
    }
    if (place_compare(&m->horizon, horizon) < 0)
        m->horizon = *horizon;
    if (is_kept)
        keep(m, b);
    while (m->first && (m->row_count > ROWS_MOST || m->bytes > BYTES_MOST))
        drop_oldest(m);
    return is_kept;
}

static enum err read_on(struct memory *m, struct block *b, bool *ret_kept)
{
    struct call *c = &b->call;
    const struct param params[] = {p_uuid(&m->tenant_id),
                                   p_text(call_printf(c, "%llu", (unsigned long long)m->horizon.xid)),
                                   p_i64(c, m->horizon.seq), p_i32(c, PAGE_MOST)};
    struct db_stmt stmts[] = {{.query = Q_FEED_HORIZON}, {.query = Q_FEED_LOOK, .params = params}};
    TRY(db_read(c, stmts, 2));
    struct feed_place horizon;
    int64_t now_us;
    feed_take_horizon(stmts[0].rows, &horizon, &now_us);
    const struct rows *rows = stmts[1].rows;
    if (horizon.xid < m->horizon.xid || rows_count(rows) == PAGE_MOST) {
        m->news++;
        begin_at(m, &horizon);
        return ERR_OK;
    }
    b->bytes = PQresultMemorySize(rows_result(stmts[1].rows));
    struct wanted wanted = {.count = 0};
    TRY(take_page(m, b, rows, &wanted));
    want_ended(m, &wanted, now_us);
    TRY(read_states(m, b, &wanted));
    m->now_us = now_us;
    *ret_kept = take_over(m, b, &horizon);
    return ERR_OK;
}

static enum err begin(struct memory *m, struct call *c)
{
    struct feed_place horizon;
    TRY(feed_horizon(c, &horizon, &m->now_us));
    begin_at(m, &horizon);
    m->news++;
    return ERR_OK;
}

// A connection that broke may have led to another server, with less in it: what is remembered is forgotten.
static bool is_another(struct memory *m)
{
    uint64_t reconnects = db_stats(m->db).reconnects;
    bool is_same = reconnects == m->reconnects;
    m->reconnects = reconnects;
    return !is_same;
}

static enum err look(struct memory *m)
{
    struct block *b = calloc(1, sizeof *b);
    if (!b)
        abort(); // out of memory: restart beats half a state
    call_begin(&b->call, m->db, 0);
    b->call.method = "feed_look";
    b->call.actor = (struct actor){.tenant_id = m->tenant_id, .is_system = true};
    uint64_t news = m->news;
    bool is_kept = false;
    m->is_known &= !is_another(m);
    enum err err = m->is_known ? read_on(m, b, &is_kept) : begin(m, &b->call);
    m->is_known &= !is_another(m);
    if (!is_kept)
        block_free(b);
    if (m->waiting > 0 && (m->news != news || err != ERR_OK))
        wake_here(&m->tenant_id);
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
static int member_of(const struct call *c, const struct state *s)
{
    if (s->incident.wall < 2 && c->actor.reads_all)
        return 0;
    for (int i = 0; i < s->member_count; i++) {
        if (uuid_equal(&s->members[i], &c->actor.person_id))
            return s->accesses[i];
    }
    return 0;
}

static bool concerns(const struct call *c, const struct state *s)
{
    for (int i = 0; i < s->section_count && !uuid_is_nil(&c->actor.section_id); i++) {
        if (uuid_equal(&s->sections[i], &c->actor.section_id))
            return true;
    }
    return false;
}

// Both walls in one: the rules of domain/access.c, and for what is no incident those of 0003_access.sql.
static bool may_see(const struct call *c, const struct row *row, const struct feed_wish *wish)
{
    if (!uuid_is_nil(&wish->incident_id) && !uuid_equal(&wish->incident_id, &row->stream_id))
        return false;
    if (row->is_intake)
        return wish->with_intake;
    if (!row->change->entry)
        return row->wall == 0 || (row->wall == 1 && c->actor.reads_all);
    const struct state *s = row->state;
    return s && (incident_access_as(c, &s->incident, member_of(c, s), concerns(c, s)) & ACCESS_READ);
}

// False when a membership has ended since the last look.
static bool take_block(const struct call *c, const struct block *b, const struct feed_place *after,
                       const struct feed_wish *wish, struct feed_page *page)
{
    for (int i = 0; i < b->count && page->count < wish->limit; i++) {
        const struct row *row = &b->rows[i];
        if (place_compare(&row->place, after) <= 0)
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

static bool answer(struct call *c, const struct memory *m, const struct feed_place *after,
                   const struct feed_wish *wish, struct feed_page *page)
{
    int64_t now_us = db_now_us(c->db);
    *page = (struct feed_page){.next = *after, .now_us = now_us > m->now_us ? now_us : m->now_us};
    int after_it = 0;
    for (const struct block *b = m->first; b; b = b->next) {
        if (b->count > 0 && place_compare(&b->rows[b->count - 1].place, after) > 0)
            after_it += b->count;
    }
    page->changes = msg_list(c, after_it);
    for (const struct block *b = m->first; b && after_it > 0; b = b->next) {
        if (!take_block(c, b, after, wish, page))
            return false;
    }
    page->more = page->count == wish->limit;
    if (!page->more && place_compare(&page->next, &m->horizon) < 0)
        page->next = m->horizon;
    if (page->count > 0)
        hold(c);
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
    if (m->is_known && place_compare(after, &m->floor) >= 0 && place_compare(after, &m->horizon) <= 0)
        *ret_known = answer(c, m, after, wish, ret_page);
    return ERR_OK;
}

enum err feed_present(struct call *c, struct feed_place *ret_place, int64_t *ret_now_us)
{
    struct memory *m = memory_of(c);
    if (m)
        TRY(ask(c, m));
    if (!m || !m->is_known)
        return feed_horizon(c, ret_place, ret_now_us);
    *ret_place = m->horizon;
    *ret_now_us = db_now_us(c->db);
    return ERR_OK;
}

// --- waiting ---

uint64_t feed_news(const struct call *c)
{
    const struct memory *m = memory_of(c);
    return m ? m->news : 0;
}

// On a fiber of its own while anybody waits: looks now and then for what no wake told.
static void watch(void *arg)
{
    struct memory *m = arg;
    while (m->waiting > 0 && !wake_lets_go()) {
        struct call c;
        call_begin(&c, m->db, 0);
        c.actor.tenant_id = m->tenant_id;
        (void)wake_wait(&c, m->has_undecided ? BLOCKED_US : LOOK_AGAIN_US);
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
    if (m->news != news)
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
