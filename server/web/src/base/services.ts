// SPDX-License-Identifier: Apache-2.0
// The services of the server, one object each: await incidents.getIncident({ id }).
import type { AuthService } from '../gen/sokuo/v1/auth_pb'
import type { DirectoryService } from '../gen/sokuo/v1/directory_pb'
import type { EvidenceService } from '../gen/sokuo/v1/evidence_pb'
import type { IncidentService } from '../gen/sokuo/v1/incident_pb'
import type { IntakeService } from '../gen/sokuo/v1/intake_pb'
import type { StepService } from '../gen/sokuo/v1/step_pb'
import type { SyncService } from '../gen/sokuo/v1/sync_pb'
import { client } from './rpc'

export const auth = client<typeof AuthService>('AuthService')
export const directory = client<typeof DirectoryService>('DirectoryService')
export const evidence = client<typeof EvidenceService>('EvidenceService')
export const incidents = client<typeof IncidentService>('IncidentService')
export const intake = client<typeof IntakeService>('IntakeService')
export const steps = client<typeof StepService>('StepService')
export const sync = client<typeof SyncService>('SyncService')
