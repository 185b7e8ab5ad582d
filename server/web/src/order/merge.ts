// SPDX-License-Identifier: Apache-2.0
// My orders as they stand on this device: what the server said last, and over it what was answered here since. Pure.
import type { OutboxItem } from '../base/queue'
import type {
  AnswerEscalationResponseJson,
  EscalationAnswerKindJson,
  EscalationJson,
  EscalationPhaseJson,
} from '../gen/sokuo/v1/escalation_pb'
import type {
  AnswerOrderRequestJson,
  AnswerOrderResponseJson,
  OrderAddresseeJson,
  OrderAnswerKindJson,
  OrderJson,
  OrderStateJson,
} from '../gen/sokuo/v1/order_pb'

// An order, and whether an answer to it waits to be sent.
export interface MyOrder extends OrderJson {
  waiting?: boolean
  // Who was asked before said that they cannot, and now it is me.
  takenOver?: boolean
  // Another answered in my place: nothing is left for me.
  settled?: boolean
}

const SILENT: OrderStateJson[] = [
  'ORDER_STATE_UNSPECIFIED',
  'ORDER_STATE_QUEUED',
  'ORDER_STATE_SENT',
  'ORDER_STATE_DELIVERED',
  'ORDER_STATE_READ',
  'ORDER_STATE_UNREACHABLE',
]
const OVER: OrderStateJson[] = ['ORDER_STATE_DONE', 'ORDER_STATE_CONFIRMED', 'ORDER_STATE_REFUSED']

export const stateOf = (order: OrderJson): OrderStateJson => order.mine?.state ?? 'ORDER_STATE_UNSPECIFIED'

export function isSilent(state: OrderStateJson | undefined): boolean {
  return SILENT.includes(state ?? 'ORDER_STATE_UNSPECIFIED')
}

// answer: something is to be said; act: said, and still to be done; over: nothing is left to do.
export type Group = 'answer' | 'act' | 'over'

export function groupOf(order: MyOrder): Group {
  const state = stateOf(order)
  if (order.withdrawnAt || !order.mine || order.settled) return 'over'
  if (order.takenOver) return 'answer'
  if (OVER.includes(state)) return 'over'
  if (isSilent(state)) return 'answer'
  if (!order.wantsAcceptance) return 'over'
  return state === 'ORDER_STATE_ACKNOWLEDGED' ? 'answer' : 'act'
}

// What each answer makes of an addressee: its state, and the time that it sets.
const BECOMES: Partial<Record<OrderAnswerKindJson, readonly [OrderStateJson, keyof OrderAddresseeJson]>> = {
  ORDER_ANSWER_KIND_READ: ['ORDER_STATE_READ', 'readAt'],
  ORDER_ANSWER_KIND_ACKNOWLEDGE: ['ORDER_STATE_ACKNOWLEDGED', 'acknowledgedAt'],
  ORDER_ANSWER_KIND_ACCEPT: ['ORDER_STATE_ACCEPTED', 'acceptedAt'],
  ORDER_ANSWER_KIND_REFUSE: ['ORDER_STATE_REFUSED', 'refusedAt'],
  ORDER_ANSWER_KIND_DONE: ['ORDER_STATE_DONE', 'doneAt'],
  ORDER_ANSWER_KIND_CONFIRM: ['ORDER_STATE_CONFIRMED', 'confirmedAt'],
}

export function answered(mine: OrderAddresseeJson, kind: OrderAnswerKindJson | undefined, at: string) {
  if (kind === 'ORDER_ANSWER_KIND_TAKE_BACK') return { ...mine, state: 'ORDER_STATE_READ' as const }
  const [state, time] = BECOMES[kind ?? 'ORDER_ANSWER_KIND_UNSPECIFIED'] ?? []
  if (!state || !time) return mine
  // Having read it takes no answer back.
  const keeps = kind === 'ORDER_ANSWER_KIND_READ' && !isSilent(mine.state)
  return { ...mine, [time]: at, state: keeps ? mine.state : state }
}

function concerns(order: OrderJson, request: AnswerOrderRequestJson): boolean {
  const ids = request.addresseeIds ?? []
  return request.orderId === order.id && (ids.length === 0 || ids.includes(order.mine?.id ?? ''))
}

