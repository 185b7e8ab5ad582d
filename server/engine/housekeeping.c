// SPDX-License-Identifier: Apache-2.0
#include "server/engine/turn.h"

#include "server/base/log.h"
#include "server/store/db.h"

// Rows a statement deletes at most (the queries' LIMIT): small units, so that nobody waits for them.
enum { BATCH = 1000 };

static enum err drop(struct call *c, enum query query, const char *what)
{
    static const struct uuid any_stream;
    int64_t dropped = 0;
    for (int count = BATCH; count == BATCH; dropped += count) {
        struct db_stmt stmt = {.query = query};
        TRY(db_write(c, &any_stream, &stmt, 1));
        count = rows_count(stmt.rows);
    }
    if (dropped > 0)
        log_info("housekeeping", LOG_S("what", what), LOG_I("rows", dropped));
    return ERR_OK;
}

enum err turn_housekeeping(struct call *c)
{
    TRY(drop(c, Q_ENGINE_DROP_SESSIONS, "sessions"));
    TRY(drop(c, Q_ENGINE_DROP_OPERATIONS, "operations"));
    return drop(c, Q_ENGINE_DROP_THROTTLES, "login delays");
}
