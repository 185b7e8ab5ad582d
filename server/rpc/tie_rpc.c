// SPDX-License-Identifier: Apache-2.0
// Ties between incidents: link, merge, split. Two incidents change in one transaction, each with its own
// entry.
#include <string.h>

#include "server/rpc/methods.gen.h"
#include "server/rpc/move.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define TRIES 6

// Two changes under one operation: the first carries it, the second an id derived from it.
struct pair {
    struct change *first, *second;
    struct uuid second_operation;
    struct db_lease *lease;
};

static enum err begin(struct call *c, const char *operation_id, const ProtobufCMessage *req, const char *id,
                      const char *other_id, ProtobufCMessage *res, struct pair *pair, bool *ret_answered)
{
    pair->first = call_alloc(c, sizeof *pair->first);
    pair->second = call_alloc(c, sizeof *pair->second);
    operation_make(c, operation_id, req, &pair->first->operation);
    pair->second_operation = uuid_derive(&pair->first->operation.id, 1);
    TRY(operation_look_up(c, &pair->first->operation, res, ret_answered));
    if (*ret_answered)
        return ERR_OK;
    struct uuid ids[] = {msg_take_uuid(id), msg_take_uuid(other_id)};
    struct change *changes[] = {pair->first, pair->second};
    if (uuid_equal(&ids[0], &ids[1]))
        return call_fail(c, ERR_INVALID_ARGUMENT, "SAME_INCIDENT",
                         "同じ事案どうしです。別の事案を選んでください。",
                         "These are one and the same incident. Choose another one.");
    for (int i = 0; i < 2 && *(i ? other_id : id); i++) {
        struct incident *incident = NULL;
        TRY(incident_get(c, &ids[i], &incident));
        changes[i]->before = changes[i]->after = *incident;
        changes[i]->after.m.version++;
        change_begin_note(c, changes[i], "incident.linked");
    }
    return ERR_OK;
}

static enum err save(struct call *c, struct pair *pair, struct change *change,
                     const struct operation *operation, struct operation_facts *ret_facts)
{
    bool is_done;
    change_end_note(change);
    TRY(incident_save_leased(c, pair->lease, &change->before, &change->after, &change->note, operation,
                             operation ? &operation->id : &pair->second_operation, ret_facts, &is_done));
    if (!is_done)
        return call_fail(c, ERR_ABORTED, "STALE_VERSION",
                         "ほかの人が先に更新しました。もう一度送ってください。",
                         "Somebody else was faster. Send it again.");
    return ERR_OK;
}

// Both rows in the order of their ids, so that two people who tie the same two never wait for each other.
static enum err save_both(struct call *c, struct pair *pair, ProtobufCMessage *res,
                          struct operation_facts *ret_facts)
{
    incident_show_acts(c, &pair->first->after);
    incident_show_acts(c, &pair->second->after);
    operation_pack(c, &pair->first->operation, res);
    struct operation_facts other;
    if (memcmp(pair->first->before.id.bytes, pair->second->before.id.bytes, 16) < 0) {
        TRY(save(c, pair, pair->first, &pair->first->operation, ret_facts));
        return save(c, pair, pair->second, NULL, &other);
    }
    TRY(save(c, pair, pair->second, NULL, &other));
    return save(c, pair, pair->first, &pair->first->operation, ret_facts);
}

static enum err tie(struct call *c, struct pair *pair, bool is_removed, int kind, int other_kind)
{
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id),    p_uuid(&pair->first->operation.id),
        p_uuid(&pair->first->after.id), p_uuid(&pair->second->after.id),
        p_i16(c, (int16_t)kind),        p_i16(c, (int16_t)other_kind),
        p_uuid(&pair->first->note.id),
    };
    struct rows *rows = NULL;
    return db_lease_query(c, pair->lease, is_removed ? Q_INCIDENT_LINK_DROP : Q_INCIDENT_LINK_PUT, params,
                          &rows);
}

static enum err commit(struct call *c, struct pair *pair, ProtobufCMessage *res,
                       const struct operation_facts *facts)
{
    TRY(db_commit(c, pair->lease));
    operation_complete(c, res, facts);
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    return ERR_OK;
}

// Names the other one by id: who may not see it learns neither its number nor its title from the chronology.
static void note_tie(struct pair *pair, const char *kind, const char *text, const char *reason,
                     bool is_removed)
{
    struct change *changes[] = {pair->first, pair->second};
    for (int i = 0; i < 2; i++) {
        const char *other = changes[1 - i]->after.m.id;
        changes[i]->note.kind = kind;
        changes[i]->note.text = text;
        changes[i]->note.reason = reason;
        change_note(changes[i], "links", is_removed ? other : "", is_removed ? "" : other);
    }
}

