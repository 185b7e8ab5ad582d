// SPDX-License-Identifier: Apache-2.0
// Own machine: one datagram a round to every socket wake.<pid> in the run directory. Other machines: NOTIFY
// with "<machine> <kind><tenant> <kind><tenant> …", sent by processes that do not reach PostgreSQL over a
// socket of its own machine. Whoever writes to the database by hand says "by-hand 2<nil UUID>".
#include "server/store/wake.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/fiber.h"
#include "server/base/log.h"
#include "server/store/db_lane.h"
#include "server/store/turn.h"

#define PREFIX "wake."
#define BATCH_MOST 60 // wakes in one datagram or notification
#define PEERS_MOST 64
#define PEERS_AGE_US 1000000
#define BUCKETS 64 // of tenants whose Pulls wait; a wrong wake only costs a look
#define SUBSCRIBERS_MOST 8
#define NOTIFY_PAUSE_US 20000 // between two notifications, so that a burst becomes few
#define KIND_HELLO 0xff       // "I am new here, look around"

struct wake {
    uint8_t kind;
    struct uuid tenant_id;
};

struct batch {
    struct wake wakes[BATCH_MOST];
    int count;
};

static struct {
    struct db *db;
    char run_dir[80];
    int fd;
    uv_poll_t poll;
    uv_idle_t idle; // active while something is to be sent
    struct batch local, remote;
    bool is_notifying, is_ended, lets_go;
    char machine[17];
    struct sockaddr_un peers[PEERS_MOST];
    int peer_count;
    uint64_t peers_at_us; // when they were looked up
    struct fiber_cond feeds[BUCKETS];
    struct {
        void (*fn)(void *arg, const struct uuid *tenant_id, enum wake_kind kind);
        void *arg;
    } subscribers[SUBSCRIBERS_MOST];
    int subscriber_count;
} wk = {.fd = -1, .is_ended = true, .lets_go = true};

static struct fiber_cond *feed_of(const struct uuid *tenant_id)
{
    return &wk.feeds[(tenant_id->bytes[15] ^ tenant_id->bytes[13]) % BUCKETS];
}

// The nil tenant stands for all: something may have been missed.
static void deliver(const struct wake *w)
{
    for (int i = 0; i < BUCKETS && w->kind == WAKE_FEED && uuid_is_nil(&w->tenant_id); i++)
        fiber_cond_broadcast(&wk.feeds[i]);
    if (w->kind == WAKE_FEED || w->kind == WAKE_SESSIONS) // who was revoked shall not wait on
        fiber_cond_broadcast(feed_of(&w->tenant_id));
    for (int i = 0; i < wk.subscriber_count; i++)
        wk.subscribers[i].fn(wk.subscribers[i].arg, &w->tenant_id, (enum wake_kind)w->kind);
}

static bool batch_add(struct batch *b, const struct wake *w)
{
    for (int i = 0; i < b->count; i++) {
        if (b->wakes[i].kind == w->kind && uuid_equal(&b->wakes[i].tenant_id, &w->tenant_id))
            return true;
    }
    if (b->count == BATCH_MOST)
        return false;
    b->wakes[b->count++] = *w;
    return true;
}

static void look_for_peers(void)
{
    wk.peers_at_us = db_mono_us();
    wk.peer_count = 0;
    char own[32];
    (void)snprintf(own, sizeof own, PREFIX "%d", (int)getpid());
    DIR *dir = opendir(wk.run_dir);
    if (dir == NULL)
        return;
    const struct dirent *entry;
    while (wk.peer_count < PEERS_MOST &&
           (entry = readdir(dir)) != NULL) { // NOLINT(concurrency-mt-unsafe): own DIR
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) != 0 || strcmp(entry->d_name, own) == 0)
            continue;
        struct sockaddr_un *peer = &wk.peers[wk.peer_count];
        *peer = (struct sockaddr_un){.sun_family = AF_UNIX};
        int len = snprintf(peer->sun_path, sizeof peer->sun_path, "%s/%s", wk.run_dir, entry->d_name);
        wk.peer_count += len > 0 && (size_t)len < sizeof peer->sun_path;
    }
    (void)closedir(dir);
}