function applied(order: MyOrder, item: OutboxItem): MyOrder {
  const request = item.request as AnswerOrderRequestJson
  if (!order.mine || !concerns(order, request)) return order
  const at = String(item.request.occurredAt ?? item.createdAt)
  return { ...order, mine: answered(order.mine, request.kind, at), waiting: true }
}

const RANK: Record<Group, number> = { answer: 0, act: 1, over: 2 }

// To answer first, then to do, each by due time; what is over by the time it was given, newest first.
export function byUrgency(a: MyOrder, b: MyOrder): number {
  const [ga, gb] = [groupOf(a), groupOf(b)]
  if (ga !== gb) return RANK[ga] - RANK[gb]
  const newest = String(b.issuedAt ?? '').localeCompare(String(a.issuedAt ?? ''))
  if (ga === 'over') return newest
  const due = (order: MyOrder) => (order.dueAt ? Date.parse(order.dueAt) : Number.MAX_SAFE_INTEGER)
  return due(a) - due(b) || newest
}

// What another's answer means for me (self): an order goes on to a deputy with the answer it has, and who was asked first
// still sees it.
function placed(order: MyOrder, self: string | undefined): MyOrder {
  const by = order.mine?.answers?.[0]?.by?.personId
  if (!self || !by || by === self || order.waiting || isSilent(stateOf(order))) return order
  const isAsked = order.mine?.person?.id === self
  const takenOver = isAsked && order.mine?.isDeputy === true && stateOf(order) === 'ORDER_STATE_REFUSED'
  return { ...order, takenOver, settled: !isAsked }
}

// The orders that are on the device, after everything in the queue, in the order of the list.
export function view(list: readonly OrderJson[], items: readonly OutboxItem[], self?: string): MyOrder[] {
  const orders = new Map<string, MyOrder>(list.map((order) => [order.id ?? '', order]))
  for (const item of items) {
    if (item.kind !== 'answerOrder') continue
    const order = orders.get(String(item.request.orderId ?? ''))
    if (!order) continue
    const said = (item.answer as AnswerOrderResponseJson | undefined)?.order
    if (item.state === 'waiting') orders.set(order.id!, applied(order, item))
    else if (item.state === 'sent' && said && (said.version ?? 0) >= (order.version ?? 0))
      orders.set(order.id!, { ...order, ...said, mine: said.mine ?? order.mine })
    else if (item.state === 'sent' && !said) orders.set(order.id!, { ...applied(order, item), waiting: order.waiting })
  }
  return [...orders.values()].map((order) => placed(order, self)).sort(byUrgency)
}

// A call, and what was answered to it on this device.
export interface MyCall extends EscalationJson {
  said?: EscalationAnswerKindJson
  saidAt?: string
  // The answer has not reached the server: others are still being called.
  waiting?: boolean
}

const CALLING: EscalationPhaseJson[] = [
  'ESCALATION_PHASE_CALLING',
  'ESCALATION_PHASE_WAITING',
  'ESCALATION_PHASE_EXHAUSTED',
]

// Whether it waits for an answer of mine.
export function isCalling(call: MyCall): boolean {
  return !call.said && CALLING.includes(call.phase ?? 'ESCALATION_PHASE_CALLING')
}

// What a call is about: why it was begun, else what happened. Empty: only the incident may be told.
export function aboutCall(call: EscalationJson): string {
  return call.reason || call.incidentTitle || ''
}

// The calls that are on the device, after everything in the queue. Those of orders are answered with their order.
export function callsView(list: readonly EscalationJson[], items: readonly OutboxItem[]): MyCall[] {
  const calls = new Map<string, MyCall>(list.filter((one) => !one.orderId).map((one) => [one.id ?? '', one]))
  for (const item of items) {
    const call = item.kind === 'answerEscalation' ? calls.get(String(item.request.escalationId ?? '')) : undefined
    const now = (item.answer as AnswerEscalationResponseJson | undefined)?.escalation
    // What the server listed since knows better: a call that came back calls again.
    const isOld = item.state === 'sent' && (now?.version ?? 0) < (call?.version ?? 0)
    if (!call || item.state === 'refused' || isOld) continue
    calls.set(call.id!, {
      ...call,
      ...now,
      said: item.request.kind as EscalationAnswerKindJson,
      saidAt: String(item.request.occurredAt ?? item.createdAt),
      waiting: item.state === 'waiting',
    })
  }
  return [...calls.values()]
}
