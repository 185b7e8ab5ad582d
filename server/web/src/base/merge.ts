// SPDX-License-Identifier: Apache-2.0
// My steps as they stand on this device: what the server said last, and over it what was done here since. Pure.
import type { AttributionJson } from '../gen/sokuo/v1/common_pb'
import type { DecideStepRequestJson, StepJson, UpdateStepRequestJson } from '../gen/sokuo/v1/step_pb'
import type { OutboxItem } from './queue'

// A step, and whether something done to it waits to be sent.
export interface MyStep extends StepJson {
  waiting?: boolean
}

export interface Who {
  id?: string
  name?: string
}

const CLOSED = ['STEP_STATE_DONE', 'STEP_STATE_SKIPPED', 'STEP_STATE_NOT_APPLICABLE']
const DROPPED = ['STEP_STATE_SKIPPED', 'STEP_STATE_NOT_APPLICABLE']
const OPEN_ACTS = ['DONE', 'SKIP', 'NOT_APPLICABLE', 'BLOCK', 'HAND_OVER', 'UNDO']

export function isClosed(step: StepJson): boolean {
  return CLOSED.includes(step.state ?? '')
}

// Overdue is derived: an open step after its due time.
export function isOverdue(step: StepJson, now: number): boolean {
  return !isClosed(step) && step.dueAt !== undefined && Date.parse(step.dueAt) < now
}

function by(who: Who): AttributionJson {
  return { personId: who.id ?? '', personName: who.name ?? '' }
}

// Somebody reports what is finished already.
function confirmed(step: MyStep, item: OutboxItem, note: string | undefined, who: Who): MyStep {
  if (step.doneBy?.personId === who.id) return step
  const at = String(item.request.occurredAt ?? item.createdAt)
  return { ...step, confirmations: [...(step.confirmations ?? []), { by: by(who), occurredAt: at, note }] }
}

function finished(step: MyStep, item: OutboxItem, who: Who, change: Partial<StepJson>): MyStep {
  return {
    ...step,
    doneAt: String(item.request.occurredAt ?? item.createdAt),
    recordedAt: undefined,
    doneBy: by(who),
    allowedActs: ['UNDO'],
    ...change,
  }
}

function reopened(step: MyStep): MyStep {
  return {
    ...step,
    state: 'STEP_STATE_READY',
    doneAt: undefined,
    doneBy: undefined,
    reason: undefined,
    chosenOption: undefined,
    basis: undefined,
    allowedActs: ['START', ...OPEN_ACTS, ...(step.definition?.decision ? ['DECIDE'] : [])],
  }
}

function updated(step: MyStep, item: OutboxItem, who: Who): MyStep {
  const r = item.request as UpdateStepRequestJson
  const said = {
    note: r.note || step.note,
    notice: r.notice ?? step.notice,
    paperLocation: r.paperLocation || step.paperLocation,
  }
  switch (r.act) {
    case 'STEP_ACT_START':
      if (isClosed(step)) return step
      return { ...step, ...said, state: 'STEP_STATE_IN_PROGRESS', person: { id: who.id, name: who.name } }
    case 'STEP_ACT_DONE':
      if (step.state === 'STEP_STATE_DONE') return confirmed(step, item, r.note, who)
      if (DROPPED.includes(step.state ?? '')) return { ...step, ...said, doneAlthoughDropped: true }
      return finished(step, item, who, { ...said, state: 'STEP_STATE_DONE', reason: r.reason })
    case 'STEP_ACT_SKIP':
    case 'STEP_ACT_NOT_APPLICABLE': {
      const state = r.act === 'STEP_ACT_SKIP' ? 'STEP_STATE_SKIPPED' : 'STEP_STATE_NOT_APPLICABLE'
      if (isClosed(step)) return step.state === state ? confirmed(step, item, r.note, who) : step
      return finished(step, item, who, { ...said, state, reason: r.reason })
    }
    case 'STEP_ACT_BLOCK':
      if (isClosed(step)) return step
      return { ...step, ...said, state: 'STEP_STATE_BLOCKED', reason: r.reason, allowedActs: OPEN_ACTS }
    case 'STEP_ACT_UNDO':
      return reopened(step)
    case 'STEP_ACT_HAND_OVER':
      return { ...step, ...said, person: { id: r.toPersonId, name: item.about }, mine: r.toPersonId === who.id }
    case 'STEP_ACT_TAKE':
      return { ...step, ...said, person: { id: who.id, name: who.name }, mine: true }
    default:
      return { ...step, ...said }
  }
}

