// SPDX-License-Identifier: Apache-2.0
// Triage, moves along the lifecycle, assignment.
#include <string.h>

#include "server/rpc/connect.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/move.h"
#include "server/store/message.h"

// --- triage ---

static void take_types(struct change *change, const Sokuo__V1__TriageIncidentRequest *req)
{
    Sokuo__V1__Incident *m = &change->after.m;
    if (req->incident_type) {
        change_note_enum(change, "incidentType", &sokuo__v1__incident_type__descriptor, (int)m->incident_type,
                         (int)req->incident_type);
        m->incident_type = req->incident_type;
        m->threat_group = incident_type_group((int)req->incident_type);
    }
    if (req->set_secondary_types || req->n_secondary_types > 0) {
        m->secondary_types = req->secondary_types;
        m->n_secondary_types = req->n_secondary_types;
    }
}

static bool triage_leads_to(int state)
{
    return state == (int)STATE(TRIAGE) || state == (int)STATE(HANDLING_LOCAL) ||
           state == (int)STATE(ACTIVATED) || state == (int)STATE(CLOSED_FALSE);
}

// From 検知 or 受付 over トリアージ to where the decision says; one that is further on only has its judgement
// changed.
static enum err walk(struct call *c, struct change *change, int to, const char *reason)
{
    const Sokuo__V1__Incident *m = &change->after.m;
    if (m->state == STATE(DETECTED))
        TRY(move_step(c, change, STATE(INTAKE), reason));
    if (m->state == STATE(INTAKE))
        TRY(move_step(c, change, STATE(TRIAGE), reason));
    if (to != 0 && to != (int)m->state)
        TRY(move_step(c, change, to, reason));
    return ERR_OK;
}

static enum err decide_triage(struct call *c, struct change *change, const ProtobufCMessage *message,
                              ProtobufCMessage *response)
{
    const Sokuo__V1__TriageIncidentRequest *req = (const Sokuo__V1__TriageIncidentRequest *)message;
    struct incident *after = &change->after;
    int to = (int)req->to_state;
    if (to != 0 && !triage_leads_to(to))
        return call_fail_field(c, "toState", "NOT_A_TRIAGE",
                               "トリアージの行き先ではありません。状態の変更から進めてください。",
                               "Triage does not lead there. Use the change of state instead.");
    change->note.kind = "incident.triaged";
    change->note.text = "トリアージ";
    change->note.reason = req->reason;
    take_types(change, req);
    move_note_types(c, change);
    struct uuid handler = msg_take_uuid(req->handler_id);
    if (uuid_is_nil(&handler) && uuid_is_nil(&after->handler_id))
        handler = c->actor.person_id;
    TRY(move_handler(c, change, &handler));
    // Where the severity is still only proposed, an unknown spread counts as spreading; a judgement stands.
    bool is_open = req->severity == 0 && !after->m.severity_assessed;
    TRY(move_severity(c, change, (int)req->severity, req->reason, is_open));
    TRY(walk(c, change, to, req->reason));
    move_note(c, change);
    ((Sokuo__V1__TriageIncidentResponse *)response)->incident = &after->m;
    return ERR_OK;
}

static enum err triage(struct call *c, const Sokuo__V1__TriageIncidentRequest *req,
                       Sokuo__V1__TriageIncidentResponse *res)
{
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->id,
        .version = req->version,
        .act = ACCESS_TRIAGE,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_triage);
}

enum err rpc_triage_incident(struct call *c, const Sokuo__V1__TriageIncidentRequest *req,
                             Sokuo__V1__TriageIncidentResponse *res)
{
    return triage(c, req, res);
}

enum err rpc_triage_incidents(struct call *c, const Sokuo__V1__TriageIncidentsRequest *req,
                              Sokuo__V1__TriageIncidentsResponse *res)
{
    struct uuid operation = msg_take_uuid(req->operation_id);
    res->results = msg_list(c, (int)req->n_ids);
    for (size_t i = 0; i < req->n_ids; i++) {
        struct uuid derived = uuid_derive(&operation, (uint32_t)i);
        Sokuo__V1__TriageIncidentRequest one;
        sokuo__v1__triage_incident_request__init(&one);
        one.operation_id = msg_uuid(c, &derived);
        one.id = req->ids[i];
        one.incident_type = req->decision->incident_type;
        one.severity = req->decision->severity;
        one.reason = req->decision->reason;
        one.handler_id = req->decision->handler_id;
        one.to_state = req->decision->to_state;
        Sokuo__V1__TriageIncidentResponse answer;
        sokuo__v1__triage_incident_response__init(&answer);
        Sokuo__V1__TriageResult *result = res->results[i] = call_alloc(c, sizeof *result);
        sokuo__v1__triage_result__init(result);
        result->id = req->ids[i];
        enum err err = triage(c, &one, &answer);
        if (err == ERR_OK) {
            result->incident = answer.incident;
            continue;
        }
        // On with the next.
        result->error = connect_error_info(c, err);
        call_clear_error(c);
    }
    res->n_results = req->n_ids;
    return ERR_OK;
}

