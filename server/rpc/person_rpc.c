// SPDX-License-Identifier: Apache-2.0
// DirectoryService: people, who holds which post, and how they are reached.
#include "server/domain/contact.h"
#include "server/domain/words.h"
#include "server/rpc/directory_fill.h"
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/page.h"
#include "server/store/contact_store.h"
#include "server/store/directory_store.h"
#include "server/store/message.h"

// --- who sees private numbers

static bool sees_private(const struct call *c, const struct uuid *person_id)
{
    return (c->actor.roles & ROLES_CALL) != 0 || uuid_equal(&c->actor.person_id, person_id);
}

// --- people

enum err rpc_list_persons(struct call *c, const Sokuo__V1__ListPersonsRequest *req,
                          Sokuo__V1__ListPersonsResponse *res)
{
    int size = page_size_of(req->page_size);
    const char *after = "";
    TRY(page_token_read(c, req->page_token, &after));
    struct uuid unit_id = msg_take_uuid(req->unit_id);
    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   p_text(after),
                                   p_i32(c, size + 1),
                                   p_text(person_query_folded(c, req->query)),
                                   p_uuid(&unit_id),
                                   p_i16(c, (int16_t)req->role),
                                   p_null()};
    TRY(db_query(c, Q_PERSON_LIST, params, &rows));
    int count = rows_count(rows) > size ? size : rows_count(rows);
    res->persons = msg_list(c, count);
    for (int i = 0; i < count; i++)
        res->persons[res->n_persons++] = fill_person(c, rows, i);
    if (rows_count(rows) > size)
        res->next_page_token = page_token_make(c, res->persons[count - 1]->code);
    return ERR_OK;
}

enum { PERSON, TENURES, CONTACTS, DUTIES, PARTS };

static void fill_parts(struct call *c, const struct db_stmt parts[PARTS], const struct uuid *id,
                       Sokuo__V1__GetPersonResponse *res)
{
    const struct rows *tenures = parts[TENURES].rows, *contacts = parts[CONTACTS].rows;
    uint64_t duties = (uint64_t)row_i64(parts[DUTIES].rows, 0, 0);
    res->person = fill_person(c, parts[PERSON].rows, 0);
    res->tenures = msg_list(c, rows_count(tenures));
    for (int i = 0; i < rows_count(tenures); i++)
        res->tenures[res->n_tenures++] = fill_tenure(c, tenures, i);
    res->contact_points = msg_list(c, rows_count(contacts));
    for (int i = 0; i < rows_count(contacts); i++)
        res->contact_points[res->n_contact_points++] = fill_contact(c, contacts, i, !sees_private(c, id));
    res->roles = call_alloc(c, 64 * sizeof *res->roles);
    for (int role = 1; role < 63; role++) {
        if (duties >> role & 1)
            res->roles[res->n_roles++] = (Sokuo__V1__Role)role;
    }
}

enum err rpc_get_person(struct call *c, const Sokuo__V1__GetPersonRequest *req,
                        Sokuo__V1__GetPersonResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    const struct param tenant = p_uuid(&c->actor.tenant_id);
    const struct param person_params[] = {tenant,   p_text(""),  p_i32(c, 1), p_text(""),
                                          p_null(), p_i16(c, 0), p_uuid(&id)};
    const struct param id_params[] = {tenant, p_uuid(&id), p_null()};
    struct db_stmt parts[PARTS] = {[PERSON] = {.query = Q_PERSON_LIST, .params = person_params},
                                   [TENURES] = {.query = Q_PERSON_TENURES, .params = id_params},
                                   [CONTACTS] = {.query = Q_PERSON_CONTACTS, .params = id_params},
                                   [DUTIES] = {.query = Q_PERSON_DUTIES, .params = id_params}};
    TRY(db_read(c, parts, PARTS));
    if (rows_count(parts[PERSON].rows) == 0 || rows_count(parts[DUTIES].rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_PERSON", "その職員は見つかりません。",
                         "There is no such person.");
    fill_parts(c, parts, &id, res);
    return ERR_OK;
}

enum err rpc_save_person(struct call *c, const Sokuo__V1__SavePersonRequest *req,
                         Sokuo__V1__SavePersonResponse *res)
{
    int kind = req->kind == 0 ? SOKUO__V1__PERSON_KIND__PERSON_KIND_STAFF : (int)req->kind;
    TRY(directory_number(c, "kind", kind, 1, 8));
    struct uuid id;
    const struct param values[] = {
        p_text(req->code),       p_text(req->name),
        p_text(req->kana),       p_text(person_folded(c, req->name, req->kana, req->code)),
        p_i16(c, (int16_t)kind), p_bool(req->active)};
    TRY(directory_save(c, Q_PERSON_SAVE, msg_take_uuid(req->id), values, 6, &id));
    directory_changed(c);

    struct rows *rows = NULL;
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), p_text(""), p_i32(c, 1), p_text(""), p_null(), p_i16(c, 0), p_uuid(&id)};
    TRY(directory_one(c, Q_PERSON_LIST, params, &rows));
    res->person = fill_person(c, rows, 0);
    return ERR_OK;
}

