// SPDX-License-Identifier: Apache-2.0
// Methods of the contract whose handlers are not there yet: each is answered as unimplemented.
#include "server/rpc/methods.gen.h"
#include "server/rpc/rpc.h"

#define COMING(snake, Name)                                                                           \
    __attribute__((weak)) enum err rpc_##snake(struct call *c, const Sokuo__V1__##Name##Request *req, \
                                               Sokuo__V1__##Name##Response *res)                      \
    {                                                                                                 \
        return call_fail(c, ERR_UNIMPLEMENTED, "NOT_YET", "この版にはまだ無い機能です。",             \
                         "This version does not offer it yet.");                                      \
    }

COMING(list_playbooks, ListPlaybooks)
COMING(get_playbook, GetPlaybook)
COMING(check_playbook, CheckPlaybook)
COMING(import_playbook, ImportPlaybook)
COMING(approve_playbook, ApprovePlaybook)
COMING(export_playbook, ExportPlaybook)
