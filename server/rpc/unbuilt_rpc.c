// SPDX-License-Identifier: Apache-2.0
// Methods of the contract that are under way. Each says so; the file goes when none is left.
#include "server/base/call.h"
#include "server/rpc/methods.gen.h"

#define UNBUILT(name, req_type, res_type)                                                              \
    enum err rpc_##name(struct call *c, const Sokuo__V1__##req_type *req, Sokuo__V1__##res_type *res)  \
    {                                                                                                  \
        (void)req;                                                                                     \
        (void)res;                                                                                     \
        return call_fail(c, ERR_UNIMPLEMENTED, "UNBUILT", "準備中の機能です。", "This is under way."); \
    }

UNBUILT(list_policies, ListPoliciesRequest, ListPoliciesResponse)
UNBUILT(save_policy, SavePolicyRequest, SavePolicyResponse)
UNBUILT(preview_policy, PreviewPolicyRequest, PreviewPolicyResponse)
UNBUILT(escalate, EscalateRequest, EscalateResponse)
UNBUILT(answer_escalation, AnswerEscalationRequest, AnswerEscalationResponse)
UNBUILT(snooze_escalation, SnoozeEscalationRequest, SnoozeEscalationResponse)
UNBUILT(stop_escalation, StopEscalationRequest, StopEscalationResponse)
UNBUILT(list_escalations, ListEscalationsRequest, ListEscalationsResponse)