// A full buffer is no loss: who does not read has something to read already.
static void send_datagram(const struct batch *b)
{
    if (wk.fd < 0)
        return;
    if (db_mono_us() - wk.peers_at_us > PEERS_AGE_US)
        look_for_peers();
    size_t size = sizeof b->wakes[0] * (size_t)b->count;
    for (int i = 0; i < wk.peer_count; i++) {
        const struct sockaddr_un *peer = &wk.peers[i];
        ssize_t sent = sendto(wk.fd, b->wakes, size, MSG_DONTWAIT | MSG_NOSIGNAL,
                              (const struct sockaddr *)peer, sizeof *peer);
        if (sent < 0 && errno == ECONNREFUSED)
            (void)unlink(peer->sun_path); // its process is dead
    }
}

static const char *payload(struct call *c, const struct batch *b)
{
    struct buf text = buf_in(&c->arena);
    buf_puts(&text, wk.machine);
    for (int i = 0; i < b->count; i++) {
        char id[UUID_TEXT_SIZE];
        buf_printf(&text, " %d%s", b->wakes[i].kind, uuid_format(&b->wakes[i].tenant_id, id));
    }
    return buf_text(&text);
}

// On a fiber of its own, as long as there is something for the other machines.
static void notify_others(void *arg)
{
    (void)arg;
    while (wk.remote.count > 0 && !wk.is_ended) {
        struct call c;
        struct rows *rows;
        call_begin(&c, wk.db, 0);
        const struct param params[] = {p_text(payload(&c, &wk.remote))};
        wk.remote.count = 0;
        if (db_query(&c, Q_WAKE_NOTIFY, params, &rows) != ERR_OK)
            log_debug("wake_notify_failed", LOG_S("why", c.error_en));
        call_end(&c);
        fiber_sleep_us(NOTIFY_PAUSE_US);
    }
    wk.is_notifying = false;
}

static void flush(uv_idle_t *idle)
{
    (void)uv_idle_stop(idle);
    struct batch sent = wk.local;
    wk.local.count = 0;
    for (int i = 0; i < sent.count; i++)
        deliver(&sent.wakes[i]);
    send_datagram(&sent);
    if (wk.db == NULL || db_is_local(wk.db))
        return;
    for (int i = 0; i < sent.count; i++)
        (void)batch_add(&wk.remote, &sent.wakes[i]);
    if (!wk.is_notifying && wk.remote.count > 0) {
        wk.is_notifying = true;
        fiber_spawn(notify_others, NULL);
    }
}

static void on_datagram(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)events;
    struct wake wakes[BATCH_MOST];
    ssize_t len;
    while (status == 0 && (len = recv(wk.fd, wakes, sizeof wakes, MSG_DONTWAIT)) >= 0) {
        for (size_t i = 0; i < (size_t)len / sizeof wakes[0]; i++) {
            if (wakes[i].kind == KIND_HELLO)
                look_for_peers();
            else if (wakes[i].kind <= WAKE_ENGINE)
                deliver(&wakes[i]);
        }
    }
}

// From another machine. NULL: the connection that listens is new.
static void on_notify(void *arg, const char *text)
{
    (void)arg;
    if (text == NULL) {
        deliver(&(struct wake){.kind = WAKE_FEED});
        return;
    }
    size_t machine_len = strcspn(text, " ");
    if (machine_len == strlen(wk.machine) && strncmp(text, wk.machine, machine_len) == 0)
        return;
    for (const char *at = strchr(text, ' '); at != NULL; at = strchr(at + 1, ' ')) {
        struct wake w = {.kind = (uint8_t)(at[1] - '0')};
        char id[UUID_TEXT_SIZE];
        (void)snprintf(id, sizeof id, "%.36s", at[1] != '\0' ? at + 2 : "");
        if (w.kind > WAKE_ENGINE || !uuid_parse(id, &w.tenant_id))
            continue;
        if (uuid_is_nil(&w.tenant_id)) // somebody wrote by hand, perhaps the clock
            db_ask_clock(wk.db);
        deliver(&w);
    }
}

