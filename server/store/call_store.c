// SPDX-License-Identifier: Apache-2.0
#include "server/store/call_store.h"

#include "server/codec/codec.h"
#include "server/domain/words.h"
#include "server/store/escalation_store.h"
#include "server/store/message.h"
#include "server/store/note.h"
#include "sokuo/v1/directory.pb-c.h"

#define SEVERITIES 5

// --- calls ---

static Sokuo__V1__Attribution *take_who(struct call *c, const struct rows *rows, int row, const char *prefix)
{
    const char *column[5];
    static const char *const ends[] = {"person_id", "person_name", "post_id", "post_name", "capacity"};
    for (int i = 0; i < 5; i++)
        column[i] = call_printf(c, "%s_%s", prefix, ends[i]);
    struct uuid person = row_uuid(rows, row, rows_col(rows, column[0]));
    struct uuid post = row_uuid(rows, row, rows_col(rows, column[2]));
    return msg_who(c, &person, row_text(rows, row, rows_col(rows, column[1])), &post,
                   row_text(rows, row, rows_col(rows, column[3])),
                   (int)row_i64(rows, row, rows_col(rows, column[4])));
}

// As it will be once the engine has applied what was told.
static int phase_told(int phase, int told, int ack_lasts_s)
{
    bool is_begun = phase >= ESC_CALLING && phase <= ESC_HELD;
    switch (told) {
    case ESC_STOP:
        return ESC_STOPPED;
    case ESC_ACCEPT:
        return ESC_ANSWERED;
    case ESC_ACKNOWLEDGE:
        return ack_lasts_s > 0 ? ESC_HELD : ESC_ANSWERED;
    case ESC_SNOOZE:
        return is_begun ? ESC_SNOOZED : phase;
    default:
        return phase;
    }
}

static void take_times(struct call *c, const struct rows *rows, int row, Sokuo__V1__Escalation *m)
{
    m->red_since = msg_time(c, row_time(rows, row, rows_col(rows, "red_at")));
    m->due_at = msg_time(c, row_time(rows, row, rows_col(rows, "due_at")));
    m->answered_at = msg_time(c, row_time(rows, row, rows_col(rows, "answered_at")));
    m->begun_at = msg_time(c, row_time(rows, row, rows_col(rows, "begun_at")));
    m->is_red = m->red_since && m->phase != CALL_PHASE(HELD) && m->phase != CALL_PHASE(ANSWERED) &&
                m->phase != CALL_PHASE(STOPPED);
    if (!m->is_red)
        m->red_since = NULL;
    if (m->phase >= CALL_PHASE(ANSWERED))
        m->due_at = NULL;
}

