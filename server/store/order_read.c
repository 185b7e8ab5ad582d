// SPDX-License-Identifier: Apache-2.0
// Orders: what is read of them.
#include <string.h>

#include "server/codec/codec.h"
#include "server/store/message.h"
#include "server/store/order_store.h"

static Google__Protobuf__Timestamp *take_time(struct call *c, const struct rows *rows, int row,
                                              const char *name)
{
    return msg_time(c, row_time(rows, row, rows_col(rows, name)));
}

static int number(const struct rows *rows, int row, const char *name)
{
    return (int)row_i64(rows, row, rows_col(rows, name));
}

static char *text(const struct rows *rows, int row, const char *name)
{
    return msg_text(row_text(rows, row, rows_col(rows, name)));
}

static struct uuid uuid(const struct rows *rows, int row, const char *name)
{
    return row_uuid(rows, row, rows_col(rows, name));
}

// --- orders ---

enum err order_not_found(struct call *c)
{
    return call_fail(c, ERR_NOT_FOUND, "ORDER_NOT_FOUND",
                     "その指示は見つかりません。あなたあての指示かどうかを確かめてください。",
                     "There is no such order. Check whether it is for you.");
}

static void take_words(struct call *c, const struct rows *rows, int row, Sokuo__V1__Order *m)
{
    struct uuid by = uuid(rows, row, "by_person_id"), post = uuid(rows, row, "by_post_id");
    m->no = number(rows, row, "no");
    m->version = number(rows, row, "version");
    m->mode = (Sokuo__V1__Mode)number(rows, row, "mode");
    m->text = text(rows, row, "text");
    m->giver = msg_who(c, &by, text(rows, row, "by_person_name"), &post, text(rows, row, "by_post_name"),
                       number(rows, row, "by_capacity"));
    m->withdrawn_reason = text(rows, row, "withdrawn_reason");
    m->wants_acceptance = row_bool(rows, row, rows_col(rows, "wants_acceptance"));
    m->is_request = row_bool(rows, row, rows_col(rows, "is_request"));
    m->incident_number = text(rows, row, "incident_number");
    m->incident_title = text(rows, row, "incident_title");
}

static void take_times(struct call *c, const struct rows *rows, int row, Sokuo__V1__Order *m)
{
    m->occurred_at = take_time(c, rows, row, "occurred_at");
    m->issued_at = take_time(c, rows, row, "issued_at");
    m->send_at = take_time(c, rows, row, "send_at");
    m->due_at = take_time(c, rows, row, "due_at");
    m->withdrawn_at = take_time(c, rows, row, "withdrawn_at");
}

static enum err take_order(struct call *c, const struct rows *rows, int row, struct order *ret)
{
    *ret = (struct order){.id = uuid(rows, row, "id"),
                          .incident_id = uuid(rows, row, "incident_id"),
                          .giver_id = uuid(rows, row, "by_person_id"),
                          .commander_id = uuid(rows, row, "commander_id"),
                          .handler_id = uuid(rows, row, "handler_id"),
                          .may_read = row_bool(rows, row, rows_col(rows, "may_read")),
                          .severity = number(rows, row, "severity"),
                          .gone_at_us = row_time(rows, row, rows_col(rows, "gone_at"))};
    sokuo__v1__order__init(&ret->m);
    ret->m.id = msg_uuid(c, &ret->id);
    ret->m.incident_id = msg_uuid(c, &ret->incident_id);
    take_words(c, rows, row, &ret->m);
    take_times(c, rows, row, &ret->m);
    ProtobufCMessage *targets = NULL;
    int at = rows_col(rows, "targets");
    TRY(wire_to_message(c, &sokuo__v1__order_targets__descriptor, row_bytes(rows, row, at),
                        (size_t)row_len(rows, row, at), &targets));
    ret->m.targets = ((Sokuo__V1__OrderTargets *)targets)->targets;
    ret->m.n_targets = ((Sokuo__V1__OrderTargets *)targets)->n_targets;
    return ERR_OK;
}

static enum err order_many(struct call *c, const struct uuid *ids, int count, struct order **ret,
                           int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_GET, params, &rows));
    *ret_count = rows_count(rows);
    *ret = call_alloc(c, (size_t)*ret_count * sizeof **ret + 1);
    for (int i = 0; i < *ret_count; i++)
        TRY(take_order(c, rows, i, &(*ret)[i]));
    return ERR_OK;
}

