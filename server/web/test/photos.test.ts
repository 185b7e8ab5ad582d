// SPDX-License-Identifier: Apache-2.0
// A photo goes on where it stopped, wherever it was cut; one that the device cannot keep is refused while it can be taken
// again.
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PushRequestJson } from '../src/gen/sokuo/v1/sync_pb'
import { closeTabs, NO_NETWORK, network, pushed, tab } from './support'

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()))
afterEach(() => {
  closeTabs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const PHOTO = new Uint8Array(300_000).map((_, i) => (i * 7) % 251)
const file = () => new File([PHOTO], '機器.jpg', { type: 'image/jpeg' })

async function page() {
  await tab()
  const outbox = await import('../src/base/outbox')
  const photos = await import('../src/base/photos')
  photos.photosBegin()
  outbox.outboxBegin()
  await vi.waitFor(() => expect(outbox.outboxKnown.value).toBe(true))
  return { ...outbox, ...photos }
}

// A server that takes photos; cut(n) says what happens to its n-th piece.
function serverWith(cut: (n: number) => 'before' | 'after' | undefined) {
  let bytes = new Uint8Array()
  let id = ''
  let pieces = 0
  const about = () => ({ id, received: String(bytes.length), complete: bytes.length === PHOTO.length })
  const push = pushed((request) => {
    id = String(request.id)
    return { evidence: about() }
  })
  network((method, request) => {
    if (method === 'SyncService/Push') return push(method, request)
    if (method === 'EvidenceService/ListEvidence') return { evidence: [about()] }
    if (method !== 'EvidenceService/PutChunk') return {}
    const fate = cut(pieces++)
    if (fate === 'before') throw NO_NETWORK
    const piece = Uint8Array.from(atob(String(request.data)), (c) => c.charCodeAt(0))
    expect(Number(request.offset), 'it goes on where it stopped').toBe(bytes.length)
    bytes = new Uint8Array([...bytes, ...piece])
    if (fate === 'after') throw NO_NETWORK
    return { evidence: about() }
  })
  return { bytes: () => bytes, pieces: () => pieces }
}

async function whole(cut: (n: number) => 'before' | 'after' | undefined) {
  const server = serverWith(cut)
  const { photoAdd, outboxSend, waitingCount, photos } = await page()
  await photoAdd('s1', file())
  const counts: number[] = []
  waitingCount.subscribe((count) => void counts.push(count))
  await vi.waitFor(
    async () => {
      await outboxSend()
      expect(waitingCount.value).toBe(0)
    },
    { timeout: 8000 },
  )
  expect(photos.value).toEqual([])
  expect(counts.indexOf(0), 'nothing waits only once the photo is whole').toBe(counts.length - 1)
  expect(Buffer.compare(server.bytes(), PHOTO)).toBe(0)
  return server.pieces()
}

describe('a photo', () => {
  it('goes on where it stopped, whichever piece was cut', { timeout: 60_000 }, async () => {
    const pieces = await whole(() => undefined)
    expect(pieces).toBeGreaterThan(1)
    for (let n = 0; n < pieces; n++) {
      for (const fate of ['before', 'after'] as const) {
        vi.stubGlobal('indexedDB', new IDBFactory())
        closeTabs()
        await whole((at) => (at === n ? fate : undefined))
      }
    }
  })

  it('that the device cannot keep is refused at once, and nothing of it is queued', async () => {
    const calls = network(pushed(() => ({})))
    const { photoAdd, outboxAdd, outbox, waitingCount } = await page()
    const real = IDBObjectStore.prototype.put
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      if (this.name === 'photos') throw new DOMException('no room', 'QuotaExceededError')
      return real.apply(this, args)
    })
    await expect(photoAdd('s1', file())).rejects.toThrow()
    const told = await import('../src/base/db')
    expect(told.storageLost.value).toBe(true)
    expect(outbox.value).toEqual([])
    expect((await (await told.database())?.getAll('queue')) ?? []).toEqual([])
    // What needs no room for a photo goes on, without a gap in its numbers.
    await outboxAdd('updateStep', { stepId: 's1', act: 'STEP_ACT_DONE' })
    await vi.waitFor(() => expect(waitingCount.value).toBe(0))
    const sent = calls.filter((call) => call.method === 'SyncService/Push')
    expect(sent.flatMap((call) => (call.request as PushRequestJson).operations ?? []).map((op) => op.seq)).toEqual([
      '1',
    ])
  })

  it('a device that keeps nothing still sends what is done in the page', async () => {
    network(pushed(() => ({})))
    const { outboxAdd, outbox, waitingCount } = await page()
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError')
    })
    await outboxAdd('updateStep', { stepId: 's1', act: 'STEP_ACT_DONE' })
    expect(outbox.value.length).toBe(1)
    await vi.waitFor(() => expect(waitingCount.value).toBe(0))
    expect(outbox.value).toMatchObject([{ state: 'sent' }])
  })
})
