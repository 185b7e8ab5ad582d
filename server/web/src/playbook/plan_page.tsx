// SPDX-License-Identifier: Apache-2.0
// One revision of a plan: what it says, what it changes, its history, and what the caller may do with it.
import { useEffect, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import type { GetPlaybookResponseJson, PlaybookFaultJson, RevisionJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { Chips, Select } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { Day, Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import { Differences } from './difference'
import { BeginEdition, Edition, Lineage, useEditions } from './edition'
import { ExportMenu } from './export'
import { Life } from './life'
import { mayWrite } from './may'
import { ReviewDue, RevisionState } from './plan_list'
import { p } from './plan_texts'
import { PlanView } from './plan_view'
import { playbooks } from './services'
import { say } from './words'

type View = 'plan' | 'differences' | 'history' | 'source'

export function FaultList(props: {
  faults: readonly PlaybookFaultJson[]
  onPick?: (fault: PlaybookFaultJson) => void
}) {
  if (props.faults.length === 0) return null
  return (
    <ul class="fault-list">
      {props.faults.map((fault, i) => (
        <li key={i} class={fault.warning ? 'warning' : 'fault'}>
          {props.onPick ? (
            <button type="button" class="link" onClick={() => props.onPick?.(fault)}>
              {p.line(fault.line ?? 0)}
            </button>
          ) : (
            <span class="num">{p.line(fault.line ?? 0)}</span>
          )}{' '}
          {fault.warning ? '△' : '✕'} {say(fault.message)}
        </li>
      ))}
    </ul>
  )
}

function Head({ one }: { one: RevisionJson }) {
  return (
    <header class="plan-head">
      <h1>
        {one.code} {say(one.title)}
      </h1>
      <p class="row small">
        <RevisionState one={one} />
        <span>
          {p.version} {one.version} ({p.revision(one.number ?? 0)})
        </span>
        <Edition one={one} />
        {one.effectiveFrom && (
          <span>
            {p.effective} <Day at={one.effectiveFrom} />
          </span>
        )}
        {one.reviewDue && (
          <span>
            {p.review} <ReviewDue one={one} />
          </span>
        )}
        {one.writtenBy?.personName && (
          <span>
            {p.writtenBy} {one.writtenBy.personName} <Time at={one.writtenAt} />
          </span>
        )}
        {one.approvedBy?.personName && (
          <span>
            {p.approvedBy} {one.approvedBy.personName} <Time at={one.approvedAt} />
          </span>
        )}
        {one.pendingId && one.pendingId !== one.id && <a href={`/plans/${one.pendingId}`}>{p.pending}</a>}
      </p>
      {one.reason && (
        <p class="small">
          {p.reason}: {one.reason}
        </p>
      )}
    </header>
  )
}

// All revisions of the plan; asked for anew when this one is read anew.
function useHistory(revision: RevisionJson | undefined) {
  const [list, setList] = useState<RevisionJson[]>([])
  const playbookId = revision?.playbookId
  useEffect(() => {
    if (!playbookId) return
    playbooks.listPlaybooks({ playbookId }).then(
      (answer) => setList(answer.revisions ?? []),
      () => setList([]),
    )
  }, [revision])
  return list
}

function History({ list, here }: { list: RevisionJson[]; here: string | undefined }) {
  return (
    <ol class="list history">
      {list.map((one) => (
        <li key={one.id}>
          <a class="item" href={`/plans/${one.id}`} aria-current={one.id === here ? 'page' : undefined}>
            <span class="title row">
              {p.revision(one.number ?? 0)} {one.version} <RevisionState one={one} />
            </span>
            <span class="small">
              {one.writtenBy?.personName} <Time at={one.writtenAt} />
              {one.approvedBy?.personName && ` → ${p.approvedBy} ${one.approvedBy.personName}`} {one.reason}
            </span>
          </a>
        </li>
      ))}
    </ol>
  )
}

// The source with its lines counted as the faults count them.
function Source({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a text wider than the screen scrolls by keyboard
    <pre class="source" tabIndex={0}>
      {text
        .replace(/\n$/, '')
        .split('\n')
        .map((line, i) => (
          <span key={i} class="source-line" data-line={i + 1}>
            {line}
            {'\n'}
          </span>
        ))}
    </pre>
  )
}

const VIEWS: readonly View[] = ['plan', 'differences', 'history', 'source']
const viewName = (view: View) =>
  ({ plan: p.plan, differences: p.differences, history: p.history, source: 'YAML' })[view]

function Body(props: { view: View; answer: GetPlaybookResponseJson; history: RevisionJson[] }) {
  const { view, answer, history } = props
  if (view === 'history') return <History list={history} here={answer.revision?.id} />
  if (view === 'source') return <Source text={answer.source ?? ''} />
  if (view === 'differences') return <Differences list={answer.differences ?? []} against={answer.comparedToId ?? ''} />
  return answer.playbook ? <PlanView plan={answer.playbook} /> : <Empty title={p.notCompiled} />
}

interface CompareProps {
  answer: GetPlaybookResponseJson
  history: readonly RevisionJson[]
  editions: readonly RevisionJson[]
  value: string
  onChange: (id: string) => void
}

// The plan's own revisions, and of an organ's edition the city's it goes by and the one of today.
function CompareWith({ answer, history, editions, value, onChange }: CompareProps) {
  const here = answer.revision ?? {}
  const others = history.filter((one) => one.id !== here.id)
  const options = [answer.comparedToId ?? '', ...others.map((one) => one.id ?? '')]
  if (here.organ) options.push(here.basedOnId ?? '', here.cityId ?? '')
  const known = [...new Set(options)].filter(Boolean)
  if (known.length === 0) return null
  const name = (id: string) => {
    const own = history.find((one) => one.id === id)
    if (own) return `${p.revision(own.number ?? 0)} ${own.version}`
    if (id === here.basedOnId) return p.cityRevision(here.basedOnNumber ?? 0)
    const other = editions.find((one) => one.id === id)
    return other && !other.organ ? p.cityRevision(other.number ?? 0) : p.cityNow
  }
  return (
    <Select
      label={p.compare}
      value={value || (answer.comparedToId ?? '')}
      options={known}
      name={name}
      onChange={onChange}
    />
  )
}

export function PlanPage({ id }: { id: string }) {
  const [answer, setAnswer] = useState<GetPlaybookResponseJson | null>(null)
  const [error, setError] = useState<unknown>()
  const [view, setView] = useState<View>('plan')
  const [compareToId, setCompareToId] = useState('')
  const revision = answer?.revision
  const history = useHistory(revision)
  const editions = useEditions(revision)
  useTitle(revision ? `${revision.code} ${say(revision.title)}` : p.plan)
  const load = () => {
    setError(undefined)
    playbooks.getPlaybook({ id, compareToId: compareToId || undefined }).then(setAnswer, setError)
  }
  useEffect(load, [id, compareToId])
  if (!answer || !revision) {
    return <div class="page">{error ? <ErrorNote error={error} onRetry={load} /> : <Loading />}</div>
  }
  const compare = (other: string) => {
    setCompareToId(other)
    setView('differences')
  }
  return (
    <div class="page plan-page">
      <Head one={revision} />
      <div class="row spread no-print">
        <span class="row">
          {mayWrite.value && (
            <a class="button" href={`/plans/${revision.id}/edit`}>
              {answer.allowedActs?.includes('EDIT') ? p.edit : p.revise}
            </a>
          )}
          <a class="button" href={`/plans/${revision.id}/paper`}>
            {p.print}
          </a>
          <ExportMenu id={revision.id ?? ''} />
          <BeginEdition answer={answer} editions={editions} />
        </span>
        <Life answer={answer} onMoved={load} />
      </div>
      <Lineage one={revision} editions={editions} onCompare={compare} />
      <ErrorNote error={error} onRetry={load} />
      {(answer.faults?.length ?? 0) > 0 && (
        <details class="note warn" open={(revision.faultCount ?? 0) > 0}>
          <summary>
            {p.faultCount(answer.faults?.filter((one) => !one.warning).length ?? 0)} ・{' '}
            {p.warningCount(answer.faults?.filter((one) => one.warning).length ?? 0)}
          </summary>
          <FaultList faults={answer.faults ?? []} />
        </details>
      )}
      <div class="no-print view-chips">
        <Chips
          label={p.plan}
          single
          dense
          options={VIEWS}
          name={viewName}
          value={[view]}
          onChange={([next]) => setView(next ?? 'plan')}
        />
      </div>
      {view === 'differences' && (
        <CompareWith
          answer={answer}
          history={history}
          editions={editions}
          value={compareToId}
          onChange={setCompareToId}
        />
      )}
      <Body view={view} answer={answer} history={history} />
      {history.length === 0 && view === 'history' && <Button onClick={load}>{p.history}</Button>}
    </div>
  )
}
