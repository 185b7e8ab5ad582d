// SPDX-License-Identifier: Apache-2.0
#include "server/domain/rota.h"

#define DAY_US INT64_C(86400000000)

// The turn of the members without overrides.
static struct rota_shift turn_at(const struct rota *rota, int64_t at_us)
{
    struct rota_shift turn = {INT64_MIN, INT64_MAX, {{0}}, false};
    if (rota->member_count <= 0 || rota->period_days <= 0)
        return turn;
    if (at_us < rota->starts_us) {
        turn.until_us = rota->starts_us;
        return turn;
    }
    int64_t length = rota->period_days * DAY_US, number = (at_us - rota->starts_us) / length;
    turn.from_us = rota->starts_us + number * length;
    turn.until_us = turn.from_us + length;
    turn.person_id = rota->members[number % rota->member_count];
    return turn;
}

struct rota_shift rota_on(const struct rota *rota, int64_t at_us)
{
    struct rota_shift shift = turn_at(rota, at_us);
    int newer = rota->override_count;
    for (int i = 0; i < rota->override_count; i++) {
        const struct rota_override *o = &rota->overrides[i];
        if (at_us < o->from_us || at_us >= o->until_us)
            continue;
        shift = (struct rota_shift){o->from_us, o->until_us, o->person_id, true};
        newer = i;
        break;
    }
    for (int i = 0; i < newer; i++) {
        const struct rota_override *o = &rota->overrides[i];
        if (o->from_us > at_us && o->from_us < shift.until_us)
            shift.until_us = o->from_us;
        if (o->until_us <= at_us && o->until_us > shift.from_us)
            shift.from_us = o->until_us;
    }
    return shift;
}

int rota_shifts(const struct rota *rota, int64_t from_us, int64_t until_us, struct rota_shift *shifts,
                int max)
{
    int count = 0;
    for (int64_t at = from_us; at < until_us && count < max;) {
        struct rota_shift shift = rota_on(rota, at);
        if (!uuid_is_nil(&shift.person_id))
            shifts[count++] = shift;
        at = shift.until_us;
    }
    return count;
}

static bool is_member(const struct rota *rota, const struct uuid *person_id)
{
    for (int i = 0; i < rota->member_count; i++) {
        if (uuid_equal(&rota->members[i], person_id))
            return true;
    }
    return false;
}

bool rota_may_override(const struct rota *rota, const struct rota_changer *by,
                       const struct rota_override *wanted)
{
    if (by->is_keeper)
        return true;
    if (!is_member(rota, &by->person_id))
        return false;
    if (uuid_equal(&wanted->person_id, &by->person_id))
        return true;
    for (int64_t at = wanted->from_us; at < wanted->until_us;) {
        struct rota_shift shift = rota_on(rota, at);
        if (!uuid_equal(&shift.person_id, &by->person_id))
            return false;
        at = shift.until_us;
    }
    return true;
}
