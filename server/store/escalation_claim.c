// SPDX-License-Identifier: Apache-2.0
// What is due, with everything its step looks at: a few statements a batch, whatever its size.
#include <endian.h>
#include <string.h>

#include "server/domain/words.h"
#include "server/store/escalation_store.h"

// --- ids to places ---

struct index {
    struct uuid *keys;
    int *places; // -1 = free
    unsigned mask;
};

static struct index index_begin(struct call *c, int room)
{
    unsigned size = 16;
    while ((int)size < room * 2)
        size *= 2;
    struct index index = {call_alloc(c, size * sizeof *index.keys),
                          call_alloc(c, size * sizeof *index.places), size - 1};
    memset(index.places, 0xff, size * sizeof *index.places);
    return index;
}

// The id's place; -1 for one that is new, to be set by the caller.
static int *index_at(const struct index *index, const struct uuid *id)
{
    unsigned at;
    memcpy(&at, id->bytes + 12, sizeof at); // random in every kind of UUID that we make
    for (at = be32toh(at) & index->mask; index->places[at] >= 0; at = (at + 1) & index->mask) {
        if (uuid_equal(&index->keys[at], id))
            return &index->places[at];
    }
    index->keys[at] = *id;
    return &index->places[at];
}

// --- a call ---

struct columns {
    int tenant, id, incident, order, addressee, direction, mode, severity, role, scope, policy, due,
        generation, phase, level, rank, contact, round, answer_level, answer_rank, bounced, leaving, flags,
        refused, gone, until, owed, contact_at, level_at, clock, red, now;
};

static struct columns columns_of(const struct rows *rows)
{
#define COL(name) rows_col(rows, name)
    return (struct columns){
        COL("tenant_id"), COL("id"),      COL("incident_id"), COL("order_id"),     COL("addressee_id"),
        COL("direction"), COL("mode"),    COL("severity"),    COL("role"),         COL("scope_id"),
        COL("policy"),    COL("due_at"),  COL("generation"),  COL("phase"),        COL("level"),
        COL("rank"),      COL("contact"), COL("round"),       COL("answer_level"), COL("answer_rank"),
        COL("bounced"),   COL("leaving"), COL("flags"),       COL("refused"),      COL("gone"),
        COL("until_us"),  COL("owed_us"), COL("contact_us"),  COL("level_us"),     COL("clock_us"),
        COL("red_at"),    COL("now"),
    };
#undef COL
}

static int64_t time_or_never(const struct rows *rows, int row, int col)
{
    return row_is_null(rows, row, col) ? ESC_NEVER : row_time(rows, row, col);
}

static void take_ranks(const struct rows *rows, int row, int col, uint8_t ret[ESC_LEVELS_MOST])
{
    int len = row_len(rows, row, col);
    memcpy(ret, row_bytes(rows, row, col), (size_t)(len < ESC_LEVELS_MOST ? len : ESC_LEVELS_MOST));
}

static struct escalation take_state(const struct rows *rows, int row, const struct columns *at)
{
#define NUMBER(col) row_i64(rows, row, at->col)
    struct escalation e = escalation_new();
    if (NUMBER(generation) == 0)
        return e;
    e.due_us = time_or_never(rows, row, at->due);
    e.until_us = NUMBER(until);
    e.owed_us = NUMBER(owed);
    e.contact_us = NUMBER(contact_at);
    e.level_us = NUMBER(level_at);
    e.clock_us = NUMBER(clock);
    e.red_us = time_or_never(rows, row, at->red);
    e.generation = (uint32_t)NUMBER(generation);
    e.phase = (uint8_t)NUMBER(phase);
    e.level = (uint8_t)NUMBER(level);
    e.rank = (uint8_t)NUMBER(rank);
    e.contact = (uint8_t)NUMBER(contact);
    e.round = (uint8_t)NUMBER(round);
    e.answer_level = (uint8_t)NUMBER(answer_level);
    e.answer_rank = (uint8_t)NUMBER(answer_rank);
    e.bounced = (uint8_t)NUMBER(bounced);
    e.leaving = (uint16_t)NUMBER(leaving);
    e.flags = (uint16_t)NUMBER(flags);
    take_ranks(rows, row, at->refused, e.refused);
    take_ranks(rows, row, at->gone, e.gone);
    return e;
#undef NUMBER
}

