// SPDX-License-Identifier: Apache-2.0
// The incident with its evidence and slips, read whole and again when one of them changes.
import { type Held, useHeld } from '../base/held'
import { evidence, incidents } from '../base/services'
import type { EvidenceJson, TransferJson } from '../gen/sokuo/v1/evidence_pb'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'

export interface Custody {
  incident: IncidentJson
  pieces: EvidenceJson[]
  slips: TransferJson[]
}

async function read(id: string): Promise<Custody> {
  const { incident = {} } = await incidents.getIncident({ id })
  const [pieces, slips] = await Promise.all([
    evidence.listEvidence({ incidentId: incident.id }),
    evidence.listTransfers({ incidentId: incident.id }),
  ])
  return { incident, pieces: pieces.evidence ?? [], slips: slips.transfers ?? [] }
}

export function useCustody(id: string): Held<Custody> {
  return useHeld(`custody/${id}`, () => read(id), {
    change: (one, now) => one.streamId === now?.incident.id && /^(evidence|incident)\b/.test(one.kind ?? ''),
  })
}

// SHA-256 as people compare it: 64 digits in groups of eight.
export function digestText(base64: string | undefined): string {
  const hex = Array.from(atob(base64 ?? ''), (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return hex.replace(/(.{8})(?=.)/g, '$1 ')
}

export const pieceName = (one: { name?: string; paperLocation?: string }) => one.paperLocation || one.name || ''
