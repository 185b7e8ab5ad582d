// SPDX-License-Identifier: Apache-2.0
// Orders: what is written.
#include "server/store/order_store.h"

#include <inttypes.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "server/store/wake.h"

#define UNIT_MOST 4

static struct param *kept(struct call *c, const struct param *params, size_t size)
{
    return arena_memdup(&c->arena, params, size);
}

// As the server itself: the caller was checked, and what follows lies with others.
static enum err write_unit(struct call *c, const struct uuid *stream, struct db_stmt *stmts, int count,
                           const struct db_stmt *first, bool *ret_done)
{
    bool was_system = c->actor.is_system;
    c->actor.is_system = true;
    enum err err = db_write(c, stream, stmts, count);
    c->actor.is_system = was_system;
    if (err == ERR_ALREADY_EXISTS) { // the same operation in another process at the same time
        call_clear_error(c);
        *ret_done = false;
        return ERR_OK;
    }
    TRY(err);
    *ret_done = rows_count(first->rows) > 0;
    if (*ret_done) {
        wake_send(&c->actor.tenant_id, WAKE_FEED);
        wake_send(&c->actor.tenant_id, WAKE_ENGINE);
    }
    return ERR_OK;
}

static struct db_stmt lock_stmt(struct call *c, const struct uuid *incident_id)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, incident_id)};
    return (struct db_stmt){.query = Q_STEP_LOCK, .params = kept(c, params, sizeof params)};
}

// --- aims ---

struct order_aim order_aim_of(struct call *c, Sokuo__V1__OrderTarget *const *targets, size_t count)
{
    int16_t *kinds = call_alloc(c, count * sizeof *kinds + 1),
            *roles = call_alloc(c, count * sizeof *roles + 1);
    struct uuid *units = call_alloc(c, count * sizeof *units + 1);
    size_t persons = 0;
    for (size_t i = 0; i < count; i++)
        persons += targets[i]->n_person_ids;
    struct uuid *person_ids = call_alloc(c, persons * sizeof *person_ids + 1);
    int n = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_duty = targets[i]->kind == ORDER_TARGET(DUTY);
        bool has_unit = is_duty || targets[i]->kind == ORDER_TARGET(UNIT);
        kinds[i] = (int16_t)targets[i]->kind;
        roles[i] = (int16_t)(is_duty ? (int)targets[i]->role : 0);
        units[i] = has_unit ? msg_take_uuid(targets[i]->unit_id) : (struct uuid){0};
        for (size_t k = 0; targets[i]->kind == ORDER_TARGET(PERSONS) && k < targets[i]->n_person_ids; k++)
            person_ids[n++] = msg_take_uuid(targets[i]->person_ids[k]);
    }
    return (struct order_aim){kinds, roles, units, (int)count, person_ids, n};
}

#define AIM_PARAMS 4

static void put_aim(struct call *c, const struct order_aim *aim, struct param out[AIM_PARAMS])
{
    out[0] = p_i16s(c, aim->kinds, aim->count);
    out[1] = p_i16s(c, aim->roles, aim->count);
    out[2] = p_uuids(c, aim->unit_ids, aim->count);
    out[3] = p_uuids(c, aim->person_ids, aim->person_count);
}

static Sokuo__V1__OrderAddressee *take_hole(struct call *c, const struct rows *rows, int row)
{
    Sokuo__V1__OrderAddressee *hole = call_alloc(c, sizeof *hole);
    sokuo__v1__order_addressee__init(hole);
    hole->role = (Sokuo__V1__Role)row_i64(rows, row, rows_col(rows, "role"));
    hole->unit = msg_ref(c, row_uuid(rows, row, rows_col(rows, "unit_id")),
                         row_text(rows, row, rows_col(rows, "unit_name")));
    hole->post = msg_ref(c, row_uuid(rows, row, rows_col(rows, "post_id")),
                         row_text(rows, row, rows_col(rows, "post_name")));
    hole->state = ORDER_STATE(UNREACHABLE);
    return hole;
}