static Sokuo__V1__Escalation *take_call(struct call *c, const struct rows *rows, int row,
                                        struct escalation_policy *ret_policy)
{
    Sokuo__V1__Escalation *m = call_alloc(c, sizeof *m);
    sokuo__v1__escalation__init(m);
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    struct uuid incident = row_uuid(rows, row, rows_col(rows, "incident_id"));
    struct uuid order = row_uuid(rows, row, rows_col(rows, "order_id"));
    struct uuid person = row_uuid(rows, row, rows_col(rows, "person_id"));
    int policy = rows_col(rows, "policy");
    if (!esc_policy_unpack(c, row_bytes(rows, row, policy), row_len(rows, row, policy), ret_policy))
        *ret_policy = *escalation_policy_default((int)row_i64(rows, row, rows_col(rows, "direction")),
                                                 (int)row_i64(rows, row, rows_col(rows, "severity")));
    m->id = msg_uuid(c, &id);
    m->incident_id = msg_uuid(c, &incident);
    m->order_id = msg_uuid(c, &order);
    m->incident_number = msg_text(row_text(rows, row, rows_col(rows, "incident_number")));
    m->incident_title = msg_text(row_text(rows, row, rows_col(rows, "incident_title")));
    m->mode = (Sokuo__V1__Mode)row_i64(rows, row, rows_col(rows, "mode"));
    m->severity = (Sokuo__V1__Severity)row_i64(rows, row, rows_col(rows, "severity"));
    m->direction = (Sokuo__V1__EscalationDirection)row_i64(rows, row, rows_col(rows, "direction"));
    m->phase = (Sokuo__V1__EscalationPhase)phase_told((int)row_i64(rows, row, rows_col(rows, "phase")),
                                                      (int)row_i64(rows, row, rows_col(rows, "told")),
                                                      ret_policy->ack_lasts_s);
    m->reason = msg_text(row_text(rows, row, rows_col(rows, "reason")));
    m->role = (Sokuo__V1__Role)row_i64(rows, row, rows_col(rows, "role"));
    m->scope = msg_ref(c, row_uuid(rows, row, rows_col(rows, "scope_id")),
                       row_text(rows, row, rows_col(rows, "scope_name")));
    m->level = (int32_t)row_i64(rows, row, rows_col(rows, "level"));
    m->level_role = (Sokuo__V1__Role)row_i64(rows, row, rows_col(rows, "level_role"));
    m->person = msg_ref(c, person, row_text(rows, row, rows_col(rows, "person_name")));
    m->answered_by = take_who(c, rows, row, "answer");
    m->by = take_who(c, rows, row, "by");
    m->version = (int32_t)row_i64(rows, row, rows_col(rows, "generation"));
    take_times(c, rows, row, m);
    m->is_mine = !uuid_is_nil(&person) && uuid_equal(&person, &c->actor.person_id) &&
                 m->phase >= CALL_PHASE(CALLING) && m->phase <= CALL_PHASE(HELD);
    return m;
}

static const char *channel_name(int kind)
{
    const ProtobufCEnumValue *value =
        kind ? protobuf_c_enum_descriptor_get_value(&sokuo__v1__contact_kind__descriptor, kind) : NULL;
    return value ? value->name : "";
}

static int wait_of(const struct escalation_policy *policy, const struct escalation_effect *effect)
{
    bool is_up = effect->kind == ESC_LEVEL_UP || effect->kind == ESC_HEADQUARTERS;
    int level = effect->level - (is_up && effect->level > 0);
    return level < ESC_LEVELS_MOST ? policy->levels[level].deputy_after_s : 0;
}

Sokuo__V1__EscalationLine *esc_line_show(struct call *c, const struct esc_line_facts *facts,
                                         const struct escalation_policy *policy)
{
    const struct escalation_effect *effect = &facts->effect;
    bool is_somebody = effect->kind == ESC_NOTIFY || effect->kind == ESC_DEPUTY;
    Sokuo__V1__EscalationLine *line = call_alloc(c, sizeof *line);
    sokuo__v1__escalation_line__init(line);
    line->at = msg_time(c, facts->at_us);
    line->kind = msg_text(escalation_effect_word(effect->kind));
    line->why = msg_text(escalation_why_word(effect->why));
    line->level = effect->level;
    line->rank = is_somebody ? effect->rank + 1 : 0;
    line->role = (Sokuo__V1__Role)facts->role;
    line->person = msg_ref(c, facts->person_id, facts->person_name);
    line->post = msg_ref(c, facts->post_id, facts->post_name);
    line->channel = msg_text(channel_name(facts->contact_kind));
    line->late_s = (int32_t)(effect->late_us / 1000000);
    line->text = msg_text(esc_line(c, effect, facts->role, facts->person_name, facts->post_name,
                                   wait_of(policy, effect), c->lang));
    return line;
}

