// SPDX-License-Identifier: Apache-2.0
// CommandService: orders as they stand.
#include "server/rpc/methods.gen.h"
#include "server/rpc/order_show.h"
#include "server/store/message.h"

#define PAGE 200
#define TELEPHONE_MOST 3000
#define CURVE_POINTS 120

// --- what the methods share ---

struct order_teller order_teller_of(const struct call *c, const struct order *order,
                                    const struct order_person *person)
{
    const struct uuid *me = &c->actor.person_id;
    return (struct order_teller){
        .roles = c->actor.roles,
        .is_giver = uuid_equal(&order->giver_id, me),
        .is_commander = uuid_equal(&order->commander_id, me),
        .is_asked = person && person->is_asked,
        .is_deputy = person && person->is_deputy_of,
        .is_head = person && person->is_led,
    };
}

enum order_scope order_scope_of(const struct call *c, const struct incident *incident)
{
    return order_may_give(c->actor.roles, uuid_equal(&incident->commander_id, &c->actor.person_id));
}

enum err order_show(struct call *c, const struct uuid *id, Sokuo__V1__Order **ret)
{
    struct order *order = NULL;
    TRY(order_get(c, id, &order));
    TRY(order_count(c, order, 1));
    TRY(order_put_mine(c, order, 1));
    *ret = &order->m;
    return ERR_OK;
}

// --- one order ---

static bool sees_all(const struct call *c, const struct order *order)
{
    struct order_teller teller = order_teller_of(c, order, NULL);
    teller.is_commander |= uuid_equal(&order->handler_id, &c->actor.person_id);
    return order_sees_all(&teller, order->may_read);
}

static enum err put_curve(struct call *c, const struct order *order, Sokuo__V1__GetOrderResponse *res)
{
    struct order_point *seconds = NULL, points[CURVE_POINTS];
    int count = 0;
    if (!order->m.progress)
        return ERR_OK;
    TRY(order_seconds(c, &order->id, &seconds, &count));
    int n = order_curve(seconds, count, points, CURVE_POINTS);
    res->curve = msg_list(c, n + 1);
    for (int i = 0; i < n; i++) {
        Sokuo__V1__ReachPoint *point = res->curve[i] = call_alloc(c, sizeof *point);
        sokuo__v1__reach_point__init(point);
        point->seconds = points[i].seconds;
        point->answered_count = points[i].answers;
    }
    res->n_curve = (size_t)n;
    return ERR_OK;
}

// One addressee with all its answers; absent when the caller does not see it.
static enum err find_one(struct call *c, const struct order *order, const struct uuid *id,
                         struct order_person **ret, int *ret_count)
{
    TRY(order_people_of(c, &order->id, id, 1, ret, ret_count));
    const struct order_person *person = *ret;
    bool is_seen = *ret_count > 0 && (sees_all(c, order) || person->is_asked || person->is_led);
    *ret_count = is_seen;
    return order_put_answers(c, *ret, *ret_count, false);
}

static enum err find_page(struct call *c, const struct order *order, const Sokuo__V1__GetOrderRequest *req,
                          struct order_person **ret, int *ret_count)
{
    const struct order_wish wish = {.sees_all = sees_all(c, order),
                                    .unit_id = msg_take_uuid(req->unit_id),
                                    .unanswered_only = req->unanswered_only,
                                    .after_id = msg_take_uuid(req->after),
                                    .most = PAGE};
    TRY(order_people(c, &order->id, &wish, ret, ret_count));
    return order_put_answers(c, *ret, *ret_count, true);
}

static enum err put_addressees(struct call *c, const struct order *order,
                               const Sokuo__V1__GetOrderRequest *req, Sokuo__V1__GetOrderResponse *res)
{
    struct uuid one = msg_take_uuid(req->addressee_id);
    struct order_person *people = NULL;
    int count = 0;
    if (uuid_is_nil(&one))
        TRY(find_page(c, order, req, &people, &count));
    else
        TRY(find_one(c, order, &one, &people, &count));
    res->addressees = msg_list(c, count + 1);
    for (int i = 0; i < count; i++)
        res->addressees[res->n_addressees++] = &people[i].m;
    if (count == PAGE)
        res->next = people[count - 1].m.id;
    return ERR_OK;
}

