// SPDX-License-Identifier: Apache-2.0
// Progress of an incident's plans, in its right column: how far each is, who has not begun, what waits for approval.
import { useState } from 'preact/hooks'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { RunJson, RunStepJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { Empty } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { AddStepDialog } from './add_step'
import { Edition } from './edition'
import { mayRecord, mayStart } from './may'
import './playbook.css'
import { Due, ProgressBar, ProgressWords } from './progress'
import { isOpen, useRun, useRuns } from './run_store'
import { StartDialog } from './start'
import { t } from './texts'
import { say, unitOf } from './words'

// The steps that need somebody now: overdue first, then by due time.
export function urgent(steps: readonly RunStepJson[]): RunStepJson[] {
  const begun = steps.filter((one) => isOpen(one) && (one.progress?.total ?? 0) > (one.progress?.pending ?? 0))
  const late = (one: RunStepJson) => ((one.progress?.overdue ?? 0) > 0 ? 0 : 1)
  return begun.sort((a, b) => late(a) - late(b) || (a.dueAt ?? '9').localeCompare(b.dueAt ?? '9'))
}

function Names({ step }: { step: RunStepJson }) {
  const open = (step.places ?? []).filter(
    (one) =>
      one.state === 'STEP_STATE_READY' || one.state === 'STEP_STATE_IN_PROGRESS' || one.state === 'STEP_STATE_BLOCKED',
  )
  if (open.length === 0) return null
  return (
    <span class="small">
      {open.slice(0, 3).map((one) => (
        <span key={one.id} class="laggard">
          {[one.place?.name, one.personName].filter(Boolean).join(' ') || undefined}
          {one.phone && (
            <>
              {' '}
              <a href={`tel:${one.phone}`} class="num">
                {one.phone}
              </a>
            </>
          )}
        </span>
      ))}
    </span>
  )
}

function RunCard({ run }: { run: RunJson }) {
  const held = useRun(run.id ?? '', '')
  const steps = urgent(held.value.value?.steps ?? []).slice(0, 3)
  return (
    <li class="run-card">
      <a href={`/runs/${run.id}`} class="run-name">
        <span class="num">{run.code}</span> {run.code ? say(run.title) : t.byHand}
      </a>
      {run.organ && <Edition one={run} />}
      {run.progress && <ProgressBar progress={run.progress} />}
      <p class="small">
        <ProgressWords progress={run.progress} unit={unitOf(undefined)} short />
      </p>
      <ul class="urgent">
        {steps.map((one) => (
          <li key={one.step?.no}>
            <span class="num strong">{one.step?.no}</span> {say(one.step?.text)}{' '}
            {(one.progress?.total ?? 0) > 1 && (
              <span class="num">{t.of(one.progress?.done ?? 0, one.progress?.total ?? 0, unitOf(one.step))}</span>
            )}{' '}
            {one.dueAt && <Due at={one.dueAt} open />} <Names step={one} />
          </li>
        ))}
      </ul>
    </li>
  )
}

export default function RunsPanel({ incident }: { incident: IncidentJson }) {
  const held = useRuns(incident.id ?? '')
  const [open, setOpen] = useState<'start' | 'add' | null>(null)
  const runs = held.value.value
  return (
    <section class="runs-panel stack-small">
      <h2>{t.runs}</h2>
      <ErrorNote error={held.error.value} onRetry={() => void held.load()} />
      {runs?.length === 0 && (
        <Empty title={t.noRuns}>
          <p class="small">{t.noRunsHint}</p>
        </Empty>
      )}
      {runs && runs.length > 0 && (
        <ul class="run-cards">
          {runs.map((run) => (
            <RunCard key={run.id} run={run} />
          ))}
        </ul>
      )}
      <div class="row no-print">
        {mayStart.value && (
          <Button look={runs?.length === 0 ? 'solid' : 'normal'} onClick={() => setOpen('start')}>
            {runs?.length ? t.startMore : t.start}
          </Button>
        )}
        {mayRecord.value && <Button onClick={() => setOpen('add')}>{t.addStep}</Button>}
        {runs && runs.length > 0 && (
          <a class="button" href={`/runs?incident=${incident.id}`}>
            {t.board}
          </a>
        )}
      </div>
      {open === 'start' && (
        <StartDialog incident={incident} onClose={() => setOpen(null)} onStarted={() => void held.load()} />
      )}
      {open === 'add' && (
        <AddStepDialog incidentId={incident.id ?? ''} onClose={() => setOpen(null)} onAdded={() => void held.load()} />
      )}
    </section>
  )
}
