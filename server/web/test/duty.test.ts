// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { jstFull, toInput } from '../src/base/clock'
import { endOfDay } from '../src/duty/away'
import { secondsOf, span, sundayNight } from '../src/duty/policy_words'
import { byNeed, fits, moved } from '../src/duty/words'
import type { DutyJson } from '../src/gen/sokuo/v1/duty_pb'

test('deputies move by one place and stay at the ends', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c'])
  expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c'])
})

test('a duty is found by its role, its place, its posts and its people', () => {
  const duty: DutyJson = {
    role: 'ROLE_ISM',
    scope: { id: 'u', name: '税務課' },
    places: [{ person: { name: '田中 恵' }, post: { name: '税務課長' } }],
  }
  for (const query of ['税務', '田中', '課長 税務', '所属長']) expect(fits(duty, query)).toBe(true)
  expect(fits(duty, '市民課')).toBe(false)
})

test('the emptiest duties come first', () => {
  const list: DutyJson[] = [{ reachableCount: 3 }, { reachableCount: 0 }, { reachableCount: 1 }]
  expect(list.sort(byNeed).map((one) => one.reachableCount)).toEqual([0, 1, 3])
})

test('an absence until the end of today ends at midnight in Japan, wherever the device stands', () => {
  expect(jstFull(endOfDay(new Date('2026-11-23T15:30:00Z'), 0))).toBe('2026-11-24 23:59:00')
  expect(jstFull(endOfDay(new Date('2026-11-23T14:30:00Z'), 1))).toBe('2026-11-24 23:59:00')
})

test('the preview begins on the next Sunday at 2:10, also on a Sunday that is past it', () => {
  expect(sundayNight(new Date('2026-11-23T03:00:00Z'))).toBe('2026-11-29T02:10')
  expect(sundayNight(new Date('2026-11-28T17:00:00Z'))).toBe('2026-11-29T02:10')
  expect(sundayNight(new Date('2026-11-28T18:00:00Z'))).toBe('2026-12-06T02:10')
  expect(toInput(new Date('2026-11-28T17:10:00Z'))).toBe('2026-11-29T02:10')
})

test('minutes are typed, seconds are kept', () => {
  expect(secondsOf('1.5')).toBe(90)
  expect(secondsOf('5')).toBe(300)
  expect(secondsOf('')).toBe(0)
  expect(secondsOf('-3')).toBe(0)
  expect([span(0), span(30), span(90), span(7200)]).toEqual(['すぐ', '30秒', '1.5分', '2時間'])
})
