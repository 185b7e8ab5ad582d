// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/twin_pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fiber.h"
#include "server/codec/codec.h"
#include "server/engine/escalation_batch.h"
#include "server/store/call_store.h"
#include "server/store/migrate.h"
#include "server/store/notice_store.h"
#include "server/store/wake.h"
#include "tests/support/db_test.h"

#define TENANT "00000000-0000-7000-8000-000000000001"
#define KIND_INCIDENT 9
#define KIND_PERSON 14
#define KIND_SENDER 40
#define KIND_OPERATION 30 // and calls

// Person n stands in post n: place n - 1 of a policy whose levels are roles 1 to 5. Three telephones each,
// which belong to person 99 while they are not to be used. Times before 1970: worlds begin then.
static const char city[] =
    "ALTER DATABASE postgres SET plan_cache_mode = force_generic_plan;" // planning is most of the work
    "CREATE SEQUENCE public.world_clock; GRANT SELECT ON public.world_clock TO PUBLIC;"
    "CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS"
    " $$ SELECT 'epoch'::timestamptz + last_value * interval '1 microsecond' FROM public.world_clock $$;"
    "INSERT INTO sokuo.tenant (id, code, name) VALUES ('" TENANT "', 'c', 'City');"
    "CREATE FUNCTION public.t(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS "
    "$$ SELECT (lpad(kind, 8, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;"
    "INSERT INTO sokuo.unit (tenant_id, id, kind, code, name) VALUES ('" TENANT
    "', t('11', 1), 3, '1', '情報課');"
    "INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id) SELECT '" TENANT
    "', t('12', n), n, '職' || n, t('11', 1) FROM generate_series(1, 30) n;"
    "INSERT INTO sokuo.person (tenant_id, id, code, name) SELECT '" TENANT
    "', t('14', n), n, '人' || n FROM generate_series(1, 99) n;"
    "INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, valid_from)"
    " SELECT '" TENANT "', t('15', n), t('14', n), t('12', n), '1960-01-01' FROM generate_series(1, 30) n;"
    "INSERT INTO sokuo.role_assignment (tenant_id, id, post_id, role, valid_from)"
    " SELECT '" TENANT "', t('13', r), t('12', 6 * r - 5), r, '1960-01-01' FROM generate_series(1, 5) r;"
    "INSERT INTO sokuo.succession (tenant_id, id, role, valid_from)"
    " SELECT '" TENANT "', t('16', r), r, '1960-01-01' FROM generate_series(1, 5) r;"
    "INSERT INTO sokuo.succession_place (tenant_id, succession_id, rank, post_id)"
    " SELECT '" TENANT "', t('16', r), k, t('12', 6 * r - 6 + k)"
    " FROM generate_series(1, 5) r, generate_series(2, 6) k;"
    "INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, priority) SELECT '" TENANT
    "', t('17', 10 * n + k), t('14', n), 1, '090-' || n || '-' || k, k"
    " FROM generate_series(1, 30) n, generate_series(1, 3) k;"
    "INSERT INTO sokuo.absence (tenant_id, id, person_id, kind, from_at)"
    " SELECT '" TENANT "', t('18', n), t('14', n), 1, '2200-01-01' FROM generate_series(1, 30) n;"
    "INSERT INTO sokuo.channel (tenant_id, id, kind, name, reaches) VALUES ('" TENANT
    "', t('22', 1), 2, '電話', '{1}');"
    "INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, confidentiality, wall, state, "
    "title, severity) SELECT '" TENANT
    "', t('9', n), '2026-000' || n, 0, 1, 2, 1, 3, 't', 5 FROM generate_series(1, 3) n;"
    "CREATE UNLOGGED TABLE public.people (n int, standing int, contacts int);"
    "CREATE UNLOGGED TABLE public.kept_escalation AS TABLE sokuo.escalation;"
    "CREATE UNLOGGED TABLE public.kept_event AS TABLE sokuo.escalation_event;"
    "CREATE UNLOGGED TABLE public.kept_effect AS TABLE sokuo.escalation_effect;"
    "CREATE UNLOGGED TABLE public.kept_notice AS TABLE sokuo.notice;"
    "CREATE UNLOGGED TABLE public.kept_operation AS TABLE sokuo.operation";