// Policies of a batch are few, and their bytes many times the same.
struct known_policy {
    const void *bytes;
    int len;
    struct escalation_policy policy;
};
#define KNOWN_MOST 16

static bool unpack_known(struct call *c, struct known_policy *known, const void *bytes, int len,
                         struct escalation_policy *ret)
{
    unsigned at = ((unsigned)len * 31 + (len > 8 ? ((const uint8_t *)bytes)[7] : 0)) % KNOWN_MOST;
    if (!known[at].bytes || known[at].len != len || memcmp(known[at].bytes, bytes, (size_t)len) != 0) {
        if (!esc_policy_unpack(c, bytes, len, &known[at].policy))
            return false;
        known[at].bytes = bytes;
        known[at].len = len;
    }
    *ret = known[at].policy;
    return true;
}

static void take_call(struct call *c, const struct rows *rows, int row, const struct columns *at,
                      struct known_policy *known, struct esc_call *call)
{
    *call = (struct esc_call){
        .tenant_id = row_uuid(rows, row, at->tenant),
        .id = row_uuid(rows, row, at->id),
        .incident_id = row_uuid(rows, row, at->incident),
        .order_id = row_uuid(rows, row, at->order),
        .addressee_id = row_uuid(rows, row, at->addressee),
        .scope_id = row_uuid(rows, row, at->scope),
        .direction = (int)row_i64(rows, row, at->direction),
        .mode = (int)row_i64(rows, row, at->mode),
        .severity = (int)row_i64(rows, row, at->severity),
        .role = (int)row_i64(rows, row, at->role),
        .before = take_state(rows, row, at),
        .addressee = -1,
        .answer_name = "",
    };
    call->state = call->before;
    call->look_us = call->before.due_us;
    call->is_armed_now =
        row_is_null(rows, row, at->policy) || !unpack_known(c, known, row_bytes(rows, row, at->policy),
                                                            row_len(rows, row, at->policy), &call->policy);
}

static void take_calls(struct call *c, const struct rows *rows, struct esc_batch *ret)
{
    struct known_policy known[KNOWN_MOST] = {{0}};
    *ret = (struct esc_batch){.count = rows_count(rows)};
    if (ret->count == 0)
        return;
    struct columns at = columns_of(rows);
    ret->now_us = row_time(rows, 0, at.now);
    ret->calls = call_alloc(c, (size_t)ret->count * sizeof *ret->calls);
    for (int row = 0; row < ret->count; row++)
        take_call(c, rows, row, &at, known, &ret->calls[row]);
}

// --- what goes with it ---

// A severity that nobody judged counts as S3.
static int16_t judged(int severity)
{
    return (int16_t)(severity == 0 ? (int)SEVERITY(S3) : severity);
}

struct asked_policies {
    struct uuid *tenants;
    int16_t *directions, *severities;
    int count;
};

static bool is_asked(const struct asked_policies *asked, const struct esc_call *call)
{
    for (int i = 0; i < asked->count; i++) {
        if (asked->directions[i] == call->direction && asked->severities[i] == judged(call->severity) &&
            uuid_equal(&asked->tenants[i], &call->tenant_id))
            return true;
    }
    return false;
}

static void find_policy(struct call *c, const struct rows *rows, struct esc_call *call)
{
    struct escalation_policy policy = *escalation_policy_default(call->direction, call->severity);
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid tenant = row_uuid(rows, row, rows_col(rows, "tenant_id"));
        int col = rows_col(rows, "policy");
        if (row_i64(rows, row, rows_col(rows, "direction")) == call->direction &&
            row_i64(rows, row, rows_col(rows, "severity")) == judged(call->severity) &&
            uuid_equal(&tenant, &call->tenant_id))
            (void)esc_policy_unpack(c, row_bytes(rows, row, col), row_len(rows, row, col), &policy);
    }
    if (call->role == 0)
        call->role = policy.levels[0].role;
    escalation_policy_freeze(&policy, call->role, &call->policy);
}

