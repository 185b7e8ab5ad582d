// SPDX-License-Identifier: Apache-2.0
// Pull: what changed since a cursor, without loss and without doubles. Wakes only shorten the wait.
#include <inttypes.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/base/fiber.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/rpc.h"
#include "server/store/message.h"
#include "server/store/sync_store.h"
#include "server/store/wake.h"

#define CHANGES_DEFAULT 100
#define CHANGES_MAX 500
#define WAIT_MAX_US UINT64_C(25000000)
#define LOOK_AGAIN_US UINT64_C(2000000) // without any wake
#define BLOCKED_US UINT64_C(20000)      // after a wake whose change an older transaction still hides

// Who may list the intake queue (policy of ListItems).
#define ROLES_INTAKE \
    (ROLES_TEAM | ROLE_BIT(DUTY_DESK) | ROLE_BIT(AUDITOR) | ROLE_BIT(SYSMGR) | ROLE_BIT(SYSOP))

// Pulls that read at once. A wake for thousands must not stand before everybody else's reads: the others wait
// in line, on their own stacks, and whoever is done hands the place over.
#define READERS_MAX 24

struct in_line {
    struct fiber *fiber;
    struct in_line *next;
};
static int readers;
static struct in_line *line_first, **line_last = &line_first;

static void line_enter(void)
{
    if (readers < READERS_MAX) {
        readers++;
        return;
    }
    struct in_line here = {.fiber = fiber_self()};
    *line_last = &here;
    line_last = &here.next;
    fiber_sleep();
}

static void line_leave(void)
{
    struct in_line *next = line_first;
    if (!next) {
        readers--;
        return;
    }
    line_first = next->next;
    if (!line_first)
        line_last = &line_first;
    fiber_wake(next->fiber);
}

// Wakes since this process began: one that comes while a Pull reads is not lost.
static uint64_t wakes, session_wakes;

static void on_wake(void *arg, const struct uuid *tenant_id, enum wake_kind kind)
{
    wakes += kind == WAKE_FEED;
    session_wakes += kind == WAKE_SESSIONS;
}

static void count_wakes(void)
{
    static bool is_counting;
    if (!is_counting)
        wake_subscribe(on_wake, NULL);
    is_counting = true;
}

static char *cursor_text(struct call *c, const struct feed_place *place)
{
    return call_printf(c, "%" PRIx64 ".%" PRIu64 ".%" PRId64, place->epoch, place->xid, place->seq);
}

static bool cursor_parse(const char *text, struct feed_place *ret_place)
{
    char *end;
    struct feed_place place = {.epoch = strtoull(text, &end, 16)};
    if (*end != '.')
        return false;
    place.xid = strtoull(end + 1, &end, 10);
    if (*end != '.')
        return false;
    place.seq = strtoll(end + 1, &end, 10);
    *ret_place = place;
    return *end == '\0';
}

static int changes_wanted(int32_t wanted)
{
    if (wanted <= 0)
        return CHANGES_DEFAULT;
    return wanted > CHANGES_MAX ? CHANGES_MAX : wanted;
}

// Sessions or duties may have ended while this Pull slept: it goes on as who its secret stands for now.
static enum err authenticate_again(struct call *c, uint64_t *sessions_seen)
{
    if (*sessions_seen == session_wakes || !c->request)
        return ERR_OK;
    *sessions_seen = session_wakes;
    return rpc_authenticate(c, c->request);
}

static enum err read_until(struct call *c, const Sokuo__V1__PullRequest *req, struct feed_place *place,
                           Sokuo__V1__PullResponse *res)
{
    struct uuid incident = msg_take_uuid(req->incident_id);
    uint64_t sessions_seen = session_wakes;
    int limit = changes_wanted(req->max_changes), count = 0;
    uint64_t wait_us = req->wait_ms > 0 ? (uint64_t)req->wait_ms * 1000 : 0;
    uint64_t until_us = clock_us() + (wait_us > WAIT_MAX_US ? WAIT_MAX_US : wait_us);
    for (bool is_woken = false;;) {
        TRY(authenticate_again(c, &sessions_seen));
        bool with_intake = (c->actor.roles & ROLES_INTAKE) != 0;
        uint64_t wakes_before = wakes;
        int64_t now_us;
        struct feed_place next;
        bool more;
        line_enter();
        enum err err =
            feed_read(c, place, &incident, with_intake, limit, &res->changes, &count, &more, &next, &now_us);
        line_leave();
        TRY(err);
        res->reset = next.xid + 1 < place->xid;
        *place = next;
        res->n_changes = (size_t)count;
        res->more = more;
        res->server_time = msg_time(c, now_us);
        uint64_t t = clock_us();
        if (count > 0 || res->more || res->reset || t >= until_us || c->is_gone || wake_lets_go())
            return ERR_OK;
        if (wakes != wakes_before) {
            is_woken = true;
            continue;
        }
        uint64_t most_us = is_woken ? BLOCKED_US : LOOK_AGAIN_US;
        is_woken = wake_wait(c, until_us - t < most_us ? until_us - t : most_us);
    }
}

enum err rpc_pull(struct call *c, const Sokuo__V1__PullRequest *req, Sokuo__V1__PullResponse *res)
{
    count_wakes();
    struct feed_place place = {0};
    uint64_t epoch;
    TRY(feed_epoch(c, &epoch));
    if (cursor_parse(req->after, &place) && place.epoch == epoch) {
        TRY(read_until(c, req, &place, res));
    } else {
        int64_t now_us;
        TRY(feed_horizon(c, &place, &now_us));
        res->server_time = msg_time(c, now_us);
        res->reset = *req->after != '\0';
    }
    res->cursor = cursor_text(c, &place);
    return ERR_OK;
}