static struct session {
    struct call call;
    struct db_lease *lease; // NULL: it ended
    bool is_begun;          // the call
    struct esc_batch batch;
} sessions[PG_ENGINES];

static struct uuid leased[PG_SENDERS];
static int64_t now_us;
static int open_sessions;

static _Noreturn void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "twin: %s: %s\n", what, why ? why : "");
    abort();
}

static void must(struct call *c, const char *what, enum err err)
{
    if (err != ERR_OK)
        die(what, c->error_en ? c->error_en : err_word(err));
}

static struct uuid id_of(int kind, int n)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id;
    (void)snprintf(text, sizeof text, "%08d-0000-7000-8000-%012d", kind, n);
    if (!uuid_parse(text, &id))
        die("id", text);
    return id;
}

static int number_of(const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    return (int)strtol(uuid_format(id, text) + 24, NULL, 10);
}

// As an engine.
static void begin(struct call *c)
{
    call_begin(c, db_test_db, 16 << 20);
    c->actor.is_known = c->actor.is_system = true;
    c->now_us = now_us;
}

static struct uuid tenant(void)
{
    struct uuid id;
    return uuid_parse(TENANT, &id) ? id : (struct uuid){0};
}

// --- worlds ---

void pg_begin(void)
{
    if (migrate_run(db_test_conninfo(), false) != ERR_OK)
        die("migrate", NULL);
    codec_begin();
    (void)db_test_admin("SET sokuo.reach = 'system'");
    (void)db_test_admin(city);
    db_test_begin(&(struct db_options){.name = "twin", .lease_lanes = PG_ENGINES + 2});
    wake_begin(&db_test_loop, db_test_db, "/tmp");
}

void pg_end(void)
{
    wake_end();
    db_test_end();
}

void pg_clock(int64_t us)
{
    char sql[100];
    if (us == now_us)
        return;
    now_us = us;
    (void)snprintf(sql, sizeof sql, "SELECT setval('public.world_clock', %lld)", (long long)us);
    (void)db_test_admin(sql);
}

static const char *policy_hex(struct call *c, const struct escalation_policy *policy)
{
    struct buf wire = buf_in(&c->arena), hex = buf_in(&c->arena);
    message_to_wire(c, &esc_policy_show(c, policy)->base, &wire);
    for (size_t i = 0; i < wire.len; i++)
        buf_printf(&hex, "%02x", (uint8_t)wire.data[i]);
    return buf_text(&hex);
}

static void forget(struct session *s)
{
    if (s->is_begun)
        call_end(&s->call);
    *s = (struct session){0};
}

void pg_world(const struct escalation_policy *policy)
{
    struct call c;
    for (int i = 0; i < PG_ENGINES; i++) {
        pg_session_end(i);
        forget(&sessions[i]);
    }
    (void)db_test_admin("DELETE FROM sokuo.escalation_event; DELETE FROM sokuo.escalation_effect;"
                        "DELETE FROM sokuo.escalation; DELETE FROM sokuo.notice;"
                        "DELETE FROM sokuo.operation; DELETE FROM sokuo.escalation_policy;"
                        "UPDATE sokuo.incident SET commander_id = NULL, commander_name = '',"
                        " command_post_id = NULL, command_post_name = '' WHERE commander_id IS NOT NULL");
    begin(&c);
    (void)db_test_admin(call_printf(
        &c,
        "INSERT INTO sokuo.escalation_policy (tenant_id, id, direction, severity, policy) VALUES ('" TENANT
        "', t('19', 1), 1, 5, decode('%s', 'hex'))",
        policy_hex(&c, policy)));
    call_end(&c);
}

