// SPDX-License-Identifier: Apache-2.0
// The device's queue, as rules without storage or network: what a person did gets a number, is sent in that order until
// the server has answered, and keeps its first answer. base/outbox.ts keeps it on the device and drives it.
import type { ErrorInfoJson } from '../gen/sokuo/v1/common_pb'
import type { PushOperationJson, PushResponseJson, PushResultJson } from '../gen/sokuo/v1/sync_pb'

export type Kind =
  | 'updateStep'
  | 'decideStep'
  | 'addStep'
  | 'addEntry'
  | 'fileIncident'
  | 'beginEvidence'
  | 'answerOrder'
  | 'answerEscalation'
  | 'takeCommand'

export interface OutboxItem {
  operationId: string
  // Whose it is: another person who logs in on this device must not send it.
  accountId: string
  // The installation as the server counts it, and the place in its order: 1, 2, 3, …
  clientId: string
  seq: number
  kind: Kind
  request: Record<string, unknown>
  // By the server's clock as well as the device knew it.
  createdAt: string
  // The monotonic clock of the page that made it; worth nothing in another page.
  clock?: { page: string; ms: number }
  state: 'waiting' | 'refused' | 'sent'
  // The person has still to be told what became of it.
  unread?: boolean
  // The form it was made of, to take it up again when it is refused.
  form?: unknown
  // Why the server refused it.
  refusal?: ErrorInfoJson
  // What the server answered.
  answer?: Record<string, unknown>
  // What it was about, for lists: the step's number and text.
  about?: string
}

// One numbering: an installation, for one account.
export interface Head {
  clientId: string
  lastSeq: number
}

export interface Clock {
  // The server's time as well as the device knows it, in ms.
  now: number
  page: string
  ms: number
}

const MOST_OPERATIONS = 50
const MOST_BYTES = 900_000
// The server counts the age of these from now; the others say a time that a person wrote.
export const AGED: readonly Kind[] = [
  'updateStep',
  'decideStep',
  'beginEvidence',
  'answerOrder',
  'answerEscalation',
  'takeCommand',
]

// The next number, and the head that remembers it.
export function numbered(head: Head | undefined, freshId: string): Head {
  return head ? { ...head, lastSeq: head.lastSeq + 1 } : { clientId: freshId, lastSeq: 1 }
}

export function inOrder(items: readonly OutboxItem[]): OutboxItem[] {
  return [...items].sort((a, b) => a.seq - b.seq)
}

// What is sent next: the oldest that wait, without a gap, as many as one request takes.
export function batch(items: readonly OutboxItem[]): OutboxItem[] {
  const out: OutboxItem[] = []
  let bytes = 0
  for (const item of inOrder(items.filter((one) => one.state === 'waiting'))) {
    bytes += JSON.stringify(item.request).length * 3
    const gap = out.length > 0 && item.seq !== out.at(-1)!.seq + 1
    if (gap || (out.length > 0 && (bytes > MOST_BYTES || out.length === MOST_OPERATIONS))) break
    out.push(item)
  }
  return out
}

// How long ago it happened: by the monotonic clock in the page that made it, else by the server's clock as it is known.
function age(item: OutboxItem, clock: Clock): number {
  const byWall = clock.now - Date.parse(item.createdAt)
  const byClock = item.clock?.page === clock.page ? clock.ms - item.clock.ms : 0
  const since = Math.max(byWall, byClock, 0)
  const said = item.request.occurredAt
  const before = typeof said === 'string' ? Date.parse(item.createdAt) - Date.parse(said) : 0
  return Math.max(Math.round(since + Math.max(before, 0)), 1)
}

// Nothing happened after it was written down. The same at each try: the server takes an operation id for one request only.
function clamped(item: OutboxItem): Record<string, unknown> {
  const at = item.request.occurredAt
  if (typeof at !== 'string' || Date.parse(at) <= Date.parse(item.createdAt)) return item.request
  return { ...item.request, occurredAt: item.createdAt }
}

export function operationOf(item: OutboxItem, clock: Clock): PushOperationJson {
  const aged = AGED.includes(item.kind) ? { ageMs: String(age(item, clock)) } : {}
  return { seq: String(item.seq), ...aged, [item.kind]: clamped(item) }
}

const TELL = ['STEP_OUTCOME_CONFIRMED', 'STEP_OUTCOME_ALTHOUGH_DROPPED', 'STEP_OUTCOME_DIFFERED']

// Something became of it that the person did not expect, or that begins more.
function worthTelling(result: PushResultJson): boolean {
  if (result.refusal || result.code) return true
  if (result.takeCommand?.conflict || result.answerEscalation?.isLate) return true
  const outcome = (result.updateStep ?? result.decideStep)?.outcome ?? ''
  return TELL.includes(outcome) || (result.decideStep?.adds?.length ?? 0) > 0
}

// The item with its answer. The first answer stays: one that comes again changes nothing.
export function settled(item: OutboxItem, result: PushResultJson): OutboxItem {
  if (item.state !== 'waiting' || result.operationId !== item.operationId) return item
  const unread = worthTelling(result)
  if (result.refusal || result.code)
    return { ...item, state: 'refused', unread, refusal: { reason: result.code ?? '', ...result.refusal } }
  return { ...item, state: 'sent', unread, form: undefined, answer: (result[item.kind] ?? {}) as never }
}

// The server counts differently (its memory or ours was put back): the numbering cannot go on.
export function outOfStep(sent: readonly OutboxItem[], answer: PushResponseJson): boolean {
  return sent.length > 0 && answer.haltReason === 'GAP' && (answer.results?.length ?? 0) === 0
}

// This installation was shut from another one: what it held is kept by the server, and what is done from now on needs a
// numbering of its own.
export function isShut(answer: PushResponseJson): boolean {
  return answer.results?.some((one) => one.refusal?.reason === 'DEVICE_SHUT') ?? false
}

// A new numbering for what waits, in the same order; the operation ids stay and keep anything from being done twice.
export function renumbered(items: readonly OutboxItem[], freshId: string): { head: Head; items: OutboxItem[] } {
  const waiting = inOrder(items.filter((one) => one.state === 'waiting'))
  return {
    head: { clientId: freshId, lastSeq: waiting.length },
    items: waiting.map((item, i) => ({ ...item, clientId: freshId, seq: i + 1 })),
  }
}
