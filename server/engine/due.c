// SPDX-License-Identifier: Apache-2.0
#include "server/engine/due.h"

static const char *const columns[DUE_COUNT] = {
    [DUE_CALLS] = "calls",
    [DUE_NOTICES] = "notices",
    [DUE_TRIAGES] = "triages",
    [DUE_DEFAULTS] = "defaults",
    [DUE_RATIFICATIONS] = "ratifications",
    [DUE_ORDERS] = "orders",
    [DUE_REMINDERS] = "reminders",
    [DUE_READINESS] = "readiness",
};

enum err due_read(struct call *c, struct due_look *ret)
{
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ENGINE_NEXT, NULL, &rows));
    for (int due = 0; due < DUE_COUNT; due++) {
        int col = rows_col(rows, columns[due]);
        ret->at_us[due] = row_is_null(rows, 0, col) ? INT64_MAX : row_time(rows, 0, col);
    }
    ret->clocks = (struct esc_look){
        .look_us = ret->at_us[DUE_CALLS],
        .now_us = row_time(rows, 0, rows_col(rows, "now")),
        .wall_us = row_time(rows, 0, rows_col(rows, "wall")),
        .highest_us = row_time(rows, 0, rows_col(rows, "highest")),
        .jump_us = row_i64(rows, 0, rows_col(rows, "jump_us")),
    };
    return ERR_OK;
}
