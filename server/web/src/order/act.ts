// SPDX-License-Identifier: Apache-2.0
// What a person answers, as operations of the device's queue.
import { jstShort, serverNow } from '../base/clock'
import { offline, outbox, outboxAdd } from '../base/outbox'
import type { EscalationAnswerKindJson } from '../gen/sokuo/v1/escalation_pb'
import type { AnswerOrderRequestJson, OrderAnswerKindJson, OrderJson } from '../gen/sokuo/v1/order_pb'
import { toast } from '../ui/toast'
import { isSilent, type MyCall } from './merge'
import { t } from './texts'

export type Said = Partial<Pick<AnswerOrderRequestJson, 'note' | 'means' | 'addresseeIds'>>

// 指示3: 全職員は…
export function nameOf(order: OrderJson): string {
  return `${t.orderNo(order.no ?? 0)} ${(order.text ?? '').split('\n')[0]}`
}

export async function answer(order: OrderJson, kind: OrderAnswerKindJson, said: Said = {}) {
  const request = { orderId: order.id, kind, ...said }
  await outboxAdd('answerOrder', request, { about: nameOf(order) })
  const undo = () => void answer(order, 'ORDER_ANSWER_KIND_TAKE_BACK')
  const mine = !said.addresseeIds?.length
  toast(
    offline.peek() ? t.kept : t.sent(t.answers[kind]),
    mine && kind !== 'ORDER_ANSWER_KIND_TAKE_BACK' ? undo : undefined,
  )
}

const answering = new Set<string>()

// An answer to a call. Pressing twice answers once.
export async function answerCall(call: MyCall, kind: EscalationAnswerKindJson, note = ''): Promise<void> {
  const { id = '' } = call
  if (answering.has(id)) return
  answering.add(id)
  const about = [t.call, call.incidentNumber, call.reason].filter(Boolean).join(' ')
  await outboxAdd('answerEscalation', { escalationId: id, kind, note }, { about }).finally(() => answering.delete(id))
}

const opened = new Set<string>()

// Opening it is a fact of its own, told once.
export async function tellRead(order: OrderJson): Promise<void> {
  const { mine, id = '' } = order
  if (!mine || mine.readAt || !isSilent(mine.state) || order.withdrawnAt || opened.has(id)) return
  if (outbox.peek().some((item) => item.kind === 'answerOrder' && item.request.orderId === id)) return
  opened.add(id)
  await outboxAdd('answerOrder', { orderId: id, kind: 'ORDER_ANSWER_KIND_READ' }, { about: nameOf(order) })
}

export const nowShort = () => jstShort(serverNow())