enum err rpc_save_tenure(struct call *c, const Sokuo__V1__SaveTenureRequest *req,
                         Sokuo__V1__SaveTenureResponse *res)
{
    int kind = req->kind == 0 ? SOKUO__V1__TENURE_KIND__TENURE_KIND_REGULAR : (int)req->kind;
    const char *from = NULL, *until = NULL;
    TRY(directory_number(c, "kind", kind, 1, 4));
    TRY(directory_day(c, "validFrom", req->valid_from, &from));
    TRY(directory_day(c, "validUntil", req->valid_until, &until));
    struct uuid id, person_id = msg_take_uuid(req->person_id), post_id = msg_take_uuid(req->post_id);
    const struct param values[] = {p_uuid(&person_id), p_uuid(&post_id), p_i16(c, (int16_t)kind),
                                   p_text(from), p_text(until)};
    TRY(directory_save(c, Q_TENURE_SAVE, msg_take_uuid(req->id), values, 5, &id));
    directory_changed(c);

    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&person_id), p_uuid(&id)};
    TRY(directory_one(c, Q_PERSON_TENURES, params, &rows));
    res->tenure = fill_tenure(c, rows, 0);
    return ERR_OK;
}

// --- contact points

// One's own, or anybody's for administrators; others get the answer for "does not exist".
static bool may_change(const struct call *c, const struct uuid *person_id)
{
    return actor_has_role(&c->actor, SOKUO__V1__ROLE__ROLE_ADMIN) ||
           uuid_equal(person_id, &c->actor.person_id);
}

enum err rpc_save_contact_point(struct call *c, const Sokuo__V1__SaveContactPointRequest *req,
                                Sokuo__V1__SaveContactPointResponse *res)
{
    TRY(directory_number(c, "kind", (int)req->kind, CONTACT(MOBILE), CONTACT(CHAT)));
    TRY(directory_number(c, "priority", req->priority, 0, 99));
    struct uuid id, person_id = req->person_id[0] ? msg_take_uuid(req->person_id) : c->actor.person_id;
    if (!may_change(c, &person_id))
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_PERSON", "その職員は見つかりません。",
                         "There is no such person.");
    struct contact_edit edit = {.id = msg_take_uuid(req->id),
                                .person_id = person_id,
                                .kind = (int)req->kind,
                                .priority = req->priority,
                                .is_private = req->private_};
    TRY(contact_address(c, edit.kind, req->address, &edit.address));
    TRY(contact_put(c, &edit, NULL, &id));
    if (uuid_is_nil(&id))
        return contact_why_not(c, &edit);

    struct rows *rows = NULL;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&person_id), p_uuid(&id)};
    TRY(directory_one(c, Q_PERSON_CONTACTS, params, &rows));
    res->contact_point = fill_contact(c, rows, 0, false);
    return ERR_OK;
}

enum err rpc_delete_contact_point(struct call *c, const Sokuo__V1__DeleteContactPointRequest *req,
                                  Sokuo__V1__DeleteContactPointResponse *res)
{
    (void)res;
    struct uuid id = msg_take_uuid(req->id);
    bool is_admin = actor_has_role(&c->actor, SOKUO__V1__ROLE__ROLE_ADMIN), is_done;
    return contact_remove(c, &id, is_admin ? NULL : &c->actor.person_id, NULL, &is_done);
}
