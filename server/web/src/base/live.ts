// SPDX-License-Identifier: Apache-2.0
// What changes elsewhere arrives here, without loss and without doubles. One tab of the browser listens for all: it holds
// the event stream (which only wakes), pulls, and hands the changes over. Where no stream gets through, it long-polls.
import { signal } from '@preact/signals'
import type { FeedChangeJson, PullResponseJson } from '../gen/sokuo/v1/sync_pb'
import { heardServerTime, serverNow } from './clock'
import { read, readEarly, write } from './db'
import { CallError, onReached } from './rpc'
import { sync } from './services'
import { sessionState } from './session'
import { uuid } from './uuid'

const HELLO_MS = 5_000
const BEAT_MS = 2_000
const SILENT_MS = 6_000
const POLL_MS = 25_000
const STREAM_AGAIN_MS = 300_000
const QUIET_MS = 60_000
const SOON_MS = 3_000

// live: changes arrive by themselves; waiting: no connection just now.
export const liveState = signal<'waiting' | 'live'>('waiting')

// When the server was last heard, by its clock; of an earlier visit at first, '' when never. What is on the screen is as of
// then.
export const heardAt = signal('')

export interface LiveListener {
  // Changes in commit order, each exactly once.
  changes(changes: FeedChangeJson[]): void
  // The thread was lost (another database, too long away): load the screen anew.
  reset(): void
}

type Message =
  | { type: 'beat'; from: string; live: boolean; heardAt: string }
  | { type: 'bye'; from: string }
  | { type: 'news'; from: string; after: string; answer: PullResponseJson }
  | { type: 'ask'; from: string }