void pg_people(const struct escalation_reach *reach)
{
    struct call c;
    begin(&c);
    struct buf people = buf_in(&c.arena);
    for (int i = 0; i < 30; i++) {
        const struct escalation_person *p = &reach->people[i / ESC_RANKS_MOST][i % ESC_RANKS_MOST];
        buf_printf(&people, "%s(%d, %d, %d)", i ? "," : "", i + 1, p->standing, p->contacts);
    }
    // An absence that begins by an insert would tell its calls; here nobody is told.
    (void)db_test_admin(call_printf(
        &c,
        "TRUNCATE public.people;"
        "INSERT INTO public.people VALUES %s;"
        "UPDATE sokuo.tenure t SET valid_until = CASE WHEN p.standing = %d THEN '1961-01-01'::date END"
        "  FROM people p WHERE t.id = t('15', n);"
        "UPDATE sokuo.absence a SET from_at = CASE WHEN p.standing = %d THEN '1960-01-01' ELSE '2200-01-01' "
        "END::timestamptz FROM people p WHERE a.id = t('18', n);"
        "UPDATE sokuo.contact_point k SET person_id = t('14', CASE WHEN k.priority <= p.contacts THEN n ELSE "
        "99 END) FROM people p WHERE k.id = t('17', 10 * n + k.priority)",
        buf_text(&people), ESC_VACANT, ESC_AWAY));
    call_end(&c);
}

// --- engines ---

// A rollback is under way when db_rollback returns: waits until nobody but the others holds anything.
static void wait_for_sessions(void)
{
    char wanted[12];
    (void)snprintf(wanted, sizeof wanted, "%d", open_sessions);
    while (strcmp(db_test_admin("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'twin%'"
                                " AND state <> 'idle'"),
                  wanted) != 0)
        fiber_sleep_us(100);
}

void pg_session_end(int engine)
{
    struct session *s = &sessions[engine];
    if (!s->lease)
        return;
    db_rollback(s->lease);
    s->lease = NULL;
    open_sessions--;
    wait_for_sessions();
}

static void take_turn(const struct esc_batch *batch, struct escalation_turn *ret)
{
    ret->after = batch->calls[0].state;
    ret->count = batch->deed_count;
    for (int i = 0; i < batch->deed_count && i < ESC_EFFECTS_MOST; i++)
        ret->effects[i] = batch->deeds[i].effect;
}

bool pg_claim(int engine, struct pg_claimed *ret)
{
    struct session *s = &sessions[engine];
    const struct esc_bite bite = {.most = 1};
    pg_session_end(engine);
    forget(s);
    begin(&s->call);
    s->is_begun = true;
    must(&s->call, "begin", db_begin(&s->call, &s->lease));
    open_sessions++;
    must(&s->call, "claim", esc_claim(&s->call, s->lease, &bite, &s->batch));
    if (s->batch.count == 0) {
        pg_session_end(engine);
        return false;
    }
    *ret = (struct pg_claimed){.call = number_of(&s->batch.calls[0].id),
                               .before = s->batch.calls[0].before,
                               .reach = s->batch.calls[0].reach};
    esc_batch_step(&s->call, &s->batch, s->batch.now_us);
    take_turn(&s->batch, &ret->turn);
    return true;
}

static enum err save(struct session *s)
{
    if (!s->lease) {
        TRY(db_begin(&s->call, &s->lease));
        open_sessions++;
    }
    TRY(esc_lock_incidents(&s->call, s->lease, &s->batch));
    esc_batch_note(&s->call, &s->batch);
    TRY(esc_save(&s->call, s->lease, &s->batch));
    TRY(db_commit(&s->call, s->lease));
    s->lease = NULL;
    open_sessions--;
    return ERR_OK;
}

enum pg_saved pg_save(int engine)
{
    struct session *s = &sessions[engine];
    enum err err = save(s);
    pg_session_end(engine);
    forget(s);
    return err == ERR_OK ? PG_SAVED : err == ERR_ABORTED ? PG_STALE : PG_REFUSED;
}

void pg_step(int call)
{
    struct call c;
    struct uuid tenant_id = tenant(), incident = id_of(KIND_INCIDENT, call + 1);
    const struct esc_bite bite = {.most = 10, .tenant_id = &tenant_id, .incident_id = &incident};
    struct esc_outcome outcome;
    begin(&c);
    must(&c, "step", esc_batch_run(&c, &bite, &outcome));
    if (outcome.claimed != 1 || outcome.saved != 1)
        die("step", "what was told was not found, or not saved");
    call_end(&c);
}

// --- people ---

static struct operation operation_of(int operation)
{
    return (struct operation){.id = id_of(KIND_OPERATION, operation), .method = "twin"};
}

