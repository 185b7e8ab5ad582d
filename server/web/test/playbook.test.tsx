// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'
import { expect, test } from 'vitest'
import { cssString } from '../src/base/page_foot'
import { lang } from '../src/base/settings'
import type { RevisionJson, RunStepJson } from '../src/gen/sokuo/v1/playbook_pb'
import { targetOf } from '../src/playbook/board'
import { copiesOf } from '../src/playbook/copies'
import { sides } from '../src/playbook/difference'
import { EMPTY_ROW, type Ready, readRow, readTime, stepOf } from '../src/playbook/entry_rows'
import { stepped } from '../src/playbook/keys'
import { urgent } from '../src/playbook/panel'
import { ProgressBar, ProgressWords } from '../src/playbook/progress'
import { byPhase, filterSteps } from '../src/playbook/run_store'
import { startable } from '../src/playbook/start'
import { actsFor } from '../src/playbook/step_act'
import { flagsOf, targetText, unitOf } from '../src/playbook/words'

const now = new Date('2026-07-05T05:30:00+09:00')
const jst = (date: Date | null) => date && new Date(date.getTime() + 9 * 3600_000).toISOString().slice(0, 16)

const steps: RunStepJson[] = [
  {
    step: { no: '01', phase: 'PHASE_DETECT', role: 'ROLE_STAFF', text: { ja: '撮影する' } },
    progress: { total: 1, done: 1 },
    places: [{ id: 'a', state: 'STEP_STATE_DONE' }],
  },
  {
    step: {
      no: '05',
      phase: 'PHASE_TRIAGE',
      role: 'ROLE_CSIRT_LEAD',
      decision: { options: [{ id: 'yes' }, { id: 'no' }], defaultOption: 'yes' },
    },
    progress: { total: 1, ready: 1, overdue: 1 },
    places: [{ id: 'b', state: 'STEP_STATE_READY' }],
    dueAt: '2026-07-05T02:40:00Z',
  },
  {
    step: { no: '10', phase: 'PHASE_TRIAGE', role: 'ROLE_CSIRT_LEAD', notice: { to: { ja: '県' } } },
    progress: { total: 1, done: 1, unratified: 1 },
    places: [{ id: 'c', state: 'STEP_STATE_DONE', ratifyDueAt: '2026-07-06T00:00:00Z' }],
  },
  {
    step: { no: '14', phase: 'PHASE_ACTIVATE', role: 'ROLE_ISM' },
    progress: { total: 80, done: 45, inProgress: 3, ready: 12, pending: 20, byDeputy: 8 },
    places: [
      { id: 'd', place: { id: 's1', name: '税務課' }, state: 'STEP_STATE_READY' },
      { id: 'e', place: { id: 's2', name: '市民課' }, state: 'STEP_STATE_DONE' },
    ],
    dueAt: '2026-07-05T01:40:00Z',
  },
  { step: { no: 'P1', phase: 'PHASE_TRIAGE', role: 'ROLE_PRIVACY' }, mergedRunId: 'r', mergedNo: '13' },
]

test('a time is read in every way people write it, in Japan time', () => {
  for (const typed of ['0238', '2:38', '02:38', '０２：３８', '2時38分', '7/5 2:38', '2026-07-05 02:38']) {
    expect(jst(readTime(typed, now)), typed).toBe('2026-07-05T02:38')
  }
})

test('a time without a day is the last such time, and a day without a year the last such day', () => {
  expect(jst(readTime('2350', now))).toBe('2026-07-04T23:50')
  expect(jst(readTime('12/31 23:50', now))).toBe('2025-12-31T23:50')
  for (const typed of ['2538', '238x', '', '13/45 02:00']) expect(readTime(typed, now), typed).toBeNull()
})

test('a typed number finds its step however it is written', () => {
  for (const typed of ['5', '05', '５', ' 05 ']) expect(stepOf(steps, typed)?.step?.no).toBe('05')
  expect(stepOf(steps, 'p1')?.step?.no).toBe('P1')
  expect(stepOf(steps, '99')).toBeUndefined()
})

test('a row of paper becomes a request with the time and the name written there', () => {
  const read = readRow(steps, { ...EMPTY_ROW, no: '14', place: 'd', time: '0238', name: '佐藤', note: '紙の台帳' }, now)
  expect(read).toMatchObject({
    kind: 'updateStep',
    request: { stepId: 'd', act: 'STEP_ACT_DONE', occurredAt: '2026-07-04T17:38:00.000Z', doneByName: '佐藤' },
  })
})

test('a row says what is missing before it is sent', () => {
  const row = (part: object) => readRow(steps, { ...EMPTY_ROW, time: '0238', ...part }, now)
  expect(row({ no: '77' })).toBe('unknown')
  expect(row({ no: '14' })).toBe('place')
  expect(row({ no: '01', time: '9999' })).toBe('time')
  expect(row({ no: '01', time: '2026-07-05 05:31' })).toBe('future')
  expect(row({ no: '01', result: '2' })).toBe('reason')
  expect(row({ no: '10' })).toBe('notice')
  expect(row({ no: '05' })).toBe('decision')
  expect(row({ no: '05', result: '1' })).toBe('reason')
  expect((row({ no: '05', result: '1', note: '端末2台' }) as Ready).request).toMatchObject({
    option: 'yes',
    basis: '端末2台',
  })
})