// The policies of calls that are not armed yet, frozen from now on.
static enum err read_policies(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    struct asked_policies asked = {
        call_alloc(c, (size_t)batch->count * sizeof *asked.tenants),
        call_alloc(c, (size_t)batch->count * sizeof *asked.directions),
        call_alloc(c, (size_t)batch->count * sizeof *asked.severities),
        0,
    };
    for (int i = 0; i < batch->count; i++) {
        const struct esc_call *call = &batch->calls[i];
        if (!call->is_armed_now || is_asked(&asked, call))
            continue;
        asked.tenants[asked.count] = call->tenant_id;
        asked.directions[asked.count] = (int16_t)call->direction;
        asked.severities[asked.count++] = judged(call->severity);
    }
    if (asked.count == 0)
        return ERR_OK;
    const struct param params[] = {p_uuids(c, asked.tenants, asked.count),
                                   p_i16s(c, asked.directions, asked.count),
                                   p_i16s(c, asked.severities, asked.count)};
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_ESCALATION_POLICIES, params, &rows));
    for (int i = 0; i < batch->count; i++) {
        if (batch->calls[i].is_armed_now)
            find_policy(c, rows, &batch->calls[i]);
    }
    return ERR_OK;
}

static enum err read_events(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    struct uuid *tenants = call_alloc(c, (size_t)batch->count * sizeof *tenants);
    struct uuid *ids = call_alloc(c, (size_t)batch->count * sizeof *ids);
    struct index index = index_begin(c, batch->count);
    for (int i = 0; i < batch->count; i++) {
        tenants[i] = batch->calls[i].tenant_id;
        ids[i] = batch->calls[i].id;
        *index_at(&index, &ids[i]) = i;
    }
    const struct param params[] = {p_uuids(c, tenants, batch->count), p_uuids(c, ids, batch->count)};
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_ESCALATION_EVENTS, params, &rows));
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid id = row_uuid(rows, row, rows_col(rows, "escalation_id"));
        batch->calls[*index_at(&index, &id)].event_count++;
    }
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid id = row_uuid(rows, row, rows_col(rows, "escalation_id"));
        struct esc_call *call = &batch->calls[*index_at(&index, &id)];
        if (!call->events) {
            call->events = call_alloc(c, (size_t)call->event_count * sizeof *call->events);
            call->event_count = 0;
        }
        call->events[call->event_count++] = (struct esc_event){
            .id = row_i64(rows, row, rows_col(rows, "id")),
            .act = (int)row_i64(rows, row, rows_col(rows, "act")),
            .person_id = row_uuid(rows, row, rows_col(rows, "person_id")),
            .person_name = row_text(rows, row, rows_col(rows, "person_name")),
            .contact_id = row_uuid(rows, row, rows_col(rows, "contact_point_id")),
            .until_us = row_time(rows, row, rows_col(rows, "until_at")),
        };
    }
    return ERR_OK;
}

static enum err read_incidents(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    struct uuid *tenants = call_alloc(c, (size_t)batch->count * sizeof *tenants);
    struct uuid *ids = call_alloc(c, (size_t)batch->count * sizeof *ids);
    struct index index = index_begin(c, batch->count);
    batch->incidents = call_alloc(c, (size_t)batch->count * sizeof *batch->incidents);
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        int *at = index_at(&index, &call->incident_id);
        if (*at < 0) {
            *at = batch->incident_count++;
            tenants[*at] = call->tenant_id;
            ids[*at] = call->incident_id;
            batch->incidents[*at] =
                (struct esc_incident){.tenant_id = call->tenant_id, .id = call->incident_id};
        }
        call->incident = *at;
    }
    const struct param params[] = {p_uuids(c, tenants, batch->incident_count),
                                   p_uuids(c, ids, batch->incident_count)};
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_ESCALATION_INCIDENTS, params, &rows));
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
        struct esc_incident *incident = &batch->incidents[*index_at(&index, &id)];
        incident->excluded_count =
            row_uuids(c, rows, row, rows_col(rows, "excluded_ids"), &incident->excluded);
    }
    return ERR_OK;
}

static void collect_addressees(struct call *c, struct esc_batch *batch)
{
    batch->addressees = call_alloc(c, (size_t)batch->count * sizeof *batch->addressees);
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        if (uuid_is_nil(&call->addressee_id))
            continue;
        call->addressee = batch->addressee_count++;
        batch->addressees[call->addressee] = (struct esc_addressee){
            .tenant_id = call->tenant_id, .id = call->addressee_id, .sends_us = TIME_NULL};
    }
}

