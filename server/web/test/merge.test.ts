// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { view } from '../src/base/merge'
import type { OutboxItem } from '../src/base/queue'
import type { StepJson } from '../src/gen/sokuo/v1/step_pb'

const WHO = { id: 'p1', name: '田中' }
const first: StepJson = {
  id: 's1',
  runId: 'r',
  version: 1,
  state: 'STEP_STATE_READY',
  mine: true,
  definition: { no: '01' },
}
const second: StepJson = {
  id: 's2',
  runId: 'r',
  version: 1,
  state: 'STEP_STATE_PENDING',
  mine: true,
  definition: { no: '02' },
  before: [{ no: '01', state: 'STEP_STATE_READY' }],
}

const done = (change: Partial<OutboxItem>): OutboxItem => ({
  operationId: 'o1',
  accountId: 'a1',
  clientId: 'c1',
  seq: 1,
  kind: 'updateStep',
  request: { stepId: 's1', act: 'STEP_ACT_DONE' },
  createdAt: '2026-11-23T00:00:00Z',
  state: 'waiting',
  ...change,
})

describe('my steps over the queue', () => {
  const stateOfSecond = (items: OutboxItem[]) => view([first, second], items, WHO).find((s) => s.id === 's2')?.state
  it('waits while the step before it is open', () => {
    expect(stateOfSecond([])).toBe('STEP_STATE_PENDING')
  })
  it('comes free when the step before it was finished here, before it is sent and after', () => {
    expect(stateOfSecond([done({})])).toBe('STEP_STATE_READY')
    const step = { ...first, state: 'STEP_STATE_DONE' as const, version: 2 }
    expect(stateOfSecond([done({ state: 'sent', answer: { step } })])).toBe('STEP_STATE_READY')
  })
})
