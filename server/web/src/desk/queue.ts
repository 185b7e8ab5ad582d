// SPDX-License-Identifier: Apache-2.0
// The queue: alerts and reports that wait for a decision, as one list. Pure; the screen keeps it in a signal.

import type { IncidentJson, SeverityJson } from '../gen/sokuo/v1/incident_pb'
import type { IntakeItemJson } from '../gen/sokuo/v1/intake_pb'
import type { FeedChangeJson } from '../gen/sokuo/v1/sync_pb'

export interface Row {
  key: string
  id: string
  at: string
  title: string
  severity: SeverityJson
  // How often it was reported; 1 for a report by a person.
  count: number
  source: string
  item?: IntakeItemJson
  incident?: IncidentJson
}

const SEVERITIES: readonly SeverityJson[] = [
  'SEVERITY_UNSPECIFIED',
  'SEVERITY_S0',
  'SEVERITY_S1',
  'SEVERITY_S2',
  'SEVERITY_S3',
  'SEVERITY_S4',
]

export function severityRank(severity: SeverityJson | undefined): number {
  return SEVERITIES.indexOf(severity ?? 'SEVERITY_UNSPECIFIED')
}

export function fromItem(item: IntakeItemJson): Row {
  return {
    key: `item/${item.id}`,
    id: item.id ?? '',
    at: item.firstSeenAt ?? '',
    title: item.title ?? '',
    severity: item.severity ?? 'SEVERITY_UNSPECIFIED',
    count: item.count ?? 1,
    source: item.integration?.name ?? '',
    item,
  }
}

export function fromIncident(incident: IncidentJson): Row {
  const by = incident.filedBy
  return {
    key: `incident/${incident.id}`,
    id: incident.id ?? '',
    at: incident.filedAt ?? '',
    title: incident.title ?? '',
    severity: incident.severity ?? 'SEVERITY_UNSPECIFIED',
    count: 1,
    source: by?.postName || by?.personName || '',
    incident,
  }
}

// Most severe first, then the one that waits longest: what needs a decision soonest is on top.
export function arrange(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => severityRank(b.severity) - severityRank(a.severity) || a.at.localeCompare(b.at))
}

// Waiting for triage: filed and not judged yet.
export function waits(incident: IncidentJson): boolean {
  const state = incident.state
  return state === 'INCIDENT_STATE_DETECTED' || state === 'INCIDENT_STATE_INTAKE' || state === 'INCIDENT_STATE_TRIAGE'
}

// How many of the changes are news for the queue: things it does not show as they are now.
export function countNews(rows: readonly Row[], changes: readonly FeedChangeJson[], own: ReadonlySet<string>): number {
  const shown = new Map(rows.map((row) => [row.id, row]))
  const news = new Set<string>()
  for (const change of changes) {
    const id = change.streamId ?? ''
    if (own.has(id)) continue
    const row = shown.get(id)
    if (change.stream === 'intake_item') news.add(id)
    else if (change.stream === 'incident' && change.incident) {
      const version = row?.incident?.version ?? 0
      if (row ? (change.version ?? 0) > version : waits(change.incident)) news.add(id)
    }
  }
  return news.size
}

// The row to stand on after `gone` left the list: the next one below, else the last.
export function nextKey(rows: readonly Row[], gone: ReadonlySet<string>, key: string): string {
  const from = rows.findIndex((row) => row.key === key)
  const below = rows.slice(from + 1).find((row) => !gone.has(row.key))
  const above = rows.slice(0, Math.max(from, 0)).findLast((row) => !gone.has(row.key))
  return (below ?? above)?.key ?? ''
}
