// SPDX-License-Identifier: Apache-2.0
#include "server/store/held_store.h"

#include <string.h>

#include "server/codec/codec.h"
#include "server/store/message.h"
#include "server/store/note.h"

#define AGE_MAX_MS (INT64_C(100) * 366 * 86400 * 1000) // older than any device
#define ACT(name) SOKUO__V1__PUSH_OPERATION__ACT_##name

// --- what it is about ---

enum about { ABOUT_NEW, ABOUT_INCIDENT, ABOUT_STEP, ABOUT_ORDER, ABOUT_CALL, ABOUTS };

static enum about about_of(const Sokuo__V1__PushOperation *op, const char **ret_id)
{
#define IS(NAME, id, about) \
    case ACT(NAME):         \
        *ret_id = op->id;   \
        return about;
    switch ((int)op->act_case) {
        IS(UPDATE_STEP, update_step->step_id, ABOUT_STEP)
        IS(DECIDE_STEP, decide_step->step_id, ABOUT_STEP)
        IS(ADD_STEP, add_step->incident_id, ABOUT_INCIDENT)
        IS(ADD_ENTRY, add_entry->incident_id, ABOUT_INCIDENT)
        IS(TAKE_COMMAND, take_command->incident_id, ABOUT_INCIDENT)
        IS(HAND_OVER, hand_over->incident_id, ABOUT_INCIDENT)
        IS(ANSWER_ORDER, answer_order->order_id, ABOUT_ORDER)
        IS(ANSWER_ESCALATION, answer_escalation->escalation_id, ABOUT_CALL)
    case ACT(BEGIN_EVIDENCE):
        *ret_id =
            *op->begin_evidence->step_id ? op->begin_evidence->step_id : op->begin_evidence->incident_id;
        return *op->begin_evidence->step_id ? ABOUT_STEP : ABOUT_INCIDENT;
    default: // files a new one
        *ret_id = "";
        return ABOUT_NEW;
    }
#undef IS
}

static const Google__Protobuf__Timestamp *said_of(const Sokuo__V1__PushOperation *op)
{
#define IS(NAME, name) \
    case ACT(NAME):    \
        return op->name->occurred_at;
    switch ((int)op->act_case) {
        IS(UPDATE_STEP, update_step)
        IS(DECIDE_STEP, decide_step)
        IS(ADD_ENTRY, add_entry)
        IS(TAKE_COMMAND, take_command)
        IS(HAND_OVER, hand_over)
        IS(ANSWER_ORDER, answer_order)
        IS(ANSWER_ESCALATION, answer_escalation)
    default:
        return NULL;
    }
#undef IS
}

// --- rows ---

#define COL(name) rows_col(rows, name)
#define TEXT(name) msg_text(row_text(rows, i, COL(name)))
#define NUMBER(name) row_i64(rows, i, COL(name))
#define ID(name) row_uuid(rows, i, COL(name))
#define TIME(name) row_time(rows, i, COL(name))

static Sokuo__V1__Words *words(struct call *c, const char *ja, const char *en)
{
    Sokuo__V1__Words *made = call_alloc(c, sizeof *made);
    sokuo__v1__words__init(made);
    made->ja = msg_text(ja);
    made->en = msg_text(en);
    return made;
}

// As the device claims: by its age when it was sent, else by the time it wrote, its clock set right.
static Google__Protobuf__Timestamp *when(struct call *c, const struct held *h)
{
    const Sokuo__V1__PushOperation *op = h->m.operation;
    int64_t said = msg_take_time(said_of(op));
    if (op->act_case == ACT(FILE_INCIDENT))
        return NULL;
    if (op->age_ms > 0)
        said = h->recorded_us - (op->age_ms < AGE_MAX_MS ? op->age_ms : AGE_MAX_MS) * 1000;
    else if (said != TIME_NULL)
        said -= h->m.clock_off_ms * 1000;
    if (said == TIME_NULL)
        return NULL;
    return msg_time(c, said < h->recorded_us ? said : h->recorded_us);
}