function decided(step: MyStep, item: OutboxItem, who: Who): MyStep {
  const r = item.request as DecideStepRequestJson
  if (isClosed(step)) return step.chosenOption === r.option ? confirmed(step, item, r.basis, who) : step
  return finished(step, item, who, { state: 'STEP_STATE_DONE', chosenOption: r.option, basis: r.basis })
}

function attached(step: MyStep, item: OutboxItem): MyStep {
  const { id, name, paperLocation } = item.request as { id?: string; name?: string; paperLocation?: string }
  if (paperLocation) return { ...step, paperLocation }
  if (step.evidence?.some((one) => one.id === id)) return step
  return { ...step, evidence: [...(step.evidence ?? []), { id, name }] }
}

// The step after one act that the server has not answered yet.
export function applied(step: MyStep, item: OutboxItem, who: Who): MyStep {
  const next =
    item.kind === 'updateStep'
      ? updated(step, item, who)
      : item.kind === 'decideStep'
        ? decided(step, item, who)
        : attached(step, item)
  return { ...next, version: (step.version ?? 0) + (next === step ? 0 : 1), waiting: true }
}

// What the answers brought that the last list did not have yet.
function answered(steps: Map<string, MyStep>, item: OutboxItem): void {
  const answer = (item.answer ?? {}) as { step?: StepJson; steps?: StepJson[] }
  for (const step of answer.steps ?? (answer.step ? [answer.step] : [])) {
    const known = steps.get(step.id ?? '')
    if (!known && item.kind !== 'addStep') continue
    if (!known ? step.mine : (known.version ?? 0) <= (step.version ?? 0)) steps.set(step.id ?? '', step)
  }
}

// A step whose steps before it are all finished here may begin.
function promoted(step: MyStep, closed: Map<string, MyStep>): MyStep {
  const before = step.before?.map((one) => {
    const done = closed.get(`${step.runId}/${one.no}`)
    const same = done && (!done.place?.id || done.place.id === step.place?.id)
    return same && !CLOSED.includes(one.state ?? '') ? { ...one, state: done.state, doneAt: done.doneAt } : one
  })
  const free = step.state === 'STEP_STATE_PENDING' && before?.every((one) => CLOSED.includes(one.state ?? ''))
  if (!free) return before ? { ...step, before } : step
  const acts = new Set([...(step.allowedActs ?? []), ...(step.mine ? ['START', ...OPEN_ACTS.slice(0, 5)] : [])])
  return { ...step, before, state: 'STEP_STATE_READY', allowedActs: [...acts] }
}

// Open ones by due time, those without one last; then what is finished, newest first.
export function byDue(a: StepJson, b: StepJson): number {
  if (isClosed(a) !== isClosed(b)) return isClosed(a) ? 1 : -1
  if (isClosed(a)) return String(b.doneAt ?? '').localeCompare(String(a.doneAt ?? ''))
  const due = (step: StepJson) => (step.dueAt ? Date.parse(step.dueAt) : Number.MAX_SAFE_INTEGER)
  return due(a) - due(b) || String(a.definition?.no).localeCompare(String(b.definition?.no))
}

// The steps that are on the device, after everything in the queue, in the order of the list.
export function view(list: readonly StepJson[], items: readonly OutboxItem[], who: Who): MyStep[] {
  const steps = new Map<string, MyStep>(list.map((step) => [step.id ?? '', step]))
  const touched = new Set<string>()
  for (const item of items) {
    if (item.state !== 'sent') continue
    answered(steps, item)
    // Until the next list, what came free by it stays free.
    if (steps.has(String(item.request.stepId ?? ''))) touched.add(String(item.request.stepId))
  }
  for (const item of items) {
    const step = item.state === 'waiting' ? steps.get(String(item.request.stepId ?? '')) : undefined
    if (!step) continue
    steps.set(step.id!, applied(step, item, who))
    touched.add(step.id!)
  }
  const closed = new Map<string, MyStep>()
  for (const id of touched) {
    const step = steps.get(id)!
    if (isClosed(step)) closed.set(`${step.runId}/${step.definition?.no}`, step)
  }
  return [...steps.values()].map((step) => (closed.size > 0 ? promoted(step, closed) : step)).sort(byDue)
}
