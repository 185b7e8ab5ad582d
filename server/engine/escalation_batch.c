// SPDX-License-Identifier: Apache-2.0
#include "server/engine/escalation_batch.h"

#include "server/domain/command.h"
#include "server/store/wake.h"
#include "sokuo/v1/command.pb-c.h"

// --- stepping ---

// Effects that people read in the chronology: of orders to many, not each call; nor the first one, which
// whoever begins it has noted.
static bool is_told(const struct esc_call *call, const struct escalation_effect *effect)
{
    switch (effect->kind) {
    case ESC_NOTIFY:
        return call->direction == ESC_UPWARD && effect->why != ESC_FIRST && effect->why != ESC_NEXT_CONTACT &&
               effect->why != ESC_REMINDER && effect->why != ESC_NOT_DELIVERED;
    case ESC_SETTLED:
        return false;
    default:
        return true;
    }
}

static void keep_deed(struct call *c, struct esc_batch *batch, const struct esc_deed *deed)
{
    if (batch->deed_count == batch->deed_room) {
        int room = batch->deed_room ? batch->deed_room * 2 : batch->count * 2;
        struct esc_deed *deeds = call_alloc(c, (size_t)room * sizeof *deeds);
        for (int i = 0; i < batch->deed_count; i++)
            deeds[i] = batch->deeds[i];
        batch->deeds = deeds;
        batch->deed_room = room;
    }
    batch->deeds[batch->deed_count++] = *deed;
}

static bool has_person(const struct escalation_effect *effect)
{
    return effect->kind == ESC_NOTIFY || effect->kind == ESC_DEPUTY || effect->kind == ESC_LEVEL_UP ||
           effect->kind == ESC_HEADQUARTERS;
}

static bool step(struct call *c, struct esc_batch *batch, struct esc_call *call,
                 const struct escalation_event *event, int64_t now_us)
{
    const struct escalation_facts facts = {
        .policy = &call->policy, .reach = &call->reach, .office = call->office};
    struct escalation_turn turn;
    escalation_step(&call->state, &facts, event, now_us, &turn);
    if (turn.verdict != ESC_CHANGED)
        return false;
    call->state = turn.after;
    call->look_us = turn.after.due_us;
    for (int i = 0; i < turn.count; i++) {
        const struct escalation_effect *effect = &turn.effects[i];
        const struct esc_deed deed = {
            .call = call,
            .generation = turn.after.generation,
            .position = i,
            .effect = *effect,
            .person = has_person(effect) ? esc_person_at(call, effect->level, effect->rank) : NULL,
        };
        keep_deed(c, batch, &deed);
        call->writes_incident |= is_told(call, effect);
        if (effect->kind == ESC_SETTLED)
            call->settled = turn.after.generation;
    }
    return true;
}

static bool stands_at(const struct esc_call *call, int level, int rank, const struct uuid *person_id)
{
    const struct esc_person *person = esc_person_at(call, level, rank);
    return person && uuid_equal(&person->person_id, person_id);
}

// Where the person stands in this call: the place that is called first of all.
static void find_place(const struct esc_call *call, const struct uuid *person_id,
                       struct escalation_event *ret)
{
    ret->level = ret->rank = ESC_OUTSIDE;
    if (uuid_is_nil(person_id))
        return;
    if (stands_at(call, call->state.level, call->state.rank, person_id)) {
        ret->level = call->state.level;
        ret->rank = call->state.rank;
        return;
    }
    for (int i = 0; i < call->policy.level_count * ESC_RANKS_MOST; i++) {
        if (!stands_at(call, i / ESC_RANKS_MOST, i % ESC_RANKS_MOST, person_id))
            continue;
        ret->level = (uint8_t)(i / ESC_RANKS_MOST);
        ret->rank = (uint8_t)(i % ESC_RANKS_MOST);
        return;
    }
}

// A contact point that is gone is no contact point of anybody: ESC_OUTSIDE.
static void find_contact(const struct esc_call *call, const struct uuid *contact_id,
                         struct escalation_event *ret)
{
    const struct esc_person *person = esc_person_at(call, ret->level, ret->rank);
    ret->contact = ESC_OUTSIDE;
    for (int i = 0; person && i < person->contact_count; i++) {
        if (uuid_equal(&person->contact_ids[i], contact_id))
            ret->contact = (uint8_t)i;
    }
}

static void apply(struct call *c, struct esc_batch *batch, struct esc_call *call,
                  const struct esc_event *told, int64_t now_us)
{
    struct escalation_event event = {.act = told->act, .generation = call->state.generation};
    if (told->act == ESC_TICK || told->act == ESC_ARM) // the engine's own
        return;
    event.until_us = told->until_us == TIME_NULL ? 0 : told->until_us;
    find_place(call, &told->person_id, &event);
    find_contact(call, &told->contact_id, &event);
    if (!step(c, batch, call, &event, now_us))
        return;
    if (told->act == ESC_ACKNOWLEDGE || told->act == ESC_ACCEPT) {
        call->answer_id = told->person_id;
        call->answer_name = told->person_name;
    }
}