enum err order_get(struct call *c, const struct uuid *id, struct order **ret)
{
    int count = 0;
    TRY(order_many(c, id, 1, ret, &count));
    bool is_shown = count > 0 && ((*ret)->may_read || (*ret)->gone_at_us != TIME_NULL);
    return is_shown ? ERR_OK : order_not_found(c);
}

enum err order_list(struct call *c, const struct uuid *incident_id, bool mine, bool open_only,
                    struct order **ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id),
                                   mine ? p_uuid(&c->actor.person_id) : p_null(), p_bool(open_only)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_IDS, params, &rows));
    int count = rows_count(rows);
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids + 1);
    for (int i = 0; i < count; i++)
        ids[i] = row_uuid(rows, i, 0);
    return order_many(c, ids, count, ret, ret_count);
}

static struct order *find(struct order *orders, int count, const struct uuid *id)
{
    for (int i = 0; i < count; i++) {
        if (uuid_equal(&orders[i].id, id))
            return &orders[i];
    }
    return NULL;
}

// --- numbers ---

static int seconds_since(int64_t from_us, int64_t at_us)
{
    return from_us == TIME_NULL || at_us == TIME_NULL ? 0 : (int)((at_us - from_us) / 1000000);
}

static Sokuo__V1__OrderProgress *take_progress(struct call *c, const struct rows *rows, int row,
                                               const struct order *order)
{
    Sokuo__V1__OrderProgress *p = call_alloc(c, sizeof *p);
    sokuo__v1__order_progress__init(p);
    int16_t *states;
    int count = row_i16s(c, rows, row, rows_col(rows, "states"), &states);
    p->state_counts = call_alloc(c, (size_t)(count + 1) * sizeof *p->state_counts);
    p->n_state_counts = (size_t)count + 1;
    p->state_counts[0] = 0;
    for (int i = 0; i < count; i++)
        p->state_counts[i + 1] = states[i];
    p->addressee_count = number(rows, row, "addressees");
    p->answered_count = number(rows, row, "answered");
    p->unanswered_count = p->addressee_count - p->answered_count;
    p->department_count = number(rows, row, "departments");
    p->department_answered_count = number(rows, row, "departments_answered");
    p->section_count = number(rows, row, "sections");
    p->section_answered_count = number(rows, row, "sections_answered");
    p->t50_seconds = seconds_since(order->gone_at_us, row_time(rows, row, rows_col(rows, "half_at")));
    p->t95_seconds = seconds_since(order->gone_at_us, row_time(rows, row, rows_col(rows, "most_at")));
    p->as_of = msg_time(c, c->now_us);
    return p;
}

enum err order_count(struct call *c, struct order *orders, int count)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids + 1);
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (orders[i].may_read || uuid_equal(&orders[i].giver_id, &c->actor.person_id))
            ids[n++] = orders[i].id;
    }
    if (n == 0)
        return ERR_OK;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, n)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_PROGRESS, params, &rows));
    for (int i = 0; i < rows_count(rows); i++) {
        struct uuid id = uuid(rows, i, "order_id");
        struct order *order = find(orders, count, &id);
        if (order)
            order->m.progress = take_progress(c, rows, i, order);
    }
    return ERR_OK;
}

enum err order_seconds(struct call *c, const struct uuid *order_id, struct order_point **ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(order_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_CURVE, params, &rows));
    *ret_count = rows_count(rows);
    *ret = call_alloc(c, (size_t)*ret_count * sizeof **ret + 1);
    for (int i = 0; i < *ret_count; i++)
        (*ret)[i] = (struct order_point){number(rows, i, "seconds"), number(rows, i, "answers")};
    return ERR_OK;
}

// --- addressees ---