// Does it once, from reading to committing.
typedef enum err (*pair_attempt)(struct call *c, const ProtobufCMessage *req, ProtobufCMessage *res,
                                 struct pair *pair);

// Nobody says which version of a pair was seen: whoever was slower reads again, and finds the first answer
// when it was the same operation. A refusal may come of that operation's own effect: it counts when it comes
// twice.
static enum err run(struct call *c, const ProtobufCMessage *req, ProtobufCMessage *res, pair_attempt attempt)
{
    for (int tries = 1;; tries++) {
        struct pair pair = {0};
        enum err err = attempt(c, req, res, &pair);
        bool is_slower = pair.lease && (err == ERR_ABORTED || err == ERR_ALREADY_EXISTS);
        bool is_refused = err == ERR_PERMISSION_DENIED || err == ERR_FAILED_PRECONDITION;
        if (!(is_slower || (is_refused && tries == 1)) || tries == TRIES)
            return err;
        if (pair.lease)
            db_rollback(pair.lease);
        call_clear_error(c);
    }
}

// --- link ---

// Links are not part of the answer that is kept: read as they are now, the first time and every other.
static enum err show_links(struct call *c, Sokuo__V1__LinkIncidentsResponse *res)
{
    struct incident *shown = call_alloc(c, sizeof *shown);
    shown->id = msg_take_uuid(res->incident->id);
    shown->m = *res->incident;
    res->incident = &shown->m;
    return incident_links(c, shown);
}

static enum err link_once(struct call *c, const ProtobufCMessage *message, ProtobufCMessage *response,
                          struct pair *pair)
{
    const Sokuo__V1__LinkIncidentsRequest *req = (const Sokuo__V1__LinkIncidentsRequest *)message;
    Sokuo__V1__LinkIncidentsResponse *res = (Sokuo__V1__LinkIncidentsResponse *)response;
    bool is_answered;
    TRY(begin(c, req->operation_id, message, req->id, req->other_id, response, pair, &is_answered));
    if (is_answered)
        return ERR_OK;
    if (!(pair->first->before.acts & ACCESS_EDIT) || !(pair->second->before.acts & ACCESS_EDIT))
        return change_denied(c);
    note_tie(pair, req->remove ? "incident.unlinked" : "incident.linked",
             req->remove ? "関連の解除" : "関連付け", "", req->remove);
    res->incident = &pair->first->after.m;
    struct operation_facts facts;
    TRY(db_begin(c, &pair->lease));
    TRY(save_both(c, pair, response, &facts));
    bool is_cause = req->kind == LINK_KIND(CAUSED_BY);
    TRY(tie(c, pair, req->remove, (int)req->kind, is_cause ? LINK_KIND(CAUSE_OF) : LINK_KIND(RELATED)));
    return commit(c, pair, response, &facts);
}

enum err rpc_link_incidents(struct call *c, const Sokuo__V1__LinkIncidentsRequest *req,
                            Sokuo__V1__LinkIncidentsResponse *res)
{
    if (req->kind != LINK_KIND(RELATED) && req->kind != LINK_KIND(CAUSED_BY))
        return call_fail_field(c, "kind", "NOT_ALLOWED", "関連か原因を選んでください。",
                               "Choose RELATED or CAUSED_BY.");
    TRY(run(c, &req->base, &res->base, link_once));
    return show_links(c, res);
}

// --- merge ---

static enum err check_merge(struct call *c, const struct pair *pair)
{
    const struct incident *from = &pair->first->before, *into = &pair->second->before;
    if (!(from->acts & ACCESS_MERGE) || !(into->acts & ACCESS_MERGE))
        return change_denied(c);
    if (!transition_find((int)from->m.state, STATE(MERGED)))
        return call_fail(
            c, ERR_FAILED_PRECONDITION, "NO_SUCH_TRANSITION",
            "統合できるのは、トリアージから経過観察までの事案です。先にトリアージをしてください。",
            "Only incidents from triage to monitoring can be merged. Triage it first.");
    if (from->m.mode != into->m.mode)
        return call_fail(c, ERR_FAILED_PRECONDITION, "OTHER_MODE",
                         "実際・訓練・試験の事案をまたいで統合できません。",
                         "Incidents of different modes cannot be merged.");
    if (!state_is_open((int)into->m.state))
        return call_fail(c, ERR_FAILED_PRECONDITION, "NOT_OPEN",
                         "統合先の事案は終わっています。続いている事案を選んでください。",
                         "The incident to merge into is over. Choose one that goes on.");
    return ERR_OK;
}

