// SPDX-License-Identifier: Apache-2.0
import { client } from '../base/rpc'
import type { CommandService } from '../gen/sokuo/v1/command_pb'
import type { EscalationService } from '../gen/sokuo/v1/escalation_pb'

export const command = client<typeof CommandService>('CommandService')
export const escalation = client<typeof EscalationService>('EscalationService')