static Sokuo__V1__EscalationLine *take_line(struct call *c, const struct rows *rows, int row,
                                            const struct escalation_policy *policy)
{
    const struct esc_line_facts facts = {
        .effect = {.kind = (uint8_t)row_i64(rows, row, rows_col(rows, "kind")),
                   .why = (uint8_t)row_i64(rows, row, rows_col(rows, "why")),
                   .level = (uint8_t)row_i64(rows, row, rows_col(rows, "level")),
                   .rank = (uint8_t)row_i64(rows, row, rows_col(rows, "rank")),
                   .missed = (uint16_t)row_i64(rows, row, rows_col(rows, "missed")),
                   .late_us = row_i64(rows, row, rows_col(rows, "late_us"))},
        .at_us = row_time(rows, row, rows_col(rows, "at")),
        .role = (int)row_i64(rows, row, rows_col(rows, "role")),
        .contact_kind = (int)row_i64(rows, row, rows_col(rows, "contact_kind")),
        .person_id = row_uuid(rows, row, rows_col(rows, "person_id")),
        .post_id = row_uuid(rows, row, rows_col(rows, "post_id")),
        .person_name = row_text(rows, row, rows_col(rows, "person_name")),
        .post_name = row_text(rows, row, rows_col(rows, "post_name")),
    };
    return esc_line_show(c, &facts, policy);
}

static enum err take_lines(struct call *c, Sokuo__V1__Escalation **calls, const struct uuid *ids,
                           const struct escalation_policy *policies, int count, int most)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, count), p_i32(c, most)};
    struct rows *rows = NULL;
    if (count == 0)
        return ERR_OK;
    TRY(db_query(c, Q_CALL_LINES, params, &rows));
    for (int row = 0; row < rows_count(rows); row++) {
        struct uuid id = row_uuid(rows, row, rows_col(rows, "escalation_id"));
        int at = 0;
        while (at < count && !uuid_equal(&ids[at], &id))
            at++;
        if (at == count)
            continue;
        if (!calls[at]->lines)
            calls[at]->lines = msg_list(c, most);
        calls[at]->lines[calls[at]->n_lines++] = take_line(c, rows, row, &policies[at]);
    }
    return ERR_OK;
}

enum err call_list(struct call *c, const struct call_wish *wish, Sokuo__V1__Escalation ***ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(wish->incident_id),
                                   p_bool(wish->ended), p_uuid(wish->mine_of), p_uuid(wish->id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CALL_LIST, params, &rows));
    int count = rows_count(rows);
    Sokuo__V1__Escalation **calls = msg_list(c, count + 1);
    struct uuid *ids = call_alloc(c, (size_t)(count + 1) * sizeof *ids);
    struct escalation_policy *policies = call_alloc(c, (size_t)(count + 1) * sizeof *policies);
    for (int row = 0; row < count; row++) {
        calls[row] = take_call(c, rows, row, &policies[row]);
        ids[row] = row_uuid(rows, row, rows_col(rows, "id"));
    }
    *ret = calls;
    *ret_count = count;
    return take_lines(c, calls, ids, policies, count, wish->lines);
}

enum err call_get(struct call *c, const struct uuid *id, Sokuo__V1__Escalation **ret)
{
    const struct call_wish wish = {.id = id, .ended = true, .lines = 200};
    Sokuo__V1__Escalation **calls = NULL;
    int count = 0;
    TRY(call_list(c, &wish, &calls, &count));
    if (count == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_CALL", "その呼出はありません。",
                         "There is no such call.");
    *ret = calls[0];
    return ERR_OK;
}

enum err call_was_called(struct call *c, const struct uuid *id, const struct uuid *person_id, bool *ret)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id), p_uuid(person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CALL_WAS_CALLED, params, &rows));
    *ret = row_bool(rows, 0, rows_col(rows, "was"));
    return ERR_OK;
}

enum err call_health(struct call *c, Sokuo__V1__ListEscalationsResponse *res)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_CALL_HEALTH, params, &rows));
    res->overdue_count = (int32_t)row_i64(rows, 0, rows_col(rows, "overdue"));
    res->clock_suspect = row_bool(rows, 0, rows_col(rows, "is_suspect"));
    return ERR_OK;
}

