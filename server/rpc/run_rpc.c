// SPDX-License-Identifier: Apache-2.0
// Plans under way: started, listed, looked at.
#include <string.h>

#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/qr.h"
#include "server/store/authority_store.h"
#include "server/store/message.h"
#include "server/store/run_store.h"
#include "server/store/wake.h"

static enum err begin(struct call *c, const struct operation *operation, const char *incident_id,
                      ProtobufCMessage *res, struct incident **ret_incident, bool *ret_answered)
{
    struct uuid id = msg_take_uuid(incident_id);
    struct param find[2], get[3];
    struct db_stmt stmts[] = {operation_find(c, operation, find), incident_get_stmt(c, &id, get)};
    TRY(db_read(c, stmts, 2));
    TRY(operation_replay(c, operation, stmts[0].rows, res, ret_answered));
    TRY(incident_take(c, stmts[1].rows, ret_incident));
    return ERR_OK;
}

static enum err check(struct call *c, const struct incident *incident)
{
    if (!(incident->acts & ACCESS_ADD_ENTRY))
        return change_denied(c);
    if (!state_is_open((int)incident->m.state))
        return call_fail(
            c, ERR_FAILED_PRECONDITION, "INCIDENT_SETTLED",
            "この事案は終わっているため、計画を開始できません。再開するか、新しい事案を起こしてください。",
            "This incident is closed and starts no plans. Reopen it, or file a new one.");
    return ERR_OK;
}

// A plan is started at once, whoever is there; that the table of authorities gives activation to somebody
// else is put on record with it, from S3 on.
static enum err note_authority(struct call *c, const struct incident *incident, const char **ret_changes)
{
    int severity = (int)incident->m.severity, level = 0;
    *ret_changes = NULL;
    if (severity != (int)SEVERITY(UNSPECIFIED) && severity < (int)SEVERITY(S3))
        return ERR_OK;
    TRY(authority_of(c, ACT(ACTIVATE_PLAN), severity, &level));
    if (level == (int)AUTHORITY(ALONE))
        return ERR_OK;
    struct change notes;
    change_begin_note(c, &notes, "run.started");
    change_note_enum(&notes, "authority", &sokuo__v1__authority_level__descriptor, 0, level);
    change_end_note(&notes);
    *ret_changes = notes.note.changes;
    return ERR_OK;
}

// T0: as asked, else discovery, else occurrence, else filing; never after now.
static int64_t t0_of(const struct call *c, const Sokuo__V1__StartPlaybookRequest *req,
                     const Sokuo__V1__Incident *m)
{
    int64_t us = msg_take_time(req->t0);
    if (us == TIME_NULL && m->facts)
        us = msg_take_time(m->facts->discovered_at);
    if (us == TIME_NULL)
        us = msg_take_time(m->occurred_at);
    if (us == TIME_NULL)
        us = msg_take_time(m->filed_at);
    return us > c->now_us ? c->now_us : us;
}

static bool was_asked(const Sokuo__V1__StartPlaybookRequest *req, const char *code)
{
    for (size_t i = 0; i < req->n_codes; i++) {
        if (strcmp(req->codes[i], code) == 0)
            return true;
    }
    return false;
}

// The runs that were asked for, as they are now.
static enum err answer(struct call *c, const Sokuo__V1__StartPlaybookRequest *req,
                       const struct uuid *incident_id, Sokuo__V1__StartPlaybookResponse *res)
{
    Sokuo__V1__Run **runs;
    int count;
    TRY(run_list(c, incident_id, &runs, &count));
    res->runs = msg_list(c, count + 1);
    res->n_runs = 0;
    for (int i = 0; i < count; i++) {
        if (was_asked(req, runs[i]->code))
            res->runs[res->n_runs++] = runs[i];
    }
    return ERR_OK;
}

enum err rpc_start_playbook(struct call *c, const Sokuo__V1__StartPlaybookRequest *req,
                            Sokuo__V1__StartPlaybookResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct incident *incident = NULL;
    bool is_answered, is_done;
    TRY(begin(c, &operation, req->incident_id, &res->base, &incident, &is_answered));
    if (is_answered)
        return answer(c, req, &incident->id, res);
    TRY(check(c, incident));
    int64_t t0_us;
    TRY(change_occurred(c, req->t0, &t0_us));
    struct run_plan *plans;
    const char *changes = NULL;
    TRY(note_authority(c, incident, &changes));
    TRY(run_plans(c, incident, req->codes, (int)req->n_codes, &plans));
    operation_pack(c, &operation, &res->base);
    TRY(run_start(c, incident, plans, (int)req->n_codes, t0_of(c, req, &incident->m), req->reason, changes,
                  &operation, &res->step_count, &is_done));
    if (is_done)
        wake_send(&c->actor.tenant_id, WAKE_FEED);
    return answer(c, req, &incident->id, res);
}

enum err rpc_list_runs(struct call *c, const Sokuo__V1__ListRunsRequest *req,
                       Sokuo__V1__ListRunsResponse *res)
{
    struct uuid id = msg_take_uuid(req->incident_id);
    int count;
    TRY(run_list(c, *req->incident_id ? &id : NULL, &res->runs, &count));
    res->n_runs = (size_t)count;
    return ERR_OK;
}

enum err rpc_get_run(struct call *c, const Sokuo__V1__GetRunRequest *req, Sokuo__V1__GetRunResponse *res)
{
    struct uuid id = msg_take_uuid(req->id);
    if (req->qr_of[0])
        res->qr_svg = msg_text(qr_svg(c, req->qr_of));
    return run_get(c, &id, req->places_of, res);
}