static void take_standing(const struct rows *rows, int row, struct order_person *ret)
{
    static const char *const names[] = {
        [ORDER_ANSWER(READ)] = "read_at",       [ORDER_ANSWER(ACKNOWLEDGE)] = "acknowledged_at",
        [ORDER_ANSWER(ACCEPT)] = "accepted_at", [ORDER_ANSWER(REFUSE)] = "refused_at",
        [ORDER_ANSWER(DONE)] = "done_at",       [ORDER_ANSWER(CONFIRM)] = "confirmed_at",
    };
    struct order_standing *s = &ret->standing;
    s->state = number(rows, row, "state");
    s->has_nobody = uuid_is_nil(&ret->person_id);
    s->sent_us = row_time(rows, row, rows_col(rows, "sent_at"));
    s->delivered_us = row_time(rows, row, rows_col(rows, "delivered_at"));
    s->answered_us = row_time(rows, row, rows_col(rows, "answered_at"));
    s->times[0] = ORDER_NEVER;
    for (int kind = (int)ORDER_ANSWER(READ); kind <= (int)ORDER_ANSWER(CONFIRM); kind++)
        s->times[kind] = row_time(rows, row, rows_col(rows, names[kind]));
}

static void put_standing(struct call *c, const struct rows *rows, int row, struct order_person *ret)
{
    const struct order_standing *s = &ret->standing;
    Sokuo__V1__OrderAddressee *m = &ret->m;
    m->state = (Sokuo__V1__OrderState)s->state;
    m->queued_at = take_time(c, rows, row, "queued_at");
    m->sent_at = msg_time(c, s->sent_us);
    m->delivered_at = msg_time(c, s->delivered_us);
    m->read_at = msg_time(c, s->times[ORDER_ANSWER(READ)]);
    m->acknowledged_at = msg_time(c, s->times[ORDER_ANSWER(ACKNOWLEDGE)]);
    m->accepted_at = msg_time(c, s->times[ORDER_ANSWER(ACCEPT)]);
    m->refused_at = msg_time(c, s->times[ORDER_ANSWER(REFUSE)]);
    m->done_at = msg_time(c, s->times[ORDER_ANSWER(DONE)]);
    m->confirmed_at = msg_time(c, s->times[ORDER_ANSWER(CONFIRM)]);
    m->ack_until = take_time(c, rows, row, "ack_until");
}

static void take_person(struct call *c, const struct rows *rows, int row, struct order_person *ret)
{
    *ret = (struct order_person){.id = uuid(rows, row, "id"),
                                 .person_id = uuid(rows, row, "person_id"),
                                 .unit_id = uuid(rows, row, "unit_id"),
                                 .is_asked = row_bool(rows, row, rows_col(rows, "is_asked")),
                                 .is_deputy_of = row_bool(rows, row, rows_col(rows, "is_deputy_of")),
                                 .is_led = row_bool(rows, row, rows_col(rows, "is_led")),
                                 .has_call = !row_is_null(rows, row, rows_col(rows, "escalation_id")),
                                 .unit_phone = text(rows, row, "unit_phone")};
    Sokuo__V1__OrderAddressee *m = &ret->m;
    sokuo__v1__order_addressee__init(m);
    m->id = msg_uuid(c, &ret->id);
    m->version = number(rows, row, "version");
    m->role = (Sokuo__V1__Role)number(rows, row, "role");
    m->unit = msg_ref(c, ret->unit_id, text(rows, row, "unit_name"));
    m->department = msg_ref(c, uuid(rows, row, "department_id"), text(rows, row, "department_name"));
    m->post = msg_ref(c, uuid(rows, row, "post_id"), text(rows, row, "post_name"));
    m->person = msg_ref(c, ret->person_id, text(rows, row, "person_name"));
    m->is_deputy = row_bool(rows, row, rows_col(rows, "is_deputy"));
    take_standing(rows, row, ret);
    put_standing(c, rows, row, ret);
}

static enum err find_page(struct call *c, const struct uuid *order_id, const struct order_wish *wish,
                          struct uuid **ret_ids, int *ret_count)
{
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id), p_uuid(order_id),
        p_uuid(&wish->after_id),     p_i32(c, wish->most),
        p_bool(wish->sees_all),      p_uuid(&c->actor.person_id),
        p_uuid(&wish->unit_id),      p_bool(wish->unanswered_only),
    };
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_PAGE, params, &rows));
    *ret_count = rows_count(rows);
    *ret_ids = call_alloc(c, (size_t)*ret_count * sizeof **ret_ids + 1);
    for (int i = 0; i < *ret_count; i++)
        (*ret_ids)[i] = row_uuid(rows, i, 0);
    return ERR_OK;
}

enum err order_people(struct call *c, const struct uuid *order_id, const struct order_wish *wish,
                      struct order_person **ret, int *ret_count)
{
    struct uuid *ids = NULL;
    int count = 0;
    TRY(find_page(c, order_id, wish, &ids, &count));
    return order_people_of(c, order_id, ids, count, ret, ret_count);
}

