// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { OutboxItem } from '../src/base/queue'
import type { EscalationJson } from '../src/gen/sokuo/v1/escalation_pb'
import type { OrderJson, OrderStateJson } from '../src/gen/sokuo/v1/order_pb'
import { fresh } from '../src/order/alarm'
import { aboutCall, callsView, groupOf, isCalling, view } from '../src/order/merge'

const order = (id: string, state: OrderStateJson, more: Partial<OrderJson> = {}): OrderJson => ({
  id,
  wantsAcceptance: true,
  version: 1,
  mine: { id: `a-${id}`, state },
  ...more,
})
const item = (orderId: string, kind: string, more: Partial<OutboxItem> = {}): OutboxItem => ({
  operationId: `${orderId}/${kind}`,
  accountId: 'me',
  clientId: 'c',
  seq: 1,
  kind: 'answerOrder',
  request: { orderId, kind, occurredAt: '2026-11-23T17:10:00Z' },
  createdAt: '2026-11-23T17:10:00Z',
  state: 'waiting',
  ...more,
})

test('an answer that waits to be sent shows at once, with the time it was given, and that it waits', () => {
  const [one] = view([order('1', 'ORDER_STATE_DELIVERED')], [item('1', 'ORDER_ANSWER_KIND_ACCEPT')])
  expect(one?.mine).toMatchObject({ state: 'ORDER_STATE_ACCEPTED', acceptedAt: '2026-11-23T17:10:00Z' })
  expect(one?.waiting).toBe(true)
})

test('reading an order answers nothing, and takes no answer back', () => {
  const [read] = view([order('1', 'ORDER_STATE_SENT')], [item('1', 'ORDER_ANSWER_KIND_READ')])
  expect(groupOf(read!)).toBe('answer')
  const [kept] = view([order('1', 'ORDER_STATE_ACCEPTED')], [item('1', 'ORDER_ANSWER_KIND_READ')])
  expect(kept?.mine?.state).toBe('ORDER_STATE_ACCEPTED')
})

test('answering for others leaves my own answer open', () => {
  const others = item('1', 'ORDER_ANSWER_KIND_ACCEPT')
  others.request.addresseeIds = ['a-2', 'a-3']
  expect(view([order('1', 'ORDER_STATE_READ')], [others])[0]?.mine?.state).toBe('ORDER_STATE_READ')
})

test('what the server answered stands over the list until the next one, never under it', () => {
  const said = order('1', 'ORDER_STATE_DONE', { version: 4 })
  const sent = item('1', 'ORDER_ANSWER_KIND_DONE', { state: 'sent', answer: { order: said } })
  expect(view([order('1', 'ORDER_STATE_READ')], [sent])[0]?.mine?.state).toBe('ORDER_STATE_DONE')
  const newer = order('1', 'ORDER_STATE_CONFIRMED', { version: 5 })
  expect(view([newer], [sent])[0]?.mine?.state).toBe('ORDER_STATE_CONFIRMED')
})

test('seen is enough only for an order that wants no more', () => {
  expect(groupOf(order('1', 'ORDER_STATE_ACKNOWLEDGED'))).toBe('answer')
  expect(groupOf(order('1', 'ORDER_STATE_ACKNOWLEDGED', { wantsAcceptance: false }))).toBe('over')
  expect(groupOf(order('1', 'ORDER_STATE_ACCEPTED'))).toBe('act')
  expect(groupOf(order('1', 'ORDER_STATE_READ', { withdrawnAt: '2026-11-23T17:10:00Z' }))).toBe('over')
})

test('taking an answer back asks again', () => {
  const [one] = view([order('1', 'ORDER_STATE_ACCEPTED')], [item('1', 'ORDER_ANSWER_KIND_TAKE_BACK')])
  expect(groupOf(one!)).toBe('answer')
})

