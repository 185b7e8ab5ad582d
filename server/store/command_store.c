// SPDX-License-Identifier: Apache-2.0
#include "server/store/command_store.h"

#include "server/codec/codec.h"
#include "server/domain/step.h"
#include "server/store/message.h"
#include "server/store/note.h"

// Person, post and capacity in columns of these names.
struct who_columns {
    const char *person, *person_name, *post, *post_name, *capacity;
};
static const struct who_columns who_did = {"person_id", "person_name", "post_id", "post_name", "capacity"};
static const struct who_columns who_reviewed = {"by_person_id", "by_person_name", "by_post_id",
                                                "by_post_name", "by_capacity"};

static Sokuo__V1__Attribution *take_who(struct call *c, const struct rows *rows, int row,
                                        const struct who_columns *at)
{
    struct uuid person = row_uuid(rows, row, rows_col(rows, at->person));
    struct uuid post = row_uuid(rows, row, rows_col(rows, at->post));
    return msg_who(c, &person, row_text(rows, row, rows_col(rows, at->person_name)), &post,
                   row_text(rows, row, rows_col(rows, at->post_name)),
                   (int)row_i64(rows, row, rows_col(rows, at->capacity)));
}

static Google__Protobuf__Timestamp *take_time(struct call *c, const struct rows *rows, int row,
                                              const char *name)
{
    return msg_time(c, row_time(rows, row, rows_col(rows, name)));
}

// --- times of command ---

static Sokuo__V1__Command *take_command(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__Command *command = call_alloc(c, sizeof *command);
    sokuo__v1__command__init(command);
    command->epoch = (int32_t)row_i64(rows, row, rows_col(rows, "epoch"));
    command->by = take_who(c, rows, row, &who_did);
    command->role = (Sokuo__V1__Role)row_i64(rows, row, rows_col(rows, "role"));
    command->ground = msg_text(row_text(rows, row, rows_col(rows, "ground")));
    command->since = take_time(c, rows, row, "since");
    command->recorded_at = take_time(c, rows, row, "recorded_at");
    command->until = take_time(c, rows, row, "until_at");
    command->end = (Sokuo__V1__CommandEnd)row_i64(rows, row, rows_col(rows, "ended"));
    return command;
}

static void take_holder(const struct rows *rows, struct command_now *ret)
{
    if (ret->history_count == 0 || ret->history[0]->until)
        return;
    ret->present = ret->history[0];
    ret->holder_id = row_uuid(rows, 0, rows_col(rows, "person_id"));
    ret->holder_duties = (uint64_t)row_i64(rows, 0, rows_col(rows, "duties"));
    ret->holder_is_absent = row_bool(rows, 0, rows_col(rows, "is_absent"));
    ret->last_act_us = row_time(rows, 0, rows_col(rows, "last_act_at"));
    if (ret->last_act_us == TIME_NULL)
        ret->last_act_us = row_time(rows, 0, rows_col(rows, "recorded_at"));
}

static Sokuo__V1__CommandConflict *take_claim(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__CommandConflict *claim = call_alloc(c, sizeof *claim);
    sokuo__v1__command_conflict__init(claim);
    claim->by = take_who(c, rows, row, &who_did);
    claim->claimed_at = take_time(c, rows, row, "claimed_at");
    claim->recorded_at = take_time(c, rows, row, "recorded_at");
    claim->ground = msg_text(row_text(rows, row, rows_col(rows, "ground")));
    return claim;
}

enum err command_read(struct call *c, const struct uuid *incident_id, struct command_now *ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id)};
    struct db_stmt stmts[] = {{.query = Q_COMMAND_HISTORY, .params = params},
                              {.query = Q_COMMAND_CLAIMS, .params = params}};
    TRY(db_read(c, stmts, 2));
    *ret = (struct command_now){.history_count = rows_count(stmts[0].rows),
                                .claim_count = rows_count(stmts[1].rows)};
    ret->history = msg_list(c, ret->history_count);
    for (int i = 0; i < ret->history_count; i++)
        ret->history[i] = take_command(c, stmts[0].rows, i);
    take_holder(stmts[0].rows, ret);
    ret->claims = msg_list(c, ret->claim_count);
    for (int i = 0; i < ret->claim_count; i++)
        ret->claims[i] = take_claim(c, stmts[1].rows, i);
    return ERR_OK;
}

// --- undecided ---

static const char *undecided_kind(const struct rows *rows, int row, const Sokuo__V1__PlaybookStep *definition)
{
    if (row_bool(rows, row, rows_col(rows, "is_unratified")))
        return "RATIFICATION";
    if (definition->decision)
        return "DECISION";
    if (row_i64(rows, row, rows_col(rows, "state")) == STEP_STATE(BLOCKED))
        return "BLOCKED_STEP";
    return row_bool(rows, row, rows_col(rows, "is_overdue")) ? "OVERDUE_STEP" : NULL;
}

