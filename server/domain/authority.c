// SPDX-License-Identifier: Apache-2.0
#include "server/domain/authority.h"

#define X AUTHORITY(NONE)
#define D AUTHORITY(DRAFT)
#define A AUTHORITY(APPROVAL)
#define M AUTHORITY(ALONE)

// A column of domain reference 2.3; the deputy of a duty stands for it (副CISO, CSIRT副責任者).
#define ROW(act, ism, sysmgr, lead, lead_s3, siso, siso_s3, ciso, mayor)                            \
    {ACT(act), ROLE(MAYOR), mayor, mayor}, {ACT(act), ROLE(CISO), ciso, ciso},                      \
        {ACT(act), ROLE(VCISO), ciso, ciso}, {ACT(act), ROLE(SISO), siso, siso_s3},                 \
        {ACT(act), ROLE(CSIRT_LEAD), lead, lead_s3}, {ACT(act), ROLE(CSIRT_DEPUTY), lead, lead_s3}, \
        {ACT(act), ROLE(ISM), ism, ism},                                                            \
    {                                                                                               \
        ACT(act), ROLE(SYSMGR), sysmgr, sysmgr                                                      \
    }

static const struct authority_rule shipped[] = {
    {ACT(OWN_DEVICE), ROLE(STAFF), M, M},        ROW(OWN_DEVICE, M, M, M, M, M, M, M, M),
    ROW(STOP_SYSTEM, D, M, M, M, M, M, M, M),    ROW(CUT_SEGMENT, X, D, D, M, M, M, M, M),
    ROW(CUT_INTERNET, X, X, D, D, M, M, M, M),   ROW(CUT_LGWAN, X, X, D, D, M, M, M, M),
    ROW(STOP_MY_NUMBER, X, D, D, D, M, M, M, M), ROW(ACTIVATE_PLAN, X, X, D, D, M, M, M, M),
    ROW(ACTIVATE_BCP, X, X, X, X, D, D, D, M),   ROW(SET_UP_HEADQUARTERS, X, X, X, X, X, X, D, M),
    ROW(PUBLISH, X, X, D, D, A, A, M, M),        ROW(REPORT_PRIVACY, D, X, D, D, A, A, M, M),
    ROW(CALL_POLICE, A, A, M, M, M, M, M, M),    ROW(LOWER_OR_CLOSE, X, X, D, D, M, A, M, X),
    ROW(PAY_RANSOM, X, X, X, X, X, X, D, M),
};

const struct authority_rule *authority_defaults(size_t *ret_count)
{
    *ret_count = sizeof shipped / sizeof shipped[0];
    return shipped;
}

int authority_level(const struct authority_rule *rules, size_t count, int act, uint64_t roles, int severity)
{
    int most = X;
    for (size_t i = 0; i < count; i++) {
        int level = severity >= (int)SEVERITY(S3) ? rules[i].level_s3 : rules[i].level;
        if (rules[i].act == act && (roles >> rules[i].role & 1) && level > most)
            most = level;
    }
    return most;
}

bool authority_acts_first(int act)
{
    return act >= (int)ACT(OWN_DEVICE) && act <= (int)ACT(STOP_MY_NUMBER);
}

int authority_act_of_state(int state)
{
    if (state == (int)STATE(ACTIVATED))
        return ACT(ACTIVATE_PLAN);
    return state == (int)STATE(CLOSED) ? (int)ACT(LOWER_OR_CLOSE) : 0;
}
