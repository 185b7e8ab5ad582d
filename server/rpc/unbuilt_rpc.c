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
UNBUILT(get_push_key, GetPushKeyRequest, GetPushKeyResponse)
UNBUILT(list_channels, ListChannelsRequest, ListChannelsResponse)
UNBUILT(save_channel, SaveChannelRequest, SaveChannelResponse)
UNBUILT(test_channel, TestChannelRequest, TestChannelResponse)
UNBUILT(list_notices, ListNoticesRequest, ListNoticesResponse)
UNBUILT(retry_notices, RetryNoticesRequest, RetryNoticesResponse)
UNBUILT(open_link, OpenLinkRequest, OpenLinkResponse)
UNBUILT(answer_by_link, AnswerByLinkRequest, AnswerByLinkResponse)
