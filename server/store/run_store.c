// SPDX-License-Identifier: Apache-2.0
#include "server/store/run_store.h"

#include <string.h>

#include "server/codec/codec.h"
#include "server/store/message.h"

static Sokuo__V1__Words *words(struct call *c, const char *ja, const char *en)
{
    Sokuo__V1__Words *w = call_alloc(c, sizeof *w);
    sokuo__v1__words__init(w);
    w->ja = msg_text(ja);
    w->en = msg_text(en);
    return w;
}

// --- progress ---

static int open_of(const Sokuo__V1__Progress *p)
{
    return p->ready + p->in_progress + p->pending + p->blocked;
}

static void add(Sokuo__V1__Progress *to, const Sokuo__V1__Progress *p)
{
    to->total += p->total;
    to->done += p->done;
    to->dropped += p->dropped;
    to->in_progress += p->in_progress;
    to->ready += p->ready;
    to->pending += p->pending;
    to->blocked += p->blocked;
    to->overdue += p->overdue;
    to->by_deputy += p->by_deputy;
    to->unratified += p->unratified;
}

void run_add_up(struct call *c, Sokuo__V1__Run **runs, int run_count, const struct run_step *steps,
                int step_count)
{
    for (int i = 0; i < run_count; i++) {
        struct uuid id = msg_take_uuid(runs[i]->id);
        runs[i]->progress = call_alloc(c, sizeof *runs[i]->progress);
        sokuo__v1__progress__init(runs[i]->progress);
        for (int k = 0; k < step_count; k++) {
            if (uuid_equal(&steps[k].run_id, &id))
                add(runs[i]->progress, &steps[k].progress);
        }
    }
}

static void take_progress(const struct call *c, const struct rows *rows, int row, struct run_step *step)
{
    Sokuo__V1__Progress *p = &step->progress;
    sokuo__v1__progress__init(p);
    const struct {
        const char *name;
        int32_t *value;
    } columns[] = {{"total", &p->total},          {"done", &p->done},
                   {"dropped", &p->dropped},      {"in_progress", &p->in_progress},
                   {"ready", &p->ready},          {"pending", &p->pending},
                   {"blocked", &p->blocked},      {"by_deputy", &p->by_deputy},
                   {"unratified", &p->unratified}};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        *columns[i].value = (int32_t)row_i64(rows, row, rows_col(rows, columns[i].name));
    // Derived, never stored.
    p->overdue = step->due_at_us != TIME_NULL && step->due_at_us < c->now_us ? open_of(p) : 0;
}

static enum err take_step(struct call *c, const struct rows *rows, int row, struct run_step *step)
{
    *step = (struct run_step){
        .run_id = row_uuid(rows, row, rows_col(rows, "run_id")),
        .merged_run_id = row_uuid(rows, row, rows_col(rows, "merged_run_id")),
        .no = row_text(rows, row, rows_col(rows, "no")),
        .merged_no = row_text(rows, row, rows_col(rows, "merged_no")),
        .chosen_option = row_text(rows, row, rows_col(rows, "chosen_option")),
        .due_at_us = row_time(rows, row, rows_col(rows, "due_at")),
        .last_done_at_us = row_time(rows, row, rows_col(rows, "last_done_at")),
        .text = words(c, row_text(rows, row, rows_col(rows, "text_ja")),
                      row_text(rows, row, rows_col(rows, "text_en"))),
    };
    step->after_count = row_texts(c, rows, row, rows_col(rows, "after"), &step->after);
    take_progress(c, rows, row, step);
    int definition = rows_col(rows, "definition");
    if (row_is_null(rows, row, definition))
        return ERR_OK;
    ProtobufCMessage *message = NULL;
    TRY(wire_to_message(c, &sokuo__v1__playbook_step__descriptor, row_bytes(rows, row, definition),
                        (size_t)row_len(rows, row, definition), &message));
    step->definition = (Sokuo__V1__PlaybookStep *)message;
    if (!*step->definition->no) // of a step added by hand
        step->definition->no = msg_text(step->no);
    return ERR_OK;
}

struct db_stmt run_steps_stmt(struct call *c, const struct uuid *run_ids, int count, bool with_definitions,
                              struct param *params)
{
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_uuids(c, run_ids, count);
    params[2] = p_bool(with_definitions);
    return (struct db_stmt){.query = Q_RUN_STEPS, .params = params};
}