static void take_settled(struct call *c, const struct rows *rows, int i, struct held *h)
{
    static const struct uuid none;
    struct uuid by = ID("settled_by");
    h->m.outcome = (Sokuo__V1__HeldOutcome)NUMBER("outcome");
    h->m.settled_by =
        msg_who(c, &by, TEXT("settled_name"), &none, TEXT("settled_post"), (int)NUMBER("settled_capacity"));
    h->m.settled_at = msg_time(c, TIME("settled_at"));
    h->m.settle_reason = TEXT("settle_reason");
}

static enum err take(struct call *c, const struct rows *rows, int i, struct held *h)
{
    int request = COL("request");
    ProtobufCMessage *operation = NULL;
    TRY(wire_to_message(c, &sokuo__v1__push_operation__descriptor, row_bytes(rows, i, request),
                        (size_t)row_len(rows, i, request), &operation));
    sokuo__v1__held_operation__init(&h->m);
    h->id = ID("id");
    h->account_id = ID("account_id");
    h->recorded_us = TIME("recorded_at");
    h->is_applied = row_bool(rows, i, COL("is_applied"));
    h->m.id = msg_uuid(c, &h->id);
    h->m.person = msg_ref(c, ID("person_id"), TEXT("person_name"));
    h->m.recorded_at = msg_time(c, h->recorded_us);
    h->m.clock_off_ms = NUMBER("clock_off_ms");
    h->m.operation = (Sokuo__V1__PushOperation *)operation;
    h->m.reason = msg_text("DEVICE_SHUT");
    h->m.occurred_at = when(c, h);
    take_settled(c, rows, i, h);
    return ERR_OK;
}

// By the frozen step: the option as its button says, and whether evidence is asked for.
static enum err take_definition(struct call *c, const struct rows *rows, int i, struct held *h)
{
    int definition = COL("definition");
    const Sokuo__V1__PushOperation *op = h->m.operation;
    ProtobufCMessage *message = NULL;
    if (row_is_null(rows, i, definition))
        return ERR_OK;
    TRY(wire_to_message(c, &sokuo__v1__playbook_step__descriptor, row_bytes(rows, i, definition),
                        (size_t)row_len(rows, i, definition), &message));
    const Sokuo__V1__PlaybookStep *step = (const Sokuo__V1__PlaybookStep *)message;
    if (op->act_case == ACT(UPDATE_STEP))
        h->m.lacks_evidence = step->evidence && !*op->update_step->paper_location &&
                              op->update_step->act == SOKUO__V1__STEP_ACT__STEP_ACT_DONE;
    if (op->act_case != ACT(DECIDE_STEP) || !step->decision)
        return ERR_OK;
    for (size_t k = 0; k < step->decision->n_options; k++) {
        if (strcmp(step->decision->options[k]->id, op->decide_step->option) == 0)
            h->m.option = step->decision->options[k]->text;
    }
    return ERR_OK;
}

static enum err take_target(struct call *c, const struct rows *rows, int i, struct held *h)
{
    struct uuid incident = ID("incident_id"), run = ID("run_id");
    h->is_visible = true;
    h->m.incident_id = msg_uuid(c, &incident);
    h->m.incident_number = TEXT("number");
    h->m.incident_title = TEXT("title");
    h->m.mode = (Sokuo__V1__Mode)NUMBER("mode");
    h->m.order_text = TEXT("text");
    if (uuid_is_nil(&run))
        return ERR_OK;
    h->m.run_id = msg_uuid(c, &run);
    h->m.code = TEXT("code");
    h->m.step_no = TEXT("no");
    h->m.step_text = words(c, TEXT("text_ja"), TEXT("text_en"));
    h->m.place = msg_ref(c, ID("place_id"), TEXT("place_name"));
    h->m.step_state = (Sokuo__V1__StepState)NUMBER("state");
    h->m.step_person = TEXT("person_name");
    h->m.step_done_at = msg_time(c, TIME("done_at"));
    return take_definition(c, rows, i, h);
}

// A filing makes an incident that the caller would see.
static bool may_see_new(const struct call *c, const Sokuo__V1__PushOperation *op)
{
    return c->actor.reads_all && op->act_case == ACT(FILE_INCIDENT) &&
           op->file_incident->confidentiality <= SOKUO__V1__CONFIDENTIALITY__CONFIDENTIALITY_RESTRICTED;
}

