// SPDX-License-Identifier: Apache-2.0
// Short names for the contract's words: STATE(TRIAGE) is INCIDENT_STATE_TRIAGE of incident.proto.
#pragma once

#include <stdint.h>

#include "sokuo/v1/common.pb-c.h"
#include "sokuo/v1/incident.pb-c.h"
#include "sokuo/v1/options.pb-c.h"

#define STATE(x) SOKUO__V1__INCIDENT_STATE__INCIDENT_STATE_##x
#define SEVERITY(x) SOKUO__V1__SEVERITY__SEVERITY_##x
#define TYPE(x) SOKUO__V1__INCIDENT_TYPE__INCIDENT_TYPE_##x
#define GROUP(x) SOKUO__V1__THREAT_GROUP__THREAT_GROUP_##x
#define FINDING(x) SOKUO__V1__FINDING__FINDING_##x
#define SPREAD(x) SOKUO__V1__SPREAD__SPREAD_##x
#define ZONE(x) SOKUO__V1__NETWORK_ZONE__NETWORK_ZONE_##x
#define CLASS(x) SOKUO__V1__CONFIDENTIALITY__CONFIDENTIALITY_##x
#define MODE(x) SOKUO__V1__MODE__MODE_##x
#define CAPACITY(x) SOKUO__V1__CAPACITY__CAPACITY_##x
#define ENTRY_KIND(x) SOKUO__V1__ENTRY_KIND__ENTRY_KIND_##x
#define LINK_KIND(x) SOKUO__V1__LINK_KIND__LINK_KIND_##x
#define MEMBER(x) SOKUO__V1__MEMBER_ACCESS__MEMBER_ACCESS_##x
#define ROLE(x) SOKUO__V1__ROLE__ROLE_##x
#define ROLE_BIT(x) (UINT64_C(1) << ROLE(x))

// Duties that stand over the whole response; a deputy stands in for the lead.
#define ROLES_COMMAND (ROLE_BIT(CISO) | ROLE_BIT(VCISO))
#define ROLES_SISO (ROLES_COMMAND | ROLE_BIT(SISO))
#define ROLES_LEAD (ROLES_SISO | ROLE_BIT(CSIRT_LEAD) | ROLE_BIT(CSIRT_DEPUTY))
#define ROLES_TEAM (ROLES_LEAD | ROLE_BIT(HANDLER) | ROLE_BIT(CSIRT_MEMBER) | ROLE_BIT(POC))
// Who has to call people at night, and so sees private numbers; administrators keep them.
#define ROLES_CALL (ROLES_TEAM | ROLE_BIT(DUTY_DESK) | ROLE_BIT(ADMIN))