enum err run_steps_take(struct call *c, const struct rows *rows, struct run_step **ret_steps, int *ret_count)
{
    *ret_count = rows_count(rows);
    *ret_steps = call_alloc(c, (size_t)*ret_count * sizeof **ret_steps + 1);
    for (int i = 0; i < *ret_count; i++)
        TRY(take_step(c, rows, i, &(*ret_steps)[i]));
    return ERR_OK;
}

enum err run_steps(struct call *c, const struct uuid *run_ids, int count, bool with_definitions,
                   struct run_step **ret_steps, int *ret_count)
{
    struct param params[3];
    struct db_stmt stmt = run_steps_stmt(c, run_ids, count, with_definitions, params);
    TRY(db_read(c, &stmt, 1));
    return run_steps_take(c, stmt.rows, ret_steps, ret_count);
}

// --- runs ---

static Sokuo__V1__Run *take_run(struct call *c, const struct rows *rows, int row)
{
    static const struct uuid none;
    Sokuo__V1__Run *run = call_alloc(c, sizeof *run);
    sokuo__v1__run__init(run);
#define COL(name) rows_col(rows, name)
#define TEXT(name) msg_text(row_text(rows, row, COL(name)))
    struct uuid id = row_uuid(rows, row, COL("id")), incident = row_uuid(rows, row, COL("incident_id")),
                revision = row_uuid(rows, row, COL("revision_id")),
                by = row_uuid(rows, row, COL("started_by")), organ = row_uuid(rows, row, COL("organ_id"));
    run->id = msg_uuid(c, &id);
    run->incident_id = msg_uuid(c, &incident);
    run->incident_number = TEXT("incident_number");
    run->incident_title = TEXT("title");
    run->mode = (Sokuo__V1__Mode)row_i64(rows, row, COL("mode"));
    run->code = TEXT("code");
    run->title = words(c, TEXT("title_ja"), TEXT("title_en"));
    run->version = TEXT("version");
    run->revision_id = msg_uuid(c, &revision);
    run->t0 = msg_time(c, row_time(rows, row, COL("t0")));
    run->started_at = msg_time(c, row_time(rows, row, COL("started_at")));
    run->started_by = msg_who(c, &by, TEXT("started_name"), &none, TEXT("started_post"),
                              (int)row_i64(rows, row, COL("started_capacity")));
    run->severity = (Sokuo__V1__Severity)row_i64(rows, row, COL("severity"));
    run->organ = msg_ref(c, organ, TEXT("organ_name"));
#undef TEXT
#undef COL
    return run;
}

void run_many_take(struct call *c, const struct rows *rows, Sokuo__V1__Run ***ret_runs, int *ret_count)
{
    int found = *ret_count = rows_count(rows);
    *ret_runs = msg_list(c, found + 1);
    for (int i = 0; i < found; i++)
        (*ret_runs)[i] = take_run(c, rows, i);
}

enum err run_list(struct call *c, const struct uuid *incident_id, Sokuo__V1__Run ***ret_runs, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), incident_id ? p_uuid(incident_id) : p_null()};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_RUN_LIST, params, &rows));
    run_many_take(c, rows, ret_runs, ret_count);
    struct uuid *run_ids = call_alloc(c, (size_t)*ret_count * sizeof *run_ids + 1);
    for (int i = 0; i < *ret_count; i++)
        run_ids[i] = msg_take_uuid((*ret_runs)[i]->id);
    struct run_step *steps;
    int step_count;
    TRY(run_steps(c, run_ids, *ret_count, false, &steps, &step_count));
    run_add_up(c, *ret_runs, *ret_count, steps, step_count);
    return ERR_OK;
}

struct db_stmt run_many_stmt(struct call *c, const struct uuid *ids, int count, struct param *params)
{
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_uuids(c, ids, count);
    return (struct db_stmt){.query = Q_RUN_MANY, .params = params};
}

enum err run_many(struct call *c, const struct uuid *ids, int count, Sokuo__V1__Run ***ret_runs,
                  int *ret_count)
{
    struct param params[2];
    struct db_stmt stmt = run_many_stmt(c, ids, count, params);
    TRY(db_read(c, &stmt, 1));
    run_many_take(c, stmt.rows, ret_runs, ret_count);
    return ERR_OK;
}

// --- one run ---

