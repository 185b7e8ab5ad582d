// SPDX-License-Identifier: Apache-2.0
// Steps that are about to be changed: dozens look at once, and one read serves them all. How each of them
// stands to their step is asked in the same read, of row-level security itself (decision 0076).
#include "server/store/gather.h"
#include "server/store/message.h"
#include "server/store/step_store.h"

#define TOGETHER_MOST 32

struct look {
    struct gather_seat seat;
    const struct uuid *id, *operation_id;
    const struct rows *answers;
    struct step *step;
    bool is_alone; // under their own reach: they do not read the incident, or the step is not there
    enum err err;
};

static struct db_stmt standing_stmt(struct call *whole, struct gather_seat *const *seats, int count,
                                    const struct uuid *steps, struct param *params)
{
    struct uuid *persons = call_alloc(whole, (size_t)count * sizeof *persons);
    const char **reaches = msg_list(whole, count), **sections = msg_list(whole, count);
    for (int i = 0; i < count; i++) {
        const struct actor *actor = &seats[i]->call->actor;
        persons[i] = actor->person_id;
        reaches[i] = actor->reads_all ? "all" : "own";
        sections[i] = uuid_is_nil(&actor->section_id)
                          ? ""
                          : uuid_format(&actor->section_id, call_alloc(whole, UUID_TEXT_SIZE));
    }
    params[0] = p_uuid(&whole->actor.tenant_id);
    params[1] = p_uuids(whole, steps, count);
    params[2] = p_uuids(whole, persons, count);
    params[3] = p_texts(whole, reaches, count);
    params[4] = p_texts(whole, sections, count);
    return (struct db_stmt){.query = Q_STEP_STANDING, .params = params};
}

static enum err take(struct look *look, const struct rows *steps, const struct rows *standings, int row)
{
    struct step known = {.id = *look->id, .has_duty = row_bool(standings, row, 2)};
    look->is_alone = !row_bool(standings, row, 1);
    return look->is_alone ? ERR_OK : step_take_known(look->seat.call, steps, &known, &look->step);
}

static enum err serve(struct call *whole, struct gather_seat *const *seats, int count)
{
    struct uuid *steps = call_alloc(whole, 2 * (size_t)count * sizeof *steps), *operations = steps + count;
    struct param get[2], stand[5], find[2];
    for (int i = 0; i < count; i++) {
        struct look *look = (struct look *)seats[i];
        steps[i] = *look->id;
        operations[i] = *look->operation_id;
    }
    struct db_stmt stmts[] = {step_get_stmt(whole, steps, count, get),
                              standing_stmt(whole, seats, count, steps, stand),
                              operation_find_all(whole, operations, count, find)};
    TRY(db_read(whole, stmts, 3));
    for (int i = 0; i < count; i++)
        ((struct look *)seats[i])->answers = stmts[2].rows;
    for (int row = 0; row < rows_count(stmts[1].rows); row++) {
        struct look *look = (struct look *)seats[row_i64(stmts[1].rows, row, 0) - 1];
        look->err = take(look, stmts[0].rows, stmts[1].rows, row);
    }
    return ERR_OK;
}

static const struct gather_kind looks = {TOGETHER_MOST, serve};

static enum err look_along(struct call *c, const struct uuid *id, const struct operation *operation,
                           struct look *look)
{
    static const struct uuid whole_city;
    *look = (struct look){.id = id, .operation_id = &operation->id, .is_alone = true};
    TRY(gather(c, &looks, &whole_city, &look->seat));
    return look->err;
}

enum err step_look(struct call *c, const struct uuid *id, const struct operation *operation,
                   struct step **ret_step, const struct rows **ret_answers)
{
    struct look look;
    *ret_step = NULL;
    enum err err = look_along(c, id, operation, &look);
    if (err == ERR_OK && look.is_alone)
        err = step_get(c, id, &look.step);
    *ret_answers = look.answers;
    *ret_step = look.step;
    if (err != ERR_NOT_FOUND)
        return err;
    call_clear_error(c);
    return ERR_OK;
}