enum err call_tell(struct call *c, const struct call_saying *s, const struct operation *operation,
                   bool *ret_done)
{
    struct param params[12 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_uuid(&s->id),
        p_i32(c, s->act),
        p_uuid(&s->about),
        p_time(c, s->until_us),
        p_text(s->kind),
        p_text(s->text),
        p_text(s->reason),
        p_time(c, s->occurred_us),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 12);
    struct db_stmt stmt = {.query = Q_CALL_TELL, .params = params};
    TRY(db_write(c, &s->id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

enum err call_begin_new(struct call *c, const struct call_beginning *b, const struct operation *operation,
                        bool *ret_done)
{
    struct param params[9 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_uuid(&b->incident_id),
        p_i16(c, (int16_t)b->role),
        p_uuid(&b->scope_id),
        p_text(b->reason),
        p_text(b->text),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 9);
    struct db_stmt stmt = {.query = Q_CALL_BEGIN, .params = params};
    TRY(db_write(c, &b->incident_id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}

// --- policies ---

static void take_saved(struct call *c, const struct rows *rows, int row, struct policy_now *ret)
{
    int policy = rows_col(rows, "policy");
    struct uuid id = row_uuid(rows, row, rows_col(rows, "id"));
    if (esc_policy_unpack(c, row_bytes(rows, row, policy), row_len(rows, row, policy), &ret->policy)) {
        ret->shown = esc_policy_show(c, &ret->policy);
        ret->shown->id = msg_uuid(c, &id);
    }
    ret->shown->override_reason = msg_text(row_text(rows, row, rows_col(rows, "override_reason")));
    ret->shown->by = take_who(c, rows, row, "by");
    ret->shown->recorded_at = msg_time(c, row_time(rows, row, rows_col(rows, "recorded_at")));
}

static void begin_shipped(struct call *c, int direction, int severity, struct policy_now *ret)
{
    ret->policy = *escalation_policy_default(direction, severity);
    ret->shown = esc_policy_show(c, &ret->policy);
}

enum err policy_all(struct call *c, struct policy_now ret[10])
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_i16(c, 0), p_i16(c, 0)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_POLICY_SAVED, params, &rows));
    for (int i = 0; i < 2 * SEVERITIES; i++)
        begin_shipped(c, i < SEVERITIES ? ESC_UPWARD : ESC_DOWNWARD, i % SEVERITIES + (int)SEVERITY(S0),
                      &ret[i]);
    for (int row = 0; row < rows_count(rows); row++) {
        int64_t direction = row_i64(rows, row, rows_col(rows, "direction"));
        int64_t severity = row_i64(rows, row, rows_col(rows, "severity"));
        take_saved(c, rows, row, &ret[(direction - ESC_UPWARD) * SEVERITIES + severity - (int)SEVERITY(S0)]);
    }
    return ERR_OK;
}

enum err policy_get(struct call *c, int direction, int severity, struct policy_now *ret)
{
    struct policy_now all[10];
    TRY(policy_all(c, all));
    *ret = all[(direction - ESC_UPWARD) * SEVERITIES + severity - (int)SEVERITY(S0)];
    return ERR_OK;
}

enum err policy_save(struct call *c, int direction, int severity, const struct escalation_policy *policy,
                     const char *override_reason, const char *text, const struct operation *operation,
                     bool *ret_done)
{
    struct buf wire = buf_in(&c->arena);
    if (policy)
        message_to_wire(c, &esc_policy_show(c, policy)->base, &wire);
    struct param params[9 + NOTE_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(&operation->id),
        p_i16(c, (int16_t)direction),
        p_i16(c, (int16_t)severity),
        policy ? p_bytes(wire.data, (int)wire.len) : p_null(),
        p_text(override_reason),
        p_text(text),
        p_text(operation->method),
        p_bytes(operation->request_hash, sizeof operation->request_hash),
    };
    note_who(c, params + 9);
    struct db_stmt stmt = {.query = Q_POLICY_SAVE, .params = params};
    TRY(db_write(c, &operation->id, &stmt, 1));
    *ret_done = rows_count(stmt.rows) > 0;
    return ERR_OK;
}
