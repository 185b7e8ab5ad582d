// SPDX-License-Identifier: Apache-2.0
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PushRequestJson } from '../src/gen/sokuo/v1/sync_pb'
import { closeTabs, NO_NETWORK, network, pushed, Refusal, refusal, Status, tab } from './support'

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()))
afterEach(() => {
  closeTabs()
  vi.unstubAllGlobals()
})

// A tab with an outbox that has begun.
async function page(accountId?: string) {
  await tab(accountId)
  const outbox = await import('../src/base/outbox')
  outbox.outboxBegin()
  await vi.waitFor(() => expect(outbox.outboxKnown.value).toBe(true))
  return outbox
}

const offline = () => {
  throw NO_NETWORK
}
const operations = (call: { request: Record<string, unknown> }) => (call.request as PushRequestJson).operations ?? []

describe('the outbox', () => {
  it('keeps a filing on the device before it is sent', async () => {
    network(offline)
    const first = await page()
    await first.outboxAdd('fileIncident', { title: '紛失' })
    const second = await page()
    expect(second.outbox.value).toMatchObject([{ kind: 'fileIncident', state: 'waiting', request: { title: '紛失' } }])
    expect(second.waitingCount.value).toBe(1)
  })
  it('sends what a killed tab left, with the same operation id', async () => {
    const before = network(offline)
    const first = await page()
    const item = await first.outboxAdd('fileIncident', { title: '紛失' })
    await vi.waitFor(() => expect(before.length).toBe(1))
    closeTabs()
    const after = network(pushed(() => ({ incident: { number: '2026-0042' } })))
    const second = await page()
    await vi.waitFor(() => expect(second.outbox.value[0]?.state).toBe('sent'))
    expect(operations(after[0]!)[0]?.fileIncident?.operationId).toBe(item.operationId)
    expect(second.outbox.value[0]?.answer).toEqual({ incident: { number: '2026-0042' } })
  })
  it('sends in the order of writing, one at a time', async () => {
    let down = true
    let running = 0
    const texts: unknown[] = []
    network(async (method, request) => {
      if (down) throw NO_NETWORK
      expect(++running).toBe(1)
      await Promise.resolve()
      running--
      return pushed((r) => {
        texts.push(r.text)
        return { entry: {} }
      })(method, request)
    })
    const { outboxAdd, outboxSend, outbox } = await page()
    for (const text of ['一', '二', '三']) await outboxAdd('addEntry', { incidentId: 'i', text })
    down = false
    await vi.waitFor(async () => {
      await outboxSend()
      expect(outbox.value).toEqual([])
    })
    expect(texts).toEqual(['一', '二', '三'])
  })
  it('keeps what the server refuses, says why, and goes on with the next', async () => {
    network(pushed((r) => (r.text === '長すぎ' ? refusal('長すぎます。') : { entry: {} })))
    const { outboxAdd, outbox, refusedItems } = await page()
    await outboxAdd('addEntry', { incidentId: 'i', text: '長すぎ' })
    await outboxAdd('addEntry', { incidentId: 'i', text: '普通' })
    await vi.waitFor(() => expect(refusedItems.value.length).toBe(1))
    await vi.waitFor(() => expect(outbox.value.length).toBe(1))
    expect(refusedItems.value[0]).toMatchObject({
      state: 'refused',
      unread: true,
      refusal: { messageJa: '長すぎます。' },
      request: { text: '長すぎ' },
    })
  })
  it('numbers anew once the server has kept what a shut device held, and not before', async () => {
    const clients: string[] = []
    let down = true
    network((method, request) => {
      if (down) throw NO_NETWORK
      clients.push(String((request as PushRequestJson).clientId))
      const shut = () => new Refusal({ reason: 'DEVICE_SHUT', messageJa: '保管しました。' }, 'failed_precondition')
      return pushed(() => (clients.at(-1) === clients[0] ? shut() : { entry: {} }))(method, request)
    })
    const { outboxAdd, outboxSend, outbox, refusedItems } = await page()
    for (let n = 0; n < 60; n++) await outboxAdd('addEntry', { incidentId: 'i', text: `記録${n}` })
    down = false
    await vi.waitFor(async () => {
      await outboxSend()
      expect(refusedItems.value.length).toBe(60)
    })
    await outboxAdd('addEntry', { incidentId: 'i', text: '確かめて、もう一度' })
    await vi.waitFor(() => expect(outbox.value.length).toBe(60))
    expect(clients.length).toBe(3)
    expect(clients[1]).toBe(clients[0])
    expect(clients[2]).not.toBe(clients[0])
  })
  it('waits where the outcome is not known, and asks again with the same id', async () => {
    const ids: unknown[] = []
    network(
      pushed((r) => {
        ids.push(r.operationId)
        if (ids.length === 1) throw new Status(503, { code: 'unavailable', message: 'COMMIT_UNKNOWN' })
        return { incident: {} }
      }),
    )
    const { outboxAdd, outboxSend, outbox } = await page()
    await outboxAdd('fileIncident', { title: 'x' })
    await vi.waitFor(() => expect(ids.length).toBe(1))
    await vi.waitFor(async () => {
      await outboxSend()
      expect(outbox.value[0]?.state).toBe('sent')
    })
    expect(ids).toEqual([ids[0], ids[0]])
  })
  it('never sends what another person wrote on this device', async () => {
    network(offline)
    const first = await page('a1')
    await first.outboxAdd('addEntry', { incidentId: 'i', text: 'a1の記録' })
    const calls = network(pushed(() => ({ entry: {} })))
    const other = await page('a2')
    await other.outboxSend()
    expect(other.outbox.value).toEqual([])
    expect(calls).toEqual([])
    const again = await page('a1')
    await vi.waitFor(() => expect(again.outbox.value).toEqual([]))
    expect(operations(calls[0]!)[0]?.addEntry?.text).toBe('a1の記録')
  })
  it('sends the very same request again, also when the clock was set right meanwhile', async () => {
    const sent: unknown[] = []
    network(
      pushed((r) => {
        sent.push(r)
        if (sent.length === 1) throw NO_NETWORK
        return { step: {} }
      }),
    )
    const { outboxAdd, outboxSend, outbox } = await page()
    const { heardServerTime } = await import('../src/base/clock')
    await outboxAdd('updateStep', { stepId: 's1', act: 'STEP_ACT_DONE' })
    await vi.waitFor(() => expect(sent.length).toBe(1))
    heardServerTime(new Date(Date.now() - 60_000).toISOString())
    await vi.waitFor(async () => {
      await outboxSend()
      expect(outbox.value[0]?.state).toBe('sent')
    })
    expect(sent[1]).toEqual(sent[0])
  })
  it('does not send a time after the clock of the server', async () => {
    const calls = network(pushed(() => ({ entry: {} })))
    const { outboxAdd, outbox } = await page()
    await outboxAdd('addEntry', {
      incidentId: 'i',
      text: 'x',
      occurredAt: new Date(Date.now() + 3600_000).toISOString(),
    })
    await vi.waitFor(() => expect(outbox.value).toEqual([]))
    expect(Date.parse(operations(calls[0]!)[0]?.addEntry?.occurredAt ?? '')).toBeLessThanOrEqual(Date.now())
  })
})