// Finds what they are about, under the caller's own eyes: what is not found is not visible.
static enum err find_targets(struct call *c, struct held *all, int count)
{
    struct uuid *ids[ABOUTS], *own = call_alloc(c, (size_t)count * sizeof *own + 1);
    int counts[ABOUTS] = {0};
    for (int k = 0; k < ABOUTS; k++)
        ids[k] = call_alloc(c, (size_t)count * sizeof **ids + 1);
    for (int i = 0; i < count; i++) {
        const char *id;
        enum about about = about_of(all[i].m.operation, &id);
        own[i] = msg_take_uuid(id);
        ids[about][counts[about]++] = own[i];
        if (about == ABOUT_NEW)
            all[i].is_visible = may_see_new(c, all[i].m.operation);
    }
    struct param params[ABOUTS] = {p_uuid(&c->actor.tenant_id)};
    for (int k = ABOUT_INCIDENT; k < ABOUTS; k++)
        params[k] = p_uuids(c, ids[k], counts[k]);
    struct rows *rows = NULL;
    TRY(db_query(c, Q_HELD_TARGETS, params, &rows));
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid found = row_uuid(rows, row, COL("id"));
        for (int i = 0; i < count; i++) {
            if (uuid_equal(&own[i], &found))
                TRY(take_target(c, rows, row, &all[i]));
        }
    }
    return ERR_OK;
}

static enum err take_all(struct call *c, const struct rows *rows, struct held **ret, int *ret_count)
{
    *ret_count = rows_count(rows);
    *ret = call_alloc(c, (size_t)*ret_count * sizeof **ret + 1);
    for (int i = 0; i < *ret_count; i++)
        TRY(take(c, rows, i, &(*ret)[i]));
    return *ret_count > 0 ? find_targets(c, *ret, *ret_count) : ERR_OK;
}

// --- reading and settling ---

enum err held_list(struct call *c, bool settled, int room, struct held **ret, int *ret_count, bool *ret_more)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct rows *rows = NULL;
    int found, kept = 0;
    TRY(db_query(c, settled ? Q_HELD_SETTLED : Q_HELD_OPEN, params, &rows));
    TRY(take_all(c, rows, ret, &found));
    for (int i = 0; i < found; i++) {
        if ((*ret)[i].is_visible)
            (*ret)[kept++] = (*ret)[i];
    }
    *ret_more = kept > room;
    *ret_count = kept < room ? kept : room;
    return ERR_OK;
}

enum err held_get(struct call *c, const struct uuid *id, struct held *ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id)};
    struct rows *rows = NULL;
    struct held *found;
    int count;
    TRY(db_query(c, Q_HELD_GET, params, &rows));
    TRY(take_all(c, rows, &found, &count));
    if (count == 0 || !found->is_visible)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_HELD",
                         "その保留中の操作は見つかりません。一覧を読み直してください。",
                         "There is no such held operation. Load the list again.");
    *ret = *found;
    return ERR_OK;
}

enum err held_settle(struct call *c, const struct held *held, const struct operation *operation,
                     bool *ret_done)
{
    enum { PARAMS = 10 };
    bool is_taken = held->m.outcome == HELD_OUTCOME(TAKEN_IN);
    struct param params[PARAMS + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&held->id),
        p_i16(c, (int16_t)held->m.outcome),
        p_text(held->m.settle_reason),
        p_uuid(&operation->id),
        p_text(operation->method),
        p_bytes(operation->request_hash, 32),
        p_bytes(operation->response, operation->response_len),
        p_text(is_taken ? "account.held_taken_in" : "account.held_turned_down"),
        p_uuid(&held->account_id),
    };
    note_who(c, params + PARAMS);
    struct db_stmt settle = {.query = Q_HELD_SETTLE, .params = params};
    TRY(note_write(c, &held->id, &settle, 1));
    *ret_done = rows_count(settle.rows) == 1;
    return ERR_OK;
}