enum err order_look(struct call *c, const struct uuid *incident_id, const struct order_aim *aim,
                    struct order_look *ret)
{
    struct param params[4 + AIM_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(incident_id)};
    put_aim(c, aim, params + 2);
    params[6] = p_uuid(&c->actor.person_id);
    params[7] = p_uuid(&c->actor.section_id);
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_LOOK, params, &rows));
    *ret = (struct order_look){
        .addressees = (int)row_i64(rows, 0, rows_col(rows, "addressees")),
        .duties = (int)row_i64(rows, 0, rows_col(rows, "duties")),
        .no_way = (int)row_i64(rows, 0, rows_col(rows, "no_way")),
        .departments = (int)row_i64(rows, 0, rows_col(rows, "departments")),
        .sections = (int)row_i64(rows, 0, rows_col(rows, "sections")),
        .outside = (int)row_i64(rows, 0, rows_col(rows, "outside")),
        .is_request = row_bool(rows, 0, rows_col(rows, "is_request")),
        .holes = msg_list(c, rows_count(rows)),
    };
    int role = rows_col(rows, "role");
    for (int i = 0; i < rows_count(rows); i++) {
        if (!row_is_null(rows, i, role))
            ret->holes[ret->hole_count++] = take_hole(c, rows, i);
    }
    return ERR_OK;
}

// --- giving ---

static struct db_stmt add_stmt(struct call *c, const struct order_giving *g, const struct operation *op)
{
    const struct actor *a = &c->actor;
    struct buf targets = buf_in(&c->arena);
    message_to_wire(c, &g->targets->base, &targets);
    struct uuid journal_id = uuid_v7();
    const struct param params[] = {
        p_uuid(&a->tenant_id),
        note_uuid(c, &op->id),
        note_uuid(c, &g->incident_id),
        p_text(g->text),
        p_bytes(targets.data, (int)targets.len), // 5
        p_bool(g->wants_acceptance),
        p_bool(g->is_request),
        p_time(c, g->occurred_at_us),
        p_time(c, g->send_at_us),
        p_time(c, g->due_at_us), // 10
        note_uuid(c, &journal_id),
        p_uuid(&a->person_id),
        p_text(a->person_name ? a->person_name : ""),
        p_uuid(&a->post_id),
        p_text(a->post_name ? a->post_name : ""), // 15
        p_i16(c, (int16_t)g->capacity),
        p_i16(c, (int16_t)(g->is_request ? ENTRY_KIND(REQUEST) : ENTRY_KIND(ORDER))),
        p_i32(c, g->addressees),
        p_text(op->method),
        p_bytes(op->request_hash, 32), // 20
        p_bytes(op->response, op->response_len),
    };
    return (struct db_stmt){.query = Q_ORDER_ADD, .params = kept(c, params, sizeof params)};
}

static struct db_stmt go_stmt(struct call *c, const struct uuid *order_id)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, order_id)};
    return (struct db_stmt){.query = Q_ORDER_GO, .params = kept(c, params, sizeof params)};
}

#define ADDRESS_PARAMS (2 + AIM_PARAMS)

// What giving writes; answers how many statements.
static int giving_stmts(struct call *c, const struct order_giving *giving, const struct operation *op,
                        struct param address[ADDRESS_PARAMS], struct db_stmt stmts[UNIT_MOST])
{
    address[0] = p_uuid(&c->actor.tenant_id);
    address[1] = p_uuid(&op->id);
    put_aim(c, giving->aim, address + 2);
    stmts[0] = lock_stmt(c, &giving->incident_id);
    stmts[1] = add_stmt(c, giving, op);
    stmts[2] = (struct db_stmt){.query = Q_ORDER_ADDRESS, .params = address};
    stmts[3] = go_stmt(c, &op->id);
    bool goes_later = giving->send_at_us != TIME_NULL;
    return goes_later ? UNIT_MOST - 1 : UNIT_MOST;
}

enum err order_add(struct call *c, const struct order_giving *giving, const struct operation *operation,
                   bool *ret_done)
{
    struct param address[ADDRESS_PARAMS];
    struct db_stmt stmts[UNIT_MOST];
    int count = giving_stmts(c, giving, operation, address, stmts);
    return write_unit(c, &giving->incident_id, stmts, count, &stmts[1], ret_done);
}

