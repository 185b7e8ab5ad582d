// SPDX-License-Identifier: Apache-2.0
// Who stands in duties now: looked up for a whole batch at once.
#include <string.h>

#include "server/store/escalation_store.h"

#define CONTACTS_MOST 8

static unsigned hash_of(const struct uuid *tenant_id, int role, const struct uuid *scope_id, int mode)
{
    unsigned hash = 2166136261u ^ (unsigned)role ^ (unsigned)mode << 8;
    for (size_t i = 0; i < sizeof scope_id->bytes; i++) {
        hash = (hash ^ scope_id->bytes[i]) * 16777619u;
        hash = (hash ^ tenant_id->bytes[i]) * 16777619u;
    }
    return hash;
}

void esc_duties_begin(struct call *c, struct esc_duties *duties, int room)
{
    int slot_count = 16;
    while (slot_count < room * 2)
        slot_count *= 2;
    *duties = (struct esc_duties){
        .all = call_alloc(c, (size_t)(room + 1) * sizeof *duties->all),
        .room = room,
        .slots = call_alloc(c, (size_t)slot_count * sizeof *duties->slots),
        .slot_count = slot_count,
    };
    for (int i = 0; i < slot_count; i++)
        duties->slots[i] = -1;
}

static bool is_duty(const struct esc_duty *duty, const struct uuid *tenant_id, int role,
                    const struct uuid *scope_id, int mode)
{
    return duty->role == role && duty->mode == mode && uuid_equal(&duty->scope_id, scope_id) &&
           uuid_equal(&duty->tenant_id, tenant_id);
}

struct esc_duty *esc_duties_want(struct esc_duties *duties, const struct uuid *tenant_id, int role,
                                 const struct uuid *scope_id, int mode)
{
    unsigned mask = (unsigned)duties->slot_count - 1, at = hash_of(tenant_id, role, scope_id, mode) & mask;
    for (; duties->slots[at] >= 0; at = (at + 1) & mask) {
        if (is_duty(&duties->all[duties->slots[at]], tenant_id, role, scope_id, mode))
            return &duties->all[duties->slots[at]];
    }
    struct esc_duty *duty = &duties->all[duties->count];
    *duty = (struct esc_duty){.tenant_id = *tenant_id, .scope_id = *scope_id, .role = role, .mode = mode};
    if (duties->count < duties->room)
        duties->slots[at] = duties->count++;
    return duty;
}

static enum err ask(struct call *c, struct db_lease *lease, enum query query, const struct param *params,
                    struct rows **ret_rows)
{
    return lease ? db_lease_query(c, lease, query, params, ret_rows) : db_query(c, query, params, ret_rows);
}

struct columns {
    int n, place, post, post_name, person, person_name, away, contacts, kinds, points;
};

// Only the first place of a person counts.
static bool stands_before(const struct esc_duty *duty, const struct uuid *person_id)
{
    for (int i = 0; i < duty->count; i++) {
        if (uuid_equal(&duty->people[i].person_id, person_id))
            return true;
    }
    return false;
}

static void take_person(struct call *c, const struct rows *rows, int row, const struct columns *at,
                        struct esc_duty *duty)
{
    struct uuid id = row_uuid(rows, row, at->person);
    duty->place_id = row_uuid(rows, row, at->place);
    if (duty->count == ESC_RANKS_MOST || (!uuid_is_nil(&id) && stands_before(duty, &id)))
        return;
    struct esc_person *person = &duty->people[duty->count++];
    *person = (struct esc_person){
        .post_id = row_uuid(rows, row, at->post),
        .person_id = id,
        .post_name = row_text(rows, row, at->post_name),
        .person_name = row_text(rows, row, at->person_name),
        .is_away = row_bool(rows, row, at->away),
    };
    int count = row_uuids(c, rows, row, at->contacts, &person->contact_ids);
    (void)row_i16s(c, rows, row, at->kinds, &person->contact_kinds);
    person->contact_count = count < CONTACTS_MOST ? count : CONTACTS_MOST;
    // Reached by no channel, but by a telephone in somebody's hand: the call stands in the client and on the
    // list to telephone, and silence counts as usual.
    if (count == 0 && row_i64(rows, row, at->points) > 0) {
        person->contact_ids = call_alloc(c, sizeof *person->contact_ids);
        person->contact_kinds = call_alloc(c, sizeof *person->contact_kinds);
        *person->contact_ids = (struct uuid){0};
        *person->contact_kinds = 0;
        person->contact_count = 1;
    }
}

enum err esc_duties_read(struct call *c, struct db_lease *lease, struct esc_duties *duties)
{
    struct uuid *tenants = call_alloc(c, (size_t)(duties->count + 1) * sizeof *tenants);
    struct uuid *scopes = call_alloc(c, (size_t)(duties->count + 1) * sizeof *scopes);
    int16_t *roles = call_alloc(c, (size_t)(duties->count + 1) * sizeof *roles);
    int16_t *modes = call_alloc(c, (size_t)(duties->count + 1) * sizeof *modes);
    for (int i = 0; i < duties->count; i++) {
        tenants[i] = duties->all[i].tenant_id;
        scopes[i] = duties->all[i].scope_id;
        roles[i] = (int16_t)duties->all[i].role;
        modes[i] = (int16_t)duties->all[i].mode;
    }
    if (duties->count == 0)
        return ERR_OK;
    const struct param params[] = {p_uuids(c, tenants, duties->count), p_i16s(c, roles, duties->count),
                                   p_uuids(c, scopes, duties->count), p_i16s(c, modes, duties->count)};
    struct rows *rows = NULL;
    TRY(ask(c, lease, Q_ESCALATION_PLACES, params, &rows));
    const struct columns at = {
        rows_col(rows, "n"),         rows_col(rows, "place_id"),    rows_col(rows, "post_id"),
        rows_col(rows, "post_name"), rows_col(rows, "person_id"),   rows_col(rows, "person_name"),
        rows_col(rows, "is_away"),   rows_col(rows, "contact_ids"), rows_col(rows, "contact_kinds"),
        rows_col(rows, "points"),
    };
    for (int row = 0; row < rows_count(rows); row++)
        take_person(c, rows, row, &at, &duties->all[row_i64(rows, row, at.n) - 1]);
    return ERR_OK;
}

static bool is_among(const struct uuid *id, const struct uuid *ids, int count)
{
    for (int i = 0; i < count; i++) {
        if (uuid_equal(id, &ids[i]))
            return true;
    }
    return false;
}

static struct escalation_person stand_of(const struct esc_person *person, const struct uuid *excluded,
                                         int excluded_count)
{
    struct escalation_person ret = {.standing = ESC_VACANT};
    if (uuid_is_nil(&person->person_id) || is_among(&person->person_id, excluded, excluded_count))
        return ret;
    ret.standing = person->is_away ? ESC_AWAY : ESC_PRESENT;
    ret.contacts = (uint8_t)person->contact_count;
    return ret;
}

void esc_reach(const struct escalation_policy *policy, struct esc_duty *const *duties,
               const struct uuid *excluded, int excluded_count, struct escalation_reach *ret)
{
    memset(ret, 0, sizeof *ret);
    for (int level = 0; level < policy->level_count && level < ESC_LEVELS_MOST; level++) {
        for (int rank = 0; rank < duties[level]->count; rank++)
            ret->people[level][rank] = stand_of(&duties[level]->people[rank], excluded, excluded_count);
    }
}
