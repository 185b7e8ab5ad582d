// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"
#include "server/engine/turn.h"
#include "server/store/order_store.h"

// In one go.
enum { ORDERS = 20, PERSONS = 500 };

enum err turn_orders_due(struct call *c)
{
    struct uuid *tenants, *ids;
    int count, gone = 0;
    TRY(order_due(c, ORDERS, &tenants, &ids, &count));
    for (int i = 0; i < count; i++) {
        bool is_done = false;
        c->actor.tenant_id = tenants[i];
        enum err err = order_go(c, &ids[i], &is_done);
        if (err != ERR_OK) { // the others are not held up by one
            log_warn("order_not_gone", LOG_S("err", err_word(err)), LOG_S("why", c->error_en));
            call_clear_error(c);
        }
        gone += is_done;
    }
    if (gone > 0)
        log_info("orders_gone", LOG_I("orders", gone));
    return ERR_OK;
}

enum err turn_order_reminders(struct call *c)
{
    int total = 0;
    for (int due = PERSONS, asked; due == PERSONS; total += asked)
        TRY(order_remind(c, PERSONS, &due, &asked));
    if (total > 0)
        log_info("order_reminders", LOG_I("persons", total));
    return ERR_OK;
}
