// SPDX-License-Identifier: Apache-2.0
// What a batch writes: sets of rows, a statement each.
#include <endian.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/domain/words.h"
#include "server/store/command_store.h"
#include "server/store/escalation_store.h"
#include "server/store/note.h"

#define ORDER_STATE_QUEUED 1 // OrderState of order.proto
#define ORDER_STATE_UNREACHABLE 10

// --- columns under way ---

static struct uuid *ids_of(struct call *c, int count)
{
    return call_alloc(c, (size_t)(count + 1) * sizeof(struct uuid));
}

static int64_t *numbers_of(struct call *c, int count)
{
    return call_alloc(c, (size_t)(count + 1) * sizeof(int64_t));
}

static int16_t *smalls_of(struct call *c, int count)
{
    return call_alloc(c, (size_t)(count + 1) * sizeof(int16_t));
}

static const char **texts_of(struct call *c, int count)
{
    return call_alloc(c, (size_t)(count + 1) * sizeof(const char *));
}

static enum err run(struct call *c, struct db_lease *lease, enum query query, const struct param *params)
{
    struct rows *rows = NULL;
    return db_lease_query(c, lease, query, params, &rows);
}

// --- states ---

static bool is_changed(const struct esc_call *call)
{
    return !call->is_dropped && call->state.generation != call->before.generation;
}

const struct esc_person *esc_person_at(const struct esc_call *call, int level, int rank)
{
    bool is_there = level < call->policy.level_count && level < ESC_LEVELS_MOST && call->duties[level] &&
                    rank < call->duties[level]->count;
    const struct esc_person *person = is_there ? &call->duties[level]->people[rank] : NULL;
    return person && !uuid_is_nil(&person->person_id) ? person : NULL;
}

// Who is called, or was when it was answered.
static const struct esc_person *called(const struct esc_call *call)
{
    const struct escalation *e = &call->state;
    bool is_somebody = e->phase == ESC_CALLING || e->phase == ESC_SNOOZED || e->phase == ESC_HELD ||
                       e->phase == ESC_ANSWERED;
    return is_somebody ? esc_person_at(call, e->level, e->rank) : NULL;
}

static int64_t pack_state(const struct escalation *e)
{
    return (int64_t)e->phase | (int64_t)e->level << 4 | (int64_t)e->rank << 12 | (int64_t)e->contact << 20 |
           (int64_t)e->round << 28 | (int64_t)e->answer_level << 36 | (int64_t)e->answer_rank << 44 |
           (int64_t)e->bounced << 52;
}

static int64_t pack_ranks(const uint8_t ranks[ESC_LEVELS_MOST])
{
    uint64_t wire;
    memcpy(&wire, ranks, sizeof wire);
    return (int64_t)be64toh(wire);
}

enum {
    N_BEFORE,
    N_GENERATION,
    N_DUE,
    N_LOOK,
    N_UNTIL,
    N_OWED,
    N_CONTACT,
    N_LEVEL,
    N_CLOCK,
    N_RED,
    N_SMALL,
    N_REFUSED,
    N_GONE,
    N_SETTLED,
    NUMBERS
};

struct state_columns {
    struct uuid *tenants, *ids, *people, *answers;
    int64_t *numbers[NUMBERS];
    const char **names, **answer_names;
    int16_t *roles, *level_roles, *leaving, *flags;
    int count;
};

static void put_state(struct state_columns *out, const struct esc_call *call)
{
    const struct escalation *e = &call->state;
    const struct esc_person *person = called(call);
    int at = out->count++;
    const int64_t numbers[NUMBERS] = {
        [N_BEFORE] = call->before.generation,
        [N_GENERATION] = e->generation,
        [N_DUE] = e->due_us,
        [N_LOOK] = e->due_us,
        [N_UNTIL] = e->until_us,
        [N_OWED] = e->owed_us,
        [N_CONTACT] = e->contact_us,
        [N_LEVEL] = e->level_us,
        [N_CLOCK] = e->clock_us,
        [N_RED] = e->flags & ESC_IS_RED ? e->red_us : ESC_NEVER,
        [N_SMALL] = pack_state(e),
        [N_REFUSED] = pack_ranks(e->refused),
        [N_GONE] = pack_ranks(e->gone),
        [N_SETTLED] = call->settled,
    };
    for (int i = 0; i < NUMBERS; i++)
        out->numbers[i][at] = numbers[i];
    out->tenants[at] = call->tenant_id;
    out->ids[at] = call->id;
    out->people[at] = person ? person->person_id : (struct uuid){0};
    out->names[at] = person ? person->person_name : "";
    out->answers[at] = call->answer_id;
    out->answer_names[at] = call->answer_name;
    out->roles[at] = (int16_t)call->role;
    out->level_roles[at] =
        (int16_t)(e->level < call->policy.level_count ? call->policy.levels[e->level].role : call->role);
    out->leaving[at] = (int16_t)e->leaving;
    out->flags[at] = (int16_t)e->flags;
}

