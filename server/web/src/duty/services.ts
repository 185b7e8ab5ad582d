// SPDX-License-Identifier: Apache-2.0
import { client } from '../base/rpc'
import type { DutyService } from '../gen/sokuo/v1/duty_pb'
import type { EscalationService } from '../gen/sokuo/v1/escalation_pb'

export const duties = client<typeof DutyService>('DutyService')
export const escalation = client<typeof EscalationService>('EscalationService')
