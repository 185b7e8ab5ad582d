// SPDX-License-Identifier: Apache-2.0
// Who may see an incident: its class, and persons named or excluded.
#include <string.h>

#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"

#define PUT_PARAMS 13

// --- class ---

// Opening a sealed incident takes CISO and legal, one after the other. The first one's word waits in the row.
static bool is_second_approval(struct call *c, const struct incident *before)
{
    bool is_ciso = actor_has_role(&c->actor, ROLE(CISO)), is_legal = actor_has_role(&c->actor, ROLE(LEGAL));
    bool is_other_person =
        !uuid_is_nil(&before->unseal_by) && !uuid_equal(&before->unseal_by, &c->actor.person_id);
    return is_other_person && ((before->unseal_role == (int)ROLE(CISO) && is_legal) ||
                               (before->unseal_role == (int)ROLE(LEGAL) && is_ciso));
}

static enum err decide_unsealing(struct call *c, struct change *change, bool *ret_pending)
{
    struct incident *after = &change->after;
    bool is_ciso = actor_has_role(&c->actor, ROLE(CISO)), is_legal = actor_has_role(&c->actor, ROLE(LEGAL));
    if (!is_ciso && !is_legal)
        return call_fail(c, ERR_PERMISSION_DENIED, "CISO_AND_LEGAL",
                         "秘匿の解除は、CISOと法務の二人が順に承認します。",
                         "A sealed incident is opened by CISO and legal, one after the other.");
    *ret_pending = !is_second_approval(c, &change->before);
    if (*ret_pending) {
        after->unseal_by = c->actor.person_id;
        after->unseal_role = is_ciso ? (int)ROLE(CISO) : (int)ROLE(LEGAL);
        change->note.kind = "incident.unseal_requested";
        change->note.text = "秘匿解除の承認(1人目)";
    }
    return ERR_OK;
}

static enum err is_anybody_excluded(struct call *c, const struct uuid *incident_id, const struct uuid *but,
                                    bool *ret_excluded)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_MEMBERS, params, &rows));
    *ret_excluded = false;
    for (int i = 0; i < rows_count(rows); i++) {
        struct uuid person = row_uuid(rows, i, rows_col(rows, "person_id"));
        if (row_i64(rows, i, rows_col(rows, "access")) == MEMBER(EXCLUDED) &&
            !(but && uuid_equal(&person, but)))
            *ret_excluded = true;
    }
    return ERR_OK;
}

static enum err decide_class(struct call *c, struct change *change, const ProtobufCMessage *message,
                             ProtobufCMessage *response)
{
    const Sokuo__V1__SetConfidentialityRequest *req = (const Sokuo__V1__SetConfidentialityRequest *)message;
    Sokuo__V1__SetConfidentialityResponse *res = (Sokuo__V1__SetConfidentialityResponse *)response;
    struct incident *after = &change->after;
    change->note.kind = "incident.confidentiality";
    change->note.text = "閲覧範囲の変更";
    change->note.reason = req->reason;
    bool is_pending = false;
    if (change->before.m.confidentiality == CLASS(SEALED) && req->confidentiality != CLASS(SEALED))
        TRY(decide_unsealing(c, change, &is_pending));
    else if (!(change->before.acts & ACCESS_CLASSIFY))
        return change_denied(c);
    res->incident = &after->m;
    res->second_approval_pending = is_pending;
    if (is_pending)
        return ERR_OK;
    bool is_excluding;
    TRY(is_anybody_excluded(c, &after->id, NULL, &is_excluding));
    after->m.confidentiality = req->confidentiality;
    after->wall = access_wall((int)req->confidentiality, is_excluding);
    after->unseal_by = (struct uuid){0};
    after->unseal_role = 0;
    change_note_enum(change, "confidentiality", &sokuo__v1__confidentiality__descriptor,
                     (int)change->before.m.confidentiality, (int)req->confidentiality);
    return ERR_OK;
}

enum err rpc_set_confidentiality(struct call *c, const Sokuo__V1__SetConfidentialityRequest *req,
                                 Sokuo__V1__SetConfidentialityResponse *res)
{
    if (req->confidentiality == CLASS(UNSPECIFIED))
        return call_fail_field(c, "confidentiality", "REQUIRED", "閲覧範囲を選んでください。",
                               "Choose a class.");
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->id,
        .version = req->version,
        .act = ACCESS_READ,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_class);
}

// --- members ---

static Sokuo__V1__Member *new_member(struct call *c, const Sokuo__V1__SetMemberRequest *req,
                                     const struct incident_person *person)
{
    Sokuo__V1__Member *member = call_alloc(c, sizeof *member);
    sokuo__v1__member__init(member);
    member->person = msg_ref(c, person->id, person->name);
    member->access = req->access;
    member->reason = req->reason;
    member->by = msg_who(c, &c->actor.person_id, c->actor.person_name, &c->actor.post_id, c->actor.post_name,
                         c->actor.capacity);
    member->expires_at = req->expires_at;
    return member;
}