bool pg_call(int operation)
{
    struct call c;
    bool is_done = false;
    const struct operation made = operation_of(operation);
    const struct call_beginning beginning = {
        .incident_id = id_of(KIND_INCIDENT, operation + 1), .role = 1, .reason = "", .text = "x"};
    begin(&c);
    c.actor.tenant_id = tenant();
    must(&c, "call", call_begin_new(&c, &beginning, &made, &is_done));
    call_end(&c);
    return is_done;
}

bool pg_tell(int operation, int call, int act, int place, int64_t until_us)
{
    struct call c;
    bool is_done = false;
    const struct operation made = operation_of(operation);
    const struct call_saying saying = {.id = id_of(KIND_OPERATION, call),
                                       .about = id_of(KIND_PERSON, place < 0 ? 99 : place + 1),
                                       .act = act,
                                       .until_us = until_us,
                                       .occurred_us = TIME_NULL,
                                       .kind = "call.told",
                                       .text = "x",
                                       .reason = ""};
    begin(&c);
    c.actor.tenant_id = tenant();
    must(&c, "tell", call_tell(&c, &saying, &made, &is_done));
    call_end(&c);
    return is_done;
}

// --- senders ---

bool pg_lease(int sender, struct pg_leased *ret)
{
    struct call c;
    struct notice *notices = NULL;
    struct uuid owner = id_of(KIND_SENDER, sender);
    int count = 0;
    begin(&c);
    must(&c, "lease", notice_lease(&c, &owner, 1, 1000000, &notices, &count));
    if (count > 0) {
        const char *key = notices[0].dedup_key + strlen("esc:");
        char *rest = NULL;
        leased[sender] = notices[0].id;
        ret->call = (int)strtol(key + 24, NULL, 10);
        ret->generation = (uint32_t)strtoul(key + 37, &rest, 10);
        ret->position = (int)strtol(rest + 1, NULL, 10);
        ret->is_wanted = notices[0].fate == NOTICE_SEND;
    }
    call_end(&c);
    return count > 0;
}

void pg_mark(int sender, enum pg_outcome outcome, int64_t wait_us)
{
    struct call c;
    struct uuid owner = id_of(KIND_SENDER, sender);
    const struct notice_end end = {.id = leased[sender],
                                   .tenant_id = tenant(),
                                   .outcome = (enum notice_outcome)outcome,
                                   .reason = "x",
                                   .wait_us = wait_us};
    begin(&c);
    must(&c, "mark", notice_finish(&c, &owner, &end, 1));
    call_end(&c);
}

// --- failover ---

#define EACH_KEPT(X)                                           \
    X("escalation", "escalation", "")                          \
    X("event", "escalation_event", " OVERRIDING SYSTEM VALUE") \
    X("effect", "escalation_effect", "")                       \
    X("notice", "notice", "")                                  \
    X("operation", "operation", "")

void pg_keep(void)
{
#define KEEP(kept, table, how) \
    "DELETE FROM public.kept_" kept "; INSERT INTO public.kept_" kept " TABLE sokuo." table ";"
    (void)db_test_admin(EACH_KEPT(KEEP));
}

void pg_lose(void)
{
#define LOSE(kept, table, how) \
    "DELETE FROM sokuo." table "; INSERT INTO sokuo." table how " TABLE public.kept_" kept ";"
    (void)db_test_admin("BEGIN;" EACH_KEPT(LOSE) "COMMIT");
}

// --- comparing ---

#define US(at) "(extract(epoch FROM " at ") * 1000000)::bigint"

const char *pg_state(int call, uint32_t effects_after)
{
    char sql[2000];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT concat_ws(' ', generation, phase, level, rank, contact, round, answer_level, answer_rank,"
        " bounced, leaving, flags, encode(refused, 'hex'), encode(gone, 'hex'), until_us, owed_us, "
        "contact_us,"
        " level_us, clock_us, coalesce(" US("due_at") "::text, '-'), coalesce(" US(
            "red_at") "::text, '-'),"
                      " settled) || coalesce((SELECT string_agg(format(', %%s.%%s %%s %%s %%s/%%s/%%s to %%s "
                      "%%s %%s',"
                      " generation, position, kind, why, level, rank,"
                      " coalesce(right(contact_point_id::text, 12)::bigint %% 10 - 1, 0),"
                      " CASE WHEN kind = 0 THEN right(person_id::text, 12)::bigint ELSE 0 END, missed, "
                      "late_us), ''"
                      " ORDER BY generation, position) FROM sokuo.escalation_effect f"
                      " WHERE f.escalation_id = e.id AND f.generation > %u), '')"
                      " FROM sokuo.escalation e WHERE e.id = t('30', %d)",
        effects_after, call);
    return db_test_admin(sql);
}