enum err order_add_leased(struct call *c, struct db_lease *lease, const struct order_giving *giving,
                          const struct operation *operation)
{
    struct param address[ADDRESS_PARAMS];
    struct db_stmt stmts[UNIT_MOST];
    struct rows *rows = NULL;
    int count = giving_stmts(c, giving, operation, address, stmts);
    for (int i = 0; i < count; i++)
        TRY(db_lease_query(c, lease, stmts[i].query, stmts[i].params, &rows));
    return ERR_OK;
}

// --- answering ---

static bool is_of_a_duty(const struct order_telling *telling)
{
    for (int i = 0; i < telling->count; i++) {
        if (telling->decided[i].before->m.role != 0)
            return true;
    }
    return false;
}

// What is answered now is answered by the database's clock.
static const char *us_text(struct call *c, const struct order_telling *t, int64_t us)
{
    if (us == TIME_NULL)
        return "";
    bool is_now = t->occurred_at_us == TIME_NULL && us == t->at_us;
    return is_now ? "now" : call_printf(c, "%" PRId64, us);
}

static struct param time_column(struct call *c, const struct order_telling *t, int kind)
{
    const char **texts = call_alloc(c, (size_t)t->count * sizeof *texts + 1);
    for (int i = 0; i < t->count; i++)
        texts[i] = us_text(c, t, t->decided[i].outcome.after.times[kind]);
    return p_texts(c, texts, t->count);
}

#define TELL_COLUMNS 13

static void put_columns(struct call *c, const struct order_telling *t, struct param out[TELL_COLUMNS])
{
    size_t room = (size_t)t->count + 1;
    struct uuid *ids = call_alloc(c, room * sizeof *ids);
    const char **versions = call_alloc(c, room * sizeof *versions);
    const char **answered = call_alloc(c, room * sizeof *answered);
    const char **until = call_alloc(c, room * sizeof *until);
    int16_t *states = call_alloc(c, room * 2), *capacities = call_alloc(c, room * 2),
            *acts = call_alloc(c, room * 2);
    for (int i = 0; i < t->count; i++) {
        const struct order_decided *d = &t->decided[i];
        ids[i] = d->before->id;
        versions[i] = call_printf(c, "%d", (int)d->before->m.version);
        states[i] = (int16_t)d->outcome.after.state;
        capacities[i] = (int16_t)d->capacity;
        acts[i] = (int16_t)d->outcome.call_act;
        answered[i] = us_text(c, t, d->outcome.after.answered_us);
        until[i] = us_text(c, t, d->ack_until_us);
    }
    out[0] = p_uuids(c, ids, t->count);
    out[1] = p_texts(c, versions, t->count);
    out[2] = p_i16s(c, states, t->count);
    out[3] = p_i16s(c, capacities, t->count);
    out[4] = p_i16s(c, acts, t->count);
    for (int kind = (int)ORDER_ANSWER(READ); kind <= (int)ORDER_ANSWER(CONFIRM); kind++)
        out[4 + kind] = time_column(c, t, kind);
    out[11] = p_texts(c, answered, t->count);
    out[12] = p_texts(c, until, t->count);
}

static struct db_stmt answer_stmt(struct call *c, const struct order_telling *t, const struct operation *op,
                                  const struct uuid *journal_id)
{
    const struct actor *a = &c->actor;
    struct param columns[TELL_COLUMNS];
    put_columns(c, t, columns);
    struct param params[3 + TELL_COLUMNS + 14] = {p_uuid(&a->tenant_id), note_uuid(c, &op->id),
                                                  note_uuid(c, &t->order->id)};
    memcpy(params + 3, columns, sizeof columns);
    const struct param rest[14] = {
        p_i16(c, (int16_t)t->kind),
        p_i16(c, (int16_t)t->means),
        p_text(t->note),
        p_time(c, t->occurred_at_us),
        p_uuid(&a->person_id),
        p_text(a->person_name ? a->person_name : ""),
        p_uuid(&a->post_id),
        p_text(a->post_name ? a->post_name : ""),
        note_uuid(c, journal_id),
        p_text(t->kind == (int)ORDER_ANSWER(READ) ? "order.read" : "order.answered"),
        p_text(t->text),
        p_text(op->method),
        p_bytes(op->request_hash, 32),
        p_bytes(op->response, op->response_len),
    };
    memcpy(params + 3 + TELL_COLUMNS, rest, sizeof rest);
    return (struct db_stmt){.query = Q_ORDER_ANSWER, .params = kept(c, params, sizeof params)};
}

