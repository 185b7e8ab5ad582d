// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { actOf } from '../src/desk/keys'
import { arrange, countNews, fromIncident, fromItem, nextKey } from '../src/desk/queue'

const rows = arrange([
  fromIncident({
    id: 'a',
    filedAt: '2026-07-05T02:10:00Z',
    severity: 'SEVERITY_S1',
    version: 3,
    state: 'INCIDENT_STATE_INTAKE',
  }),
  fromItem({ id: 'b', firstSeenAt: '2026-07-05T01:10:00Z', severity: 'SEVERITY_S4' }),
  fromIncident({
    id: 'c',
    filedAt: '2026-07-05T01:00:00Z',
    severity: 'SEVERITY_S1',
    version: 1,
    state: 'INCIDENT_STATE_INTAKE',
  }),
])
const none = new Set<string>()

describe('the queue', () => {
  it('puts the most severe first, then the one that waits longest', () => {
    expect(rows.map((row) => row.id)).toEqual(['b', 'c', 'a'])
  })
  it('counts a new report as news', () => {
    const change = {
      stream: 'incident',
      streamId: 'd',
      version: 1,
      incident: { state: 'INCIDENT_STATE_INTAKE' as const },
    }
    expect(countNews(rows, [change], none)).toBe(1)
  })
  it('does not count what it shows already, nor what the person did', () => {
    const seen = {
      stream: 'incident',
      streamId: 'a',
      version: 3,
      incident: { state: 'INCIDENT_STATE_INTAKE' as const },
    }
    const mine = { stream: 'intake_item', streamId: 'b', version: 9 }
    expect(countNews(rows, [seen, mine], new Set(['b']))).toBe(0)
  })
  it('does not count an incident that waits for nothing', () => {
    const change = {
      stream: 'incident',
      streamId: 'e',
      version: 9,
      incident: { state: 'INCIDENT_STATE_CLOSED' as const },
    }
    expect(countNews(rows, [change], none)).toBe(0)
  })
  it('stands on the next row when one leaves, on the last when there is none below', () => {
    expect(nextKey(rows, new Set(['item/b']), 'item/b')).toBe('incident/c')
    expect(nextKey(rows, new Set(['incident/a']), 'incident/a')).toBe('incident/c')
    expect(nextKey(rows, new Set(rows.map((row) => row.key)), 'item/b')).toBe('')
  })
})

describe('keys', () => {
  const plain = { ctrlKey: false, metaKey: false, altKey: false }
  it('mean nothing while somebody types', () => {
    expect(actOf({ ...plain, key: 'd' }, { tagName: 'TEXTAREA' })).toBeNull()
    expect(actOf({ ...plain, key: 'd', isComposing: true }, { tagName: 'DIV' })).toBeNull()
    expect(actOf({ ...plain, key: 'd', ctrlKey: true }, { tagName: 'DIV' })).toBeNull()
  })
  it('leave Enter to a button that has the focus', () => {
    expect(actOf({ ...plain, key: 'Enter' }, { tagName: 'BUTTON' })).toBeNull()
    expect(actOf({ ...plain, key: 'Enter' }, { tagName: 'MAIN' })).toBe('decide')
  })
  it('choose a severity by number', () => {
    expect(actOf({ ...plain, key: '4' }, null)).toBe('severity')
  })
})
