// SPDX-License-Identifier: Apache-2.0
// The sender. A round leases what is due and starts a fiber a message; what came of them is written every
// tick, many at once. Nothing that matters lives here: who is killed leaves leases that end, and messages
// that go out again under the same key, marked as sent again.
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "server/base/clock.h"
#include "server/base/fiber.h"
#include "server/base/line.h"
#include "server/base/log.h"
#include "server/domain/words.h"
#include "server/engine/turn.h"
#include "server/notify/notify.h"
#include "server/store/channel_store.h"
#include "server/store/notice_store.h"
#include "server/store/secret.h"

enum {
    BATCH = 200,
    FLYING_MOST = 400, // messages leased and not written yet
    AT_ONCE = 8,       // transfers of one channel
    LINES = 64,
    TRIES_MOST = 12, // of what is not severe
    REASON_MOST = 300,
    ROUND_MEMORY = 64 << 20,
};
#define TICK_US (UINT64_C(50) * 1000)
#define FRESH_US (UINT64_C(8) * 1000 * 1000) // a lease so old is not begun: 30 s less the longest transfer
#define AGE_MOST_US (INT64_C(24) * 3600 * 1000000)

struct delivery {
    struct round *round;
    const struct notify_channel *channel;
    struct notify_message message;
    struct notice_facts facts;
    struct notice_end end;
    bool is_over;
};

// What was leased together; its call holds everything about it.
struct round {
    struct call call;
    uint64_t leased_us;
    struct delivery *deliveries;
    int count, written;
    struct round *next;
};

static struct {
    struct uuid owner; // of this process's leases
    int per_hour;
    struct round *rounds;
    int flying;
    bool is_stopping;
    struct line lines[LINES];
} sender = {.per_hour = 20};

void turn_notices_begin(int per_hour)
{
    sender.per_hour = per_hour > 0 ? per_hour : 1;
}

// --- one message

static uint64_t some_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = clock_us();
    return number;
}

static const char *reason(struct call *c, const char *word, const char *answer)
{
    size_t len = strlen(answer);
    if (len > REASON_MOST)
        for (len = REASON_MOST; len > 0 && ((unsigned char)answer[len] & 0xC0) == 0x80;)
            len--;
    return call_printf(c, "%s: %.*s", word, (int)len, answer);
}

// Severe ones are tried as long as they are wanted.
static bool gives_up(const struct notice_facts *f)
{
    return f->severity < SEVERITY(S3) &&
           (f->attempts >= TRIES_MOST || f->now_us - f->queued_us > AGE_MOST_US);
}

static void judge(struct delivery *d, const struct notify_result *result)
{
    struct call *c = &d->round->call;
    struct notice_end *end = &d->end;
    end->was_tried = !sender.is_stopping;
    end->is_channels_fault = result->is_channels_fault;
    if (result->outcome == NOTIFY_TAKEN) {
        end->outcome = NOTICE_TAKEN;
        return;
    }
    bool is_later = result->outcome == NOTIFY_LATER;
    end->outcome = is_later && !gives_up(&d->facts) ? NOTICE_LATER : NOTICE_DEAD;
    end->is_gone = result->outcome == NOTIFY_GONE;
    end->reason = reason(c,
                         !is_later                      ? "BOUNCED"
                         : end->outcome == NOTICE_LATER ? "FAILED"
                                                        : "GAVE_UP",
                         result->answer);
    end->wait_us = notice_backoff_us(d->facts.attempts, some_number());
    if (end->wait_us < result->retry_after_s * INT64_C(1000000))
        end->wait_us = result->retry_after_s * INT64_C(1000000);
}

static void deliver(void *arg)
{
    struct delivery *d = arg;
    struct line *line = &sender.lines[d->channel->id.bytes[15] % LINES];
    const struct notify_way *way = notify_way(d->channel->kind);
    struct notify_result result = {
        .outcome = NOTIFY_LATER, .is_channels_fault = true, .answer = "no such channel"};
    line->places = AT_ONCE;
    line_enter(line);
    if (sender.is_stopping || clock_us() - d->round->leased_us > FRESH_US) {
        d->end.outcome = NOTICE_GIVEN_BACK;
    } else {
        if (way)
            way->send(&d->round->call, d->channel, &d->message, &result);
        judge(d, &result);
    }
    line_leave(line);
    d->is_over = true;
    sender.flying--;
}

// --- a round