static Sokuo__V1__StepBrief *take_brief(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__StepBrief *brief = call_alloc(c, sizeof *brief);
    sokuo__v1__step_brief__init(brief);
#define COL(name) rows_col(rows, name)
    struct uuid id = row_uuid(rows, row, COL("id")), place = row_uuid(rows, row, COL("place_id"));
    const char *place_name = row_text(rows, row, COL("place_name")),
               *done_name = row_text(rows, row, COL("done_name"));
    int64_t due_us = row_time(rows, row, COL("due_at"));
    brief->id = msg_uuid(c, &id);
    brief->state = (Sokuo__V1__StepState)row_i64(rows, row, COL("state"));
    if (*place_name) {
        brief->place = call_alloc(c, sizeof *brief->place);
        sokuo__v1__ref__init(brief->place);
        brief->place->id = msg_uuid(c, &place);
        brief->place->name = msg_text(place_name);
    }
    brief->person_name = msg_text(*done_name ? done_name : row_text(rows, row, COL("person_name")));
    brief->done_at = msg_time(c, row_time(rows, row, COL("done_at")));
    bool is_open = !brief->done_at;
    brief->overdue = is_open && due_us != TIME_NULL && due_us < c->now_us;
    brief->reason = msg_text(row_text(rows, row, COL("reason")));
    brief->phone = msg_text(row_text(rows, row, COL("phone")));
    brief->chosen_option = msg_text(row_text(rows, row, COL("chosen_option")));
    brief->basis = msg_text(row_text(rows, row, COL("basis")));
    brief->decided_by_default = row_bool(rows, row, COL("by_default"));
    brief->ratify_due_at = msg_time(c, row_time(rows, row, COL("ratify_due_at")));
    bool is_ratified = row_bool(rows, row, COL("ratified")),
         is_answered = !row_is_null(rows, row, COL("ratified"));
    brief->ratified = is_answered && is_ratified;
    brief->objected = is_answered && !is_ratified;
    brief->version = (int32_t)row_i64(rows, row, COL("version"));
#undef COL
    return brief;
}

static void take_places(struct call *c, const struct rows *rows, Sokuo__V1__RunStep *step, const char *no)
{
    int count = rows_count(rows), col = rows_col(rows, "no");
    step->places = msg_list(c, 120);
    for (int i = 0; i < count && step->n_places < 120; i++) {
        if (strcmp(row_text(rows, i, col), no) == 0)
            step->places[step->n_places++] = take_brief(c, rows, i);
    }
}

static enum err take_plan(struct call *c, const struct rows *rows, Sokuo__V1__GetRunResponse *res)
{
    if (rows_count(rows) == 0 || row_len(rows, 0, 0) == 0)
        return ERR_OK;
    ProtobufCMessage *plan = NULL;
    TRY(wire_to_message(c, &sokuo__v1__playbook__descriptor, row_bytes(rows, 0, 0),
                        (size_t)row_len(rows, 0, 0), &plan));
    res->plan = (Sokuo__V1__Playbook *)plan;
    res->plan->n_steps = 0;
    return ERR_OK;
}

static enum err run_not_found(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "RUN_NOT_FOUND",
                     "実行中の計画が見つかりません。番号を確かめてください。",
                     "There is no such run. Check its id.");
}

enum err run_get(struct call *c, const struct uuid *id, const char *places_of, Sokuo__V1__GetRunResponse *res)
{
    Sokuo__V1__Run **runs;
    int run_count, count;
    struct run_step *steps;
    TRY(run_many(c, id, 1, &runs, &run_count));
    if (run_count == 0)
        return run_not_found(c);
    const struct param of_run[] = {p_uuid(&c->actor.tenant_id), p_uuid(id), p_text(places_of)};
    struct db_stmt stmts[] = {{.query = Q_RUN_PLACES, .params = of_run},
                              {.query = Q_RUN_PLAN, .params = of_run}};
    TRY(run_steps(c, id, 1, true, &steps, &count));
    run_add_up(c, runs, run_count, steps, count);
    TRY(db_read(c, stmts, 2));
    TRY(take_plan(c, stmts[1].rows, res));
    res->run = runs[0];
    res->steps = msg_list(c, count + 1);
    for (int i = 0; i < count; i++) {
        if (!uuid_equal(&steps[i].run_id, id))
            continue;
        Sokuo__V1__RunStep *step = res->steps[res->n_steps++] = call_alloc(c, sizeof *step);
        sokuo__v1__run_step__init(step);
        step->step = steps[i].definition;
        step->progress = &steps[i].progress;
        step->due_at = msg_time(c, open_of(step->progress) > 0 ? steps[i].due_at_us : TIME_NULL);
        step->merged_run_id = msg_uuid(c, &steps[i].merged_run_id);
        step->merged_no = msg_text(steps[i].merged_no);
        take_places(c, stmts[0].rows, step, steps[i].no);
    }
    return ERR_OK;
}
