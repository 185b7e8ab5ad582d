// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/session.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "server/base/clock.h"
#include "server/base/fiber.h"
#include "server/base/line.h"
#include "server/rpc/methods.gen.h"
#include "server/store/db.h"
#include "server/store/wake.h"

#define REMEMBER_US UINT64_C(2000000)
#define SLOTS 1024 // sessions remembered at once; a collision only costs a look-up
#define NAME_SIZE 128

// A remembered session. Names are cut at NAME_SIZE, which only attribution texts would notice: longer ones
// are not remembered.
struct slot {
    uint8_t hash[32];
    uint64_t until_us; // 0 = empty
    struct actor actor;
    char person_name[NAME_SIZE], post_name[NAME_SIZE], login[NAME_SIZE];
};
static struct slot slots[SLOTS];

#define BIT(role) (UINT64_C(1) << SOKUO__V1__ROLE__ROLE_##role)
// Duties that read every incident up to `restricted` when they hold for the whole city (domain reference 8).
#define READS_ALL                                                                                           \
    (BIT(MAYOR) | BIT(CISO) | BIT(VCISO) | BIT(SISO) | BIT(CSIRT_LEAD) | BIT(CSIRT_DEPUTY) | BIT(HANDLER) | \
     BIT(CSIRT_MEMBER) | BIT(POC) | BIT(AUDITOR))

void session_forget_all(void)
{
    memset(slots, 0, sizeof slots);
}

static void on_wake(void *arg, const struct uuid *tenant_id, enum wake_kind kind)
{
    if (kind == WAKE_SESSIONS)
        session_forget_all();
}

void session_begin(void)
{
    wake_subscribe(on_wake, NULL);
}

enum lang session_language(const struct rpc_request *req)
{
    const char *accepted = req->accept_language ? req->accept_language : "";
    const char *en = strstr(accepted, "en");
    const char *ja = strstr(accepted, "ja");
    return en && (!ja || en < ja) ? LANG_EN : LANG_JA;
}

void session_hash(const char *secret, uint8_t ret_hash[32])
{
    crypto_hash_sha256(ret_hash, (const unsigned char *)secret, strlen(secret));
}

const char *session_cookie(struct call *c, const char *header, const char *name)
{
    size_t name_len = strlen(name);
    while (header && *header) {
        header += strspn(header, "; ");
        size_t len = strcspn(header, ";");
        if (len > name_len && strncmp(header, name, name_len) == 0 && header[name_len] == '=')
            return arena_strndup(&c->arena, header + name_len + 1, len - name_len - 1);
        header += len;
    }
    return NULL;
}

static const char *find_secret(struct call *c, const struct rpc_request *req)
{
    if (req->authorization && strncasecmp(req->authorization, "Bearer ", 7) == 0)
        return req->authorization + 7 + strspn(req->authorization + 7, " ");
    return session_cookie(c, req->cookie, req->is_secure ? "__Host-sid" : "sid");
}

static struct slot *slot_of(const uint8_t hash[32])
{
    return &slots[(hash[0] | hash[1] << 8) % SLOTS];
}

static bool recall(struct call *c, const uint8_t hash[32])
{
    const struct slot *slot = slot_of(hash);
    if (slot->until_us < clock_us() || sodium_memcmp(slot->hash, hash, 32) != 0)
        return false;
    c->actor = slot->actor;
    c->actor.person_name = arena_strdup(&c->arena, slot->person_name);
    c->actor.post_name = arena_strdup(&c->arena, slot->post_name);
    c->actor.login = arena_strdup(&c->arena, slot->login);
    return true;
}

// The caller has looked whether it fits.
static void copy_name(char to[NAME_SIZE], const char *name)
{
    memcpy(to, name, strlen(name) + 1);
}

// Not who must change the password: once that is done, the next call shall not meet the old answer.
static void remember(const struct call *c, const uint8_t hash[32])
{
    const struct actor *actor = &c->actor;
    if (actor->must_change_password || strlen(actor->person_name) >= NAME_SIZE ||
        strlen(actor->post_name) >= NAME_SIZE || strlen(actor->login) >= NAME_SIZE)
        return;
    struct slot *slot = slot_of(hash);
    memcpy(slot->hash, hash, 32);
    slot->until_us = clock_us() + REMEMBER_US;
    slot->actor = *actor;
    copy_name(slot->person_name, actor->person_name);
    copy_name(slot->post_name, actor->post_name);
    copy_name(slot->login, actor->login);
}

static void fill_actor(struct actor *actor, const struct rows *rows)
{
    *actor = (struct actor){
        .tenant_id = row_uuid(rows, 0, rows_col(rows, "tenant_id")),
        .account_id = row_uuid(rows, 0, rows_col(rows, "account_id")),
        .person_id = row_uuid(rows, 0, rows_col(rows, "person_id")),
        .post_id = row_uuid(rows, 0, rows_col(rows, "post_id")),
        .section_id = row_uuid(rows, 0, rows_col(rows, "section_id")),
        .session_id = row_uuid(rows, 0, rows_col(rows, "session_id")),
        .person_name = row_text(rows, 0, rows_col(rows, "person_name")),
        .post_name = row_text(rows, 0, rows_col(rows, "post_name")),
        .login = row_text(rows, 0, rows_col(rows, "login")),
        .roles = (uint64_t)row_i64(rows, 0, rows_col(rows, "roles")),
        .capacity = (int)row_i64(rows, 0, rows_col(rows, "capacity")),
        .is_token = row_bool(rows, 0, rows_col(rows, "is_token")),
        .is_known = true,
    };
    actor->must_change_password =
        !actor->is_token && row_bool(rows, 0, rows_col(rows, "must_change_password"));
    actor->reads_all = ((uint64_t)row_i64(rows, 0, rows_col(rows, "city_roles")) & READS_ALL) != 0;
}

