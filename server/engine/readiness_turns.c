// SPDX-License-Identifier: Apache-2.0
// Holes are told once a week, and that all is well is told outside once a minute: whoever waits there raises
// the alarm when it stops.
#include "server/base/log.h"
#include "server/engine/turn.h"
#include "server/notify/http.h"
#include "server/store/readiness_store.h"

enum err turn_readiness(struct call *c)
{
    struct uuid *tenants = NULL;
    int count = 0;
    TRY(readiness_due(c, &tenants, &count));
    for (int i = 0; i < count; i++) {
        int told = 0;
        c->actor.tenant_id = tenants[i];
        TRY(readiness_tell(c, &told));
        log_info("readiness", LOG_I("told", told));
    }
    return ERR_OK;
}

static const char *heartbeat_url = "";

void turn_heartbeat_begin(const char *url)
{
    heartbeat_url = url;
}

enum err turn_heartbeat(struct call *c)
{
    static const char *const headers[] = {"Content-Type: text/plain", NULL};
    struct rows *rows = NULL;
    if (!*heartbeat_url)
        return ERR_OK;
    TRY(db_query(c, Q_HEARTBEAT_OK, NULL, &rows));
    if (!row_bool(rows, 0, 0)) {
        log_warn("heartbeat_withheld",
                 LOG_S("why", "something is overdue by 120 s, or the clock is not trusted"));
        return ERR_OK;
    }
    const struct post post = {
        .url = heartbeat_url, .body = "ok", .body_len = 2, .headers = headers, .user = "", .secret = ""};
    struct transfer t;
    struct notify_result result = {0};
    bool is_answered = http_post(c, &post, &t, &result);
    if (!is_answered || t.status / 100 != 2)
        log_warn("heartbeat_failed", LOG_I("status", is_answered ? t.status : 0),
                 LOG_S("why", result.answer ? result.answer : ""));
    return ERR_OK;
}
