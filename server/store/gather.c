// SPDX-License-Identifier: Apache-2.0
#include "server/store/gather.h"

#include <assert.h>
#include <stdlib.h>

#include "server/base/fiber.h"
#include "server/store/db_lane.h"

#define SEATS_MOST 64

// Where seats of one kind, tenant and key meet, as long as there are any.
struct table {
    const struct gather_kind *kind;
    struct db *db;
    struct uuid tenant_id, key;
    struct gather_seat *first, **end;
    struct table *next;
};
static struct table *tables;

// One go: its memory is shared by the calls it served.
struct go {
    struct call call;
    int users;
};

static struct table *find(const struct call *c, const struct gather_kind *kind, const struct uuid *key)
{
    struct table *t = tables;
    while (t && (t->kind != kind || t->db != c->db || !uuid_equal(&t->tenant_id, &c->actor.tenant_id) ||
                 !uuid_equal(&t->key, key)))
        t = t->next;
    return t;
}

static struct table *lay(const struct call *c, const struct gather_kind *kind, const struct uuid *key)
{
    struct table *t = malloc(sizeof *t);
    if (!t)
        abort(); // out of memory: restart beats half a state
    *t = (struct table){.kind = kind,
                        .db = c->db,
                        .tenant_id = c->actor.tenant_id,
                        .key = *key,
                        .end = &t->first,
                        .next = tables};
    return tables = t;
}

static void clear(struct table *t)
{
    struct table **at = &tables;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    free(t);
}

static void leave(void *arg)
{
    struct go *go = arg;
    if (--go->users > 0)
        return;
    call_end(&go->call);
    free(go);
}

static struct go *go_begin(const struct table *t)
{
    struct go *go = malloc(sizeof *go);
    if (!go)
        abort();
    *go = (struct go){.users = 1};
    call_begin(&go->call, t->db, 0);
    go->call.method = "gather";
    go->call.actor = (struct actor){.tenant_id = t->tenant_id, .is_system = true, .is_known = true};
    go->call.now_us = db_now_us(t->db);
    return go;
}

static int take(struct table *t, struct gather_seat *seats[SEATS_MOST])
{
    int count = 0;
    while (t->first && count < t->kind->most) {
        seats[count++] = t->first;
        t->first = t->first->next;
    }
    if (!t->first)
        t->end = &t->first;
    return count;
}

static void serve(struct table *t)
{
    struct gather_seat *seats[SEATS_MOST];
    int count = take(t, seats);
    struct go *go = go_begin(t);
    enum err err = t->kind->serve(&go->call, seats, count);
    for (int i = 0; i < count; i++) {
        seats[i]->err = err;
        go->users++;
        call_defer(seats[i]->call, leave, go);
        fiber_wake(seats[i]->fiber);
    }
    leave(go);
}

// On a fiber of its own, as long as somebody comes.
static void serve_all(void *arg)
{
    struct table *t = arg;
    while (t->first)
        serve(t);
    clear(t);
}

enum err gather(struct call *c, const struct gather_kind *kind, const struct uuid *key,
                struct gather_seat *seat)
{
    assert(kind->most <= SEATS_MOST);
    struct table *t = find(c, kind, key);
    bool is_new = !t;
    if (is_new)
        t = lay(c, kind, key);
    seat->call = c;
    seat->fiber = fiber_self();
    seat->next = NULL;
    *t->end = seat;
    t->end = &seat->next;
    if (is_new)
        fiber_spawn(serve_all, t);
    fiber_sleep();
    return seat->err == ERR_OK ? ERR_OK : db_error_fail(c, seat->err);
}