static enum err save_states(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    int room = batch->count;
    struct state_columns out = {
        .tenants = ids_of(c, room),
        .ids = ids_of(c, room),
        .people = ids_of(c, room),
        .answers = ids_of(c, room),
        .names = texts_of(c, room),
        .answer_names = texts_of(c, room),
        .roles = smalls_of(c, room),
        .level_roles = smalls_of(c, room),
        .leaving = smalls_of(c, room),
        .flags = smalls_of(c, room),
    };
    for (int i = 0; i < NUMBERS; i++)
        out.numbers[i] = numbers_of(c, room);
    for (int i = 0; i < batch->count; i++) {
        if (is_changed(&batch->calls[i]))
            put_state(&out, &batch->calls[i]);
    }
    if (out.count == 0)
        return ERR_OK;
    struct param params[24] = {p_uuids(c, out.tenants, out.count), p_uuids(c, out.ids, out.count)};
    for (int i = 0; i < NUMBERS; i++)
        params[2 + i] = p_i64s(c, out.numbers[i], out.count);
    params[16] = p_uuids(c, out.people, out.count);
    params[17] = p_texts(c, out.names, out.count);
    params[18] = p_i16s(c, out.roles, out.count);
    params[19] = p_i16s(c, out.level_roles, out.count);
    params[20] = p_uuids(c, out.answers, out.count);
    params[21] = p_texts(c, out.answer_names, out.count);
    params[22] = p_i16s(c, out.leaving, out.count);
    params[23] = p_i16s(c, out.flags, out.count);
    struct rows *rows = NULL;
    TRY(db_lease_query(c, lease, Q_ESCALATION_SAVE, params, &rows));
    if (rows_count(rows) == out.count)
        return ERR_OK;
    return call_fail(c, ERR_ABORTED, "STALE_GENERATION", "呼出の版が変わっていました。",
                     "A call was of another generation than it was read with.");
}

static enum err look_again(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    struct uuid *tenants = ids_of(c, batch->count), *ids = ids_of(c, batch->count);
    int64_t *looks = numbers_of(c, batch->count);
    int count = 0;
    for (int i = 0; i < batch->count; i++) {
        const struct esc_call *call = &batch->calls[i];
        if (call->is_dropped || is_changed(call))
            continue;
        tenants[count] = call->tenant_id;
        ids[count] = call->id;
        looks[count++] = call->look_us;
    }
    if (count == 0)
        return ERR_OK;
    const struct param params[] = {p_uuids(c, tenants, count), p_uuids(c, ids, count),
                                   p_i64s(c, looks, count)};
    return run(c, lease, Q_ESCALATION_LOOK_AGAIN, params);
}

static enum err freeze(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    struct uuid *tenants = ids_of(c, batch->count), *ids = ids_of(c, batch->count);
    const char **policies = texts_of(c, batch->count);
    int count = 0;
    for (int i = 0; i < batch->count; i++) {
        const struct esc_call *call = &batch->calls[i];
        if (!is_changed(call) || !call->is_armed_now)
            continue;
        tenants[count] = call->tenant_id;
        ids[count] = call->id;
        policies[count++] = esc_policy_hex(c, &call->policy);
    }
    if (count == 0)
        return ERR_OK;
    const struct param params[] = {p_uuids(c, tenants, count), p_uuids(c, ids, count),
                                   p_texts(c, policies, count)};
    return run(c, lease, Q_ESCALATION_FREEZE, params);
}

static enum err events_done(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    int room = 0, count = 0;
    for (int i = 0; i < batch->count; i++)
        room += batch->calls[i].is_dropped ? 0 : batch->calls[i].event_count;
    if (room == 0)
        return ERR_OK;
    struct uuid *tenants = ids_of(c, room), *ids = ids_of(c, room);
    int64_t *events = numbers_of(c, room);
    for (int i = 0; i < batch->count; i++) {
        const struct esc_call *call = &batch->calls[i];
        for (int k = 0; k < call->event_count && !call->is_dropped; k++, count++) {
            tenants[count] = call->tenant_id;
            ids[count] = call->id;
            events[count] = call->events[k].id;
        }
    }
    const struct param params[] = {p_uuids(c, tenants, count), p_uuids(c, ids, count),
                                   p_i64s(c, events, count)};
    return run(c, lease, Q_ESCALATION_EVENTS_DONE, params);
}

// --- effects and notices ---

static bool has_contact(const struct esc_deed *deed)
{
    return deed->effect.kind == ESC_NOTIFY && deed->person &&
           deed->effect.contact < deed->person->contact_count;
}

