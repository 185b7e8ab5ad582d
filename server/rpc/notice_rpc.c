// SPDX-License-Identifier: Apache-2.0
// ContactService: what was sent, waits, or could not be sent.
#include <string.h>

#include "server/domain/words.h"
#include "server/rpc/methods.gen.h"
#include "server/store/incident_store.h"
#include "server/store/message.h"
#include "server/store/notice_store.h"

static bool is_admin(const struct call *c)
{
    return (c->actor.roles & ROLE_BIT(ADMIN)) != 0;
}

static enum notice_reach reach_of(const struct call *c)
{
    return is_admin(c) ? NOTICE_ALL : c->actor.roles & ROLES_CALL ? NOTICE_OF_INCIDENTS : NOTICE_OWN;
}

enum err rpc_list_notices(struct call *c, const Sokuo__V1__ListNoticesRequest *req,
                          Sokuo__V1__ListNoticesResponse *res)
{
    struct notice_filter filter = {
        .order_id = msg_take_uuid(req->order_id), .dead_only = req->dead_only, .reach = reach_of(c)};
    if (*req->incident_id)
        TRY(incident_find(c, req->incident_id, &filter.incident_id));
    return notice_list(c, &filter, res);
}

static bool is_among(const struct uuid *ids, int count, const char *id)
{
    struct uuid wanted = msg_take_uuid(id);
    for (int i = 0; i < count; i++)
        if (uuid_equal(&ids[i], &wanted))
            return true;
    return false;
}

enum err rpc_retry_notices(struct call *c, const Sokuo__V1__RetryNoticesRequest *req,
                           Sokuo__V1__RetryNoticesResponse *res)
{
    struct uuid *ids = call_alloc(c, (req->n_ids + 1) * sizeof *ids), *again = NULL;
    int count = 0;
    for (size_t i = 0; i < req->n_ids; i++)
        ids[i] = msg_take_uuid(req->ids[i]);
    TRY(notice_retry(c, ids, (int)req->n_ids, is_admin(c), &again, &count));
    Sokuo__V1__ListNoticesResponse now = SOKUO__V1__LIST_NOTICES_RESPONSE__INIT;
    TRY(notice_list(c, &(struct notice_filter){.reach = reach_of(c)}, &now));
    res->notices = msg_list(c, (int)now.n_notices + 1);
    for (size_t i = 0; i < now.n_notices; i++)
        if (is_among(again, count, now.notices[i]->id))
            res->notices[res->n_notices++] = now.notices[i];
    return ERR_OK;
}