test('progress is told as so many of how many, with who has not begun, never as a percentage', () => {
  lang.value = 'ja'
  const host = document.createElement('div')
  const progress = steps[3]!.progress!
  render(<ProgressWords progress={progress} unit={unitOf(steps[3]!.step)} />, host)
  expect(host.textContent).toContain('45/80課')
  expect(host.textContent).toContain('未着手 12')
  expect(host.textContent).toContain('うち代行 8')
  expect(host.textContent).not.toContain('%')
  render(<ProgressWords progress={undefined} unit="件" />, host)
  expect(host.textContent).toBe('不明')
  render(<ProgressBar progress={progress} />, host)
  const drawn = [...host.querySelectorAll('rect.part')].map((rect) => Number(rect.getAttribute('width')))
  expect(drawn.reduce((a, b) => a + b)).toBeCloseTo(1000)
})

test('filters, phases and what is urgent', () => {
  const numbers = (list: RunStepJson[]) => list.map((one) => one.step?.no)
  expect(numbers(filterSteps(steps, 'open'))).toEqual(['05', '14'])
  expect(numbers(filterSteps(steps, 'late'))).toEqual(['05'])
  expect(numbers(filterSteps(steps, 'ratify'))).toEqual(['10'])
  expect(byPhase(steps).map((group) => group.steps.length)).toEqual([1, 2, 1, 1])
  expect(numbers(urgent(steps))).toEqual(['05', '14'])
})

test('a key acts on the first place it makes sense for', () => {
  expect(targetOf(steps[1], 'decide')).toMatchObject({ act: 'decide', place: { id: 'b' } })
  expect(targetOf(steps[1], 'record')).toBeNull()
  expect(targetOf(steps[2], 'ratify')).toMatchObject({ place: { id: 'c' } })
  expect(targetOf(steps[3], 'record')).toMatchObject({ place: { id: 'd' } })
  expect(targetOf(undefined, 'record')).toBeNull()
  expect(stepped(['01', '05'], '', 1)).toBe('01')
  expect(stepped(['01', '05'], '05', 1)).toBe('05')
})

test('what is finished is only noted to or taken back', () => {
  expect(actsFor('STEP_STATE_DONE')).toEqual(['STEP_ACT_NOTE', 'STEP_ACT_UNDO'])
  expect(actsFor('STEP_STATE_READY')[0]).toBe('STEP_ACT_DONE')
  expect(actsFor('STEP_STATE_READY')).not.toContain('STEP_ACT_UNDO')
})

test('plans in force are offered once a code, those that fit first', () => {
  const of = (code: string, state: RevisionJson['state'], fits?: string[]) => ({ code, state, fits })
  const list = startable([
    of('PB-01', 'REVISION_STATE_EFFECTIVE'),
    of('PB-02', 'REVISION_STATE_DRAFT', ['TYPE']),
    of('PB-09', 'REVISION_STATE_EFFECTIVE', ['TYPE']),
    of('PB-09', 'REVISION_STATE_EFFECTIVE', ['TYPE']),
  ])
  expect(list.map((one) => one.code)).toEqual(['PB-09', 'PB-01'])
})

test('targets and flags read as on paper', () => {
  lang.value = 'ja'
  expect(targetText(35, undefined)).toBe('T+35分')
  expect(targetText(360, undefined)).toBe('T+6時間')
  expect(targetText(4320, 'TARGET_ORIGIN_START')).toBe('S+3日')
  expect(targetText(-30, undefined)).toBe('T−30分')
  expect(flagsOf({ decision: {}, ratifyMin: 60 })).toBe('?*')
})

test('no text of a plan breaks out of the rule for the foot of the page', () => {
  expect(cssString('a"} body{x}\\\n')).toBe('"a\\22 } body{x}\\5c \\a "')
})

test('a difference in the other language only is shown in that language', () => {
  lang.value = 'en'
  const one = { before: { ja: '決める', en: 'Decide' }, after: { ja: '決定する', en: 'Decide' } }
  expect(sides({ field: 'text', ...one })).toEqual(['決める', '決定する'])
  expect(sides({ field: 'role', before: { ja: 'poc', en: 'poc' }, after: {} })[1]).toBe('')
  lang.value = 'ja'
  expect(sides({ field: 'text', before: { ja: '同じ', en: 'a' }, after: { ja: '同じ', en: 'b' } })).toEqual(['a', 'b'])
})

test('a pack for each person holds their steps only; a duty nobody is known for keeps a line for the name', () => {
  const plan = [
    { no: '01', role: 'ROLE_POC' },
    { no: '02', role: 'ROLE_SISO' },
    { no: '03', role: 'ROLE_ISM' },
    { no: '04', role: 'ROLE_SISO' },
  ] as const
  const known = [
    { role: 'ROLE_POC', post: '係長', person: '青木', phones: [] },
    { role: 'ROLE_SISO', post: '部長', person: '中島', phones: [] },
    { role: 'ROLE_POC', post: '部長', person: '中島', phones: [] },
  ] as const
  const copies = copiesOf(plan as never, 'EACH', [], known as never)
  expect(copies.map((one) => [one.holder, one.steps.map((step) => step.no).join()])).toEqual([
    ['係長 青木', '01'],
    ['部長 中島', '01,02,04'],
    [expect.stringContaining('＿'), '03'],
  ])
  expect(copiesOf(plan as never, 'ROLE_POC', [], known as never).map((one) => one.holder)).toEqual([
    '係長 青木',
    '部長 中島',
  ])
  expect(copiesOf(plan as never, 'ALL', ['本部', '控え'], known as never).map((one) => one.steps.length)).toEqual([
    4, 4,
  ])
})