static int64_t pack_deed(const struct esc_deed *deed)
{
    const struct escalation_effect *f = &deed->effect;
    int role = f->level < deed->call->policy.level_count ? deed->call->policy.levels[f->level].role : 0;
    int contact_kind = has_contact(deed) ? deed->person->contact_kinds[f->contact] : 0;
    return (int64_t)deed->position | (int64_t)f->kind << 5 | (int64_t)f->why << 10 | (int64_t)f->level << 15 |
           (int64_t)f->rank << 19 | (int64_t)role << 23 | (int64_t)contact_kind << 30;
}

static struct uuid contact_of(const struct esc_deed *deed)
{
    return has_contact(deed) ? deed->person->contact_ids[deed->effect.contact] : (struct uuid){0};
}

static enum err add_effects(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    int room = batch->deed_count, n = 0;
    struct uuid *tenants = ids_of(c, room), *ids = ids_of(c, room), *people = ids_of(c, room),
                *posts = ids_of(c, room), *contacts = ids_of(c, room);
    int64_t *generations = numbers_of(c, room), *smalls = numbers_of(c, room), *missed = numbers_of(c, room),
            *late = numbers_of(c, room);
    const char **names = texts_of(c, room), **post_names = texts_of(c, room);
    for (int i = 0; i < room; i++) {
        const struct esc_deed *deed = &batch->deeds[i];
        if (deed->call->is_dropped)
            continue;
        tenants[n] = deed->call->tenant_id;
        ids[n] = deed->call->id;
        generations[n] = deed->generation;
        smalls[n] = pack_deed(deed);
        people[n] = deed->person ? deed->person->person_id : (struct uuid){0};
        names[n] = deed->person ? deed->person->person_name : "";
        posts[n] = deed->person ? deed->person->post_id : (struct uuid){0};
        post_names[n] = deed->person ? deed->person->post_name : "";
        contacts[n] = contact_of(deed);
        missed[n] = deed->effect.missed;
        late[n++] = deed->effect.late_us;
    }
    if (n == 0)
        return ERR_OK;
    const struct param params[] = {
        p_uuids(c, tenants, n),  p_uuids(c, ids, n),   p_i64s(c, generations, n), p_i64s(c, smalls, n),
        p_uuids(c, people, n),   p_texts(c, names, n), p_uuids(c, posts, n),      p_texts(c, post_names, n),
        p_uuids(c, contacts, n), p_i64s(c, missed, n), p_i64s(c, late, n),
    };
    return run(c, lease, Q_ESCALATION_EFFECTS_ADD, params);
}

static bool is_notice(const struct esc_deed *deed)
{
    return !deed->call->is_dropped && deed->effect.kind == ESC_NOTIFY && deed->person;
}

static enum err add_notices(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    int room = batch->deed_count, n = 0;
    struct uuid *tenants = ids_of(c, room), *ids = ids_of(c, room), *calls = ids_of(c, room),
                *people = ids_of(c, room), *contacts = ids_of(c, room);
    int64_t *generations = numbers_of(c, room), *positions = numbers_of(c, room);
    int16_t *kinds = smalls_of(c, room);
    for (int i = 0; i < room; i++) {
        const struct esc_deed *deed = &batch->deeds[i];
        if (!is_notice(deed))
            continue;
        tenants[n] = deed->call->tenant_id;
        ids[n] = uuid_v7();
        calls[n] = deed->call->id;
        generations[n] = deed->generation;
        positions[n] = deed->position;
        people[n] = deed->person->person_id;
        contacts[n] = contact_of(deed);
        kinds[n++] = (int16_t)(has_contact(deed) ? deed->person->contact_kinds[deed->effect.contact] : 0);
    }
    if (n == 0)
        return ERR_OK;
    const struct param params[] = {
        p_uuids(c, tenants, n),  p_uuids(c, ids, n),    p_uuids(c, calls, n),    p_i64s(c, generations, n),
        p_i64s(c, positions, n), p_uuids(c, people, n), p_uuids(c, contacts, n), p_i16s(c, kinds, n),
    };
    return run(c, lease, Q_ESCALATION_NOTICES_ADD, params);
}

// --- addressees of orders ---

// What the addressee becomes by this call; 0: stays as it is.
static int addressee_state(const struct esc_batch *batch, const struct esc_call *call)
{
    int state = 0;
    for (int i = call->deeds_from; i < call->deeds_end; i++) {
        const struct esc_deed *deed = &batch->deeds[i];
        if (deed->effect.kind == ESC_NOTIFY && deed->effect.why != ESC_REMINDER)
            state = ORDER_STATE_QUEUED;
        if (deed->effect.kind == ESC_RED && deed->effect.why == ESC_NOBODY_REACHED)
            state = ORDER_STATE_UNREACHABLE;
    }
    return state;
}