enum err order_people_of(struct call *c, const struct uuid *order_id, const struct uuid *ids, int count,
                         struct order_person **ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count),
                                   p_uuid(&c->actor.person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_PEOPLE, params, &rows));
    *ret_count = 0;
    *ret = call_alloc(c, (size_t)rows_count(rows) * sizeof **ret + 1);
    for (int i = 0; i < rows_count(rows); i++) {
        struct uuid of = uuid(rows, i, "order_id");
        if (uuid_equal(&of, order_id))
            take_person(c, rows, i, &(*ret)[(*ret_count)++]);
    }
    return ERR_OK;
}

// --- mine ---

static enum err find_mine(struct call *c, const struct uuid *order_ids, int count, struct rows **ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, order_ids, count),
                                   p_uuid(&c->actor.person_id)};
    return db_query(c, Q_ORDER_MINE, params, ret);
}

enum err order_my_addressee(struct call *c, const struct uuid *order_id, struct uuid *ret)
{
    struct rows *rows = NULL;
    TRY(find_mine(c, order_id, 1, &rows));
    *ret = rows_count(rows) > 0 ? uuid(rows, 0, "id") : (struct uuid){0};
    return ERR_OK;
}

enum err order_put_mine(struct call *c, struct order *orders, int count)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids + 1);
    struct rows *rows = NULL;
    for (int i = 0; i < count; i++)
        ids[i] = orders[i].id;
    TRY(find_mine(c, ids, count, &rows));
    for (int i = 0; i < rows_count(rows); i++) {
        struct uuid order_id = uuid(rows, i, "order_id"), id = uuid(rows, i, "id");
        struct order *order = find(orders, count, &order_id);
        if (!order || order->gone_at_us == TIME_NULL)
            continue;
        struct order_person *people = NULL;
        int found = 0;
        TRY(order_people_of(c, &order_id, &id, 1, &people, &found));
        TRY(order_put_answers(c, people, found, true));
        order->m.mine = found > 0 ? &people[0].m : NULL;
    }
    return ERR_OK;
}

// --- answers ---

static Sokuo__V1__OrderAnswer *take_answer(struct call *c, const struct rows *rows, int row)
{
    struct uuid person = uuid(rows, row, "person_id"), post = uuid(rows, row, "post_id");
    Sokuo__V1__OrderAnswer *answer = call_alloc(c, sizeof *answer);
    sokuo__v1__order_answer__init(answer);
    answer->kind = (Sokuo__V1__OrderAnswerKind)number(rows, row, "kind");
    answer->by = msg_who(c, &person, text(rows, row, "person_name"), &post, text(rows, row, "post_name"),
                         number(rows, row, "capacity"));
    answer->means = (Sokuo__V1__Means)number(rows, row, "means");
    answer->note = text(rows, row, "note");
    answer->occurred_at = take_time(c, rows, row, "occurred_at");
    answer->recorded_at = take_time(c, rows, row, "recorded_at");
    return answer;
}

static void put_answers(struct call *c, const struct rows *rows, struct order_person *person)
{
    int total = rows_count(rows), column = rows_col(rows, "addressee_id"), first = 0;
    struct uuid id = person->id;
    while (first < total) {
        struct uuid of = row_uuid(rows, first, column);
        if (uuid_equal(&of, &id))
            break;
        first++;
    }
    int end = first;
    for (; end < total; end++) {
        struct uuid of = row_uuid(rows, end, column);
        if (!uuid_equal(&of, &id))
            break;
    }
    person->m.answers = msg_list(c, end - first + 1);
    for (int i = first; i < end; i++)
        person->m.answers[person->m.n_answers++] = take_answer(c, rows, i);
}

enum err order_put_answers(struct call *c, struct order_person *people, int count, bool latest_only)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids + 1);
    for (int i = 0; i < count; i++)
        ids[i] = people[i].id;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count), p_bool(latest_only)};
    struct rows *rows = NULL;
    if (count == 0)
        return ERR_OK;
    TRY(db_query(c, Q_ORDER_ANSWERS, params, &rows));
    for (int i = 0; i < count; i++)
        put_answers(c, rows, &people[i]);
    return ERR_OK;
}