static bool is_stopped_before(const struct esc_call *call)
{
    for (int i = 0; i < call->event_count; i++) {
        if (call->events[i].act == ESC_STOP)
            return true;
    }
    return false;
}

// An order that has not gone out waits with its calls, whatever happens meanwhile; unless it is stopped.
static bool begin(struct call *c, struct esc_batch *batch, struct esc_call *call, int64_t now_us)
{
    int64_t sends_us = call->addressee >= 0 ? batch->addressees[call->addressee].sends_us : TIME_NULL;
    if (is_stopped_before(call))
        return true;
    if (sends_us != TIME_NULL && sends_us > now_us) {
        call->look_us = sends_us;
        call->event_count = 0;
        return false;
    }
    const struct escalation_event arm = {.act = ESC_ARM};
    (void)step(c, batch, call, &arm, now_us);
    return true;
}

static void step_call(struct call *c, struct esc_batch *batch, struct esc_call *call, int64_t now_us)
{
    if (call->addressee >= 0 && !batch->addressees[call->addressee].is_locked) {
        call->is_dropped = true;
        return;
    }
    if (call->state.phase == ESC_IDLE && !begin(c, batch, call, now_us))
        return;
    for (int i = 0; i < call->event_count; i++)
        apply(c, batch, call, &call->events[i], now_us);
    const struct escalation_event tick = {.act = ESC_TICK, .generation = call->state.generation};
    if (call->state.due_us <= now_us)
        (void)step(c, batch, call, &tick, now_us);
}

void esc_batch_step(struct call *c, struct esc_batch *batch, int64_t now_us)
{
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        call->deeds_from = batch->deed_count;
        step_call(c, batch, call, now_us);
        call->deeds_end = batch->deed_count;
        batch->incidents[call->incident].is_needed |= call->writes_incident;
    }
}

// --- chronologies ---

static int wait_of(const struct esc_deed *deed)
{
    const struct escalation_effect *effect = &deed->effect;
    bool is_up = effect->kind == ESC_LEVEL_UP || effect->kind == ESC_HEADQUARTERS;
    int level = effect->level - (is_up && effect->level > 0);
    return deed->call->policy.levels[level].deputy_after_s;
}

static const char *line_of(struct call *c, const struct esc_deed *deed)
{
    const struct esc_call *call = deed->call;
    int level = deed->effect.level,
        role = level < call->policy.level_count ? call->policy.levels[level].role : 0;
    return esc_line(c, &deed->effect, role, deed->person ? deed->person->person_name : "",
                    deed->person ? deed->person->post_name : "", wait_of(deed), LANG_JA);
}

static const char *kind_of(int effect)
{
    static const char *const kinds[] = {
        [ESC_NOTIFY] = "call.made",         [ESC_DEPUTY] = "call.deputy", [ESC_LEVEL_UP] = "call.raised",
        [ESC_HEADQUARTERS] = "call.raised", [ESC_GAP] = "call.gap",       [ESC_RED] = "call.red",
        [ESC_RED_OVER] = "call.red_over",
    };
    return kinds[effect];
}

static bool is_before(const struct esc_deed *deed, const struct uuid *person_id)
{
    for (int rank = 0; rank < deed->effect.rank; rank++) {
        if (stands_at(deed->call, deed->effect.level, rank, person_id))
            return true;
    }
    return false;
}

// Whether the deputy acts in command from now on: the duty commands, and whoever holds command now is nobody,
// is the one who is silent or away, or stands below.
static bool takes_command(struct call *c, const struct esc_deed *deed, const struct esc_incident *incident,
                          int *ret_end)
{
    int role = deed->call->policy.levels[deed->effect.level].role;
    bool commands = false;
    for (const int *r = command_roles; *r != 0; r++)
        commands |= *r == role;
    if (!commands || deed->call->direction != ESC_UPWARD || deed->effect.kind != ESC_DEPUTY ||
        !deed->person || !incident->is_open)
        return false;
    bool is_predecessor = is_before(deed, &incident->commander_id);
    const struct command_view view = {
        .is_free = uuid_is_nil(&incident->commander_id),
        .is_mine = uuid_equal(&incident->commander_id, &deed->person->person_id),
        .holder_is_absent = incident->commander_is_away || is_predecessor,
        .holder_is_acting = incident->is_acting,
        .holder_role = incident->command_role,
        .lease_until_us = INT64_MAX,
    };
    const struct command_stand stand = {.role = role, .is_acting = true};
    enum command_ground ground = command_may_take(&view, stand, c->now_us);
    *ret_end = ground == COMMAND_ABSENT ? (int)SOKUO__V1__COMMAND_END__COMMAND_END_ABSENT
                                        : (int)SOKUO__V1__COMMAND_END__COMMAND_END_SUPERIOR;
    return ground == COMMAND_FREE || ground == COMMAND_ABSENT || ground == COMMAND_SUPERIOR;
}