const listeners = new Set<LiveListener>()
export function onLive(listener: LiveListener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

// The cursor of this tab: everything up to it was handed to the listeners.
let cursor = ''
let begun: (() => void) | undefined
// Fulfilled when there is a cursor: what a screen loads after that, together with the changes, has no gap.
export const liveReady: Promise<void> = new Promise((resolve) => {
  begun = resolve
})

let unreached: (() => void) | undefined
const cutOnce = new Promise<void>((resolve) => {
  unreached = resolve
})
// The same, but not for longer than people wait: without a network there never is a cursor. Who went on without one is told
// to load anew when there is.
let wentOn = false
export async function liveSoon(): Promise<void> {
  await Promise.race([liveReady, cutOnce, sleep(SOON_MS)])
  if (cursor === '') wentOn = true
}

function apply(after: string, answer: PullResponseJson): boolean {
  heardServerTime(answer.serverTime)
  heardAt.value = answer.serverTime ?? serverNow().toISOString()
  if (after !== cursor) return false
  const first = cursor === ''
  cursor = answer.cursor ?? cursor
  if (first) begun?.()
  if (answer.reset || (first && wentOn)) for (const l of listeners) l.reset()
  else if (answer.changes?.length) for (const l of listeners) l.changes(answer.changes)
  return true
}

let pulling: Promise<void> | undefined
let pulledAt = 0
let again = false

// Pulls until nothing is left; calls made meanwhile end with one more round.
function pull(waitMs = 0): Promise<void> {
  if (pulling) {
    again = true
    return pulling
  }
  pulledAt = Date.now()
  pulling = (async () => {
    let more = true
    while (more) {
      again = false
      const after = cursor
      const answer = await sync.pull({ after, waitMs }, { timeoutMs: waitMs + 15_000 })
      if (apply(after, answer) && cursor !== after) {
        channel?.postMessage({ type: 'news', from: self, after, answer } satisfies Message)
      }
      liveState.value = 'live'
      more = answer.more === true || again
    }
  })().finally(() => {
    pulling = undefined
  })
  return pulling
}

const self = uuid()
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('sokuo-live')
let leader = ''
let heardLeader = 0
let stream: EventSource | undefined
let polling = false
let pauseMs = 1000

function wake(): void {
  pull().then(calm, trouble)
}

function calm(): void {
  pauseMs = 1000
}

// No connection: from now on the screen shows the past.
function cut(): void {
  liveState.value = 'waiting'
  unreached?.()
  if (heardAt.peek()) void write('facts', 'heardAt', heardAt.peek())
}

function trouble(e: unknown): void {
  if (e instanceof CallError && e.code === 'unauthenticated') return
  cut()
  setTimeout(() => leader === self && wake(), pauseMs)
  pauseMs = Math.min(pauseMs * 2, 30_000)
}

// Something else got through: no need to wait for the next try.
function back(): void {
  if (liveState.peek() === 'live' || pulling || sessionState.peek() !== 'open') return
  if (leader === self) wake()
  else pull().catch(() => undefined)
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// Pulls again and again, each waiting at the server; after a while tries the stream once more.
async function poll(): Promise<void> {
  if (polling) return
  polling = true
  const until = Date.now() + STREAM_AGAIN_MS
  while (leader === self && polling && (Date.now() < until || typeof EventSource === 'undefined')) {
    const asked = Date.now()
    try {
      await pull(POLL_MS)
      calm()
      // A server that does not wait must not be asked in a circle.
      if (Date.now() - asked < 200) await sleep(1000)
    } catch {
      cut()
      await sleep(pauseMs)
      pauseMs = Math.min(pauseMs * 2, 30_000)
    }
  }
  polling = false
  if (leader === self) listen()
}

// Opens the stream. Any event but a heartbeat means: pull. No event within five seconds means: a proxy holds it back.
function listen(): void {
  stream?.close()
  if (typeof EventSource === 'undefined') {
    void poll()
    return
  }
  const opened = new EventSource('/events')
  stream = opened
  const giveUp = setTimeout(() => {
    opened.close()
    if (stream === opened) void poll()
  }, HELLO_MS)
  const heard = () => {
    clearTimeout(giveUp)
    wake()
  }
  for (const name of ['hello', 'wake', 'message']) opened.addEventListener(name, heard)
  opened.addEventListener('error', () => {
    cut()
    if (opened.readyState !== EventSource.CLOSED || stream !== opened) return
    clearTimeout(giveUp)
    void poll()
  })
}

function lead(): void {
  leader = self
  beat()
  listen()
}

function follow(other: string): void {
  if (leader === self) {
    stream?.close()
    polling = false
  }
  leader = other
  heardLeader = Date.now()
}

function beat(): void {
  const live = liveState.peek() === 'live'
  channel?.postMessage({ type: 'beat', from: self, live, heardAt: heardAt.peek() } satisfies Message)
}

function hear(message: Message): void {
  if (sessionState.peek() !== 'open') return
  if (message.type === 'beat') {
    // Two leaders: the smaller name goes on, the other one steps back.
    if (leader === self && message.from > self) beat()
    else {
      follow(message.from)
      liveState.value = message.live ? 'live' : 'waiting'
      if (message.heardAt > heardAt.peek()) heardAt.value = message.heardAt
    }
  } else if (message.type === 'bye' && leader === message.from) {
    leader = ''
    heardLeader = 0
    setTimeout(watch, Math.random() * 200)
  } else if (message.type === 'ask' && leader === self) {
    beat()
  } else if (message.type === 'news') {
    liveState.value = 'live'
    // A gap (this tab slept or has just begun): pull what is missing oneself.
    if (!apply(message.after, message.answer) && message.answer.cursor !== cursor) pull().catch(() => undefined)
  }
}

function watch(): void {
  if (sessionState.peek() !== 'open') return
  if (leader === self) {
    beat()
    // A stream that is dead looks like one that is quiet: ask.
    if (!document.hidden && Date.now() - pulledAt > QUIET_MS) wake()
  } else if (Date.now() - heardLeader > SILENT_MS) lead()
}

const heardBefore = async () => (await readEarly('heardAt')) ?? (await read<string>('facts', 'heardAt'))

function open(): void {
  // Every tab pulls once by itself: it needs a cursor before its screen loads.
  pull().catch((e) => e instanceof CallError && e.offline && cut())
  void heardBefore().then((kept) => {
    if (kept && !heardAt.peek()) heardAt.value = kept
  })
  if (leader === self) {
    listen()
    return
  }
  channel?.postMessage({ type: 'ask', from: self } satisfies Message)
  setTimeout(watch, channel ? 300 : 0)
}

// Nobody is logged in: another tab may listen, or none.
function rest(): void {
  if (leader === self) {
    stream?.close()
    polling = false
    channel?.postMessage({ type: 'bye', from: self } satisfies Message)
  }
  leader = ''
}

// Once a page.
export function liveBegin(): void {
  channel?.addEventListener('message', (event) => hear(event.data as Message))
  sessionState.subscribe((state) => (state === 'open' ? open() : rest()))
  setInterval(watch, BEAT_MS)
  onReached(back)
  addEventListener('online', () => void (leader === self && listen()))
  addEventListener('offline', cut)
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || sessionState.peek() !== 'open') return
    watch()
    pull().catch(() => undefined)
  })
  addEventListener('pagehide', () => void (leader === self && channel?.postMessage({ type: 'bye', from: self })))
}
