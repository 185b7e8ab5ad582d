// SPDX-License-Identifier: Apache-2.0
// Policies between contract, column and rules.
#include <string.h>

#include "server/codec/codec.h"
#include "server/store/escalation_store.h"
#include "server/store/message.h"
#include "server/store/office_store.h"

static int within(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

void esc_policy_take(const Sokuo__V1__EscalationPolicy *message, struct escalation_policy *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->direction = (uint8_t)within((int)message->direction, UINT8_MAX);
    ret->hours = (uint8_t)within((int)message->hours, UINT8_MAX);
    ret->severity = (uint8_t)within(message->severity, UINT8_MAX);
    ret->rounds = (uint8_t)within(message->rounds, ESC_ROUNDS_FOREVER);
    ret->round_after_s = message->round_after_s;
    ret->ack_lasts_s = message->ack_lasts_s;
    ret->snooze_most_s = message->snooze_most_s;
    ret->level_count = (uint8_t)within((int)message->n_levels, ESC_LEVELS_MOST);
    for (int i = 0; i < ret->level_count; i++) {
        const Sokuo__V1__EscalationLevel *level = message->levels[i];
        ret->levels[i] = (struct escalation_level){
            .role = (int32_t)level->role,
            .contact_after_s = level->contact_after_s,
            .deputy_after_s = level->deputy_after_s,
            .ranks = (uint8_t)within(level->ranks, UINT8_MAX),
            .is_headquarters = level->is_headquarters,
        };
    }
}

static Sokuo__V1__EscalationLevel *show_level(struct call *c, const struct escalation_level *level)
{
    Sokuo__V1__EscalationLevel *message = call_alloc(c, sizeof *message);
    sokuo__v1__escalation_level__init(message);
    message->role = (Sokuo__V1__Role)level->role;
    message->contact_after_s = level->contact_after_s;
    message->deputy_after_s = level->deputy_after_s;
    message->ranks = level->ranks;
    message->is_headquarters = level->is_headquarters;
    return message;
}

Sokuo__V1__EscalationPolicy *esc_policy_show(struct call *c, const struct escalation_policy *policy)
{
    Sokuo__V1__EscalationPolicy *message = call_alloc(c, sizeof *message);
    sokuo__v1__escalation_policy__init(message);
    message->direction = (Sokuo__V1__EscalationDirection)policy->direction;
    message->severity = policy->severity;
    message->hours = (Sokuo__V1__EscalationHours)policy->hours;
    message->rounds = policy->rounds;
    message->round_after_s = policy->round_after_s;
    message->ack_lasts_s = policy->ack_lasts_s;
    message->snooze_most_s = policy->snooze_most_s;
    message->levels = msg_list(c, policy->level_count);
    for (int i = 0; i < policy->level_count; i++)
        message->levels[message->n_levels++] = show_level(c, &policy->levels[i]);
    return message;
}

bool esc_policy_unpack(struct call *c, const void *data, int len, struct escalation_policy *ret)
{
    ProtobufCMessage *message = NULL;
    if (len <= 0 || wire_to_message(c, &sokuo__v1__escalation_policy__descriptor, data, (size_t)len,
                                    &message) != ERR_OK) {
        call_clear_error(c);
        return false;
    }
    esc_policy_take((const Sokuo__V1__EscalationPolicy *)message, ret);
    return true;
}

const char *esc_policy_hex(struct call *c, const struct escalation_policy *policy)
{
    static const char digits[] = "0123456789abcdef";
    struct buf wire = buf_in(&c->arena), hex = buf_in(&c->arena);
    message_to_wire(c, &esc_policy_show(c, policy)->base, &wire);
    for (size_t i = 0; i < wire.len; i++) {
        buf_putc(&hex, digits[(uint8_t)wire.data[i] >> 4]);
        buf_putc(&hex, digits[(uint8_t)wire.data[i] & 15]);
    }
    return buf_text(&hex);
}

// Few calls wait for a hall to open.
enum err esc_offices_read(struct call *c, struct db_lease *lease, struct esc_batch *batch)
{
    struct uuid *tenants = call_alloc(c, (size_t)batch->count * sizeof *tenants);
    struct office_hours *offices = NULL;
    int count = 0;
    for (int i = 0; i < batch->count; i++) {
        const struct esc_call *call = &batch->calls[i];
        bool is_new = count == 0 || !uuid_equal(&tenants[count - 1], &call->tenant_id);
        if (call->policy.hours == ESC_OFFICE_HOURS && is_new)
            tenants[count++] = call->tenant_id;
    }
    if (count == 0)
        return ERR_OK;
    TRY(office_hours_read(c, lease, tenants, count, &offices));
    for (int i = 0; i < batch->count; i++) {
        struct esc_call *call = &batch->calls[i];
        for (int k = 0; k < count && call->policy.hours == ESC_OFFICE_HOURS && !call->office; k++)
            call->office = uuid_equal(&tenants[k], &call->tenant_id) ? &offices[k] : NULL;
    }
    return ERR_OK;
}
