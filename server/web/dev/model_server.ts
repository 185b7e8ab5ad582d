// SPDX-License-Identifier: Apache-2.0
// A server in 200 lines that knows the merge rules and nothing else: what the queue is tested against, and what
// `npm run mock` answers with. Facts are never refused because somebody was faster.
import type { ErrorInfoJson } from '../src/gen/sokuo/v1/common_pb'
import type { StepJson, StepOutcomeJson } from '../src/gen/sokuo/v1/step_pb'
import type { PushOperationJson, PushRequestJson, PushResponseJson, PushResultJson } from '../src/gen/sokuo/v1/sync_pb'

export interface Person {
  id: string
  name: string
}

export interface Done {
  operationId: string
  clientId: string
  seq: number
  kind: string
  occurredAt: number
  result: PushResultJson
}

class Refused extends Error {
  constructor(readonly info: ErrorInfoJson) {
    super(info.reason)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: requests of any kind
type Any = any

const CLOSED = ['STEP_STATE_DONE', 'STEP_STATE_SKIPPED', 'STEP_STATE_NOT_APPLICABLE']
const ACT_STATE: Record<string, StepJson['state']> = {
  STEP_ACT_START: 'STEP_STATE_IN_PROGRESS',
  STEP_ACT_DONE: 'STEP_STATE_DONE',
  STEP_ACT_SKIP: 'STEP_STATE_SKIPPED',
  STEP_ACT_NOT_APPLICABLE: 'STEP_STATE_NOT_APPLICABLE',
  STEP_ACT_BLOCK: 'STEP_STATE_BLOCKED',
}
const OPEN_ACTS = ['START', 'DONE', 'SKIP', 'NOT_APPLICABLE', 'BLOCK', 'HAND_OVER', 'UNDO']
const KINDS = [
  'updateStep',
  'decideStep',
  'addStep',
  'addEntry',
  'fileIncident',
  'beginEvidence',
  'answerOrder',
  'answerEscalation',
  'takeCommand',
] as const

export class ModelServer {
  steps = new Map<string, StepJson>()
  // Everything that was taken, in the order of its commits: each operation once.
  journal: Done[] = []
  expected = new Map<string, number>()
  private first = new Map<string, PushResultJson>()

  constructor(
    steps: StepJson[],
    readonly now: () => number = Date.now,
  ) {
    for (const step of steps) this.steps.set(step.id!, step)
  }

  list(): StepJson[] {
    return [...this.steps.values()]
  }

  // most: how many are taken before the database goes away.
  push(request: PushRequestJson, who: Person, most = Infinity): PushResponseJson {
    const clientId = request.clientId ?? ''
    const results: PushResultJson[] = []
    let next = this.expected.get(clientId) ?? 1
    let haltReason = ''
    for (const op of request.operations ?? []) {
      if (results.length >= most) haltReason = 'UNAVAILABLE'
      else if (Number(op.seq) > next || (Number(op.seq) < next && !this.knows(op))) haltReason = 'GAP'
      if (haltReason) break
      results.push(this.take(clientId, op, who))
      next = Math.max(next, Number(op.seq) + 1)
      this.expected.set(clientId, next)
    }
    const serverTime = new Date(this.now()).toISOString()
    return { results, nextSeq: String(next), halted: haltReason !== '', haltReason, serverTime }
  }

  private knows(op: PushOperationJson): boolean {
    return KINDS.some((kind) => this.first.has((op[kind] as Any)?.operationId))
  }

  private take(clientId: string, op: PushOperationJson, who: Person): PushResultJson {
    const kind = KINDS.find((one) => op[one])!
    const request = op[kind] as Any
    const operationId: string = request.operationId
    const known = this.first.get(operationId)
    if (known) return { ...known, seq: op.seq }
    const occurredAt = op.ageMs ? this.now() - Number(op.ageMs) : Date.parse(request.occurredAt ?? '')
    const result: PushResultJson = { seq: op.seq, operationId }
    try {
      Object.assign(result, { [kind]: this.act(kind, request, new Date(occurredAt || this.now()).toISOString(), who) })
    } catch (e) {
      if (!(e instanceof Refused)) throw e
      Object.assign(result, { code: 'failed_precondition', refusal: e.info })
    }
    this.first.set(operationId, result)
    this.journal.push({ operationId, clientId, seq: Number(op.seq), kind, occurredAt, result })
    return result
  }

  private act(kind: (typeof KINDS)[number], r: Any, at: string, who: Person): unknown {
    if (kind === 'updateStep') return this.update(r, at, who)
    if (kind === 'decideStep') return this.decide(r, at, who)
    if (kind === 'beginEvidence') return this.begin(r, at, who)
    return {}
  }

  private find(id: string): StepJson {
    const step = this.steps.get(id)
    if (!step) throw new Refused({ reason: 'NOT_FOUND', messageJa: '見つかりません。', messageEn: 'It was not found.' })
    return step
  }

  private change(step: StepJson, change: Partial<StepJson>): StepJson {
    const now = { ...step, ...change, version: (step.version ?? 0) + 1 }
    this.steps.set(step.id!, now)
    return now
  }

  private closed(change: Partial<StepJson>, at: string, who: Person): Partial<StepJson> {
    const recordedAt = new Date(this.now()).toISOString()
    return {
      ...change,
      doneAt: at,
      recordedAt,
      doneBy: { personId: who.id, personName: who.name },
      allowedActs: ['UNDO'],
    }
  }

  private confirm(step: StepJson, at: string, who: Person, note: string | undefined): [StepJson, StepOutcomeJson] {
    if (step.doneBy?.personId === who.id) return [step, 'STEP_OUTCOME_UNCHANGED']
    const one = { by: { personId: who.id, personName: who.name }, occurredAt: at, note }
    return [this.change(step, { confirmations: [...(step.confirmations ?? []), one] }), 'STEP_OUTCOME_CONFIRMED']
  }

  private update(r: Any, at: string, who: Person) {
    const step = this.find(r.stepId)
    const [now, outcome] = this.updated(step, r, at, who)
    return { step: now, outcome }
  }

  private updated(step: StepJson, r: Any, at: string, who: Person): [StepJson, StepOutcomeJson] {
    const closed = CLOSED.includes(step.state ?? '')
    const state = ACT_STATE[r.act]
    const said: Partial<StepJson> = { note: r.note || step.note, notice: r.notice ?? step.notice }
    if (r.paperLocation) said.paperLocation = r.paperLocation
    if (['STEP_ACT_SKIP', 'STEP_ACT_BLOCK', 'STEP_ACT_UNDO'].includes(r.act) && !r.reason)
      throw new Refused({ reason: 'REQUIRED', messageJa: '理由を書いてください。', messageEn: 'Give a reason.' })
    if (['STEP_ACT_UNDO', 'STEP_ACT_HAND_OVER'].includes(r.act) && r.version !== step.version)
      throw new Refused({ reason: 'STALE_VERSION', messageJa: '他の人が先に変更しました。', messageEn: 'Changed.' })
    if (r.act === 'STEP_ACT_UNDO')
      return [this.change(step, { ...reopened, allowedActs: OPEN_ACTS }), 'STEP_OUTCOME_CHANGED']
    if (r.act === 'STEP_ACT_HAND_OVER')
      return [this.change(step, { person: { id: r.toPersonId, name: r.toPersonId } }), 'STEP_OUTCOME_CHANGED']
    if (r.act === 'STEP_ACT_TAKE')
      return [this.change(step, { person: { id: who.id, name: who.name }, mine: true }), 'STEP_OUTCOME_CHANGED']
    if (!state) return [this.change(step, said), 'STEP_OUTCOME_CHANGED']
    if (!closed && state === 'STEP_STATE_IN_PROGRESS')
      return [this.change(step, { state, person: { id: who.id, name: who.name } }), 'STEP_OUTCOME_CHANGED']
    if (!closed && state === 'STEP_STATE_BLOCKED')
      return [this.change(step, { ...said, state, reason: r.reason }), 'STEP_OUTCOME_CHANGED']
    if (!closed)
      return [this.change(step, this.closed({ ...said, state, reason: r.reason }, at, who)), 'STEP_OUTCOME_CHANGED']
    if (step.state === state) return this.confirm(step, at, who, r.note)
    if (state === 'STEP_STATE_DONE')
      return [this.change(step, { ...said, doneAlthoughDropped: true }), 'STEP_OUTCOME_ALTHOUGH_DROPPED']
    return [step, state === 'STEP_STATE_IN_PROGRESS' ? 'STEP_OUTCOME_UNCHANGED' : 'STEP_OUTCOME_DIFFERED']
  }

  private decide(r: Any, at: string, who: Person) {
    const step = this.find(r.stepId)
    const option = step.definition?.decision?.options?.find((one) => one.id === r.option)
    if (!CLOSED.includes(step.state ?? '')) {
      const change = this.closed({ state: 'STEP_STATE_DONE', chosenOption: r.option, basis: r.basis }, at, who)
      return { step: this.change(step, change), outcome: 'STEP_OUTCOME_CHANGED', adds: option?.adds }
    }
    if (step.chosenOption !== r.option) return { step, outcome: 'STEP_OUTCOME_DIFFERED' }
    const [now, outcome] = this.confirm(step, at, who, r.basis)
    return { step: now, outcome }
  }

  private begin(r: Any, at: string, who: Person) {
    const step = this.find(r.stepId)
    if (r.paperLocation) this.change(step, { paperLocation: r.paperLocation })
    else this.change(step, { evidence: [...(step.evidence ?? []), { id: r.id, name: r.name }] })
    const by = { personId: who.id, personName: who.name }
    return { evidence: { id: r.id, stepId: r.stepId, name: r.name, size: r.size, received: '0', occurredAt: at, by } }
  }
}

const reopened: Partial<StepJson> = {
  state: 'STEP_STATE_READY',
  doneAt: undefined,
  doneBy: undefined,
  reason: undefined,
  chosenOption: undefined,
  basis: undefined,
}