static struct db_stmt entry_stmt(struct call *c, const struct uuid *journal_id, const char *text)
{
    struct uuid id = uuid_v7();
    const struct param params[] = {p_uuid(&c->actor.tenant_id), note_uuid(c, journal_id), note_uuid(c, &id),
                                   p_text(text)};
    return (struct db_stmt){.query = Q_ORDER_ANSWER_ENTRY, .params = kept(c, params, sizeof params)};
}

// What plain persons answer leaves the incident's row alone: 1,300 of them would wait for each other.
enum err order_tell(struct call *c, const struct order_telling *telling, const struct operation *operation,
                    bool *ret_done)
{
    struct uuid journal_id = uuid_v7();
    struct uuid *ids = call_alloc(c, (size_t)telling->count * sizeof *ids + 1);
    for (int i = 0; i < telling->count; i++)
        ids[i] = telling->decided[i].before->id;
    const struct param hold[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, telling->count)};
    bool is_entry = telling->kind != (int)ORDER_ANSWER(READ) && is_of_a_duty(telling);
    struct db_stmt stmts[] = {
        {.query = Q_ORDER_HOLD, .params = hold},
        answer_stmt(c, telling, operation, &journal_id),
        entry_stmt(c, &journal_id, telling->text),
    };
    const struct uuid *stream = is_entry ? &telling->order->incident_id : &ids[0];
    return write_unit(c, stream, stmts, is_entry ? 3 : 2, &stmts[1], ret_done);
}

// --- withdrawing ---

enum err order_withdraw(struct call *c, const struct order *order, const char *reason,
                        const struct operation *op, bool *ret_done)
{
    struct param who[NOTE_PARAMS];
    note_who(c, who);
    struct uuid other_id = uuid_v7();
    const struct param hold[] = {p_uuid(&c->actor.tenant_id), p_uuid(&order->id)};
    const struct param params[] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&op->id),
        p_uuid(&order->id),
        p_text(reason),
        who[1],
        who[2],
        who[3],
        who[4],
        who[5],
        who[0],
        p_uuid(&other_id),
        p_text(op->method),
        p_bytes(op->request_hash, 32),
        p_bytes(op->response, op->response_len),
    };
    struct db_stmt stmts[] = {{.query = Q_ORDER_HOLD_ALL, .params = hold},
                              lock_stmt(c, &order->incident_id),
                              {.query = Q_ORDER_WITHDRAW, .params = params}};
    return write_unit(c, &order->incident_id, stmts, 3, &stmts[2], ret_done);
}

// --- turns of the engine ---

enum err order_due(struct call *c, int most, struct uuid **ret_tenants, struct uuid **ret_ids, int *ret_count)
{
    const struct param params[] = {p_i32(c, most)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_DUE, params, &rows));
    *ret_count = rows_count(rows);
    *ret_tenants = call_alloc(c, (size_t)*ret_count * sizeof **ret_tenants + 1);
    *ret_ids = call_alloc(c, (size_t)*ret_count * sizeof **ret_ids + 1);
    for (int i = 0; i < *ret_count; i++) {
        (*ret_tenants)[i] = row_uuid(rows, i, 0);
        (*ret_ids)[i] = row_uuid(rows, i, 1);
    }
    return ERR_OK;
}

enum err order_go(struct call *c, const struct uuid *order_id, bool *ret_done)
{
    struct db_stmt stmt = go_stmt(c, order_id);
    return write_unit(c, order_id, &stmt, 1, &stmt, ret_done);
}

enum err order_remind(struct call *c, int most, int *ret_due, int *ret_asked)
{
    static const struct uuid any_stream;
    const struct param params[] = {p_i32(c, most)};
    struct db_stmt stmt = {.query = Q_ORDER_REMIND, .params = params};
    TRY(db_write(c, &any_stream, &stmt, 1));
    *ret_due = rows_count(stmt.rows);
    *ret_asked = 0;
    int wanted = rows_col(stmt.rows, "is_wanted");
    for (int i = 0; i < *ret_due; i++)
        *ret_asked += row_bool(stmt.rows, i, wanted);
    return ERR_OK;
}
