// SPDX-License-Identifier: Apache-2.0
#include "server/domain/escalation.h"

#include <stddef.h>

#define WORD(words, at) ((at) >= 0 && (size_t)(at) < sizeof(words) / sizeof *(words) ? (words)[at] : "")

const char *escalation_phase_word(int phase)
{
    static const char *const words[] = {"IDLE", "CALLING",  "WAITING", "SNOOZED",
                                        "HELD", "ANSWERED", "STOPPED", "EXHAUSTED"};
    return WORD(words, phase);
}

const char *escalation_act_word(int act)
{
    static const char *const words[] = {"ARM",      "TICK",        "DELIVERED", "BOUNCED", "UNREACHABLE",
                                        "READ",     "ACKNOWLEDGE", "ACCEPT",    "REFUSE",  "ACK_EXPIRED",
                                        "ESCALATE", "SNOOZE",      "STOP",      "ABSENT",  "HANDED_OVER"};
    return WORD(words, act);
}

const char *escalation_effect_word(int kind)
{
    static const char *const words[] = {"NOTIFY", "DEPUTY", "LEVEL_UP", "HEADQUARTERS",
                                        "GAP",    "RED",    "RED_OVER", "SETTLED"};
    return WORD(words, kind);
}

const char *escalation_why_word(int why)
{
    static const char *const words[] = {
        "",          "FIRST",     "NEXT_CONTACT", "REMINDER",       "SILENCE",        "NOT_DELIVERED",
        "REFUSED",   "IS_ABSENT", "IS_VACANT",    "NO_CONTACT",     "BY_HAND",        "HANDED",
        "CAME_BACK", "RESUMED",   "NEXT_ROUND",   "NOBODY_REACHED", "NOBODY_ANSWERED"};
    return WORD(words, why);
}
