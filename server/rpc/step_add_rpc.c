// SPDX-License-Identifier: Apache-2.0
// Steps that are in no plan.
#include <string.h>

#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/run_store.h"
#include "server/store/step_store.h"
#include "server/store/wake.h"

static enum err begin(struct call *c, const struct operation *operation, const char *incident_id,
                      ProtobufCMessage *res, struct incident **ret_incident, bool *ret_answered)
{
    struct uuid id = msg_take_uuid(incident_id);
    struct param find[2], get[3];
    struct db_stmt stmts[] = {operation_find(c, operation, find), incident_get_stmt(c, &id, get)};
    TRY(db_read(c, stmts, 2));
    TRY(operation_replay(c, operation, stmts[0].rows, res, ret_answered));
    if (*ret_answered)
        return ERR_OK;
    TRY(incident_take(c, stmts[1].rows, ret_incident));
    return (*ret_incident)->acts & ACCESS_EDIT ? ERR_OK : change_denied(c);
}

static enum err check_sections(struct call *c, const Sokuo__V1__AddStepRequest *req)
{
    Sokuo__V1__IncidentFacts facts;
    sokuo__v1__incident_facts__init(&facts);
    facts.section_ids = req->section_ids;
    facts.n_section_ids = req->n_section_ids;
    return incident_check_refs(c, &facts);
}

static enum err take_step(struct call *c, const Sokuo__V1__AddStepRequest *req,
                          const struct uuid *incident_id, struct added_step *step)
{
    Sokuo__V1__PlaybookStep *d = &step->definition;
    sokuo__v1__playbook_step__init(d);
    Sokuo__V1__Words *words = call_alloc(c, 2 * sizeof *words);
    sokuo__v1__words__init(&words[0]);
    sokuo__v1__words__init(&words[1]);
    words[0].ja = words[0].en = req->text;
    words[1].ja = words[1].en = req->detail;
    d->text = &words[0];
    d->detail = *req->detail ? &words[1] : NULL;
    d->phase = req->phase;
    d->role = req->role;
    d->evidence = req->evidence;
    d->fan_out = req->n_section_ids > 0 ? FAN_OUT(SECTION) : FAN_OUT(ONCE);
    step->due_at_us = msg_take_time(req->due_at);
    step->person_name = "";
    if (!*req->person_id)
        return ERR_OK;
    struct uuid id = msg_take_uuid(req->person_id);
    step->person_id = id;
    return step_person(c, "personId", &id, incident_id, &step->person_name);
}

// A section that is named twice has one step.
static void take_sections(struct call *c, const Sokuo__V1__AddStepRequest *req, struct added_step *step)
{
    struct uuid *sections = call_alloc(c, req->n_section_ids * sizeof *sections + 1);
    for (size_t i = 0; i < req->n_section_ids; i++) {
        struct uuid id = msg_take_uuid(req->section_ids[i]);
        bool is_new = true;
        for (int k = 0; k < step->section_count; k++)
            is_new = is_new && !uuid_equal(&sections[k], &id);
        if (is_new)
            sections[step->section_count++] = id;
    }
    step->section_ids = sections;
}

// Ids follow from the operation's: the answer knows them before the rows are there.
static void make_ids(struct call *c, const struct operation *operation, struct added_step *step,
                     Sokuo__V1__AddStepResponse *res)
{
    int count = step->section_count > 0 ? step->section_count : 1;
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids);
    res->steps = msg_list(c, count);
    for (int i = 0; i < count; i++) {
        ids[i] = uuid_derive(&operation->id, (uint32_t)i);
        Sokuo__V1__Step *m = res->steps[res->n_steps++] = call_alloc(c, sizeof *m);
        sokuo__v1__step__init(m);
        m->id = msg_uuid(c, &ids[i]);
    }
    step->ids = ids;
}

// The steps of the answer as they are now.
static enum err show(struct call *c, Sokuo__V1__AddStepResponse *res)
{
    struct uuid *ids = call_alloc(c, res->n_steps * sizeof *ids + 1);
    for (size_t i = 0; i < res->n_steps; i++)
        ids[i] = msg_take_uuid(res->steps[i]->id);
    struct step **steps;
    int count;
    TRY(step_many(c, ids, (int)res->n_steps, &steps, &count));
    TRY(step_around(c, steps, count, NULL, NULL));
    res->steps = msg_list(c, count + 1);
    res->n_steps = 0;
    for (int i = 0; i < count; i++)
        res->steps[res->n_steps++] = &steps[i]->m;
    return ERR_OK;
}

enum err rpc_add_step(struct call *c, const Sokuo__V1__AddStepRequest *req, Sokuo__V1__AddStepResponse *res)
{
    if (req->role == ROLE(UNSPECIFIED) && !*req->person_id)
        return call_fail_field(c, "role", "REQUIRED", "誰が行うか(役割か人)を選んでください。",
                               "Say who does it: a duty or a person.");
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct incident *incident;
    bool is_answered, is_done;
    TRY(begin(c, &operation, req->incident_id, &res->base, &incident, &is_answered));
    if (is_answered)
        return show(c, res);
    TRY(check_sections(c, req));
    struct added_step step = {0};
    TRY(take_step(c, req, &incident->id, &step));
    take_sections(c, req, &step);
    make_ids(c, &operation, &step, res);
    operation_pack(c, &operation, &res->base);
    TRY(run_add_step(c, incident, &step, &operation, &is_done));
    if (is_done)
        wake_send(&c->actor.tenant_id, WAKE_FEED);
    return show(c, res);
}