static enum err merge_once(struct call *c, const ProtobufCMessage *message, ProtobufCMessage *response,
                           struct pair *pair)
{
    const Sokuo__V1__MergeIncidentRequest *req = (const Sokuo__V1__MergeIncidentRequest *)message;
    Sokuo__V1__MergeIncidentResponse *res = (Sokuo__V1__MergeIncidentResponse *)response;
    bool is_answered;
    TRY(begin(c, req->operation_id, message, req->id, req->into_id, response, pair, &is_answered));
    if (is_answered)
        return ERR_OK;
    TRY(check_merge(c, pair));
    struct incident *ended = &pair->first->after;
    ended->m.state = STATE(MERGED);
    ended->m.triage_due_at = NULL;
    ended->m.closed_at = msg_time(c, c->now_us);
    ended->merged_into_id = pair->second->after.id;
    ended->m.merged_into_id = pair->second->after.m.id;
    note_tie(pair, "incident.merged", "統合", req->reason, false);
    move_note(c, pair->first);
    res->incident = &ended->m;
    res->into = &pair->second->after.m;
    struct operation_facts facts;
    TRY(db_begin(c, &pair->lease));
    TRY(save_both(c, pair, response, &facts));
    TRY(tie(c, pair, false, LINK_KIND(MERGED_INTO), LINK_KIND(MERGED_FROM)));
    return commit(c, pair, response, &facts);
}

enum err rpc_merge_incident(struct call *c, const Sokuo__V1__MergeIncidentRequest *req,
                            Sokuo__V1__MergeIncidentResponse *res)
{
    return run(c, &req->base, &res->base, merge_once);
}

// --- split ---

static void make_part(struct call *c, const Sokuo__V1__SplitIncidentRequest *req, const struct incident *from,
                      struct incident_filing *filing)
{
    Sokuo__V1__Incident *m = &filing->incident.m;
    sokuo__v1__incident__init(m);
    m->title = req->title;
    m->description = req->description;
    m->incident_type = req->incident_type ? req->incident_type : from->m.incident_type;
    m->mode = from->m.mode;
    m->confidentiality = from->m.confidentiality;
    m->severity = from->m.severity;
    m->occurred_at = from->m.occurred_at;
    incident_set_rules(c, &filing->incident, from->rules);
    incident_filing_begin(c, filing);
    filing->incident.wall = from->wall; // the same circle
}

// A part must not show to who is excluded from the whole, nor hide from who is named there.
static enum err follow_members(struct call *c, const struct pair *pair, const struct uuid *part_id)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&pair->first->before.id),
                                   p_uuid(part_id)};
    struct rows *rows = NULL;
    return db_lease_query(c, pair->lease, Q_INCIDENT_MEMBERS_FOLLOW, params, &rows);
}

static enum err split_once(struct call *c, const ProtobufCMessage *message, ProtobufCMessage *response,
                           struct pair *pair)
{
    const Sokuo__V1__SplitIncidentRequest *req = (const Sokuo__V1__SplitIncidentRequest *)message;
    Sokuo__V1__SplitIncidentResponse *res = (Sokuo__V1__SplitIncidentResponse *)response;
    bool is_answered, is_done;
    TRY(begin(c, req->operation_id, message, req->id, "", response, pair, &is_answered));
    if (is_answered)
        return ERR_OK;
    struct change *from = pair->first;
    if (!(from->before.acts & ACCESS_MERGE))
        return change_denied(c);
    struct incident_filing *filing = call_alloc(c, sizeof *filing);
    make_part(c, req, &from->before, filing);
    from->note.kind = "incident.split";
    from->note.text = "分離";
    from->note.reason = req->reason;
    change_note(from, "links", "", filing->incident.m.id);
    incident_show_acts(c, &from->after);
    res->incident = &filing->incident.m;
    res->from = &from->after.m;
    struct operation operation = from->operation;
    operation_pack(c, &operation, response);

    // The number's row first, as every filing does; then the incident that it came from.
    struct operation_facts facts, other;
    TRY(db_begin(c, &pair->lease));
    TRY(incident_file_leased(c, pair->lease, filing, &operation, &facts, &is_done));
    if (!is_done)
        return call_fail(c, ERR_ABORTED, "TRY_AGAIN", "混み合っています。同じ内容でもう一度送ってください。",
                         "The server is busy. Send the same again.");
    TRY(follow_members(c, pair, &filing->incident.id));
    TRY(save(c, pair, from, NULL, &other));
    pair->second->after.id = filing->incident.id;
    from->operation.id = pair->second_operation; // the operation of the journal row that tie() looks for
    TRY(tie(c, pair, false, LINK_KIND(SPLIT_INTO), LINK_KIND(SPLIT_FROM)));
    return commit(c, pair, response, &facts);
}

enum err rpc_split_incident(struct call *c, const Sokuo__V1__SplitIncidentRequest *req,
                            Sokuo__V1__SplitIncidentResponse *res)
{
    return run(c, &req->base, &res->base, split_once);
}
