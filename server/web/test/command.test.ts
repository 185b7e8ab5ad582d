// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { inOrder } from '../src/command/calls'
import { line } from '../src/command/curve'
import { checkText, targetName } from '../src/command/target_words'
import { bySection } from '../src/command/telephone'
import { branches, onlyOpen } from '../src/command/tree_rows'
import type { CommandTreeRowJson, OrderStateJson } from '../src/gen/sokuo/v1/order_pb'

test('an order has at most three lines of 80, and no place of its template left open', () => {
  expect(checkText('').ok).toBe(false)
  expect(checkText('抜いてください。\n切らないでください。\n答えてください。').ok).toBe(true)
  expect(checkText('1\n2\n3\n4')).toMatchObject({ lines: 4, ok: false })
  expect(checkText('あ'.repeat(81))).toMatchObject({ longest: 81, ok: false })
  expect(checkText('{時刻}に集まってください。')).toMatchObject({ open: true, ok: false })
})

test('a target is named as people call it', () => {
  const units = [{ id: 'u', name: '税務課' }]
  expect(targetName({ kind: 'ORDER_TARGET_KIND_DUTY', role: 'ROLE_ISM' }, units)).toBe('全所属長')
  expect(targetName({ kind: 'ORDER_TARGET_KIND_UNIT', unitId: 'u' }, units)).toBe('税務課 の全員')
  expect(targetName({ kind: 'ORDER_TARGET_KIND_PERSONS', personIds: ['p'] }, units, { p: '田中' })).toBe('田中')
  expect(targetName({ kind: 'ORDER_TARGET_KIND_PERSONS', personIds: ['p', 'q', 'r'] }, units)).toBe('3人')
})

const row = (name: string, depth: number, state?: OrderStateJson): CommandTreeRowJson => ({
  unit: { id: name, name },
  depth,
  head: state && { id: name, state },
})

test('the tree counts the sections of each department, and keeps who is silent', () => {
  const all = branches([
    row('総務部', 1, 'ORDER_STATE_ACCEPTED'),
    row('総務課', 2, 'ORDER_STATE_READ'),
    row('税務課', 2, 'ORDER_STATE_DONE'),
    row('市民部', 1, 'ORDER_STATE_DONE'),
    row('市民課', 2, 'ORDER_STATE_DONE'),
  ])
  expect(all.map((one) => [one.top.unit?.name, one.answered, one.asked])).toEqual([
    ['総務部', 1, 2],
    ['市民部', 1, 1],
  ])
  expect(onlyOpen(all).map((one) => one.sections.map((section) => section.unit?.name))).toEqual([['総務課']])
})

test('sections of a department whose head was not asked stand under its name all the same', () => {
  const of = (name: string, id: string): CommandTreeRowJson => ({
    unit: { id: name, name },
    depth: 2,
    head: { id: name, state: 'ORDER_STATE_SENT', department: { id, name: id } },
  })
  const all = branches([row('全庁', 0), of('総務課', '総務部'), of('税務課', '総務部'), of('市民課', '市民部')])
  expect(all.map((one) => [one.top.unit?.name, one.asked])).toEqual([
    ['全庁', 0],
    ['総務部', 2],
    ['市民部', 1],
  ])
})

test('a row with staff who did not answer is open though its head answered', () => {
  const [only] = branches([{ ...row('総務部', 1, 'ORDER_STATE_DONE'), personCount: 12, personAnsweredCount: 11 }])
  expect(onlyOpen([only!])).toHaveLength(1)
})

test('red calls come first, then those that go on soonest, then those that are over', () => {
  const calls = inOrder([
    { id: 'over', phase: 'ESCALATION_PHASE_ANSWERED', isRed: true },
    { id: 'late', phase: 'ESCALATION_PHASE_CALLING', dueAt: '2026-11-23T17:40:00Z' },
    { id: 'soon', phase: 'ESCALATION_PHASE_CALLING', dueAt: '2026-11-23T17:36:00Z' },
    { id: 'red', phase: 'ESCALATION_PHASE_EXHAUSTED', isRed: true },
  ])
  expect(calls.map((one) => one.id)).toEqual(['red', 'soon', 'late', 'over'])
})

test('the reach curve begins at nothing and runs to the present', () => {
  const path = line([{ seconds: 30, answeredCount: 1 }], 60, 2)
  expect(path.startsWith('M34.0 102.0')).toBe(true)
  expect(path.endsWith('H316.0')).toBe(true)
})

test('the list to telephone has one group a section', () => {
  const groups = bySection([
    { section: { id: 'a', name: '総務課' }, addressee: { id: '1' }, sectionPhone: '0836-31-2000' },
    { section: { id: 'b', name: '税務課' }, addressee: { id: '2' } },
    { section: { id: 'a', name: '総務課' }, addressee: { id: '3' } },
  ])
  expect(groups.map((one) => [one.name, one.lines.length])).toEqual([
    ['総務課', 2],
    ['税務課', 1],
  ])
})