static const char *key_of(struct call *c, const char *dedup_key)
{
    uint8_t hash[SECRET_HASH_LEN];
    struct buf out = buf_in(&c->arena);
    secret_hash(dedup_key, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        buf_printf(&out, "%02x", hash[i]);
    return buf_text(&out);
}

static void write_texts(struct call *c, struct delivery *d, const struct notice *n)
{
    char *subject = call_alloc(c, NOTICE_SUBJECT_SIZE), *body = call_alloc(c, NOTICE_BODY_SIZE);
    char *brief = call_alloc(c, NOTICE_SHORT_SIZE);
    const char *url = notify_public_url(c);
    d->facts = n->facts;
    d->facts.now_us = c->now_us;
    d->facts.link = n->wants_link && *url ? call_printf(c, "%s/a/%s", url, notice_token(c, &n->id)) : "";
    notice_subject(&d->facts, subject);
    notice_body(&d->facts, body);
    notice_short(&d->facts, brief);
    d->message = (struct notify_message){
        .address = n->address,
        .person = n->person,
        .subject = subject,
        .text = body,
        .brief = brief,
        .link = d->facts.link,
        .number = n->facts.number,
        .key = key_of(c, n->dedup_key),
        .severity = notice_is_closed(&d->facts) ? 0 : n->facts.severity,
        .mode = n->facts.mode,
        .is_urgent = n->facts.severity >= SEVERITY(S3) || n->facts.kind == NOTICE_CALL,
        .is_again = n->facts.attempts > 1,
        .p256dh = n->p256dh,
        .auth = n->auth,
    };
}

static const struct notify_channel *find(const struct notify_channel *channels, int count,
                                         const struct uuid *id)
{
    for (int i = 0; i < count; i++)
        if (uuid_equal(&channels[i].id, id))
            return &channels[i];
    return NULL;
}

// What needs no channel ends at once.
static void end_here(struct delivery *d, enum notice_fate fate)
{
    d->is_over = true;
    d->end.outcome = fate == NOTICE_SHOW ? NOTICE_TAKEN : NOTICE_DEAD;
    d->end.reason = fate == NOTICE_NO_CHANNEL ? "NO_CHANNEL" : fate == NOTICE_NO_POINT ? "NO_POINT" : "";
    if (fate == NOTICE_SEND) // its channel went away meanwhile
        d->end.outcome = NOTICE_GIVEN_BACK;
}

static enum err open_channels(struct call *c, const struct notice *notices, int count,
                              struct notify_channel **ret, int *ret_count)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids);
    int different = 0;
    for (int i = 0; i < count; i++) {
        bool is_known = uuid_is_nil(&notices[i].channel_id);
        for (int k = 0; k < different && !is_known; k++)
            is_known = uuid_equal(&ids[k], &notices[i].channel_id);
        if (!is_known)
            ids[different++] = notices[i].channel_id;
    }
    *ret_count = 0;
    return different > 0 ? channel_open(c, ids, different, ret, ret_count) : ERR_OK;
}

// Links are known before anybody can follow one; parts of digests leave the round.
static enum err before_sending(struct call *c, const struct notice *notices, int count)
{
    struct notice_key *links = call_alloc(c, (size_t)count * sizeof *links),
                      *parts = call_alloc(c, (size_t)count * sizeof *parts);
    int link_count = 0, part_count = 0;
    for (int i = 0; i < count; i++) {
        const struct notice_key key = {notices[i].tenant_id, notices[i].id};
        if (notices[i].fate == NOTICE_SEND && notices[i].wants_link && !notices[i].has_link)
            links[link_count++] = key;
        if (notices[i].fate == NOTICE_COLLECT)
            parts[part_count++] = key;
    }
    if (link_count > 0)
        TRY(notice_remember_links(c, links, link_count));
    return part_count > 0 ? notice_collect(c, parts, part_count) : ERR_OK;
}

static void launch(struct round *round, const struct notice *n, const struct notify_channel *channel)
{
    struct delivery *d = &round->deliveries[round->count++];
    *d = (struct delivery){.round = round, .channel = channel};
    d->end = (struct notice_end){
        .id = n->id, .tenant_id = n->tenant_id, .channel_id = n->channel_id, .reason = ""};
    if (n->fate != NOTICE_SEND || !channel) {
        end_here(d, n->fate);
        return;
    }
    write_texts(&round->call, d, n);
    sender.flying++;
    fiber_spawn(deliver, d);
}

