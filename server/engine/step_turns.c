// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"
#include "server/domain/incident.h"
#include "server/engine/turn.h"
#include "server/store/step_store.h"
#include "server/store/wake.h"

// In one go.
enum { BATCH = 100 };

static enum err take_default(struct call *c, const struct uuid *id, bool *ret_done)
{
    struct step *step;
    *ret_done = false;
    TRY(step_get(c, id, &step));
    // Held back, decided or taken back since it was found.
    if (step->default_at_us == TIME_NULL || step->default_at_us > c->now_us)
        return ERR_OK;
    if (!state_is_open(step->incident_state))
        return step_disarm(c, step);
    const Sokuo__V1__PlaybookStep *definition = step->m.definition;
    const Sokuo__V1__PlaybookOption *option =
        definition->decision ? step_option(definition, definition->decision->default_option) : NULL;
    if (!option || !step_is_open((int)step->m.state))
        return ERR_OK;
    struct step_change change;
    step_change_begin(c, &change, step, STEP_ACT_DECIDE, option->id);
    change.after.m.decided_by_default = true;
    step_change_decide(c, &change, option, "");
    return step_save(c, &change, ret_done);
}

enum err turn_step_defaults(struct call *c)
{
    struct uuid *tenants, *ids;
    int count, taken = 0;
    TRY(step_due_defaults(c, BATCH, &tenants, &ids, &count));
    c->actor.person_name = "Sokuo";
    c->actor.post_name = "";
    c->actor.capacity = CAPACITY(SYSTEM);
    for (int i = 0; i < count; i++) {
        bool is_done;
        c->actor.tenant_id = tenants[i];
        enum err err = take_default(c, &ids[i], &is_done);
        if (err != ERR_OK) { // the others are not held up by one
            log_warn("default_not_taken", LOG_S("err", err_word(err)), LOG_S("why", c->error_en));
            call_clear_error(c);
            continue;
        }
        taken += is_done;
        if (is_done)
            wake_send(&tenants[i], WAKE_FEED);
    }
    if (taken > 0)
        log_info("defaults_taken", LOG_I("steps", taken));
    return ERR_OK;
}

enum err turn_ratify_overdue(struct call *c)
{
    static const struct uuid any_stream;
    struct uuid ids[BATCH];
    for (int i = 0; i < BATCH; i++)
        ids[i] = uuid_v7();
    const struct param params[] = {p_uuids(c, ids, BATCH)};
    struct db_stmt stmt = {.query = Q_ENGINE_RATIFY_OVERDUE, .params = params};
    TRY(db_write(c, &any_stream, &stmt, 1));
    int count = rows_count(stmt.rows);
    for (int i = 0; i < count; i++) {
        struct uuid tenant = row_uuid(stmt.rows, i, rows_col(stmt.rows, "tenant_id"));
        wake_send(&tenant, WAKE_FEED);
    }
    if (count > 0)
        log_info("ratify_overdue", LOG_I("steps", count));
    return ERR_OK;
}
