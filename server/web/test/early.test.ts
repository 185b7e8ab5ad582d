// SPDX-License-Identifier: Apache-2.0
// What early.js does before the client is there, and what the client makes of it.
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { closeTabs, NO_NETWORK, network, tab } from './support'

const world = globalThis as { sokuoDevice?: Promise<unknown>; sokuoEarly?: object }

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => {
  closeTabs()
  vi.unstubAllGlobals()
  delete world.sokuoDevice
  delete world.sokuoEarly
})

// A page that begins as in a browser: the early script, then the client.
async function begun() {
  vi.resetModules()
  // @ts-expect-error it is plain JavaScript, of no module
  await import('../src/early.js')
  const session = await import('../src/base/session')
  const outbox = await import('../src/base/outbox')
  const steps = await import('../src/base/steps')
  return { session, outbox, steps }
}

// A visit with a network: a step was listed, and one act could not be sent any more.
async function visited() {
  const serverTime = new Date().toISOString()
  let cut = false
  network((method) => {
    if (cut) throw NO_NETWORK
    const list = { steps: [{ id: 's1', version: 1, state: 'STEP_STATE_READY' }], serverTime }
    return method === 'StepService/ListMySteps' ? list : { me: { accountId: 'a1' } }
  })
  await tab()
  const outbox = await import('../src/base/outbox')
  const steps = await import('../src/base/steps')
  await steps.stepsRefresh()
  cut = true
  await outbox.outboxAdd('updateStep', { stepId: 's1', act: 'STEP_ACT_DONE' })
  closeTabs()
}

const never = new Promise<never>(() => undefined)

it('has my steps and my queue without asking anybody, opened', async () => {
  await visited()
  const calls = network(() => never)
  const { session, outbox, steps } = await begun()
  await session.sessionBegin()
  expect(session.me.value?.accountId).toBe('a1')
  outbox.outboxBegin(never)
  steps.stepsBegin(never)
  await vi.waitFor(() => expect(steps.mySteps.value?.length).toBe(1))
  expect(steps.mySteps.value![0]).toMatchObject({ id: 's1', state: 'STEP_STATE_DONE', waiting: true })
  expect(calls.map((call) => call.method)).not.toContain('StepService/ListMySteps')
})

it('reads anew what it reads a second time', async () => {
  await visited()
  network(() => never)
  const { session, outbox } = await begun()
  await session.sessionBegin()
  outbox.outboxBegin(never)
  await vi.waitFor(() => expect(outbox.outbox.value.length).toBe(1))
  await outbox.outboxRemove(outbox.outbox.value[0]!)
  expect(outbox.outbox.value).toEqual([])
})

it('leaves a device without anything to the client, which makes the database in the same version', async () => {
  network(() => never)
  await begun()
  expect(await world.sokuoDevice).toBeNull()
  const db = await import('../src/base/db')
  await db.write('facts', 'x', 1)
  expect(await db.read('facts', 'x')).toBe(1)
  expect(db.storageLost.value).toBe(false)
  await begun()
  expect(await world.sokuoDevice).toMatchObject({ read: {} })
})
