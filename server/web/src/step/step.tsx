// SPDX-License-Identifier: Apache-2.0
// One step a screen: what, by when, how, why, whom to call; the act of the screen at the thumb. A swipe or ‹ › moves
// among my steps.
import { useMemo, useRef, useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import { tick } from '../base/clock'
import { phaseName, roleName } from '../base/labels'
import { isClosed, type MyStep } from '../base/merge'
import { navigate } from '../base/router'
import { mySteps, openSteps, runOf } from '../base/steps'
import type { StepContactJson, StepNeighbourJson } from '../gen/sokuo/v1/step_pb'
import { ModeMark } from '../ui/badge'
import { Button } from '../ui/button'
import { Empty, Loading } from '../ui/parts'
import { mayDo, needsMore, nowShort, optionName, update } from './act'
import { DecideButton, Decision, useDecision } from './decision'
import { Asked, type Question } from './dialogs'
import { Warnings } from './list'
import { at, Due, State, who } from './parts'
import { EvidenceList, PhotoButton } from './photo'
import { t, words } from './texts'
import { Told } from './told'

// Somebody who holds two of the duties is telephoned once.
function once(contacts: StepContactJson[]): StepContactJson[] {
  const key = (one: StepContactJson) => `${one.personName} ${one.phone}`
  return contacts.filter((one, i) => contacts.findIndex((other) => key(other) === key(one)) === i)
}

function Contacts({ contacts }: { contacts: StepContactJson[] }) {
  if (contacts.length === 0) return null
  return (
    <ul class="dial" aria-label={t.call}>
      {contacts.map((one, i) => {
        const name = [one.postName || roleName(one.role), one.personName].filter(Boolean).join(' ')
        return (
          <li key={i}>
            {one.phone ? (
              <a class="button" href={`tel:${one.phone.replace(/[^\d+]/g, '')}`}>
                <span aria-hidden="true">☎</span>
                <span class="grow">{name}</span>
                <span class="num">{one.phone}</span>
              </a>
            ) : (
              <p class="row spread small">
                {name} <span class="unknown">{t.noPhone}</span>
              </p>
            )}
          </li>
        )
      })}
    </ul>
  )
}

function Neighbours({ label, list }: { label: string; list: StepNeighbourJson[] }) {
  if (list.length === 0) return null
  return (
    <div class="neighbours">
      <h2 class="small quiet">{label}</h2>
      <ul>
        {list.map((one) => (
          <li key={one.no} class="small">
            <strong class="num">{one.no}</strong> {words(one.text)} <State value={one.state} />{' '}
            <span class="num">{at(one.doneAt)}</span>
            {words(one.chosen) && <span class="block">{t.decidedThen(words(one.chosen))}</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}

// What became of it: who, both times, why, what was chosen, who else said so.
function Became({ step }: { step: MyStep }) {
  const closed = isClosed(step)
  if (!closed && step.state !== 'STEP_STATE_BLOCKED' && !step.doneAlthoughDropped && !step.note && !step.waiting)
    return null
  return (
    <div class={`note ${closed ? 'good' : step.state === 'STEP_STATE_BLOCKED' ? 'warn' : ''} stack tight`}>
      {(closed || step.state === 'STEP_STATE_BLOCKED' || step.waiting) && (
        <p>
          <State value={step.state} waiting={step.waiting} />{' '}
          {closed && (
            <span class="num">
              {step.recordedAt && at(step.recordedAt) !== at(step.doneAt)
                ? t.twoTimes(at(step.doneAt), at(step.recordedAt))
                : at(step.doneAt)}
            </span>
          )}
        </p>
      )}
      {step.chosenOption && (
        <p>
          {t.chosen}: <strong>{optionName(step, step.chosenOption)}</strong> {step.basis && `(${step.basis})`}
        </p>
      )}
      {step.decidedByDefault && <p>{t.byDefault}</p>}
      {closed && step.doneBy && <p class="small">{t.doneBy(who(step.doneBy))}</p>}
      {step.reason && (
        <p class="small">
          {t.reason}: {step.reason}
        </p>
      )}
      {step.note && <p class="small pre">{step.note}</p>}
      {step.notice?.to && (
        <p class="small">
          → {step.notice.to} {step.notice.receiptNo && `(${step.notice.receiptNo})`}
        </p>
      )}
      {step.confirmations?.map((one, i) => (
        <p key={i} class="small">
          {t.confirmed(who(one.by), at(one.occurredAt))}
        </p>
      ))}
      {step.doneAlthoughDropped && <p>⚠ {t.although}</p>}
    </div>
  )
}

function Approval({ step }: { step: MyStep }) {
  const ratified = step.ratification
  if (ratified?.by)
    return (
      <p class={`note small ${ratified.approved ? 'good' : 'error'}`}>
        {ratified.approved
          ? t.ratified(who(ratified.by), at(ratified.at))
          : t.objected(who(ratified.by), ratified.reason ?? '')}
      </p>
    )
  if (!step.definition?.ratifyMin) return null
  return (
    <p class="note warn small">
      {t.ratify} {step.ratifyDueAt && t.ratifyDue(at(step.ratifyDueAt))}
    </p>
  )
}

// Where I am among my steps.
function Pager({ step }: { step: MyStep }) {
  const { previous, next, place, count } = neighboursOf(step)
  return (
    <nav class="pager" aria-label={t.title}>
      <a class="button plain" href="/steps">
        {t.backToList}
      </a>
      <span class="row">
        {previous && (
          <a class="button" href={`/steps/${previous.id}`} aria-label={t.previousStep}>
            ‹
          </a>
        )}
        {place > 0 && <span class="small num">{t.stepOf(place, count)}</span>}
        {next && (
          <a class="button" href={`/steps/${next.id}`} aria-label={t.nextStep}>
            ›
          </a>
        )}
      </span>
    </nav>
  )
}

// My open steps before and after this one; a finished one leads back into the open ones.
function neighboursOf(step: MyStep) {
  const open = openSteps.value
  const i = open.findIndex((one) => one.id === step.id)
  return { previous: open[i - 1], next: i < 0 ? open[0] : open[i + 1], place: i + 1, count: open.length }
}

// A quick sideways stroke that does not scroll.
function useSwipe(step: MyStep) {
  const from = useRef<{ x: number; y: number } | null>(null)
  return {
    onTouchStart(event: TouchEvent) {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined
      from.current = touch ? { x: touch.clientX, y: touch.clientY } : null
    },
    onTouchEnd(event: TouchEvent) {
      const touch = event.changedTouches[0]
      if (!from.current || !touch) return
      const dx = touch.clientX - from.current.x
      const dy = touch.clientY - from.current.y
      from.current = null
      if (Math.abs(dx) < 70 || Math.abs(dx) < 2 * Math.abs(dy)) return
      const { previous, next } = neighboursOf(step)
      const to = dx < 0 ? next : previous
      if (to) navigate(`/steps/${to.id}`)
    },
  }
}

function Acts({ step, ask }: { step: MyStep; ask: (q: Question) => void }) {
  tick.value
  const finish = () => (needsMore(step) ? ask('finish') : void update(step, 'STEP_ACT_DONE'))
  const { next } = neighboursOf(step)
  return (
    <>
      {mayDo(step, 'DONE') && !isClosed(step) && (
        <Button look="primary" onClick={finish}>
          {t.done(nowShort())}
        </Button>
      )}
      {!mayDo(step, 'DONE') && mayDo(step, 'TAKE') && (
        <Button look="primary" onClick={() => void update(step, 'STEP_ACT_TAKE')}>
          {t.take}
        </Button>
      )}
      {isClosed(step) && (
        <a class="button primary" href={next ? `/steps/${next.id}` : '/steps'}>
          {next ? `${t.nextStep} ›` : t.backToList}
        </a>
      )}
    </>
  )
}

function Second({ step, ask }: { step: MyStep; ask: (q: Question) => void }) {
  const others = ['START', 'TAKE', 'SKIP', 'NOT_APPLICABLE', 'UNDO', 'DONE'].some((act) => mayDo(step, act))
  return (
    <div class="second">
      {mayDo(step, 'BLOCK') && step.state !== 'STEP_STATE_BLOCKED' && (
        <Button onClick={() => ask('block')}>{t.cannot}</Button>
      )}
      {mayDo(step, 'HAND_OVER') && <Button onClick={() => ask('hand')}>{t.handOver}</Button>}
      {others && <Button onClick={() => ask('other')}>{t.other}</Button>}
    </div>
  )
}

function Head({ step }: { step: MyStep }) {
  const { definition } = step
  return (
    <header class="step-head">
      <p class="row spread">
        <span class="row">
          {definition?.no && <strong class="no big">{definition.no}</strong>}
          {phaseName(definition?.phase)}
        </span>
        <Due step={step} />
      </p>
      <h1>
        <ModeMark mode={step.mode} />
        {words(definition?.text)}
      </h1>
      <p class="small quiet">
        {step.place?.name && (
          <>
            {t.place}: {step.place.name} ·{' '}
          </>
        )}
        {step.incidentTitle ? (
          <a href={`/incident/${step.incidentNumber}`}>{step.incidentNumber}</a>
        ) : (
          step.incidentNumber
        )}{' '}
        {step.incidentTitle} {words(step.planTitle) && `· ${words(step.planTitle)}`}
      </p>
    </header>
  )
}

function Screen({ step }: { step: MyStep }) {
  const [question, ask] = useState<Question | null>(null)
  const deciding = useDecision(step)
  const swipe = useSwipe(step)
  const { definition } = step
  const asks = definition?.decision && !isClosed(step) && mayDo(step, 'DECIDE')
  return (
    <div class="page narrow stack step" {...swipe}>
      <Pager step={step} />
      <Told stepId={step.id} />
      <Warnings />
      <Head step={step} />
      {words(definition?.detail) && <p class="how">{words(definition?.detail)}</p>}
      {words(definition?.why) && (
        <p class="small">
          {t.why}: {words(definition?.why)}
        </p>
      )}
      {step.state === 'STEP_STATE_PENDING' && <p class="note small">{t.pendingNote}</p>}
      <Approval step={step} />
      <Became step={step} />
      {asks && <Decision step={step} deciding={deciding} />}
      <Contacts contacts={once(step.contacts ?? [])} />
      <EvidenceList step={step} />
      <div class="row">
        <PhotoButton stepId={step.id!} />
        <Button onClick={() => ask('note')}>
          <span aria-hidden="true">✎</span> {t.note}
        </Button>
      </div>
      <Neighbours label={t.before} list={step.before ?? []} />
      <Neighbours label={t.next} list={step.next ?? []} />
      <div class="thumb stack tight">
        {asks ? <DecideButton step={step} deciding={deciding} /> : <Acts step={step} ask={ask} />}
        <Second step={step} ask={ask} />
      </div>
      <Asked question={question} step={step} ask={ask} />
    </div>
  )
}

export function StepScreen({ id }: { id: string }) {
  const all = mySteps.value
  const step = all?.find((one) => one.id === id)
  useTitle(step ? words(step.definition?.text) : t.title)
  const { incidentNumber: number, mode } = step ?? {}
  const severity = step && runOf(step)?.severity
  useBarIncident(useMemo(() => (number ? { number, mode, severity } : null), [number, mode, severity]))
  if (step) return <Screen step={step} key={id} />
  return (
    <div class="page narrow">
      {all ? (
        <Empty title={t.gone}>
          <p>{t.goneHint}</p>
          <a class="button" href="/steps">
            {t.backToList}
          </a>
        </Empty>
      ) : (
        <Loading />
      )}
    </div>
  )
}
