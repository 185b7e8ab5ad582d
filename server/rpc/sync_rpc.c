// SPDX-License-Identifier: Apache-2.0
// Pull: what changed since a cursor, without loss and without doubles. Wakes only shorten the wait.
#include <inttypes.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/base/line.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/rpc.h"
#include "server/store/feed_memory.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define CHANGES_DEFAULT 100
#define CHANGES_MAX 500
#define WAIT_MAX_US UINT64_C(25000000)

// Who may list the intake queue (policy of ListItems).
#define ROLES_INTAKE \
    (ROLES_TEAM | ROLE_BIT(DUTY_DESK) | ROLE_BIT(AUDITOR) | ROLE_BIT(SYSMGR) | ROLE_BIT(SYSOP))

// Pulls that read the database at once, because the memory of the feed cannot answer them. A wake for
// thousands must not stand before everybody else's reads: the others wait in line, on their own stacks, and
// whoever is done hands the place over.
static struct line readers = {.places = 24};

// Wakes since this process began: one that comes while a Pull reads is not lost.
static uint64_t wakes, session_wakes;

static void on_wake(void *arg, const struct uuid *tenant_id, enum wake_kind kind)
{
    wakes += kind == WAKE_FEED;
    session_wakes += kind == WAKE_SESSIONS;
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

static enum err read_once(struct call *c, const struct feed_place *after, const struct feed_wish *wish,
                          struct feed_page *ret_page)
{
    bool is_known;
    TRY(feed_recall(c, after, wish, ret_page, &is_known));
    if (is_known)
        return ERR_OK;
    line_enter(&readers);
    enum err err = feed_read(c, after, wish, ret_page);
    line_leave(&readers);
    return err;
}

static uint64_t until_of(int32_t wait_ms)
{
    uint64_t wait_us = wait_ms > 0 ? (uint64_t)wait_ms * 1000 : 0;
    return clock_us() + (wait_us > WAIT_MAX_US ? WAIT_MAX_US : wait_us);
}

static enum err read_until(struct call *c, const Sokuo__V1__PullRequest *req, struct feed_place *place,
                           Sokuo__V1__PullResponse *res)
{
    struct feed_wish wish = {.incident_id = msg_take_uuid(req->incident_id),
                             .limit = changes_wanted(req->max_changes)};
    uint64_t sessions_seen = session_wakes, until_us = until_of(req->wait_ms);
    for (;;) {
        TRY(authenticate_again(c, &sessions_seen));
        wish.with_intake = (c->actor.roles & ROLES_INTAKE) != 0;
        uint64_t wakes_before = wakes, news = feed_news(c);
        struct feed_page page;
        TRY(read_once(c, place, &wish, &page));
        res->reset = page.next.xid + 1 < place->xid;
        *place = page.next;
        res->changes = page.changes;
        res->n_changes = (size_t)page.count;
        res->more = page.more;
        res->server_time = msg_time(c, page.now_us);
        uint64_t t = clock_us();
        if (page.count > 0 || page.more || res->reset || t >= until_us || c->is_gone || wake_lets_go())
            return ERR_OK;
        if (wakes == wakes_before)
            feed_wait(c, news, until_us - t);
    }
}

enum err rpc_pull(struct call *c, const Sokuo__V1__PullRequest *req, Sokuo__V1__PullResponse *res)
{
    wake_subscribe(on_wake, NULL);
    struct feed_place place = {0};
    uint64_t epoch;
    TRY(feed_epoch(c, &epoch));
    if (cursor_parse(req->after, &place) && place.epoch == epoch) {
        TRY(read_until(c, req, &place, res));
    } else {
        int64_t now_us;
        TRY(feed_present(c, &place, &now_us));
        res->server_time = msg_time(c, now_us);
        res->reset = *req->after != '\0';
    }
    res->cursor = cursor_text(c, &place);
    return ERR_OK;
}