// --- moves ---

static enum err decide_transition(struct call *c, struct change *change, const ProtobufCMessage *message,
                                  ProtobufCMessage *response)
{
    const Sokuo__V1__TransitionIncidentRequest *req = (const Sokuo__V1__TransitionIncidentRequest *)message;
    TRY(change_occurred(c, req->occurred_at, &change->note.occurred_at_us));
    if (req->to_state == STATE(MERGED))
        return call_fail_field(c, "toState", "USE_MERGE", "統合するには、統合先の事案を選んでください。",
                               "Choose the incident to merge into instead.");
    int from = (int)change->after.m.state;
    if (req->to_state == STATE(MONITORING) && req->monitoring_until)
        change->after.m.monitoring_until = req->monitoring_until;
    TRY(move_step(c, change, (int)req->to_state, req->reason));
    bool is_reopened = from >= (int)STATE(CLOSED) && state_is_open((int)req->to_state);
    change->note.kind = is_reopened ? "incident.reopened" : "incident.state";
    change->note.text = is_reopened ? "再開" : "状態の変更";
    change->note.reason = req->reason;
    move_note(c, change);
    ((Sokuo__V1__TransitionIncidentResponse *)response)->incident = &change->after.m;
    return ERR_OK;
}

enum err rpc_transition_incident(struct call *c, const Sokuo__V1__TransitionIncidentRequest *req,
                                 Sokuo__V1__TransitionIncidentResponse *res)
{
    if (req->to_state == STATE(UNSPECIFIED))
        return call_fail_field(c, "toState", "REQUIRED", "どの状態へ進めるかを選んでください。",
                               "Say which state to go to.");
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->id,
        .version = req->version,
        .act = ACCESS_READ,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_transition);
}

// --- assignment ---

static enum err take_commander(struct call *c, struct change *change,
                               const Sokuo__V1__AssignIncidentRequest *req)
{
    struct uuid id = msg_take_uuid(req->commander_id);
    struct incident *after = &change->after;
    if (uuid_is_nil(&id))
        return ERR_OK;
    struct incident_person person;
    TRY(incident_person(c, "commanderId", &id, &person));
    int capacity = req->commander_capacity ? (int)req->commander_capacity : person.capacity;
    if (capacity != (int)CAPACITY(SELF) && capacity != (int)CAPACITY(ACTING))
        return call_fail_field(c, "commanderCapacity", "NOT_ALLOWED", "指揮は本人か代行で行います。",
                               "Command is held in person or acting.");
    change_note(change, "commander", after->m.commander ? after->m.commander->name : "", person.name);
    change_note(change, "command.postName", after->m.command ? after->m.command->post_name : "",
                person.post_name);
    change_note_enum(change, "command.capacity", &sokuo__v1__capacity__descriptor,
                     after->m.command ? (int)after->m.command->capacity : 0, capacity);
    after->commander_id = person.id;
    after->command_post_id = person.post_id;
    after->m.commander = msg_ref(c, person.id, person.name);
    after->m.command = msg_who(c, &person.id, person.name, &person.post_id, person.post_name, capacity);
    after->m.commanded_since = msg_time(c, c->now_us);
    return ERR_OK;
}

static enum err decide_assignment(struct call *c, struct change *change, const ProtobufCMessage *message,
                                  ProtobufCMessage *response)
{
    const Sokuo__V1__AssignIncidentRequest *req = (const Sokuo__V1__AssignIncidentRequest *)message;
    change->note.kind = "incident.assigned";
    change->note.text = "担当・指揮の変更";
    change->note.reason = req->reason;
    struct uuid handler = msg_take_uuid(req->handler_id);
    TRY(move_handler(c, change, &handler));
    TRY(take_commander(c, change, req));
    ((Sokuo__V1__AssignIncidentResponse *)response)->incident = &change->after.m;
    return ERR_OK;
}

enum err rpc_assign_incident(struct call *c, const Sokuo__V1__AssignIncidentRequest *req,
                             Sokuo__V1__AssignIncidentResponse *res)
{
    if (!*req->handler_id && !*req->commander_id)
        return call_fail_field(c, "handlerId", "REQUIRED", "担当者か指揮者を選んでください。",
                               "Name a handler or a commander.");
    const struct change_request request = {
        .operation_id = req->operation_id,
        .incident_id = req->id,
        .version = req->version,
        .act = ACCESS_ASSIGN,
        .message = &req->base,
    };
    return change_run(c, &request, &res->base, decide_assignment);
}