static bool bind_socket(void)
{
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    int len = snprintf(own.sun_path, sizeof own.sun_path, "%s/" PREFIX "%d", wk.run_dir, (int)getpid());
    if (len < 0 || (size_t)len >= sizeof own.sun_path)
        return false;
    (void)unlink(own.sun_path);
    wk.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wk.fd >= 0 && bind(wk.fd, (const struct sockaddr *)&own, sizeof own) == 0)
        return true;
    if (wk.fd >= 0)
        (void)close(wk.fd);
    wk.fd = -1;
    return false;
}

// Same text for every process that shares this run directory.
static void name_machine(void)
{
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    uint64_t hash = 14695981039346656037u; // FNV-1a
    const char *const parts[] = {host, wk.run_dir};
    for (int part = 0; part < 2; part++) {
        for (const char *p = parts[part]; *p != '\0'; p++)
            hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    }
    (void)snprintf(wk.machine, sizeof wk.machine, "%016llx", (unsigned long long)hash);
}

void wake_begin(struct uv_loop_s *loop, struct db *db, const char *run_dir)
{
    assert(wk.is_ended);
    memset(&wk, 0, sizeof wk);
    wk.db = db;
    wk.fd = -1;
    bool fits = snprintf(wk.run_dir, sizeof wk.run_dir, "%s", run_dir) < (int)sizeof wk.run_dir;
    name_machine();
    (void)uv_idle_init(loop, &wk.idle);
    turn_begin(loop);
    if (fits && bind_socket()) {
        if (uv_poll_init(loop, &wk.poll, wk.fd) != 0)
            abort();
        (void)uv_poll_start(&wk.poll, UV_READABLE, on_datagram);
        send_datagram(&(struct batch){.wakes = {{.kind = KIND_HELLO}}, .count = 1});
    } else {
        log_warn("wake_socket_failed", LOG_S("run_dir", run_dir),
                 LOG_S("effect", "other processes see changes later"));
    }
    if (db != NULL)
        db_on_notify(db, on_notify, NULL);
}

void wake_let_go(void)
{
    wk.lets_go = true;
    for (int i = 0; i < BUCKETS; i++)
        fiber_cond_broadcast(&wk.feeds[i]);
}

bool wake_lets_go(void)
{
    return wk.lets_go;
}

void wake_end(void)
{
    if (wk.local.count > 0)
        send_datagram(&wk.local); // what was committed last
    wk.is_ended = true;
    if (wk.db != NULL)
        db_on_notify(wk.db, NULL, NULL);
    wk.db = NULL;
    wake_let_go();
    turn_end();
    uv_close((uv_handle_t *)&wk.idle, NULL);
    if (wk.fd < 0)
        return;
    uv_close((uv_handle_t *)&wk.poll, NULL);
    char own[sizeof wk.run_dir + 32];
    (void)snprintf(own, sizeof own, "%s/" PREFIX "%d", wk.run_dir, (int)getpid());
    (void)unlink(own);
    (void)close(wk.fd);
    wk.fd = -1;
}

void wake_send(const struct uuid *tenant_id, enum wake_kind kind)
{
    struct wake w = {.kind = (uint8_t)kind, .tenant_id = *tenant_id};
    if (wk.is_ended || wk.idle.loop == NULL) /* a command has nobody to wake */
        return;
    if (!batch_add(&wk.local, &w)) {
        flush(&wk.idle);
        (void)batch_add(&wk.local, &w);
    }
    (void)uv_idle_start(&wk.idle, flush);
}

void wake_here(const struct uuid *tenant_id)
{
    fiber_cond_broadcast(feed_of(tenant_id));
}

void wake_subscribe(void (*fn)(void *arg, const struct uuid *tenant_id, enum wake_kind kind), void *arg)
{
    for (int i = 0; i < wk.subscriber_count; i++) {
        if (wk.subscribers[i].fn == fn && wk.subscribers[i].arg == arg)
            return;
    }
    assert(wk.subscriber_count < SUBSCRIBERS_MOST);
    wk.subscribers[wk.subscriber_count].fn = fn;
    wk.subscribers[wk.subscriber_count++].arg = arg;
}

bool wake_wait(struct call *c, uint64_t timeout_us)
{
    return !wk.lets_go && fiber_cond_wait(feed_of(&c->actor.tenant_id), timeout_us);
}