test('what wants an answer comes first, the soonest due first', () => {
  const list = [
    order('done', 'ORDER_STATE_DONE'),
    order('act', 'ORDER_STATE_ACCEPTED'),
    order('late', 'ORDER_STATE_READ', { dueAt: '2026-11-23T18:00:00Z' }),
    order('soon', 'ORDER_STATE_READ', { dueAt: '2026-11-23T17:00:00Z' }),
  ]
  expect(view(list, []).map((one) => one.id)).toEqual(['soon', 'late', 'act', 'done'])
})

test('what rang before does not ring again', () => {
  const alert = (key: string) => ({ key, to: '', title: '', text: '' })
  expect(fresh([alert('order/1'), alert('order/2')], new Set(['order/1'])).map((one) => one.key)).toEqual(['order/2'])
})

const call = (id: string, more: Partial<EscalationJson> = {}): EscalationJson => ({
  id,
  phase: 'ESCALATION_PHASE_CALLING',
  version: 3,
  ...more,
})
const reply = (id: string, kind: string, more: Partial<OutboxItem> = {}): OutboxItem => ({
  ...item(id, kind),
  kind: 'answerEscalation',
  request: { escalationId: id, kind, occurredAt: '2026-11-23T17:10:00Z' },
  ...more,
})

test('a call that was answered here rings no more, and says that the answer waits', () => {
  const [one] = callsView([call('1')], [reply('1', 'ESCALATION_ANSWER_KIND_ACCEPT')])
  expect(isCalling(one!)).toBe(false)
  expect(one).toMatchObject({ said: 'ESCALATION_ANSWER_KIND_ACCEPT', saidAt: '2026-11-23T17:10:00Z', waiting: true })
})

test('a call that came back after the answer calls again', () => {
  const answered = call('1', { phase: 'ESCALATION_PHASE_HELD', version: 3 })
  const sent = reply('1', 'ESCALATION_ANSWER_KIND_ACKNOWLEDGE', { state: 'sent', answer: { escalation: answered } })
  expect(isCalling(callsView([call('1')], [sent])[0]!)).toBe(false)
  expect(isCalling(callsView([call('1', { version: 5 })], [sent])[0]!)).toBe(true)
})

test('an answer that was refused answers nothing; a call of an order is answered there', () => {
  const refused = reply('1', 'ESCALATION_ANSWER_KIND_ACCEPT', { state: 'refused' })
  expect(isCalling(callsView([call('1')], [refused])[0]!)).toBe(true)
  expect(callsView([call('2', { orderId: 'o' })], [])).toEqual([])
})

test('a call says why it was begun, else what happened, never nothing while something may be told', () => {
  const filed = call('1', { reason: '', incidentTitle: '県SOCから電話' })
  expect(aboutCall(filed)).toBe('県SOCから電話')
  expect(aboutCall({ ...filed, reason: '切り離しの判断' })).toBe('切り離しの判断')
  expect(aboutCall({ ...filed, incidentTitle: undefined })).toBe('')
})

test('what was refused is asked of the deputy, is over for who refused, and who was asked first sees what the deputy said', () => {
  const deputy = { id: 'deputy', name: '石田 愛' }
  const moved = (state: OrderStateJson, by: string) =>
    order('1', state, { mine: { id: 'a', state, isDeputy: true, person: deputy, answers: [{ by: { personId: by } }] } })
  const groupFor = (one: OrderJson, self: string) => groupOf(view([one], [], self)[0]!)
  expect(groupFor(moved('ORDER_STATE_REFUSED', 'head'), 'deputy')).toBe('answer')
  expect(groupFor(moved('ORDER_STATE_REFUSED', 'head'), 'head')).toBe('over')
  expect(groupFor(moved('ORDER_STATE_REFUSED', 'deputy'), 'deputy')).toBe('over')
  expect(groupFor(moved('ORDER_STATE_ACCEPTED', 'deputy'), 'deputy')).toBe('act')
  expect(groupFor(moved('ORDER_STATE_ACCEPTED', 'deputy'), 'head')).toBe('over')
  expect(groupFor(moved('ORDER_STATE_SENT', 'nobody'), 'head')).toBe('answer')
})
