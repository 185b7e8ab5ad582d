// SPDX-License-Identifier: Apache-2.0
// Filings and entries are written to the device before the first try and sent in order until the server has answered.
// The operation id makes a second try harmless, so a killed tab, two tabs or a lost answer neither lose nor double.
import { computed, signal } from '@preact/signals'
import { serverNow } from './clock'
import { database, type OutboxItem, storageLost } from './db'
import { CallError } from './rpc'
import { incidents } from './services'
import { me, sessionState } from './session'
import { uuid } from './uuid'

const KEPT_MS = 24 * 3600_000 // answers of filings, so that the number is found again

// The items of the person who is logged in, oldest first.
export const outbox = signal<OutboxItem[]>([])
export const waitingCount = computed(() => outbox.value.filter((item) => item.state === 'waiting').length)
export const refusedItems = computed(() => outbox.value.filter((item) => item.state === 'refused'))
// The last try did not reach the server.
export const offline = signal(false)

type Listener = (item: OutboxItem) => void
const listeners = new Set<Listener>()
// Tells of each item that was sent or refused; returns what ends it.
export function onOutbox(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('sokuo-outbox')
channel?.addEventListener('message', () => void load())

// Reads what lies on the device.
async function load(): Promise<void> {
  const db = await database()
  if (!db) return
  const mine = me.peek()?.accountId
  const all = await db.getAll('outbox')
  outbox.value = all.filter((item) => item.accountId === mine)
}

async function save(item: OutboxItem): Promise<void> {
  const db = await database()
  if (db) {
    try {
      item.seq = await db.put('outbox', { ...item })
    } catch {
      storageLost.value = true
    }
  }
  const rest = outbox.peek().filter((other) => other.operationId !== item.operationId)
  outbox.value = [...rest, item].sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity))
  channel?.postMessage(null)
}

// Takes an item off the device: when it is sent for good, or when the person throws a refused one away.
export async function outboxRemove(item: OutboxItem): Promise<void> {
  const db = await database()
  if (db && item.seq !== undefined) await db.delete('outbox', item.seq)
  outbox.value = outbox.peek().filter((other) => other.operationId !== item.operationId)
  channel?.postMessage(null)
}

// Keeps the request on the device, then begins to send. Answers as soon as it is kept.
export async function outboxAdd(
  kind: OutboxItem['kind'],
  request: Record<string, unknown>,
  form?: unknown,
): Promise<OutboxItem> {
  const operationId = uuid()
  const item: OutboxItem = {
    operationId,
    accountId: me.peek()?.accountId ?? '',
    kind,
    request: { ...request, operationId },
    createdAt: serverNow().toISOString(),
    state: 'waiting',
    form,
  }
  await save(item)
  void outboxSend()
  return item
}

// The device's clock may run ahead: the server refuses a time after its own.
function clamped(request: Record<string, unknown>): Record<string, unknown> {
  const at = request.occurredAt
  if (typeof at !== 'string' || Date.parse(at) <= serverNow().getTime()) return request
  return { ...request, occurredAt: serverNow().toISOString() }
}

async function sendOne(item: OutboxItem): Promise<void> {
  const request = clamped(item.request)
  try {
    item.answer = (
      item.kind === 'FileIncident'
        ? await incidents.fileIncident(request as never)
        : await incidents.addEntry(request as never)
    ) as Record<string, unknown>
    item.state = 'sent'
  } catch (e) {
    if (!(e instanceof CallError) || e.retryable || e.code === 'unauthenticated') throw e
    item.state = 'refused'
    item.error = e.message
  }
  if (item.kind === 'AddEntry' && item.state === 'sent') await outboxRemove(item)
  else await save(item)
  for (const listener of listeners) listener(item)
}

let sending = false
let timer: ReturnType<typeof setTimeout> | undefined
let pauseMs = 1000

// Sends what waits, oldest first; tries again by itself, sooner when the network comes back.
export async function outboxSend(): Promise<void> {
  if (sending || sessionState.peek() !== 'open') return
  clearTimeout(timer)
  sending = true
  try {
    for (let item = next(); item; item = next()) await sendOne(item)
    offline.value = false
    pauseMs = 1000
  } catch (e) {
    offline.value = e instanceof CallError && e.offline
    const retryAt = e instanceof CallError && e.info.retryAt ? Date.parse(e.info.retryAt) - Date.now() : 0
    timer = setTimeout(() => void outboxSend(), Math.max(pauseMs, Math.min(retryAt, 60_000)))
    pauseMs = Math.min(pauseMs * 2, 30_000)
  } finally {
    sending = false
  }
}

function next(): OutboxItem | undefined {
  const mine = me.peek()?.accountId
  return outbox.peek().find((item) => item.state === 'waiting' && item.accountId === mine)
}

// A refused item goes out again, as it is or changed.
export async function outboxRetry(item: OutboxItem, request = item.request): Promise<void> {
  await outboxRemove(item)
  await outboxAdd(item.kind, { ...request })
}

// Once a page: brings back what an earlier tab left, forgets old answers, sends.
export async function outboxBegin(): Promise<void> {
  await load()
  for (const item of outbox.peek()) {
    if (item.state === 'sent' && Date.now() - Date.parse(item.createdAt) > KEPT_MS) await outboxRemove(item)
  }
  addEventListener('online', () => void outboxSend())
  document.addEventListener('visibilitychange', () => void (document.hidden || outboxSend()))
  sessionState.subscribe((state) => void (state === 'open' && load().then(outboxSend)))
}