// Locks the addressees without waiting: whoever answers just now holds theirs, and wants the call next.
static enum err lock_addressees(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    collect_addressees(c, batch);
    int count = batch->addressee_count;
    if (count == 0)
        return ERR_OK;
    struct uuid *tenants = call_alloc(c, (size_t)count * sizeof *tenants);
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids);
    struct index index = index_begin(c, count);
    for (int i = 0; i < count; i++) {
        tenants[i] = batch->addressees[i].tenant_id;
        ids[i] = batch->addressees[i].id;
        *index_at(&index, &ids[i]) = i;
    }
    const struct param params[] = {p_uuids(c, tenants, count), p_uuids(c, ids, count)};
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_ESCALATION_ADDRESSEES_LOCK, params, &rows));
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
        struct esc_addressee *addressee = &batch->addressees[*index_at(&index, &id)];
        addressee->is_locked = true;
        addressee->is_answered = row_bool(rows, row, rows_col(rows, "is_answered"));
        addressee->order_no = (int)row_i64(rows, row, rows_col(rows, "no"));
        addressee->sends_us = row_time(rows, row, rows_col(rows, "sends_at"));
    }
    return ERR_OK;
}

// The levels that a call looks at: all, or the present one alone.
static bool is_looked_at(const struct esc_call *call, int level)
{
    return call->is_whole || level == call->before.level;
}

// Whether the step can be known from the present level. What happened may be about anybody.
static bool is_simple(const struct esc_call *call)
{
    return call->event_count == 0 && (call->before.phase == ESC_CALLING || call->before.phase == ESC_IDLE);
}

static enum err read_duties(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    struct esc_duties *duties = call_alloc(c, sizeof *duties);
    static struct esc_duty nobody;
    esc_duties_begin(c, duties, batch->count * ESC_LEVELS_MOST);
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        for (int level = 0; level < call->policy.level_count && !call->is_read; level++)
            call->duties[level] = is_looked_at(call, level) ? esc_duties_want(duties, &call->tenant_id,
                                                                              call->policy.levels[level].role,
                                                                              &call->scope_id, call->mode)
                                                            : &nobody;
    }
    TRY(esc_duties_read(c, lease, duties));
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        const struct esc_incident *incident = &batch->incidents[call->incident];
        if (!call->is_read)
            esc_reach(&call->policy, call->duties, incident->excluded, incident->excluded_count,
                      &call->reach);
        call->is_read = true;
    }
    return ERR_OK;
}

// What the next step would do at the present level stands; if it climbs, all levels must be known.
static bool climbs(const struct esc_call *call, int64_t now_us)
{
    const struct escalation_facts facts = {&call->policy, &call->reach, call->office};
    const struct escalation_event event = {.act = call->before.phase == ESC_IDLE ? ESC_ARM : ESC_TICK,
                                           .generation = call->before.generation};
    struct escalation_turn turn;
    escalation_step(&call->before, &facts, &event, now_us, &turn);
    return turn.verdict == ESC_CHANGED &&
           (turn.after.phase != ESC_CALLING || turn.after.leaving || turn.after.level != call->before.level);
}

// Most steps stay at their level: the others' duties are read only for those that do not.
static enum err read_reach(struct call *c, struct db_lease *lease, struct esc_batch *batch, int64_t hold_us)
{
    bool is_known = true;
    for (int i = 0; i < batch->count; i++)
        batch->calls[i].is_whole = !is_simple(&batch->calls[i]);
    TRY(read_duties(c, lease, batch));
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        if (call->is_whole || !climbs(call, batch->now_us - hold_us))
            continue;
        call->is_whole = true;
        call->is_read = is_known = false;
    }
    return is_known ? ERR_OK : read_duties(c, lease, batch);
}

