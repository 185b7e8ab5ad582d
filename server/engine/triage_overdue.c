// SPDX-License-Identifier: Apache-2.0
#include "server/engine/turn.h"

#include "server/base/log.h"
#include "server/store/db.h"
#include "server/store/wake.h"

// Incidents raised in one go.
enum { BATCH = 200 };

enum err turn_triage_overdue(struct call *c)
{
    static const struct uuid any_stream;
    struct uuid ids[BATCH];
    for (int i = 0; i < BATCH; i++)
        ids[i] = uuid_v7();
    const struct param params[] = {p_uuids(c, ids, BATCH)};
    struct db_stmt stmt = {.query = Q_ENGINE_TRIAGE_OVERDUE, .params = params};
    TRY(db_write(c, &any_stream, &stmt, 1));
    int count = rows_count(stmt.rows);
    for (int i = 0; i < count; i++) {
        struct uuid tenant = row_uuid(stmt.rows, i, rows_col(stmt.rows, "tenant_id"));
        wake_send(&tenant, WAKE_FEED);
    }
    if (count > 0)
        log_info("triage_overdue", LOG_I("incidents", count));
    return ERR_OK;
}