static void add_command(struct call *c, struct esc_batch *batch, const struct esc_deed *deed, int end,
                        struct esc_note *note)
{
    struct esc_incident *incident = note->incident;
    int role = deed->call->policy.levels[deed->effect.level].role;
    note->kind = "command.taken";
    note->reason = esc_ground(c, &deed->effect, wait_of(deed), LANG_JA);
    batch->commands[batch->command_count++] = (struct esc_command){
        .incident = incident,
        .person = deed->person,
        .note_id = note->id,
        .role = role,
        .end = end,
        .ground = note->text,
    };
    incident->commander_id = deed->person->person_id;
    incident->command_role = role;
    incident->is_acting = true;
    incident->commander_is_away = false;
}

// One row for what one step did: deeds from..end are of one call and one generation.
static void add_note(struct call *c, struct esc_batch *batch, int from, int end)
{
    struct esc_call *call = batch->deeds[from].call;
    struct esc_incident *incident = &batch->incidents[call->incident];
    struct esc_note *note = &batch->notes[batch->note_count];
    struct buf text = buf_in(&c->arena);
    const struct esc_deed *commands = NULL;
    int most = -1, command_end = 0;
    bool has_deputy = false;
    for (int i = from; i < end; i++)
        has_deputy |= batch->deeds[i].effect.kind == ESC_DEPUTY;
    for (int i = from; i < end; i++) {
        const struct esc_deed *deed = &batch->deeds[i];
        if (!is_told(call, &deed->effect) || (has_deputy && deed->effect.kind == ESC_NOTIFY))
            continue;
        if (takes_command(c, deed, incident, &command_end))
            commands = deed;
        buf_puts(&text, most < 0 ? "" : " / ");
        buf_puts(&text, line_of(c, deed));
        most = deed->effect.kind > most ? deed->effect.kind : most;
    }
    if (most < 0)
        return;
    const char *line = buf_text(&text);
    if (call->addressee >= 0)
        line = call_printf(c, "指示%d: %s", batch->addressees[call->addressee].order_no, line);
    *note = (struct esc_note){.incident = incident,
                              .id = uuid_v7(),
                              .ahead = incident->notes++,
                              .kind = kind_of(most),
                              .text = line,
                              .reason = "",
                              .entry_kind = (int)ENTRY_KIND(CHANGE)};
    batch->note_count++;
    if (commands)
        add_command(c, batch, commands, command_end, note);
}

void esc_batch_note(struct call *c, struct esc_batch *batch)
{
    batch->notes = call_alloc(c, (size_t)(batch->deed_count + 1) * sizeof *batch->notes);
    batch->commands = call_alloc(c, (size_t)(batch->deed_count + 1) * sizeof *batch->commands);
    for (int from = 0, end; from < batch->deed_count; from = end) {
        const struct esc_deed *deed = &batch->deeds[from];
        for (end = from + 1; end < batch->deed_count; end++) {
            if (batch->deeds[end].call != deed->call || batch->deeds[end].generation != deed->generation)
                break;
        }
        if (deed->call->writes_incident && !deed->call->is_dropped)
            add_note(c, batch, from, end);
    }
}

// --- the batch ---

// What cannot be written now is left: nobody waits for anybody while holding calls.
static void drop_busy(struct esc_batch *batch, struct esc_outcome *ret)
{
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        call->is_dropped |= call->writes_incident && !batch->incidents[call->incident].is_locked;
        ret->saved += !call->is_dropped;
    }
    for (int i = 0; i < batch->incident_count && ret->busy_count < ESC_BUSY_MOST; i++) {
        const struct esc_incident *incident = &batch->incidents[i];
        if (incident->is_needed && !incident->is_locked)
            ret->busy[ret->busy_count++] = (struct esc_busy){incident->tenant_id, incident->id};
    }
}

static void wake_those(const struct esc_batch *batch)
{
    for (int i = 0; i < batch->incident_count; i++) {
        if (batch->incidents[i].notes > 0)
            wake_send(&batch->incidents[i].tenant_id, WAKE_FEED); // bursts become one
    }
}

static bool notifies(const struct esc_batch *batch)
{
    for (int i = 0; i < batch->deed_count; i++) {
        if (batch->deeds[i].effect.kind == ESC_NOTIFY && !batch->deeds[i].call->is_dropped)
            return true;
    }
    return false;
}

enum err esc_batch_run(struct call *c, const struct esc_bite *bite, struct esc_outcome *ret)
{
    struct db_lease *lease = NULL;
    struct esc_batch batch;
    *ret = (struct esc_outcome){0};
    TRY(db_begin(c, &lease));
    TRY(esc_claim(c, lease, bite, &batch));
    ret->claimed = batch.count;
    if (batch.count == 0) {
        db_rollback(lease);
        return ERR_OK;
    }
    ret->first = batch.calls[0];
    esc_batch_step(c, &batch, batch.now_us - bite->hold_us);
    TRY(esc_lock_incidents(c, lease, &batch));
    drop_busy(&batch, ret);
    esc_batch_note(c, &batch);
    TRY(esc_save(c, lease, &batch));
    TRY(db_commit(c, lease));
    ret->has_notices = notifies(&batch);
    wake_those(&batch);
    return ERR_OK;
}