enum err esc_claim(struct call *c, struct db_lease *lease, const struct esc_bite *bite, struct esc_batch *ret)
{
    const struct param params[] = {p_i32(c, bite->most), p_i64(c, bite->hold_us), p_uuid(bite->tenant_id),
                                   p_uuid(bite->incident_id)};
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_ESCALATION_PLANS, NULL, &rows));
    if (bite->incident_id)
        TRY(db_lease_query(c, lease, Q_ESCALATION_INCIDENT_WAIT, params + 2, &rows));
    enum query claim = bite->incident_id ? Q_ESCALATION_CLAIM_OF : Q_ESCALATION_CLAIM;
    TRY(db_lease_query(c, lease, claim, params, &rows));
    take_calls(c, rows, ret);
    if (ret->count == 0)
        return ERR_OK;
    TRY(read_policies(c, lease, ret));
    TRY(esc_offices_read(c, lease, ret));
    TRY(read_events(c, lease, ret));
    TRY(read_incidents(c, lease, ret));
    TRY(lock_addressees(c, lease, ret));
    return read_reach(c, lease, ret, bite->hold_us);
}

enum err esc_lock_incidents(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    struct uuid *tenants = call_alloc(c, (size_t)(batch->incident_count + 1) * sizeof *tenants);
    struct uuid *ids = call_alloc(c, (size_t)(batch->incident_count + 1) * sizeof *ids);
    struct index index = index_begin(c, batch->incident_count);
    int count = 0;
    for (int i = 0; i < batch->incident_count; i++) {
        if (!batch->incidents[i].is_needed)
            continue;
        tenants[count] = batch->incidents[i].tenant_id;
        ids[count++] = batch->incidents[i].id;
        *index_at(&index, &batch->incidents[i].id) = i;
    }
    if (count == 0)
        return ERR_OK;
    const struct param params[] = {p_uuids(c, tenants, count), p_uuids(c, ids, count)};
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_ESCALATION_INCIDENTS_LOCK, params, &rows));
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
        struct esc_incident *incident = &batch->incidents[*index_at(&index, &id)];
        incident->is_locked = true;
        incident->is_open = row_bool(rows, row, rows_col(rows, "is_open"));
        incident->commander_id = row_uuid(rows, row, rows_col(rows, "commander_id"));
        incident->command_role = (int)row_i64(rows, row, rows_col(rows, "command_role"));
        incident->is_acting = row_i64(rows, row, rows_col(rows, "command_capacity")) == CAPACITY(ACTING);
        incident->commander_is_away = row_bool(rows, row, rows_col(rows, "commander_is_away"));
    }
    return ERR_OK;
}

enum err esc_next(struct call *c, struct esc_look *ret)
{
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ESCALATION_NEXT, NULL, &rows));
    *ret = (struct esc_look){
        .look_us = time_or_never(rows, 0, rows_col(rows, "look_at")),
        .now_us = row_time(rows, 0, rows_col(rows, "now")),
        .wall_us = row_time(rows, 0, rows_col(rows, "wall")),
        .highest_us = row_time(rows, 0, rows_col(rows, "highest")),
        .jump_us = row_i64(rows, 0, rows_col(rows, "jump_us")),
    };
    return ERR_OK;
}

enum err esc_clock_jumped(struct call *c, int64_t jump_us, bool *ret_new)
{
    static const struct uuid any_stream;
    const struct param params[] = {p_i64(c, jump_us)};
    struct db_stmt stmt = {.query = Q_ESCALATION_CLOCK_JUMPED, .params = params};
    TRY(db_write(c, &any_stream, &stmt, 1));
    *ret_new = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

enum err esc_clock_confirm(struct call *c, bool *ret_done)
{
    static const struct uuid any_stream;
    const struct param params[] = {p_text(c->actor.person_name)};
    struct db_stmt stmt = {.query = Q_CLOCK_CONFIRM, .params = params};
    TRY(db_write(c, &any_stream, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

enum err esc_audit(struct call *c, int64_t *ret_count, bool *ret_new)
{
    static const struct uuid any_stream;
    struct db_stmt stmt = {.query = Q_ESCALATION_AUDIT};
    TRY(db_write(c, &any_stream, &stmt, 1));
    *ret_count = row_i64(stmt.rows, 0, rows_col(stmt.rows, "count"));
    *ret_new = row_bool(stmt.rows, 0, rows_col(stmt.rows, "is_new"));
    return ERR_OK;
}
