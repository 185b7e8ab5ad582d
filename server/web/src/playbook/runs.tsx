// SPDX-License-Identifier: Apache-2.0
// Plans under way: all of them, those of an incident, or one with its board, paper entry and printable pack.
import type { ComponentType } from 'preact'
import { useTitle } from '../base/bar'
import type { ScreenProps } from '../base/router'
import type { RunJson } from '../gen/sokuo/v1/playbook_pb'
import { ModeMark, Severity } from '../ui/badge'
import { Empty, Loading } from '../ui/parts'
import { Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import { Board } from './board'
import { Edition } from './edition'
import { Entry } from './entry'
import { Tabs } from './frame'
import { useListKeys } from './keys'
import { RunPaper } from './paper'
import './playbook.css'
import { ProgressBar, ProgressWords } from './progress'
import { useRuns } from './run_store'
import { t } from './texts'
import { say, unitOf } from './words'

function RunRow({ run, here }: { run: RunJson; here: boolean }) {
  return (
    <li class={`run-row ${here ? 'here' : ''}`} data-run={run.id}>
      <a href={`/runs/${run.id}`}>
        <span class="row">
          <ModeMark mode={run.mode} />
          <Severity value={run.severity} short />
          <span class="num">{run.incidentNumber}</span>
          <span class="quiet">{run.incidentTitle}</span>
        </span>
        <strong>{run.code ? `${run.code} ${say(run.title)}` : t.byHand}</strong>
        {run.organ && <Edition one={run} />}
        {run.progress && <ProgressBar progress={run.progress} />}
        <span class="small">
          <ProgressWords progress={run.progress} unit={unitOf(undefined)} />
        </span>
        <span class="small quiet">
          T0 <Time at={run.t0} /> · {t.startedBy(run.startedBy?.personName ?? '')} <Time at={run.startedAt} />
        </span>
      </a>
    </li>
  )
}

function List({ incidentId }: { incidentId: string }) {
  useTitle(t.runs)
  const held = useRuns(incidentId)
  const runs = held.value.value
  const here = useListKeys(
    (runs ?? []).map((run) => run.id ?? ''),
    'data-run',
    { Enter: (id) => document.querySelector<HTMLAnchorElement>(`[data-run="${id}"] a`)?.click() },
  )
  return (
    <div class="page">
      <Tabs here="runs" />
      <ErrorNote error={held.error.value} onRetry={() => void held.load()} />
      {!runs && !held.error.value && <Loading />}
      {runs?.length === 0 && (
        <Empty title={t.noRuns}>
          <p>{t.runsHint}</p>
        </Empty>
      )}
      <ul class="run-rows">
        {runs?.map((run) => (
          <RunRow key={run.id} run={run} here={here === run.id} />
        ))}
      </ul>
    </div>
  )
}

const PARTS: Record<string, ComponentType<{ id: string }>> = { entry: Entry, paper: RunPaper }

export default function Runs({ params, query }: ScreenProps) {
  const [id = '', part = ''] = (params['*'] ?? '').split('/')
  if (!id) return <List key={query.get('incident')} incidentId={query.get('incident') ?? ''} />
  const Part = PARTS[part] ?? Board
  return <Part key={`${id}/${part}`} id={id} />
}
