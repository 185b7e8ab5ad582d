// SPDX-License-Identifier: Apache-2.0

import { typeName } from '../base/labels'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import { ModeMark, Severity, StateBadge } from '../ui/badge'
import { Time } from '../ui/time'
import { t } from './texts'

// An incident as a row of a list: the same on phone and desk.
export function IncidentRow({ incident }: { incident: IncidentJson }) {
  return (
    <a class="item" href={`/incident/${incident.number}`}>
      <span class="row">
        <Severity value={incident.severity} assessed={incident.severityAssessed ?? false} short />
        <StateBadge value={incident.state} />
        <span class="num quiet small">{incident.number}</span>
      </span>
      <span class="title">
        <ModeMark mode={incident.mode} />
        {incident.title}
      </span>
      <span class="quiet small">
        {typeName(incident.incidentType)} · {t.updated} <Time at={incident.updatedAt} />
      </span>
    </a>
  )
}

export function IncidentList({ incidents }: { incidents: readonly IncidentJson[] }) {
  return (
    <ul class="list">
      {incidents.map((incident) => (
        <li key={incident.id}>
          <IncidentRow incident={incident} />
        </li>
      ))}
    </ul>
  )
}