// "Last used", to the minute; that it cannot be written must not keep anybody out.
static void touch(struct call *c)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&c->actor.session_id)};
    struct db_stmt stmt = {.query = Q_SESSION_TOUCH, .params = params};
    if (db_write(c, &c->actor.session_id, &stmt, 1) != ERR_OK)
        call_clear_error(c);
}

static enum err look_up(struct call *c, const uint8_t hash[32])
{
    c->actor = (struct actor){.is_system = true};
    const struct param params[] = {p_bytes(hash, 32)};
    struct rows *rows = NULL;
    enum err err = db_query(c, Q_SESSION_FIND, params, &rows);
    c->actor = (struct actor){0};
    TRY(err);
    if (rows_count(rows) == 0)
        return ERR_UNAUTHENTICATED;
    fill_actor(&c->actor, rows);
    remember(c, hash);
    if (row_bool(rows, 0, rows_col(rows, "is_stale")))
        touch(c);
    return ERR_OK;
}

// A look-up that is under way: others with the same secret wait for it instead of asking the same. It lives
// on the stack of the fiber that asks.
struct look_up_under_way {
    const uint8_t *hash;
    bool is_in_line;
    struct fiber_cond done;
    struct look_up_under_way *next;
};
static struct look_up_under_way *under_way;

#define LOOK_UP_US UINT64_C(5000000)

// Who is not of a crowd does not wait for one that stands in line itself.
static bool wait_for_another(const uint8_t hash[32], bool is_crowd)
{
    for (struct look_up_under_way *other = under_way; other; other = other->next) {
        if ((is_crowd || !other->is_in_line) && sodium_memcmp(other->hash, hash, 32) == 0)
            return fiber_cond_wait(&other->done, LOOK_UP_US);
    }
    return false;
}

// One change makes everybody who watches pull: their look-ups pass a few at a time, so that nobody else's
// stands behind a crowd.
static struct line crowd = {.places = 2};

bool rpc_comes_in_crowds(const char *path)
{
    return strcmp(path, "/sokuo.v1.SyncService/Pull") == 0 || strcmp(path, "/events") == 0;
}

static enum err look_up_in_line(struct call *c, struct look_up_under_way *mine)
{
    mine->is_in_line = true;
    line_enter(&crowd);
    mine->is_in_line = false;
    enum err err = recall(c, mine->hash) ? ERR_OK : look_up(c, mine->hash);
    line_leave(&crowd);
    return err;
}

static enum err look_up_once(struct call *c, const uint8_t hash[32], bool is_crowd)
{
    if (wait_for_another(hash, is_crowd) && recall(c, hash))
        return ERR_OK;
    struct look_up_under_way mine = {.hash = hash, .next = under_way};
    under_way = &mine;
    enum err err = is_crowd ? look_up_in_line(c, &mine) : look_up(c, hash);
    struct look_up_under_way **at = &under_way;
    while (*at != &mine)
        at = &(*at)->next;
    *at = mine.next;
    fiber_cond_broadcast(&mine.done);
    return err;
}

// Somebody ended the session: the device is told, and forgets what it kept. One whose time ran out keeps it.
static enum err refuse(struct call *c, const uint8_t hash[32])
{
    c->actor = (struct actor){.is_system = true};
    const struct param params[] = {p_bytes(hash, 32)};
    struct rows *rows = NULL;
    enum err err = db_query(c, Q_SESSION_WAS_REVOKED, params, &rows);
    c->actor = (struct actor){0};
    TRY(err);
    if (rows_count(rows) > 0 && row_bool(rows, 0, rows_col(rows, "is_revoked")))
        return call_fail(
            c, ERR_UNAUTHENTICATED, "SESSION_REVOKED",
            "このログインは終了されています。もう一度ログインしてください。未送信の内容は端末に残っています"
            "。",
            "This login has been ended. Please log in again. What was not sent is still on this device.");
    return ERR_OK;
}

enum err rpc_authenticate(struct call *c, const struct rpc_request *req)
{
    c->lang = session_language(req);
    c->now_us = db_now_us(c->db);
    const char *secret = find_secret(c, req);
    enum err err = ERR_UNAUTHENTICATED;
    if (secret) {
        uint8_t hash[32];
        session_hash(secret, hash);
        err = recall(c, hash) ? ERR_OK : look_up_once(c, hash, rpc_comes_in_crowds(req->path));
        if (err == ERR_UNAUTHENTICATED)
            TRY(refuse(c, hash));
    }
    if (err == ERR_UNAUTHENTICATED)
        return call_fail(c, err, "LOGIN_NEEDED",
                         "ログインが必要です。時間がたって切れた場合も、入力した内容は端末に残っています。",
                         "Please log in. If your session ran out, what you typed is still on this device.");
    return err;
}