// Leases and starts; *ret_looked: rows that were due.
static enum err fly(struct round *round, int *ret_looked)
{
    struct call *c = &round->call;
    struct notice *notices = NULL;
    struct notify_channel *channels = NULL;
    int count = 0, channel_count = 0;
    TRY(notice_lease(c, &sender.owner, BATCH, sender.per_hour, &notices, &count));
    *ret_looked = count;
    if (count == 0)
        return ERR_OK;
    TRY(open_channels(c, notices, count, &channels, &channel_count));
    TRY(before_sending(c, notices, count));
    round->deliveries = call_alloc(c, (size_t)count * sizeof *round->deliveries);
    for (int i = 0; i < count; i++)
        if (notices[i].fate != NOTICE_COLLECT && notices[i].fate != NOTICE_NOT_NOW)
            launch(round, &notices[i], find(channels, channel_count, &notices[i].channel_id));
    return ERR_OK;
}

static void call_as_server(struct call *c, const struct call *like, size_t memory)
{
    call_begin(c, like->db, memory);
    c->actor = like->actor;
    c->method = like->method;
    c->now_us = db_now_us(like->db);
}

static enum err start_round(struct call *c, int *ret_looked)
{
    struct round *round = calloc(1, sizeof *round);
    if (!round)
        abort(); // as out of memory
    call_as_server(&round->call, c, ROUND_MEMORY);
    round->leased_us = clock_us();
    round->next = sender.rounds;
    sender.rounds = round;
    enum err err = fly(round, ret_looked);
    if (err != ERR_OK)
        return call_fail(c, err, "LEASE", "通知を取り出せません: %s", "notices cannot be leased: %s",
                         round->call.error_en ? round->call.error_en : "");
    return ERR_OK;
}

// --- writing down

static int collect(struct notice_end *ends, struct delivery **from, int most)
{
    int count = 0;
    for (struct round *round = sender.rounds; round; round = round->next)
        for (int i = 0; i < round->count && count < most; i++) {
            struct delivery *d = &round->deliveries[i];
            if (!d->is_over || d->end.outcome == 0)
                continue;
            from[count] = d;
            ends[count++] = d->end;
        }
    return count;
}

static void drop_finished_rounds(void)
{
    for (struct round **at = &sender.rounds; *at;) {
        struct round *round = *at;
        if (round->written < round->count) {
            at = &round->next;
            continue;
        }
        *at = round->next;
        call_end(&round->call);
        free(round);
    }
}

static enum err write_down(struct call *c)
{
    struct notice_end *ends = call_alloc(c, BATCH * sizeof *ends);
    struct delivery **from = call_alloc(c, BATCH * sizeof(struct delivery *));
    int count = collect(ends, from, BATCH), sent = 0;
    if (count > 0)
        TRY(notice_finish(c, &sender.owner, ends, count));
    for (int i = 0; i < count; i++) {
        sent += ends[i].outcome == NOTICE_TAKEN;
        from[i]->end.outcome = 0; // written
        from[i]->round->written++;
    }
    drop_finished_rounds();
    if (count > 0)
        log_debug("notices", LOG_I("ended", count), LOG_I("sent", sent));
    return ERR_OK;
}

// Until everything that is over is written.
static enum err write_all_down(struct call *c)
{
    struct call own;
    enum err err = ERR_OK;
    do {
        call_as_server(&own, c, ROUND_MEMORY);
        err = write_down(&own);
        if (err != ERR_OK)
            err = call_fail(c, err, "FINISH", "送信結果を書けません: %s",
                            "what was sent cannot be written: %s", own.error_en ? own.error_en : "");
        struct delivery *more[1];
        struct notice_end end[1];
        call_end(&own);
        if (err != ERR_OK || collect(end, more, 1) == 0)
            break;
    } while (true);
    return err;
}

enum err turn_notices(struct call *c)
{
    bool is_due = false;
    if (uuid_is_nil(&sender.owner))
        sender.owner = uuid_v7();
    TRY(notice_due(c, &is_due));
    while (is_due || sender.rounds) {
        int looked = 0;
        TRY(write_all_down(c));
        if (!sender.is_stopping && sender.flying < FLYING_MOST)
            TRY(start_round(c, &looked));
        is_due = looked == BATCH;
        if (!is_due)
            fiber_sleep_us(TICK_US);
    }
    return ERR_OK;
}

void turn_notices_stop(void)
{
    sender.is_stopping = true;
    notify_end();
}
