// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/directory_fill.h"
#include "server/store/message.h"

// Columns of the row at hand.
#define UUID(name) row_uuid(rows, row, rows_col(rows, name))
#define TEXT(name) msg_text(row_text(rows, row, rows_col(rows, name)))
#define NUMBER(name) ((int32_t)row_i64(rows, row, rows_col(rows, name)))
#define BOOL(name) row_bool(rows, row, rows_col(rows, name))

static char *id_text(struct call *c, struct uuid id)
{
    return msg_uuid(c, &id);
}

Sokuo__V1__Unit *fill_unit(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Unit *unit = call_alloc(c, sizeof *unit);
    sokuo__v1__unit__init(unit);
    unit->id = id_text(c, UUID("id"));
    unit->kind = (Sokuo__V1__UnitKind)NUMBER("kind");
    unit->code = TEXT("code");
    unit->name = TEXT("name");
    unit->parent_id = id_text(c, UUID("parent_id"));
    unit->phone = TEXT("phone");
    unit->active = BOOL("active");
    return unit;
}

Sokuo__V1__Post *fill_post(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Post *post = call_alloc(c, sizeof *post);
    sokuo__v1__post__init(post);
    post->id = id_text(c, UUID("id"));
    post->code = TEXT("code");
    post->name = TEXT("name");
    post->unit = msg_ref(c, UUID("unit_id"), TEXT("unit_name"));
    post->rank = NUMBER("rank");
    post->active = BOOL("active");
    return post;
}

Sokuo__V1__Person *fill_person(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Person *person = call_alloc(c, sizeof *person);
    sokuo__v1__person__init(person);
    person->id = id_text(c, UUID("id"));
    person->code = TEXT("code");
    person->name = TEXT("name");
    person->kana = TEXT("kana");
    person->kind = (Sokuo__V1__PersonKind)NUMBER("kind");
    person->post = msg_ref(c, UUID("post_id"), TEXT("post_name"));
    person->section = msg_ref(c, UUID("unit_id"), TEXT("unit_name"));
    person->active = BOOL("active");
    return person;
}

Sokuo__V1__Tenure *fill_tenure(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Tenure *tenure = call_alloc(c, sizeof *tenure);
    sokuo__v1__tenure__init(tenure);
    tenure->id = id_text(c, UUID("id"));
    tenure->person = msg_ref(c, UUID("person_id"), TEXT("person_name"));
    tenure->post = msg_ref(c, UUID("post_id"), TEXT("post_name"));
    tenure->kind = (Sokuo__V1__TenureKind)NUMBER("kind");
    tenure->valid_from = TEXT("valid_from");
    tenure->valid_until = TEXT("valid_until");
    return tenure;
}

Sokuo__V1__RoleAssignment *fill_duty(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__RoleAssignment *duty = call_alloc(c, sizeof *duty);
    sokuo__v1__role_assignment__init(duty);
    duty->id = id_text(c, UUID("id"));
    duty->post = msg_ref(c, UUID("post_id"), TEXT("post_name"));
    duty->role = (Sokuo__V1__Role)NUMBER("role");
    duty->scope = msg_ref(c, UUID("scope_id"), TEXT("scope_name"));
    duty->valid_from = TEXT("valid_from");
    duty->valid_until = TEXT("valid_until");
    return duty;
}

Sokuo__V1__ContactPoint *fill_contact(struct call *c, const struct rows *rows, int row, bool hide_private)
{
    Sokuo__V1__ContactPoint *contact = call_alloc(c, sizeof *contact);
    sokuo__v1__contact_point__init(contact);
    contact->id = id_text(c, UUID("id"));
    contact->kind = (Sokuo__V1__ContactKind)NUMBER("kind");
    contact->private_ = BOOL("private");
    bool is_hidden = (contact->private_ && hide_private) ||
                     contact->kind == SOKUO__V1__CONTACT_KIND__CONTACT_KIND_WEB_PUSH;
    contact->address = is_hidden ? msg_text("") : TEXT("address");
    contact->priority = NUMBER("priority");
    contact->confirmed_at = msg_time(c, row_time(rows, row, rows_col(rows, "confirmed_at")));
    return contact;
}

Sokuo__V1__System *fill_system(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__System *system = call_alloc(c, sizeof *system);
    sokuo__v1__system__init(system);
    system->id = id_text(c, UUID("id"));
    system->code = TEXT("code");
    system->name = TEXT("name");
    system->section = msg_ref(c, UUID("section_id"), TEXT("section_name"));
    system->zone = NUMBER("zone");
    system->availability_level = NUMBER("availability_level");
    system->active = BOOL("active");
    return system;
}
