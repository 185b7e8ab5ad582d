// SPDX-License-Identifier: Apache-2.0
#include "server/domain/access.h"

#include "server/domain/incident.h"

static bool may_read(const struct access_actor *actor, const struct access_incident *i)
{
    if (actor->is_system)
        return true;
    if (i->member == (int)MEMBER(EXCLUDED))
        return false;
    if (i->confidentiality == (int)CLASS(PUBLIC) || i->is_handler || i->is_commander ||
        i->member == (int)MEMBER(NAMED))
        return true;
    if (i->confidentiality <= (int)CLASS(RESTRICTED) && (actor->reads_all || i->is_filer))
        return true;
    return i->confidentiality == (int)CLASS(INTERNAL) && (i->is_filer_section || i->is_concerned_section);
}

static bool may_edit(const struct access_actor *actor, const struct access_incident *i)
{
    if (i->is_filer || i->is_handler || i->is_commander ||
        (actor->roles & (ROLES_TEAM | ROLE_BIT(DUTY_DESK))))
        return true;
    return (actor->roles & (ROLE_BIT(ISM) | ROLE_BIT(ISO) | ROLE_BIT(SYSMGR))) &&
           (i->is_filer_section || i->is_concerned_section || i->member == (int)MEMBER(NAMED));
}

unsigned access_decide(const struct access_actor *actor, const struct access_incident *i)
{
    if (!may_read(actor, i))
        return 0;
    unsigned acts = ACCESS_READ;
    bool changes_nothing = (actor->roles & ROLE_BIT(AUDITOR)) != 0;
    bool is_settled = i->state == (int)STATE(ARCHIVED) || i->state == (int)STATE(MERGED);
    if (changes_nothing)
        return acts;
    if ((actor->roles & ROLES_LEAD) || i->is_handler || i->is_commander)
        acts |= ACCESS_CLASSIFY;
    if (is_settled)
        return acts;
    acts |= ACCESS_ADD_ENTRY;
    acts |= may_edit(actor, i) ? ACCESS_EDIT : 0;
    acts |= (actor->roles & ROLES_TEAM) ? ACCESS_TRIAGE : 0;
    acts |= (actor->roles & (ROLES_TEAM | ROLE_BIT(DUTY_DESK))) ? ACCESS_ASSIGN : 0;
    acts |= (actor->roles & ROLES_LEAD) ? ACCESS_MERGE : 0;
    return acts;
}

int access_wall(int confidentiality, bool somebody_excluded)
{
    if (somebody_excluded || confidentiality > (int)CLASS(INTERNAL))
        return 2;
    return confidentiality == (int)CLASS(PUBLIC) ? 0 : 1;
}

const char *access_word(unsigned act)
{
    switch ((enum access_act)act) {
    case ACCESS_EDIT:
        return "EDIT";
    case ACCESS_TRIAGE:
        return "TRIAGE";
    case ACCESS_ASSIGN:
        return "ASSIGN";
    case ACCESS_CLASSIFY:
        return "CLASSIFY";
    case ACCESS_MERGE:
        return "MERGE";
    case ACCESS_ADD_ENTRY:
        return "ADD_ENTRY";
    case ACCESS_READ:
        break;
    }
    return "";
}