static void put_moment(char *out, size_t room, int64_t us)
{
    if (us == ESC_NEVER)
        (void)snprintf(out, room, "-");
    else
        (void)snprintf(out, room, "%lld", (long long)us);
}

static void put_ranks(char out[2 * ESC_LEVELS_MOST + 1], const uint8_t *ranks)
{
    for (size_t i = 0; i < ESC_LEVELS_MOST; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", ranks[i]);
}

const char *pg_state_of(const struct escalation *e, uint32_t settled)
{
    static char text[500];
    char due[24], red[24], refused[2 * ESC_LEVELS_MOST + 1], gone[2 * ESC_LEVELS_MOST + 1];
    put_moment(due, sizeof due, e->due_us);
    put_moment(red, sizeof red, e->flags & ESC_IS_RED ? e->red_us : ESC_NEVER);
    put_ranks(refused, e->refused);
    put_ranks(gone, e->gone);
    (void)snprintf(
        text, sizeof text, "%u %d %d %d %d %d %d %d %d %d %d %s %s %lld %lld %lld %lld %lld %s %s %u",
        e->generation, e->phase, e->level, e->rank, e->contact, e->round, e->answer_level, e->answer_rank,
        e->bounced, e->leaving, e->flags, refused, gone, (long long)e->until_us, (long long)e->owed_us,
        (long long)e->contact_us, (long long)e->level_us, (long long)e->clock_us, due, red, settled);
    return text;
}

const char *pg_effect_of(uint32_t generation, int position, const struct escalation_effect *f)
{
    static char text[200];
    bool is_call = f->kind == ESC_NOTIFY;
    (void)snprintf(text, sizeof text, ", %u.%d %d %d %d/%d/%d to %d %d %lld", generation, position, f->kind,
                   f->why, f->level, f->rank, is_call ? f->contact : 0,
                   is_call ? f->level * ESC_RANKS_MOST + f->rank + 1 : 0, f->missed, (long long)f->late_us);
    return text;
}

const char *pg_outbox(const char *rows)
{
    struct call c;
    begin(&c);
    const char *ret = db_test_admin(
        call_printf(&c,
                    "WITH memory (call, generation, position, state, attempts) AS (VALUES %s),"
                    " outbox AS (SELECT right(escalation_id::text, 12)::int AS call, generation,"
                    "   split_part(dedup_key, ':', 4)::int AS position, state, attempts FROM sokuo.notice)"
                    " SELECT coalesce(string_agg(concat_ws(' ', memory, 'in memory,', outbox, 'in "
                    "PostgreSQL'), '; '), '')"
                    " FROM memory FULL JOIN outbox USING (call, generation, position)"
                    " WHERE (memory.state, memory.attempts) IS DISTINCT FROM (outbox.state, outbox.attempts)"
                    " AND coalesce(memory.call, outbox.call) >= 0",
                    rows));
    call_end(&c);
    return ret;
}

const char *pg_whole(void)
{
    return db_test_admin(
        "SELECT concat_ws(', ',"
        " (SELECT 'a call without its notice: ' || f.escalation_id || '.' || f.generation"
        "    FROM sokuo.escalation_effect f WHERE f.kind = 0 AND NOT EXISTS (SELECT FROM sokuo.notice n WHERE"
        "    n.dedup_key = format('esc:%s:%s:%s', f.escalation_id, f.generation, f.position)) LIMIT 1),"
        " (SELECT 'told and not applied' FROM sokuo.escalation_event WHERE applied_at IS NULL LIMIT 1),"
        " (SELECT 'looked at at another time than it is due' FROM sokuo.escalation"
        "   WHERE look_at IS DISTINCT FROM due_at LIMIT 1),"
        " (SELECT 'a lease of what has ended' FROM sokuo.notice WHERE state <> 1 AND lease_owner IS NOT NULL"
        "   LIMIT 1))");
}