static enum err take_undecided(struct call *c, const struct rows *rows, int row, Sokuo__V1__Undecided **ret)
{
    ProtobufCMessage *definition = NULL;
    int at = rows_col(rows, "definition");
    TRY(wire_to_message(c, &sokuo__v1__playbook_step__descriptor, row_bytes(rows, row, at),
                        (size_t)row_len(rows, row, at), &definition));
    const char *kind = undecided_kind(rows, row, (const Sokuo__V1__PlaybookStep *)definition);
    *ret = NULL;
    if (!kind)
        return ERR_OK;
    const char *en = row_text(rows, row, rows_col(rows, "text_en"));
    const char *text = c->lang == LANG_EN && *en ? en : row_text(rows, row, rows_col(rows, "text_ja"));
    bool is_ratification = row_bool(rows, row, rows_col(rows, "is_unratified"));
    *ret = call_alloc(c, sizeof **ret);
    sokuo__v1__undecided__init(*ret);
    (*ret)->kind = msg_text(kind);
    (*ret)->step = msg_ref(c, row_uuid(rows, row, rows_col(rows, "id")), text);
    (*ret)->due_at = take_time(c, rows, row, is_ratification ? "ratify_due_at" : "due_at");
    return ERR_OK;
}

enum err command_undecided(struct call *c, const struct uuid *incident_id, Sokuo__V1__Undecided ***ret,
                           int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_COMMAND_UNDECIDED, params, &rows));
    *ret = msg_list(c, rows_count(rows));
    *ret_count = 0;
    for (int row = 0; row < rows_count(rows); row++) {
        Sokuo__V1__Undecided *one = NULL;
        TRY(take_undecided(c, rows, row, &one));
        if (one)
            (*ret)[(*ret_count)++] = one;
    }
    return ERR_OK;
}

// --- decisions of deputies ---

static Sokuo__V1__ProxyReview *take_review(struct call *c, const struct rows *rows, int row)
{
    if (row_is_null(rows, row, rows_col(rows, "agreed")))
        return NULL;
    Sokuo__V1__ProxyReview *review = call_alloc(c, sizeof *review);
    sokuo__v1__proxy_review__init(review);
    review->agreed = row_bool(rows, row, rows_col(rows, "agreed"));
    review->reason = msg_text(row_text(rows, row, rows_col(rows, "reason")));
    review->by = take_who(c, rows, row, &who_reviewed);
    review->at = take_time(c, rows, row, "reviewed_at");
    return review;
}

enum err command_proxies(struct call *c, const struct uuid *incident_id, const struct uuid *entry_ids,
                         int count, Sokuo__V1__ProxyDecision ***ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id),
                                   entry_ids ? p_uuids(c, entry_ids, count) : p_null()};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_COMMAND_PROXY, params, &rows));
    *ret = msg_list(c, rows_count(rows));
    *ret_count = rows_count(rows);
    for (int row = 0; row < rows_count(rows); row++) {
        Sokuo__V1__ProxyDecision *decision = call_alloc(c, sizeof *decision);
        sokuo__v1__proxy_decision__init(decision);
        struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
        decision->entry_id = msg_uuid(c, &id);
        decision->text = msg_text(row_text(rows, row, rows_col(rows, "text")));
        decision->by = take_who(c, rows, row, &who_did);
        decision->occurred_at = take_time(c, rows, row, "occurred_at");
        decision->review = take_review(c, rows, row);
        (*ret)[row] = decision;
    }
    return ERR_OK;
}

// --- statements of a change ---

static struct db_stmt kept(struct call *c, enum query query, const struct param *params, size_t size)
{
    return (struct db_stmt){.query = query, .params = arena_memdup(&c->arena, params, size)};
}

struct db_stmt command_said(struct call *c, const struct uuid *incident_id, const struct uuid *journal_id,
                            const struct command_saying *saying)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, incident_id),
                                   note_uuid(c, journal_id),    p_i16(c, (int16_t)saying->role),
                                   p_text(saying->ground),      p_i16(c, (int16_t)saying->end)};
    return kept(c, Q_COMMAND_SAID, params, sizeof params);
}

struct db_stmt command_answers_calls(struct call *c, const struct uuid *incident_id,
                                     const struct uuid *journal_id)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, incident_id),
                                   note_uuid(c, journal_id), p_uuid(&c->actor.person_id)};
    return kept(c, Q_COMMAND_ANSWERS_CALLS, params, sizeof params);
}

struct db_stmt command_claim(struct call *c, const struct uuid *incident_id, const struct uuid *journal_id,
                             const char *ground, int64_t claimed_us)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, incident_id),
                                   note_uuid(c, journal_id), p_text(ground), p_time(c, claimed_us)};
    return kept(c, Q_COMMAND_CLAIM_ADD, params, sizeof params);
}

struct db_stmt proxy_review(struct call *c, const struct uuid *incident_id, const struct uuid *journal_id,
                            const struct uuid *entry_ids, int count, bool agreed, const char *reason)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   note_uuid(c, incident_id),
                                   note_uuid(c, journal_id),
                                   p_uuids(c, entry_ids, count),
                                   p_bool(agreed),
                                   p_text(reason)};
    return kept(c, Q_PROXY_REVIEW_ADD, params, sizeof params);
}
