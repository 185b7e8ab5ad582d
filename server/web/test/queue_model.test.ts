// SPDX-License-Identifier: Apache-2.0
// Three devices under random schedules converge every time; and a wrong rule is found, so that this can fail.
// SOKUO_SCHEDULES=N runs more, SOKUO_SEED=S begins at a seed: a failure prints the seed that shows it again.
import { describe, expect, it } from 'vitest'
import { batch, type OutboxItem, settled } from '../src/base/queue'
import { Broken, RULES, type Rules, Schedule } from './model/schedule'

const COUNT = Number(process.env.SOKUO_SCHEDULES ?? 100_000)
const FROM = Number(process.env.SOKUO_SEED ?? Math.floor(Date.now() / 1000) * 1000)

// The first fault among so many schedules, or none.
function fault(rules: Rules, from: number, count: number): string | undefined {
  for (let seed = from; seed < from + count; seed++) {
    try {
      new Schedule(seed, rules).run()
    } catch (e) {
      if (e instanceof Broken) return e.message
      throw new Error(`seed ${seed}: ${(e as Error).stack}`)
    }
  }
}

const waits = (items: readonly OutboxItem[]) => items.filter((one) => one.state === 'waiting')

const MUTANTS: Record<string, Partial<Rules>> = {
  'the operation is sent before it is written': { persistFirst: false },
  'the newest goes first': { batch: (items) => waits(items).reverse().slice(0, 1) },
  'a refusal blocks the queue': {
    batch: (items) => (items.some((one) => one.state === 'refused') ? [] : batch(items)),
  },
  'a refusal is not told': { settled: (item, result) => ({ ...settled(item, result), unread: false }) },
  'an answer goes to the operation of the same number': {
    settled: (item, result) =>
      Number(result.seq) % 2 ? settled(item, { ...result, operationId: item.operationId }) : item,
  },
  'a gap is waited out': { outOfStep: () => false },
  'a new numbering makes new operations': {
    renumbered: (items, id) => {
      const { head, items: fresh } = RULES.renumbered(items, id)
      const again = (one: OutboxItem) => `${one.operationId}'`
      return {
        head,
        items: fresh.map((one) => ({ ...one, request: { ...one.request, operationId: again(one) } })),
      }
    },
  },
  'an answer is forgotten before its list came': { purge: (items) => items.filter((one) => one.state === 'waiting') },
  'the time of sending is taken for the time of doing': {
    operationOf: (item, clock) => ({ ...RULES.operationOf(item, clock), ageMs: '1' }),
  },
  'the older answer covers the newer list': {
    view: (list, items, who) =>
      RULES.view(
        list.map((step) => ({ ...step, version: 0 })),
        items,
        who,
      ),
  },
  'a new numbering forgets the newest': {
    renumbered: (items, id) => {
      const { head, items: fresh } = RULES.renumbered(items, id)
      return { head, items: fresh.map((one, i) => (i === 2 ? { ...one, state: 'sent' } : one)) }
    },
  },
}

describe('the queues of three devices', () => {
  it(`converge under ${COUNT} schedules`, { timeout: 60_000 + COUNT * 5 }, () => {
    console.log(`schedules ${COUNT}, seeds from ${FROM}`)
    expect(fault(RULES, FROM, COUNT)).toBeUndefined()
  })
  for (const [name, change] of Object.entries(MUTANTS)) {
    it(`would show it: ${name}`, { timeout: 60_000 }, () => {
      expect(fault({ ...RULES, ...change }, 1, 3000)).toMatch(/seed \d+/)
    })
  }
})
