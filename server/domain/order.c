// SPDX-License-Identifier: Apache-2.0
#include "server/domain/order.h"

#include <string.h>

#include "server/domain/escalation.h"

#define ROLES_ABOVE (ROLES_SISO | ROLE_BIT(CSIRT_LEAD) | ROLE_BIT(MAYOR))
#define ROLES_HEAD (ROLE_BIT(ISO) | ROLE_BIT(ISM))
#define ROLES_OUTSIDE (ROLE_BIT(AUDITOR) | ROLE_BIT(CONTRACTOR))

// --- giving ---

static bool begins_char(unsigned char byte)
{
    return (byte & 0xc0) != 0x80; // UTF-8
}

static size_t length_without_end(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && strchr(" \r\n\t", text[length - 1]))
        length--;
    return length;
}

enum order_text_fault order_text_check(const char *text, int *ret_line)
{
    size_t length = length_without_end(text);
    int chars = 0;
    *ret_line = 1;
    if (length == 0)
        return ORDER_TEXT_EMPTY;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            chars = 0;
            if (++*ret_line > ORDER_LINES_MOST)
                return ORDER_TEXT_MANY_LINES;
        } else if (text[i] != '\r' && begins_char((unsigned char)text[i]) &&
                   ++chars > ORDER_LINE_CHARS_MOST) {
            return ORDER_TEXT_LONG_LINE;
        }
    }
    return ORDER_TEXT_FITS;
}

enum order_scope order_may_give(uint64_t roles, bool is_commander)
{
    if (roles & ROLES_OUTSIDE)
        return ORDER_TO_NOBODY;
    if (is_commander || (roles & ROLES_ABOVE))
        return ORDER_TO_ALL;
    return (roles & ROLES_HEAD) ? ORDER_TO_OWN_UNITS : ORDER_TO_NOBODY;
}

// --- answering ---

static bool commands(const struct order_teller *t)
{
    return t->is_giver || t->is_commander;
}

int order_capacity(const struct order_teller *t, int kind, int state)
{
    bool is_of_confirming = kind == (int)ORDER_ANSWER(CONFIRM) ||
                            (kind == (int)ORDER_ANSWER(TAKE_BACK) && state == (int)ORDER_STATE(CONFIRMED));
    if (is_of_confirming)
        return commands(t) ? (int)CAPACITY(SELF) : 0;
    if (t->is_asked)
        return (int)CAPACITY(SELF);
    if (t->is_deputy)
        return (int)CAPACITY(ACTING);
    if (kind == (int)ORDER_ANSWER(READ) || (t->roles & ROLES_OUTSIDE))
        return 0; // nobody reads for another
    bool may_tell = t->is_head || commands(t) || (t->roles & ROLES_TEAM);
    return may_tell ? (int)CAPACITY(SCRIBE) : 0;
}

static bool has(const struct order_standing *s, int kind)
{
    return s->times[kind] != ORDER_NEVER;
}

static bool is_refused(const struct order_standing *s)
{
    int64_t refused = s->times[ORDER_ANSWER(REFUSE)];
    return refused != ORDER_NEVER && refused >= s->times[ORDER_ANSWER(ACCEPT)];
}

static int way_state(const struct order_standing *s)
{
    if (s->has_nobody)
        return (int)ORDER_STATE(UNREACHABLE);
    if (s->delivered_us != ORDER_NEVER)
        return (int)ORDER_STATE(DELIVERED);
    return s->sent_us != ORDER_NEVER ? (int)ORDER_STATE(SENT) : (int)ORDER_STATE(QUEUED);
}

static int state_of(const struct order_standing *s, bool is_unreachable)
{
    if (has(s, ORDER_ANSWER(CONFIRM)))
        return (int)ORDER_STATE(CONFIRMED);
    if (has(s, ORDER_ANSWER(DONE)))
        return (int)ORDER_STATE(DONE);
    if (is_refused(s))
        return (int)ORDER_STATE(REFUSED);
    if (has(s, ORDER_ANSWER(ACCEPT)))
        return (int)ORDER_STATE(ACCEPTED);
    if (has(s, ORDER_ANSWER(ACKNOWLEDGE)))
        return (int)ORDER_STATE(ACKNOWLEDGED);
    if (has(s, ORDER_ANSWER(READ)))
        return (int)ORDER_STATE(READ);
    return is_unreachable ? (int)ORDER_STATE(UNREACHABLE) : way_state(s);
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == ORDER_NEVER || b == ORDER_NEVER)
        return a == ORDER_NEVER ? b : a;
    return a < b ? a : b;
}

static int64_t first_answer(const struct order_standing *s, bool wants_acceptance)
{
    int64_t first = wants_acceptance ? ORDER_NEVER : s->times[ORDER_ANSWER(ACKNOWLEDGE)];
    first = earlier(first, s->times[ORDER_ANSWER(ACCEPT)]);
    first = earlier(first, s->times[ORDER_ANSWER(REFUSE)]);
    return earlier(first, s->times[ORDER_ANSWER(DONE)]);
}

