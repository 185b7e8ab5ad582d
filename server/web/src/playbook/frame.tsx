// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useBarIncident } from '../base/bar'
import { incidents } from '../base/services'
import { maySeePlans } from '../base/session'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { RunJson } from '../gen/sokuo/v1/playbook_pb'
import { t } from './texts'

// The incident of a run in the bar, with its mode at the edge of the page; what the run says of it for those who only
// stand in the plan. Read again when a decision has raised the severity.
export function useRunBar(run: RunJson | undefined): void {
  const [incident, setIncident] = useState<IncidentJson | null>(null)
  useEffect(() => {
    if (!run?.incidentId || !run.incidentTitle) return
    incidents.getIncident({ id: run.incidentId, entryCount: 1 }).then(
      (answer) => setIncident(answer.incident ?? null),
      () => setIncident(null),
    )
  }, [run?.incidentId, run?.incidentTitle, run?.severity])
  const { incidentNumber: number, mode, severity } = run ?? {}
  const part = useMemo(() => (number ? { number, mode, severity } : null), [number, mode, severity])
  useBarIncident(incident ?? part)
}

// The two faces of plans: as written, and under way.
export function Tabs({ here }: { here: 'plans' | 'runs' }) {
  const tab = (to: string, name: string, on: boolean) => (
    <a class="tab" href={to} aria-current={on ? 'page' : undefined}>
      {name}
    </a>
  )
  return (
    <>
      <h1 class="hidden-text">{here === 'plans' ? t.plans : t.runs}</h1>
      <nav class="tabs no-print" aria-label={t.plans}>
        {maySeePlans.value && tab('/plans', t.plans, here === 'plans')}
        {tab('/runs', t.runs, here === 'runs')}
      </nav>
    </>
  )
}
