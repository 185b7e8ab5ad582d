// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/playbook_words.h"

struct name {
    const char *ja, *en;
};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

static const struct name roles[] = {
    // by Role
    {"不明", "Unknown"},
    {"市長", "Mayor"},
    {"最高情報セキュリティ責任者(CISO)", "Chief information security officer"},
    {"副CISO", "Deputy CISO"},
    {"統括情報セキュリティ責任者", "General security officer"},
    {"CSIRT責任者", "CSIRT lead"},
    {"CSIRT副責任者", "CSIRT deputy"},
    {"インシデントハンドラー", "Incident handler"},
    {"CSIRT要員", "CSIRT member"},
    {"統一的な窓口(PoC)", "Point of contact"},
    {"当直・宿日直", "Duty desk"},
    {"情報セキュリティ責任者(部局長)", "Department security officer"},
    {"情報セキュリティ管理者(所属長)", "Section head"},
    {"情報システム管理者", "System manager"},
    {"情報システム担当者", "System operator"},
    {"職員等", "Staff"},
    {"個人情報保護所管", "Privacy office"},
    {"広報", "Public relations"},
    {"人事", "Personnel"},
    {"法務", "Legal"},
    {"庁舎管理", "Facilities"},
    {"防災危機管理", "Emergency management"},
    {"上下水道局", "Waterworks"},
    {"教育委員会側責任者", "Board of education"},
    {"情報セキュリティ監査統括責任者", "Audit lead"},
    {"委託事業者", "Contractor"},
    {"システム管理者", "Administrator"},
    {"情報セキュリティ委員会", "Security committee"},
};
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

const char *role_name(int role, enum lang lang)
{
    return pick(roles, COUNT(roles), role, lang);
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