static enum err move_addressees(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    int room = batch->addressee_count, n = 0;
    struct uuid *tenants = ids_of(c, room), *ids = ids_of(c, room), *people = ids_of(c, room),
                *posts = ids_of(c, room);
    const char **names = texts_of(c, room), **post_names = texts_of(c, room);
    int16_t *deputies = smalls_of(c, room), *states = smalls_of(c, room);
    for (int i = 0; i < batch->count; i++) {
        const struct esc_call *call = &batch->calls[i];
        int state = call->addressee >= 0 && is_changed(call) ? addressee_state(batch, call) : 0;
        if (state == 0)
            continue;
        const struct esc_person *person = called(call);
        tenants[n] = call->tenant_id;
        ids[n] = call->addressee_id;
        people[n] = person ? person->person_id : (struct uuid){0};
        names[n] = person ? person->person_name : "";
        posts[n] = person ? person->post_id : (struct uuid){0};
        post_names[n] = person ? person->post_name : "";
        deputies[n] = (int16_t)(person && (call->state.rank > 0 || call->state.level > 0));
        states[n++] = (int16_t)state;
    }
    if (n == 0)
        return ERR_OK;
    const struct param params[] = {
        p_uuids(c, tenants, n), p_uuids(c, ids, n),        p_uuids(c, people, n),  p_texts(c, names, n),
        p_uuids(c, posts, n),   p_texts(c, post_names, n), p_i16s(c, deputies, n), p_i16s(c, states, n),
    };
    return run(c, lease, Q_ESCALATION_ASKED, params);
}

// --- chronologies and command ---

static enum err add_notes(struct call *c, struct db_lease *lease, const struct esc_batch *batch)
{
    int n = batch->note_count;
    if (n == 0)
        return ERR_OK;
    struct uuid *tenants = ids_of(c, n), *incidents = ids_of(c, n), *ids = ids_of(c, n);
    int16_t *ahead = smalls_of(c, n), *kinds_of_entry = smalls_of(c, n);
    const char **kinds = texts_of(c, n), **texts = texts_of(c, n), **reasons = texts_of(c, n),
               **changes = texts_of(c, n);
    for (int i = 0; i < n; i++) {
        const struct esc_note *note = &batch->notes[i];
        tenants[i] = note->incident->tenant_id;
        incidents[i] = note->incident->id;
        ids[i] = note->id;
        ahead[i] = (int16_t)note->ahead;
        kinds[i] = note->kind;
        texts[i] = note->text;
        reasons[i] = note->reason;
        kinds_of_entry[i] = (int16_t)note->entry_kind;
        changes[i] = note->changes ? note->changes : "";
    }
    const struct param params[] = {
        p_uuids(c, tenants, n), p_uuids(c, incidents, n),     p_uuids(c, ids, n),
        p_i16s(c, ahead, n),    p_texts(c, kinds, n),         p_texts(c, texts, n),
        p_texts(c, reasons, n), p_i16s(c, kinds_of_entry, n), p_texts(c, changes, n),
    };
    return run(c, lease, Q_ESCALATION_NOTE, params);
}

static enum err put_in_command(struct call *c, struct db_lease *lease, const struct esc_command *command)
{
    const struct esc_person *person = command->person;
    const struct param params[] = {
        p_uuid(&command->incident->tenant_id), p_uuid(&command->incident->id), p_uuid(&person->person_id),
        p_text(person->person_name),           p_uuid(&person->post_id),       p_text(person->post_name)};
    TRY(run(c, lease, Q_ESCALATION_COMMANDS, params));
    const struct param said[] = {p_uuid(&command->incident->tenant_id),
                                 p_uuid(&command->incident->id),
                                 p_uuid(&command->note_id),
                                 p_i16(c, (int16_t)command->role),
                                 p_text(command->ground),
                                 p_i16(c, (int16_t)command->end)};
    return run(c, lease, Q_COMMAND_SAID, said);
}

enum err esc_postpone(struct call *c, const struct esc_call *call)
{
    const struct param params[] = {p_uuid(&call->tenant_id), p_uuid(&call->id)};
    struct db_stmt stmt = {.query = Q_ESCALATION_POSTPONE, .params = params};
    return db_write(c, &call->incident_id, &stmt, 1);
}

enum err esc_save(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    TRY(save_states(c, lease, batch));
    TRY(look_again(c, lease, batch));
    TRY(freeze(c, lease, batch));
    TRY(events_done(c, lease, batch));
    TRY(add_effects(c, lease, batch));
    TRY(add_notices(c, lease, batch));
    TRY(move_addressees(c, lease, batch));
    TRY(add_notes(c, lease, batch));
    for (int i = 0; i < batch->command_count; i++)
        TRY(put_in_command(c, lease, &batch->commands[i]));
    return ERR_OK;
}