// Of "will do" and "cannot" the later one stands; of all else the earliest time.
static void put_time(struct order_standing *s, int kind, int64_t at_us)
{
    int64_t opposite = kind == (int)ORDER_ANSWER(ACCEPT)   ? s->times[ORDER_ANSWER(REFUSE)]
                       : kind == (int)ORDER_ANSWER(REFUSE) ? s->times[ORDER_ANSWER(ACCEPT)]
                                                           : ORDER_NEVER;
    int64_t now = s->times[kind];
    bool changes_mind = opposite != ORDER_NEVER && opposite >= now && at_us > opposite;
    s->times[kind] = changes_mind ? at_us : earlier(now, at_us);
}

static int answer_of_state(int state)
{
    static const int answers[] = {
        [ORDER_STATE(ACKNOWLEDGED)] = (int)ORDER_ANSWER(ACKNOWLEDGE),
        [ORDER_STATE(ACCEPTED)] = (int)ORDER_ANSWER(ACCEPT),
        [ORDER_STATE(REFUSED)] = (int)ORDER_ANSWER(REFUSE),
        [ORDER_STATE(DONE)] = (int)ORDER_ANSWER(DONE),
        [ORDER_STATE(CONFIRMED)] = (int)ORDER_ANSWER(CONFIRM),
        [ORDER_STATE(UNREACHABLE)] = 0,
    };
    return answers[state];
}

static int call_act(const struct order_outcome *outcome, int kind, bool wants_acceptance)
{
    if (kind == (int)ORDER_ANSWER(TAKE_BACK))
        return outcome->after.answered_us == ORDER_NEVER ? ESC_ACK_EXPIRED : 0;
    if (outcome->verdict != ORDER_TAKEN)
        return 0;
    switch (outcome->after.state) { // what stands now, which another answer may have decided
    case ORDER_STATE(READ):
        return ESC_READ;
    case ORDER_STATE(ACKNOWLEDGED):
        return wants_acceptance ? ESC_READ : ESC_ACKNOWLEDGE;
    case ORDER_STATE(ACCEPTED):
    case ORDER_STATE(DONE):
        return ESC_ACCEPT;
    case ORDER_STATE(REFUSED):
        return ESC_REFUSE;
    default:
        return 0;
    }
}

void order_answer(const struct order_standing *before, int kind, int64_t at_us, bool wants_acceptance,
                  struct order_outcome *ret)
{
    *ret = (struct order_outcome){.after = *before, .verdict = ORDER_TAKEN};
    struct order_standing *after = &ret->after;
    bool is_unreachable = before->state == (int)ORDER_STATE(UNREACHABLE);
    if (kind == (int)ORDER_ANSWER(TAKE_BACK)) {
        int last = answer_of_state(before->state);
        if (last == 0) {
            ret->verdict = ORDER_NO_ANSWER;
            return;
        }
        after->times[last] = ORDER_NEVER;
    } else if (kind == (int)ORDER_ANSWER(CONFIRM) && !has(before, ORDER_ANSWER(DONE))) {
        ret->verdict = ORDER_NOT_DONE;
        return;
    } else {
        put_time(after, kind, at_us);
    }
    after->state = state_of(after, is_unreachable);
    int64_t kept_us = kind == (int)ORDER_ANSWER(TAKE_BACK) ? ORDER_NEVER : before->answered_us;
    after->answered_us = earlier(kept_us, first_answer(after, wants_acceptance));
    bool changes_state = after->state != before->state;
    ret->verdict = changes_state || kind == (int)ORDER_ANSWER(TAKE_BACK) ? ORDER_TAKEN : ORDER_NOTED;
    ret->call_act = call_act(ret, kind, wants_acceptance);
}

int64_t order_ack_until(int severity, int64_t now_us)
{
    int32_t lasts_s = escalation_policy_default(ESC_DOWNWARD, severity)->ack_lasts_s;
    return lasts_s > 0 ? now_us + INT64_C(1000000) * lasts_s : ORDER_NEVER;
}

// --- reach ---

int order_curve(const struct order_point *by_second, int count, struct order_point *ret, int room)
{
    int every = room > 0 ? (count + room - 1) / room : 0, answers = 0, points = 0;
    for (int i = 0; i < count && room > 0; i++) {
        answers += by_second[i].answers;
        if ((count - 1 - i) % every == 0)
            ret[points++] = (struct order_point){by_second[i].seconds, answers};
    }
    return points;
}

// --- seeing ---

bool order_sees_all(const struct order_teller *t, bool may_read_incident)
{
    uint64_t overseers =
        ROLES_TEAM | ROLE_BIT(MAYOR) | ROLE_BIT(EOC) | ROLE_BIT(DUTY_DESK) | ROLE_BIT(AUDITOR);
    return t->is_giver || (may_read_incident && (t->is_commander || (t->roles & overseers)));
}

bool order_sees_numbers(const struct order_teller *t)
{
    return t->is_commander || (t->roles & ROLES_CALL & ~ROLE_BIT(ADMIN));
}
