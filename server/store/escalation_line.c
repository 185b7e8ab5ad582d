// SPDX-License-Identifier: Apache-2.0
// What an effect of a call says to people: chronology, lists, previews.
#include "server/domain/role_name.h"
#include "server/store/escalation_store.h"

struct words {
    const char *ja, *en;
};

static const char *why_words(int why, enum lang lang)
{
    static const struct words words[ESC_WHY_END] = {
        [ESC_FIRST] = {"最初の呼出", "first call"},
        [ESC_NEXT_CONTACT] = {"次の連絡先", "next contact point"},
        [ESC_REMINDER] = {"催促", "reminder"},
        [ESC_SILENCE] = {"無応答", "no answer"},
        [ESC_NOT_DELIVERED] = {"連絡先に届かない", "not delivered"},
        [ESC_REFUSED] = {"辞退", "refused"},
        [ESC_IS_ABSENT] = {"不在", "absent"},
        [ESC_IS_VACANT] = {"空席", "vacant"},
        [ESC_NO_CONTACT] = {"連絡先なし", "no contact point"},
        [ESC_BY_HAND] = {"手動", "by hand"},
        [ESC_HANDED] = {"引継ぎ", "handed over"},
        [ESC_CAME_BACK] = {"確認の期限切れ・取消し", "the acknowledgement ended"},
        [ESC_RESUMED] = {"見合わせの終わり", "the snooze is over"},
        [ESC_NEXT_ROUND] = {"最初から呼び直し", "from the beginning again"},
        [ESC_NOBODY_REACHED] = {"誰にも届いていない", "nobody was reached"},
        [ESC_NOBODY_ANSWERED] = {"誰も応答していない", "nobody answered"},
    };
    if (why <= ESC_WHY_NONE || why >= ESC_WHY_END)
        return "";
    return lang == LANG_JA ? words[why].ja : words[why].en;
}

// 無応答10分: a silence has a length.
const char *esc_ground(struct call *c, const struct escalation_effect *effect, int wait_s, enum lang lang)
{
    const char *why = why_words(effect->why, lang);
    if (effect->why != ESC_SILENCE || wait_s < 60)
        return why;
    return lang == LANG_JA ? call_printf(c, "%s%d分", why, wait_s / 60)
                           : call_printf(c, "%s for %d min", why, wait_s / 60);
}

static const char *place(struct call *c, const struct escalation_effect *effect, const char *role,
                         enum lang lang)
{
    if (effect->rank == 0)
        return role;
    return lang == LANG_JA ? call_printf(c, "%s 代行第%d順位", role, effect->rank)
                           : call_printf(c, "%s, deputy %d", role, effect->rank);
}

static const char *line_ja(struct call *c, const struct escalation_effect *effect, const char *role,
                           const char *person, const char *post, int wait_s)
{
    const char *why = esc_ground(c, effect, wait_s, LANG_JA);
    switch (effect->kind) {
    case ESC_NOTIFY:
        return call_printf(c, "呼出: %s %s(%s)", place(c, effect, role, LANG_JA), person, why);
    case ESC_DEPUTY:
        return call_printf(c, "%s不在、%s %sが代理。根拠=%s", role, post, person, why);
    case ESC_LEVEL_UP:
        return call_printf(c, "1段上の%sへ。根拠=%s", role, why);
    case ESC_HEADQUARTERS:
        return call_printf(c, "災害対策本部の系列(%s)へ。根拠=%s", role, why);
    case ESC_GAP:
        return call_printf(c, "%sに呼び出せる人がいません(%s)", role, why);
    case ESC_RED:
        return effect->why == ESC_NOBODY_REACHED ? "呼出が誰にも届いていません。電話で連絡してください"
                                                 : "呼出に誰も応答していません。電話で連絡してください";
    case ESC_RED_OVER:
        return "呼出に応答がありました(誰にもつながらない状態の終わり)";
    default:
        return "";
    }
}

static const char *line_en(struct call *c, const struct escalation_effect *effect, const char *role,
                           const char *person, const char *post, int wait_s)
{
    const char *why = esc_ground(c, effect, wait_s, LANG_EN);
    switch (effect->kind) {
    case ESC_NOTIFY:
        return call_printf(c, "Call: %s, %s (%s)", place(c, effect, role, LANG_EN), person, why);
    case ESC_DEPUTY:
        return call_printf(c, "%s is away, %s %s acts. Ground: %s", role, post, person, why);
    case ESC_LEVEL_UP:
        return call_printf(c, "Up to %s. Ground: %s", role, why);
    case ESC_HEADQUARTERS:
        return call_printf(c, "To the line of the disaster headquarters (%s). Ground: %s", role, why);
    case ESC_GAP:
        return call_printf(c, "Nobody of %s can be called (%s)", role, why);
    case ESC_RED:
        return effect->why == ESC_NOBODY_REACHED ? "Nobody was reached. Telephone them"
                                                 : "Nobody answered. Telephone them";
    case ESC_RED_OVER:
        return "Somebody answered";
    default:
        return "";
    }
}

const char *esc_line(struct call *c, const struct escalation_effect *effect, int role, const char *person,
                     const char *post, int wait_s, enum lang lang)
{
    const char *name = role_name(role, lang);
    return lang == LANG_JA ? line_ja(c, effect, name, person, post, wait_s)
                           : line_en(c, effect, name, person, post, wait_s);
}
