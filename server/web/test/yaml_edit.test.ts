// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  countAt,
  insertItem,
  listAt,
  locate,
  parsePlan,
  removeItem,
  setAt,
  swapItems,
  textAt,
} from '../src/playbook/yaml_edit'

const folder = new URL('../../../playbooks/', `file://${__dirname}/`).pathname
const files = readdirSync(folder).filter((name) => /^PB-\d+.*\.yaml$/.test(name))
const plan = `# a comment
playbook: power_outage
code: PB-14
version: "2026.1"
title: {ja: 停電, en: Power outage}
severity: {from: S2, to: S4}   # wide
zones: []  # all
steps:
  - no: "01"   # the first
    phase: detect
    target: 0m
    role: facility
    text: {ja: 確認する, en: Check}

  # before the second
  - no: "02"
    phase: triage
    target: 15m
    role: facility
    after: ["01"]
    text:
      ja: 決める
      en: Decide
    decision:
      options:
        - {id: enough, text: {ja: 足りる, en: Enough}}
        - {id: short, text: {ja: 足りない, en: Short}, adds: [PB-20]}
      default: short
    evidence: true
# the end
`

// The lines that differ, as [before, after].
function changed(before: string, after: string): [string[], string[]] {
  const a = before.split('\n')
  const b = after.split('\n')
  let head = 0
  while (head < a.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  return [a.slice(head, a.length - tail), b.slice(head, b.length - tail)]
}

test('a changed text changes its own line and nothing else, in every plan that ships', () => {
  expect(files.length).toBeGreaterThan(20)
  for (const name of files) {
    const before = readFileSync(folder + name, 'utf8')
    for (const path of [
      ['steps', 3, 'text', 'ja'],
      ['title', 'en'],
      ['steps', 0, 'role'],
      ['steps', 1, 'target'],
    ]) {
      const after = setAt(before, path, 'changed')
      const [gone, come] = changed(before, after)
      expect([name, path, gone.length, come.length]).toEqual([name, path, 1, 1])
      expect(textAt(parsePlan(after), path)).toBe('changed')
    }
  }
}, 60_000)

test('comments, spacing and order of what is not touched stay', () => {
  const after = setAt(plan, ['severity', 'to'], 'S3')
  expect(changed(plan, after)).toEqual([
    ['severity: {from: S2, to: S4}   # wide'],
    ['severity: {from: S2, to: S3}   # wide'],
  ])
  expect(changed(plan, setAt(plan, ['steps', 0, 'no'], '03'))[1]).toEqual(['  - no: "03"   # the first'])
})

test('a missing field is added to its step, and taken away again without a trace', () => {
  const added = setAt(plan, ['steps', 0, 'why', 'ja'], '理由: "急ぐ"')
  expect(changed(plan, added)).toEqual([[], ['    why:', '      ja: "理由: \\"急ぐ\\""']])
  expect(textAt(parsePlan(added), ['steps', 0, 'why', 'ja'])).toBe('理由: "急ぐ"')
  expect(setAt(added, ['steps', 0, 'why'], undefined)).toBe(plan)
  expect(setAt(setAt(plan, ['review_months'], 12), ['review_months'], undefined)).toBe(plan)
})

test('lists, options and flow maps', () => {
  expect(changed(plan, setAt(plan, ['steps', 1, 'after'], ['01', '03']))[1]).toEqual(['    after: ["01", "03"]'])
  expect(changed(plan, setAt(plan, ['zones'], ['lgwan']))[1]).toEqual(['zones: [lgwan]  # all'])
  const option = setAt(plan, ['steps', 1, 'decision', 'options', 1, 'severity'], 'S4')
  expect(textAt(parsePlan(option), ['steps', 1, 'decision', 'options', 1, 'severity'])).toBe('S4')
  expect(listAt(parsePlan(option), ['steps', 1, 'decision', 'options', 1, 'adds'])).toEqual(['PB-20'])
  const more = insertItem(plan, ['steps', 1, 'decision', 'options'], { id: 'later', text: { ja: '後で', en: 'Later' } })
  expect(countAt(parsePlan(more), ['steps', 1, 'decision', 'options'])).toBe(3)
  expect(parsePlan(more).broken).toBeNull()
})

test('steps are added, moved and removed; comments stay where they stood', () => {
  const added = insertItem(plan, ['steps'], { no: '03', phase: 'contain', text: { ja: '止める', en: 'Stop' } }, 0)
  expect(textAt(parsePlan(added), ['steps', 1, 'no'])).toBe('03')
  expect(textAt(parsePlan(added), ['steps', 1, 'text', 'en'])).toBe('Stop')
  expect(removeItem(added, ['steps', 1])).toBe(plan)
  const moved = swapItems(plan, ['steps'], 0)
  expect(textAt(parsePlan(moved), ['steps', 0, 'no'])).toBe('02')
  for (const comment of ['# a comment', '# before the second', '# the end']) expect(moved).toContain(comment)
  expect(textAt(parsePlan(swapItems(moved, ['steps'], 0)), ['steps', 0, 'no'])).toBe('01')
  const gone = removeItem(plan, ['steps', 0])
  expect(textAt(parsePlan(gone), ['steps', 0, 'no'])).toBe('02')
  expect(gone).toContain('# before the second')
})

test('Japanese keys are the same fields', () => {
  const ja = '計画番号: PB-30\n手順:\n  - 番号: "01"\n    本文: {ja: 見る}\n'
  expect(textAt(parsePlan(ja), ['steps', 0, 'text', 'ja'])).toBe('見る')
  expect(setAt(ja, ['steps', 0, 'text', 'ja'], '聞く')).toBe(ja.replace('見る', '"聞く"'))
})

test('a fault finds its step and its field', () => {
  const read = parsePlan(plan)
  const line = (text: string) => plan.split('\n').findIndex((one) => one.includes(text)) + 1
  expect(locate(read, line('target: 15m'))).toEqual({ step: 1, field: 'target' })
  expect(locate(read, line('default: short'))).toEqual({ step: 1, field: 'decision' })
  expect(locate(read, line('severity:'))).toEqual({ step: -1, field: 'severity' })
  expect(parsePlan('a: [1').broken?.line).toBe(1)
})
