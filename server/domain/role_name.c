// SPDX-License-Identifier: Apache-2.0
#include "server/domain/role_name.h"

static const struct name {
    const char *ja, *en;
} roles[] = {
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

const char *role_name(int role, enum lang lang)
{
    if (role < 0 || role >= (int)(sizeof roles / sizeof *roles))
        return "";
    return lang == LANG_JA ? roles[role].ja : roles[role].en;
}
