// SPDX-License-Identifier: Apache-2.0
// An incident with a plan under way in the demo city, and what its record says.
import { randomUUID } from 'node:crypto'

// Files an incident and starts the plan on it; answers both.
export async function startPlan(server, code = 'PB-01', more = {}) {
  const filing = {
    operationId: randomUUID(),
    title: '県SOCから大量暗号化の疑い',
    incidentType: 'INCIDENT_TYPE_MALWARE',
    ...more,
  }
  const { incident } = await server.call('IncidentService/FileIncident', filing, tokenOf(server, 'handler'))
  const start = { operationId: randomUUID(), incidentId: incident.id, codes: [code] }
  const { runs } = await server.call('PlaybookService/StartPlaybook', start, tokenOf(server, 'siso'))
  return { incident, run: runs[0] }
}

export function tokenOf(server, login) {
  server.tokens ??= {}
  server.tokens[login] ??= server.token(login)
  return server.tokens[login]
}

export async function stepsOf(server, login, incidentId) {
  const answer = await server.call('StepService/ListMySteps', { incidentId }, tokenOf(server, login))
  return answer.steps ?? []
}

export async function stepOf(server, login, incidentId, no) {
  return (await stepsOf(server, login, incidentId)).find((step) => step.definition.no === no)
}

// The incident's chronology, oldest first, only these kinds.
export async function record(server, incidentId, kinds) {
  const entries = []
  let pageToken = ''
  do {
    const page = await server.call('IncidentService/ListEntries', { incidentId, pageToken }, tokenOf(server, 'siso'))
    entries.push(...(page.entries ?? []))
    pageToken = page.nextPageToken ?? ''
  } while (pageToken)
  return entries.sort((a, b) => a.seq - b.seq).filter((entry) => kinds.includes(entry.changeKind))
}