static enum err put_tree(struct call *c, const struct order *order, Sokuo__V1__GetOrderResponse *res)
{
    int count = 0;
    TRY(order_tree(c, &order->id, sees_all(c, order), &res->tree, &count));
    res->n_tree = (size_t)count;
    return ERR_OK;
}

static enum err put_telephone(struct call *c, const struct order *order, Sokuo__V1__GetOrderResponse *res)
{
    struct order_teller teller = order_teller_of(c, order, NULL);
    bool is_all = sees_all(c, order);
    const struct order_wish wish = {.sees_all = is_all, .unanswered_only = true, .most = TELEPHONE_MOST};
    struct order_person *people = NULL;
    int found = 0, count = 0;
    TRY(order_people(c, &order->id, &wish, &people, &found));
    for (int i = 0; i < found; i++) {
        if (is_all || people[i].is_led)
            people[count++] = people[i];
    }
    TRY(order_telephone(c, people, count, order_sees_numbers(&teller), &res->telephone, &count));
    res->n_telephone = (size_t)count;
    return ERR_OK;
}

static bool may_answer_for(const struct call *c, const struct order *order)
{
    struct order_teller teller = order_teller_of(c, order, NULL);
    teller.is_head = (c->actor.roles & (ROLE_BIT(ISO) | ROLE_BIT(ISM))) != 0;
    return order_capacity(&teller, (int)ORDER_ANSWER(ACKNOWLEDGE), (int)ORDER_STATE(SENT)) != 0;
}

enum err rpc_get_order(struct call *c, const Sokuo__V1__GetOrderRequest *req,
                       Sokuo__V1__GetOrderResponse *res)
{
    struct uuid id = msg_take_uuid(req->order_id);
    struct order *order = NULL;
    TRY(order_get(c, &id, &order));
    TRY(order_count(c, order, 1));
    TRY(order_put_mine(c, order, 1));
    TRY(put_curve(c, order, res));
    if (req->tree)
        TRY(put_tree(c, order, res));
    if (req->addressees || *req->addressee_id)
        TRY(put_addressees(c, order, req, res));
    if (req->telephone)
        TRY(put_telephone(c, order, res));
    res->order = &order->m;
    res->may_answer_for = may_answer_for(c, order);
    return ERR_OK;
}

// --- many orders ---

static enum err put_scope(struct call *c, const struct uuid *incident_id, Sokuo__V1__ListOrdersResponse *res)
{
    struct incident *incident = NULL;
    TRY(incident_get(c, incident_id, &incident));
    res->may_issue = order_scope_of(c, incident) != ORDER_TO_NOBODY && state_is_open((int)incident->m.state);
    return ERR_OK;
}

enum err rpc_list_orders(struct call *c, const Sokuo__V1__ListOrdersRequest *req,
                         Sokuo__V1__ListOrdersResponse *res)
{
    struct uuid incident_id = {{0}};
    struct order *orders = NULL;
    int count = 0;
    if (*req->incident_id) {
        TRY(incident_find(c, req->incident_id, &incident_id));
        TRY(put_scope(c, &incident_id, res));
    }
    TRY(order_list(c, &incident_id, req->mine, req->open_only, &orders, &count));
    if (!req->mine)
        TRY(order_count(c, orders, count));
    TRY(order_put_mine(c, orders, count));
    res->orders = msg_list(c, count + 1);
    for (int i = 0; i < count; i++) {
        if (orders[i].may_read || orders[i].gone_at_us != TIME_NULL)
            res->orders[res->n_orders++] = &orders[i].m;
    }
    if (!req->mine)
        order_templates(c, &res->templates, &res->n_templates);
    return ERR_OK;
}
