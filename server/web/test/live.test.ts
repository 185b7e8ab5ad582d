// SPDX-License-Identifier: Apache-2.0
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FeedChangeJson } from '../src/gen/sokuo/v1/sync_pb'
import { closeTabs, NO_NETWORK, network, tab } from './support'

// A server with a feed, and a stream that wakes those who listen.
class Feed {
  changes: FeedChangeJson[] = []
  epoch = 'a'
  pulls = 0
  waits = 0
  streams = new Set<FakeStream>()
  cursor = () => `${this.epoch}${this.changes.length}`
  add(seq: number, wake = true) {
    const entry = { id: `e${seq}`, seq, incidentId: 'i' }
    this.changes.push({ stream: 'incident', streamId: 'i', kind: 'entry.added', version: seq, entry })
    if (wake) for (const stream of this.streams) stream.emit('wake')
  }
  pull(request: Record<string, unknown>) {
    this.pulls++
    if (request.waitMs) this.waits++
    const after = String(request.after ?? '')
    if (!after) return { cursor: this.cursor() }
    if (!after.startsWith(this.epoch)) return { cursor: this.cursor(), reset: true }
    const from = Number(after.slice(1))
    const changes = this.changes.slice(from, from + 2)
    return { changes, cursor: `${this.epoch}${from + changes.length}`, more: from + 2 < this.changes.length }
  }
}

let feed: Feed
let streamOpens: boolean
class FakeStream extends EventTarget {
  static CLOSED = 2
  readyState = 1
  constructor() {
    super()
    feed.streams.add(this)
    if (streamOpens) queueMicrotask(() => this.emit('hello'))
  }
  emit(name: string) {
    this.dispatchEvent(new Event(name))
  }
  close() {
    this.readyState = 2
    feed.streams.delete(this)
  }
}

beforeEach(() => {
  feed = new Feed()
  streamOpens = true
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('EventSource', FakeStream)
  network((_method, request) => feed.pull(request))
})
afterEach(() => {
  closeTabs()
  vi.unstubAllGlobals()
})

async function page() {
  await tab()
  const live = await import('../src/base/live')
  const seen: (number | 'reset')[] = []
  live.onLive({
    changes: (changes) => void seen.push(...changes.map((change) => change.entry?.seq ?? 0)),
    reset: () => void seen.push('reset'),
  })
  live.liveBegin()
  await live.liveReady
  return { seen }
}

const oneStream = () => vi.waitFor(() => expect(feed.streams.size).toBe(1), { timeout: 3000 })

describe('the live feed', () => {
  it('hands every change over once and in order, also when there are more than fit an answer', async () => {
    const a = await page()
    await oneStream()
    for (let seq = 1; seq <= 7; seq++) feed.add(seq, seq % 3 === 0)
    feed.add(8)
    await vi.waitFor(() => expect(a.seen.length).toBe(8))
    expect(a.seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
  it('keeps one stream for all tabs, and every tab sees every change once', async () => {
    const a = await page()
    await oneStream()
    const b = await page()
    const c = await page()
    for (let seq = 1; seq <= 5; seq++) feed.add(seq)
    for (const one of [a, b, c]) await vi.waitFor(() => expect(one.seen).toEqual([1, 2, 3, 4, 5]))
    expect(feed.streams.size).toBe(1)
  })
  it('loses nothing that changed while the stream was cut', async () => {
    const a = await page()
    await oneStream()
    feed.add(1)
    await vi.waitFor(() => expect(a.seen).toEqual([1]))
    feed.add(2, false)
    feed.add(3, false)
    for (const stream of feed.streams) stream.emit('hello')
    await vi.waitFor(() => expect(a.seen).toEqual([1, 2, 3]))
  })
  it('says when the thread was lost', async () => {
    const a = await page()
    await oneStream()
    feed.epoch = 'b'
    feed.add(1)
    await vi.waitFor(() => expect(a.seen).toEqual(['reset']))
    feed.add(2)
    await vi.waitFor(() => expect(a.seen).toEqual(['reset', 2]))
  })
  it('knows since when it is cut off, also in a tab that was opened later', async () => {
    network(() => ({ cursor: 'a0', serverTime: '2026-07-05T02:10:33Z' }))
    await page()
    const live = await import('../src/base/live')
    await vi.waitFor(() => expect(live.liveState.value).toBe('live'))
    network(() => {
      throw NO_NETWORK
    })
    dispatchEvent(new Event('offline'))
    expect(live.liveState.value).toBe('waiting')
    await vi.waitFor(async () => expect(await (await import('../src/base/db')).read('facts', 'heardAt')).toBeTruthy())

    await tab()
    const later = await import('../src/base/live')
    later.liveBegin()
    await later.liveSoon()
    expect(later.liveState.value).toBe('waiting')
    await vi.waitFor(() => expect(later.heardAt.value).toBe('2026-07-05T02:10:33Z'))
  })
  it('tells who went on without it to load anew, and is back as soon as anything gets through', async () => {
    network(() => {
      throw NO_NETWORK
    })
    await tab()
    const live = await import('../src/base/live')
    const resets = vi.fn()
    live.onLive({ changes: () => undefined, reset: resets })
    live.liveBegin()
    await live.liveSoon()
    expect(live.liveState.value).toBe('waiting')
    // Its own next try lies in the future: another call is what shows that the server is there.
    await vi.waitFor(() => expect(feed.streams.size).toBe(1), { timeout: 3000 })
    network((method, request) => (method === 'SyncService/Pull' ? feed.pull(request) : {}))
    feed.pulls = 0
    const { auth } = await import('../src/base/services')
    await auth.getMe({})
    expect(feed.pulls).toBe(1)
    await vi.waitFor(() => expect(live.liveState.value).toBe('live'))
    expect(resets).toHaveBeenCalledOnce()
  })
  it('asks by itself where a proxy holds the stream back', async () => {
    streamOpens = false
    const a = await page()
    await oneStream()
    await vi.waitFor(() => expect(feed.waits).toBeGreaterThan(0), { timeout: 8000 })
    feed.add(1, false)
    await vi.waitFor(() => expect(a.seen).toEqual([1]), { timeout: 3000 })
    expect(feed.streams.size).toBe(0)
  }, 15_000)
})