static void add_member_stmt(struct call *c, struct change *change, const Sokuo__V1__SetMemberRequest *req,
                            const struct uuid *person_id)
{
    const struct actor *actor = &c->actor;
    struct uuid *kept = arena_memdup(&c->arena, person_id, sizeof *person_id);
    const struct param put[PUT_PARAMS] = {
        p_uuid(&actor->tenant_id),
        p_uuid(&change->operation.id),
        p_uuid(&change->after.id),
        p_uuid(kept),
        p_i16(c, (int16_t)req->access),
        p_text(req->reason),
        p_uuid(&actor->person_id),
        p_text(actor->person_name ? actor->person_name : ""),
        p_uuid(&actor->post_id),
        p_text(actor->post_name ? actor->post_name : ""),
        p_i16(c, (int16_t)(actor->capacity ? actor->capacity : 1)),
        p_time(c, msg_take_time(req->expires_at)),
        p_uuid(&change->note.id),
    };
    const struct param drop[] = {put[0], put[1], put[2], put[3], put[12]};
    bool is_dropped = req->access == MEMBER(UNSPECIFIED);
    change->extra[change->extra_count++] = (struct db_stmt){
        .query = is_dropped ? Q_INCIDENT_MEMBER_DROP : Q_INCIDENT_MEMBER_PUT,
        .params = is_dropped ? arena_memdup(&c->arena, drop, sizeof drop)
                             : arena_memdup(&c->arena, put, sizeof put),
    };
}

static enum err decide_member(struct call *c, struct change *change, const ProtobufCMessage *message,
                              ProtobufCMessage *response)
{
    const Sokuo__V1__SetMemberRequest *req = (const Sokuo__V1__SetMemberRequest *)message;
    struct uuid person_id = msg_take_uuid(req->person_id);
    struct incident_person person;
    TRY(incident_person(c, "personId", &person_id, &person));
    if (req->access == MEMBER(EXCLUDED) && uuid_equal(&person_id, &c->actor.person_id))
        return call_fail_field(c, "personId", "SELF",
                               "自分を除外することはできません。別の人に依頼してください。",
                               "You cannot exclude yourself. Ask somebody else.");
    bool is_excluding;
    TRY(is_anybody_excluded(c, &change->after.id, &person_id, &is_excluding));
    is_excluding |= req->access == MEMBER(EXCLUDED);
    change->after.wall = access_wall((int)change->after.m.confidentiality, is_excluding);
    change->note.kind = "incident.member";
    change->note.text = "閲覧者の変更";
    // Who is excluded is for those who may classify, not for everybody who reads the chronology.
    bool is_public = req->access == MEMBER(NAMED);
    change->note.reason = is_public ? req->reason : "";
    change_note(change, "members", "", is_public ? person.name : "…");
    add_member_stmt(c, change, req, &person_id);
    ((Sokuo__V1__SetMemberResponse *)response)->member = new_member(c, req, &person);
    return ERR_OK;
}

enum err rpc_set_member(struct call *c, const Sokuo__V1__SetMemberRequest *req,
                        Sokuo__V1__SetMemberResponse *res)
{
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->id,
        .act = ACCESS_CLASSIFY,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_member);
}

static Sokuo__V1__Member *take_member(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Member *member = call_alloc(c, sizeof *member);
    sokuo__v1__member__init(member);
    struct uuid person = row_uuid(rows, row, rows_col(rows, "person_id"));
    struct uuid by = row_uuid(rows, row, rows_col(rows, "by_person_id"));
    struct uuid post = row_uuid(rows, row, rows_col(rows, "by_post_id"));
    member->person = msg_ref(c, person, row_text(rows, row, rows_col(rows, "person_name")));
    member->access = (Sokuo__V1__MemberAccess)row_i64(rows, row, rows_col(rows, "access"));
    member->reason = msg_text(row_text(rows, row, rows_col(rows, "reason")));
    member->by = msg_who(c, &by, row_text(rows, row, rows_col(rows, "by_person_name")), &post,
                         row_text(rows, row, rows_col(rows, "by_post_name")),
                         (int)row_i64(rows, row, rows_col(rows, "by_capacity")));
    member->since = msg_time(c, row_time(rows, row, rows_col(rows, "since")));
    member->expires_at = msg_time(c, row_time(rows, row, rows_col(rows, "expires_at")));
    return member;
}

enum err rpc_list_members(struct call *c, const Sokuo__V1__ListMembersRequest *req,
                          Sokuo__V1__ListMembersResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    struct incident *incident = NULL;
    TRY(incident_get(c, &id, &incident));
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_MEMBERS, params, &rows));
    res->members = msg_list(c, rows_count(rows));
    for (int i = 0; i < rows_count(rows); i++) {
        Sokuo__V1__Member *member = take_member(c, rows, i);
        if (member->access == MEMBER(NAMED) || (incident->acts & ACCESS_CLASSIFY))
            res->members[res->n_members++] = member;
    }
    return ERR_OK;
}
