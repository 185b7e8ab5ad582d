// SPDX-License-Identifier: Apache-2.0
// One plan under way: every step by phase with its progress, who has not begun by name, decisions, approvals.
import { useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { jstTime, serverNow } from '../base/clock'
import { phaseName, roleName } from '../base/labels'
import { navigate } from '../base/router'
import { t as common } from '../base/texts'
import type { PhaseJson, RunJson, RunStepJson, StepBriefJson } from '../gen/sokuo/v1/playbook_pb'
import { ModeMark, Severity } from '../ui/badge'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Chips } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { StepState } from '../ui/step_state'
import { Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import { AddStepDialog } from './add_step'
import { Edition } from './edition'
import { useRunBar } from './frame'
import { useListKeys } from './keys'
import { mayRatify, mayRecord } from './may'
import { Legend } from './plan_view'
import { Due, ProgressBar, ProgressWords } from './progress'
import { byPhase, type Filter, filterSteps, isOpen, useRun } from './run_store'
import {
  DecideDialog,
  Done,
  isClosedState,
  OptionEffects,
  RatifyDialog,
  RecordDialog,
  type StepTarget,
} from './step_act'
import { keyName, t } from './texts'
import { flagsOf, say, unitOf } from './words'

type Open = (StepTarget & { act: 'record' | 'decide' | 'ratify' }) | { act: 'add' | 'help' }

const FILTERS: readonly Filter[] = ['all', 'open', 'late', 'decision', 'ratify']
const filterName = (one: Filter) =>
  ({ all: t.filterAll, open: t.filterOpen, late: t.filterLate, decision: t.filterDecision, ratify: t.filterRatify })[
    one
  ]

function Head({ run }: { run: RunJson }) {
  const name = run.code ? `${run.code} ${say(run.title)}` : t.byHand
  return (
    <header class="run-head">
      <p class="row">
        <ModeMark mode={run.mode} />
        <Severity value={run.severity} short />
        {run.incidentTitle ? (
          <a href={`/incident/${run.incidentNumber}`}>
            <span class="num">{run.incidentNumber}</span> {run.incidentTitle}
          </a>
        ) : (
          <span class="num">{run.incidentNumber}</span>
        )}
      </p>
      <h1>{name}</h1>
      <p class="small quiet row">
        {run.version && <span>{t.version(run.version)}</span>}
        {run.code && <Edition one={run} />}
        <span>
          T0 <Time at={run.t0} full />
        </span>
        <span>{t.startedBy([run.startedBy?.postName, run.startedBy?.personName].filter(Boolean).join(' '))}</span>
      </p>
      {run.progress && <ProgressBar progress={run.progress} />}
      <p>
        <ProgressWords progress={run.progress} unit={unitOf(undefined)} />{' '}
        <span class="small quiet num">{t.asOf(jstTime(serverNow()).slice(0, 5))}</span>
      </p>
    </header>
  )
}

const placeName = (place: StepBriefJson, many: boolean) => place.place?.name || (many ? t.unknownPlace : t.city)

function PlaceRow(props: { one: RunStepJson; place: StepBriefJson; onOpen: (open: Open) => void }) {
  const { one, place, onOpen } = props
  const step = one.step ?? {}
  const waits = place.ratifyDueAt && !place.ratified && !place.objected
  const closed = isClosedState(place.state)
  return (
    <li class="place">
      <span class="place-name">
        {placeName(place, (one.progress?.total ?? 0) > 1)}{' '}
        {place.phone && !closed && (
          <a href={`tel:${place.phone}`} class="num">
            {place.phone}
          </a>
        )}
      </span>
      <span>
        <StepState value={place.state} overdue={place.overdue} />
      </span>
      <span class="small">
        {place.personName} {place.doneAt && <Time at={place.doneAt} />} {place.reason}
        <Done step={step} place={place} />
        {waits && (
          <span class="ratify-mark">
            ＊ {t.ratifyWaits} <Due at={place.ratifyDueAt ?? ''} open />
          </span>
        )}
        {place.ratified && <span class="quiet"> ＊ {t.ratified}</span>}
        {place.objected && <span class="late-mark"> ＊ {t.objected}</span>}
      </span>
      <span class="place-acts no-print">
        {waits && mayRatify.value && (
          <Button look="solid" onClick={() => onOpen({ act: 'ratify', step, place })}>
            {t.ratify}
          </Button>
        )}
        {step.decision && !closed && mayRecord.value && (
          <Button onClick={() => onOpen({ act: 'decide', step, place })}>{t.decide}</Button>
        )}
        {mayRecord.value && (!step.decision || closed) && (
          <Button onClick={() => onOpen({ act: 'record', step, place })}>{t.act}</Button>
        )}
      </span>
    </li>
  )
}

function Options({ one }: { one: RunStepJson }) {
  const decision = one.step?.decision
  if (!decision) return null
  const chosen = one.places?.find((place) => place.chosenOption)?.chosenOption
  return (
    <ul class="option-list small">
      {(decision.options ?? []).map((option) => (
        <li key={option.id} class={option.id === chosen ? 'strong' : ''}>
          {option.id === chosen ? '● ' : '○ '}
          {say(option.text)}
          {option.id === decision.defaultOption && <span class="quiet"> ({t.defaultOption})</span>}{' '}
          <OptionEffects option={option} />
        </li>
      ))}
      {!chosen && <li class="quiet">{t.undecided}</li>}
    </ul>
  )
}

// Details of a step: how, why, options, and each place; those that have not begun first.
function Details(props: { one: RunStepJson; onOpen: (open: Open) => void }) {
  const { one } = props
  const rank = (place: StepBriefJson) => (isClosedState(place.state) ? 1 : 0)
  const places = [...(one.places ?? [])].sort((a, b) => rank(a) - rank(b))
  const open = places.filter((place) => !isClosedState(place.state)).length
  return (
    <div class="step-details">
      {say(one.step?.detail) && <p class="pre-line">{say(one.step?.detail)}</p>}
      {say(one.step?.why) && <p class="small quiet">{say(one.step?.why)}</p>}
      <Options one={one} />
      {(one.progress?.total ?? 0) > 1 && open > 0 && <p class="strong small">{t.laggardsOf(open)}</p>}
      <ul class="places">
        {places.map((place) => (
          <PlaceRow key={place.id} one={one} place={place} onOpen={props.onOpen} />
        ))}
      </ul>
    </div>
  )
}

function Status({ one }: { one: RunStepJson }) {
  const total = one.progress?.total ?? 0
  const first = one.places?.[0]
  if (one.mergedRunId) return <span class="small quiet">{t.merged(one.mergedNo ?? '')}</span>
  if (total === 1 && first) {
    return (
      <span>
        <StepState value={first.state} />{' '}
        <span class="small">
          {first.personName} {first.doneAt && <Time at={first.doneAt} />}
        </span>
        {first.ratifyDueAt && !first.ratified && !first.objected && <span class="ratify-mark"> ＊ {t.ratify}</span>}
      </span>
    )
  }
  return (
    <span class="status-many">
      {one.progress && <ProgressBar progress={one.progress} />}
      <span class="small">
        <ProgressWords progress={one.progress} unit={unitOf(one.step)} />
      </span>
    </span>
  )
}

interface RowProps {
  one: RunStepJson
  here: boolean
  open: boolean
  onToggle: () => void
  onOpen: (open: Open) => void
}

function StepRow({ one, here, open, onToggle, onOpen }: RowProps) {
  const step = one.step ?? {}
  return (
    <li class={`step-row ${here ? 'here' : ''}`} data-no={step.no}>
      <button type="button" class="step-line" aria-expanded={open} onClick={onToggle}>
        <span class="step-no num">
          {step.no}
          <span class="flags">{flagsOf(step)}</span>
        </span>
        <span class="step-what">
          {say(step.text)} <span class="small quiet">{roleName(step.role)}</span>
        </span>
        <span class="step-due">{one.dueAt && <Due at={one.dueAt} open={isOpen(one)} />}</span>
        <span class="step-status">
          <Status one={one} />
        </span>
      </button>
      {open && <Details one={one} onOpen={onOpen} />}
    </li>
  )
}

function Help({ onClose }: { onClose: () => void }) {
  const keys: [string, string][] = [
    ['↑ ↓', 'move'],
    ['Enter', 'open'],
    ['a', 'act'],
    ['d', 'decide'],
    ['r', 'ratify'],
    ['n', 'add'],
    ['e', 'entry'],
    ['?', 'help'],
  ]
  return (
    <Dialog title={t.keys} onClose={onClose}>
      <dl class="keys">
        {keys.map(([key, name]) => (
          <div key={key} class="row">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{keyName(name)}</dd>
          </div>
        ))}
      </dl>
      <div class="acts">
        <Button onClick={onClose}>{common.close}</Button>
      </div>
    </Dialog>
  )
}

function OpenDialog(props: { open: Open; run: RunJson; onClose: () => void; onDone: () => void }) {
  const { open, run, onClose, onDone } = props
  switch (open.act) {
    case 'help':
      return <Help onClose={onClose} />
    case 'add':
      return <AddStepDialog incidentId={run.incidentId ?? ''} onClose={onClose} onAdded={onDone} />
    case 'record':
      return <RecordDialog {...open} onClose={onClose} onDone={onDone} />
    case 'decide':
      return <DecideDialog {...open} onClose={onClose} onDone={onDone} />
    case 'ratify':
      return <RatifyDialog {...open} onClose={onClose} onDone={onDone} />
  }
}

// What a key does to the step under the cursor: the first place that it makes sense for.
export function targetOf(one: RunStepJson | undefined, act: 'record' | 'decide' | 'ratify'): Open | null {
  const step = one?.step
  const places = one?.places ?? []
  const fits = {
    record: (place: StepBriefJson) => !step?.decision && !isClosedState(place.state),
    decide: (place: StepBriefJson) => Boolean(step?.decision) && !isClosedState(place.state),
    ratify: (place: StepBriefJson) => Boolean(place.ratifyDueAt) && !place.ratified && !place.objected,
  }
  const place = places.find(fits[act])
  return step && place ? { act, step, place } : null
}

export function Board({ id }: { id: string }) {
  const [opened, setOpened] = useState('')
  const [filter, setFilter] = useState<Filter>('all')
  const [open, setOpen] = useState<Open | null>(null)
  const held = useRun(id, opened)
  const answer = held.value.value
  const run = answer?.run
  useRunBar(run)
  useTitle(run ? `${run.incidentNumber} ${run.code ? say(run.title) : t.byHand}` : t.board)
  const steps = filterSteps(answer?.steps ?? [], filter)
  const order = steps.map((one) => one.step?.no ?? '')
  const find = (no: string) => steps.find((one) => one.step?.no === no)
  const act = (no: string, what: 'record' | 'decide' | 'ratify') => {
    const target = targetOf(find(no), what)
    if (target) setOpen(target)
  }
  const cursor = useListKeys(order, 'data-no', {
    Enter: (no) => setOpened(opened === no ? '' : no),
    a: (no) => mayRecord.peek() && act(no, 'record'),
    d: (no) => mayRecord.peek() && act(no, 'decide'),
    r: (no) => mayRatify.peek() && act(no, 'ratify'),
    n: () => mayRecord.peek() && setOpen({ act: 'add' }),
    e: () => navigate(`/runs/${id}/entry`),
    '?': () => setOpen({ act: 'help' }),
  })
  if (!run) {
    const error = held.error.value
    return <div class="page">{error ? <ErrorNote error={error} onRetry={() => void held.load()} /> : <Loading />}</div>
  }
  return (
    <div class="page run-page">
      <Head run={run} />
      <ErrorNote error={held.error.value} onRetry={() => void held.load()} />
      <div class="row spread no-print run-tools">
        <Chips
          label={t.filter}
          single
          dense
          options={FILTERS}
          name={filterName}
          value={[filter]}
          onChange={([one]) => setFilter(one ?? 'all')}
        />
        <div class="row">
          {mayRecord.value && <Button onClick={() => setOpen({ act: 'add' })}>{t.addStep}</Button>}
          {mayRecord.value && (
            <a class="button" href={`/runs/${id}/entry`}>
              {t.entry}
            </a>
          )}
          <a class="button" href={`/runs/${id}/paper`}>
            {t.paperPack}
          </a>
          <Button look="plain" aria-label={t.keys} onClick={() => setOpen({ act: 'help' })}>
            ?
          </Button>
        </div>
      </div>
      <Legend />
      {steps.length === 0 && <Empty title={t.nothing} />}
      {byPhase(steps).map((group) => (
        <section key={`${group.phase}/${group.steps[0]?.step?.no}`} class="phase">
          <h2>{phaseName(group.phase as PhaseJson)}</h2>
          <ul class="step-list">
            {group.steps.map((one) => {
              const no = one.step?.no ?? ''
              return (
                <StepRow
                  key={no}
                  one={one}
                  here={cursor === no}
                  open={opened === no}
                  onToggle={() => setOpened(opened === no ? '' : no)}
                  onOpen={setOpen}
                />
              )
            })}
          </ul>
        </section>
      ))}
      {open && <OpenDialog open={open} run={run} onClose={() => setOpen(null)} onDone={() => void held.load()} />}
    </div>
  )
}
