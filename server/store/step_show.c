// SPDX-License-Identifier: Apache-2.0
// What a step became, for those who changed it: dozens do at once, and one read answers them all.
#include "server/store/gather.h"
#include "server/store/message.h"
#include "server/store/run_store.h"
#include "server/store/step_store.h"

#define TOGETHER_MOST 32

struct shown {
    struct gather_seat seat;
    const struct step *known;
    struct step *step;
    enum err err;
};

static enum err read_all(struct call *whole, struct step *const *known, int count, struct step_around *around,
                         struct rows **ret_rows)
{
    struct uuid *ids = call_alloc(whole, (size_t)count * sizeof *ids);
    for (int i = 0; i < count; i++)
        ids[i] = known[i]->id;
    struct param params[2];
    struct db_stmt stmts[STEP_AROUND];
    step_around_ask(whole, known, count, around);
    for (int i = 0; i < STEP_AROUND - 1; i++)
        stmts[i] = around->stmts[i];
    stmts[STEP_AROUND - 1] = step_get_stmt(whole, ids, count, params);
    TRY(db_read(whole, stmts, STEP_AROUND));
    for (int i = 0; i < STEP_AROUND - 1; i++)
        around->stmts[i].rows = stmts[i].rows;
    *ret_rows = stmts[STEP_AROUND - 1].rows;
    return step_around_take(whole, around);
}

static enum err serve(struct call *whole, struct gather_seat *const *seats, int count)
{
    struct step **known = msg_list(whole, count);
    struct step_around *around = call_alloc(whole, sizeof *around);
    struct rows *rows = NULL;
    for (int i = 0; i < count; i++)
        known[i] = (struct step *)((struct shown *)seats[i])->known;
    whole->actor.roles = seats[0]->call->actor.roles; // whom they may telephone: the same for all (key)
    TRY(read_all(whole, known, count, around, &rows));
    for (int i = 0; i < count; i++) {
        struct shown *shown = (struct shown *)seats[i];
        struct call *c = shown->seat.call;
        shown->err = step_take_known(c, rows, shown->known, &shown->step);
        if (shown->err == ERR_OK)
            step_around_put(c, around, shown->step);
    }
    return ERR_OK;
}

// Whom they may telephone differs with their duties.
static const struct gather_kind shown_to_callers = {TOGETHER_MOST, serve},
                                shown_to_others = {TOGETHER_MOST, serve};

static enum err show_along(struct call *c, const struct step *known, struct step **ret_step)
{
    struct shown shown = {.known = known};
    bool calls = (c->actor.roles & ROLES_CALL) != 0;
    TRY(gather(c, calls ? &shown_to_callers : &shown_to_others, &known->incident_id, &shown.seat));
    *ret_step = shown.step;
    return shown.err;
}

// Who only stands in the plan sees as much of other plans as their own reach lets through.
static enum err show_alone(struct call *c, const struct uuid *id, struct step **ret_step)
{
    TRY(step_get(c, id, ret_step));
    return step_around(c, ret_step, 1, NULL, NULL);
}

enum err step_show(struct call *c, const struct step *known, struct step **ret_step)
{
    enum err err = known->may_read ? show_along(c, known, ret_step) : show_alone(c, &known->id, ret_step);
    if (err != ERR_NOT_FOUND)
        return err;
    call_clear_error(c);
    *ret_step = NULL;
    return ERR_OK;
}
