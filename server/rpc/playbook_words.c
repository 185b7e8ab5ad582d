// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/playbook_words.h"

struct name {
    const char *ja, *en;
};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

static const struct name phases[] = {
    // by Phase
    {"", ""},
    {"検知", "Detection"},
    {"受付・連絡", "Intake"},
    {"判断", "Triage"},
    {"発動・周知", "Activation"},
    {"封じ込め", "Containment"},
    {"根絶", "Eradication"},
    {"復旧", "Recovery"},
    {"終結", "Closing"},
    {"評価", "Review"},
};
static const struct name fan_outs[] = {
    // by FanOut
    {"担当による", "By the role"},
    {"全体で1件", "Once"},
    {"影響する課ごと", "Each affected section"},
    {"すべての課", "Every section"},
    {"影響するシステムごと", "Each affected system"},
    {"影響する部ごと", "Each affected department"},
};

static const char *pick(const struct name *names, int count, int i, enum lang lang)
{
    if (i < 0 || i >= count)
        return "";
    return lang == LANG_JA ? names[i].ja : names[i].en;
}

const char *phase_name(int phase, enum lang lang)
{
    return pick(phases, COUNT(phases), phase, lang);
}

const char *severity_name(int severity)
{
    static const struct name names[] = {{"", ""},     {"S0", "S0"}, {"S1", "S1"},
                                        {"S2", "S2"}, {"S3", "S3"}, {"S4", "S4"}};
    return pick(names, COUNT(names), severity, LANG_EN);
}

const char *fan_out_name(int fan_out, enum lang lang)
{
    return pick(fan_outs, COUNT(fan_outs), fan_out, lang);
}

const char *minutes_name(struct call *c, int minutes, enum lang lang)
{
    static const struct {
        int minutes;
        const char *ja, *en;
    } units[] = {{1440, "日", "d"}, {60, "時間", "h"}, {1, "分", "min"}};
    int size = minutes < 0 ? -minutes : minutes, i = 0;
    while (i < 2 && (size < units[i].minutes || size % units[i].minutes != 0))
        i++;
    if (lang == LANG_JA)
        return call_printf(c, "%d%s%s", size / units[i].minutes, units[i].ja, minutes < 0 ? "前" : "");
    return call_printf(c, "%d %s%s", size / units[i].minutes, units[i].en, minutes < 0 ? " before" : "");
}

const char *words_in(const Sokuo__V1__Words *words, enum lang lang)
{
    return !words ? "" : lang == LANG_JA ? words->ja : words->en;
}
