// SPDX-License-Identifier: Apache-2.0
// Drives the queue (queue.ts): each thing a person does is on the device, with its number, before the first try, and is
// sent in order until the server has answered. A killed tab, two tabs or a lost answer neither lose nor double it.
import { computed, signal } from '@preact/signals'
import type { MeJson } from '../gen/sokuo/v1/auth_pb'
import type { ErrorInfoJson } from '../gen/sokuo/v1/common_pb'
import type { PushResponseJson, PushResultJson } from '../gen/sokuo/v1/sync_pb'
import { alone } from './alone'
import { heardServerTime, serverNow } from './clock'
import { database, type PhotoRow, type QueueRow, read, readEarly, storageCheck, storageLost, write } from './db'
import { liveState } from './live'
import {
  AGED,
  batch,
  type Clock,
  inOrder,
  isShut,
  type Kind,
  numbered,
  type OutboxItem,
  operationOf,
  outOfStep,
  renumbered,
  settled,
} from './queue'
import { navigate } from './router'
import { CallError } from './rpc'
import { sync } from './services'
import { me, sessionCheck, sessionState } from './session'
import { lang } from './settings'
import { uuid } from './uuid'
import { seal, unseal } from './vault'

export type { OutboxItem } from './queue'

const KEPT_MS = 24 * 3600_000 // answers of filings, so that the number is found again
const PUSH_MS = 60_000

// The items of the person who is logged in, oldest first.
export const outbox = signal<OutboxItem[]>([])
// What lies on the device has been read.
export const outboxKnown = signal(false)
// Photos whose announcement is through and whose bytes are still on the way.
export const photosWaiting = signal(0)
export const waitingCount = computed(
  () => outbox.value.filter((item) => item.state === 'waiting').length + photosWaiting.value,
)
export const refusedItems = computed(() => outbox.value.filter((item) => item.state === 'refused'))
// What became otherwise than the person expected, until they have read it.
export const unreadItems = computed(() => outbox.value.filter((item) => item.unread))
// The last try did not reach the server.
export const offline = signal(false)

type Listener = (item: OutboxItem) => void
const listeners = new Set<Listener>()
// Tells of each item that was sent or refused; returns what ends it.
export function onOutbox(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

// What runs after the queue, with the network known to be there: bytes of photos. It stops when go() says no.
type Work = (go: () => Promise<boolean>) => Promise<void>
let afterwards: Work | undefined
export function afterSending(work: Work): void {
  afterwards = work
}

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('sokuo-outbox')
channel?.addEventListener('message', () => void load())

const page = uuid()
const clock = (): Clock => ({ now: serverNow().getTime(), page, ms: performance.now() })

// What could not be written: it lives as long as the page, under a numbering of its own.
let unwritten: OutboxItem[] = []
let unwrittenHead: { clientId: string; lastSeq: number } | undefined
// Rows that were unsealed before, by operation id and state.
let known = new Map<string, OutboxItem>()
let loads = 0

function rowOf(item: OutboxItem, body: QueueRow['body']): QueueRow {
  const { operationId, accountId, clientId, seq, kind, state, unread } = item
  return { operationId, accountId, clientId, seq, kind, state, unread, body }
}

async function itemOf(row: QueueRow): Promise<OutboxItem | undefined> {
  const key = `${row.operationId} ${row.state}`
  const { body, ...rest } = row
  const before = known.get(key)
  const more = before ?? (await unseal<OutboxItem>('queue', body))
  return more && { ...more, ...rest }
}

// Reads what lies on the device.
async function load(): Promise<void> {
  const db = await database()
  const turn = ++loads
  const mine = me.peek()?.accountId
  const rows = (await readEarly('queue')) ?? (await db?.getAll('queue')) ?? []
  const items = await Promise.all(rows.filter((row) => row.accountId === mine).map(itemOf))
  if (turn !== loads) return
  const found = items.filter((item) => item !== undefined)
  known = new Map(found.map((item) => [`${item.operationId} ${item.state}`, item]))
  outbox.value = [...inOrder(found), ...unwritten.filter((item) => item.accountId === mine)]
  outboxKnown.value = true
}

async function changed(): Promise<void> {
  channel?.postMessage(null)
  await load()
}

function isUnwritten(item: OutboxItem): boolean {
  return unwritten.some((one) => one.operationId === item.operationId)
}

// Takes an item off the device: when the person has read what became of it, or throws a refused one away.
export async function outboxRemove(item: OutboxItem): Promise<void> {
  unwritten = unwritten.filter((one) => one.operationId !== item.operationId)
  const db = await database()
  if (db) {
    const tx = db.transaction(['queue', 'photos'], 'readwrite')
    await tx.objectStore('queue').delete(item.operationId)
    if (item.kind === 'beginEvidence' && item.state === 'refused')
      await tx.objectStore('photos').delete(String(item.request.id))
    await tx.done
  }
  await changed()
}

// The person has read it. What is only there to be read goes; a refused one stays until it is dealt with.
export async function outboxRead(item: OutboxItem): Promise<void> {
  const db = await database()
  if (!db || isUnwritten(item)) item.unread = false
  else {
    const tx = db.transaction('queue', 'readwrite')
    const row = await tx.store.get(item.operationId)
    if (row) await tx.store.put({ ...row, unread: false })
    await tx.done
  }
  await changed()
}

export interface More {
  // The form it was made of.
  form?: unknown
  // What it is about, in the person's words.
  about?: string
  photo?: PhotoRow
  // The refused item that it takes the place of.
  instead?: OutboxItem
}

// One transaction: the number, the operation, the photo it announces, and the refused one it is put in the place of.
async function persist(item: OutboxItem, more: More): Promise<boolean> {
  const db = await database()
  if (!db) return false
  const body = await seal('queue', item).catch(() => undefined)
  if (!body) return false
  const tx = db.transaction(['heads', 'queue', 'photos'], 'readwrite')
  try {
    const head = numbered(await tx.objectStore('heads').get(item.accountId), uuid())
    Object.assign(item, { clientId: head.clientId, seq: head.lastSeq })
    await tx.objectStore('heads').put(head, item.accountId)
    await tx.objectStore('queue').put(rowOf(item, body))
    if (more.photo) await tx.objectStore('photos').put(more.photo)
    if (more.instead) await tx.objectStore('queue').delete(more.instead.operationId)
    await tx.done
    return true
  } catch {
    // All of it or nothing, whatever it was that found no room.
    if (tx.error === null) tx.abort()
    await tx.done.catch(() => undefined)
    return false
  }
}

// Keeps the request on the device, then begins to send. Answers as soon as it is kept. A photo that the device cannot
// keep is an error, told while it can still be taken again; everything else then lives in the page.
export async function outboxAdd(kind: Kind, request: Record<string, unknown>, more: More = {}): Promise<OutboxItem> {
  const operationId = uuid()
  const createdAt = serverNow().toISOString()
  const item: OutboxItem = {
    operationId,
    accountId: me.peek()?.accountId ?? '',
    clientId: '',
    seq: 0,
    kind,
    request: { ...(AGED.includes(kind) ? { occurredAt: createdAt } : {}), ...request, operationId },
    createdAt,
    clock: { page, ms: performance.now() },
    state: 'waiting',
    form: more.form,
    about: more.about,
  }
  if (!(await persist(item, more))) {
    storageLost.value = true
    if (more.photo) throw new CallError('storage', 'storage')
    unwrittenHead = numbered(unwrittenHead, uuid())
    Object.assign(item, { clientId: unwrittenHead.clientId, seq: unwrittenHead.lastSeq })
    unwritten = [...unwritten, item]
  }
  unwritten = unwritten.filter((one) => one.operationId !== more.instead?.operationId)
  await changed()
  void storageCheck()
  void outboxSend()
  return item
}

// Puts the answers to what was sent in one transaction. Only the first answer changes anything.
async function settleAll(items: OutboxItem[], results: PushResultJson[]): Promise<void> {
  const answers = new Map(results.map((one) => [one.operationId, one]))
  const next = items
    .map((item) => {
      const answer = answers.get(item.operationId)
      return answer ? settled(item, answer) : item
    })
    .filter((item) => item.state !== 'waiting')
  const bodies = await Promise.all(next.map((item) => (isUnwritten(item) ? undefined : seal('queue', item))))
  const db = await database()
  const tx = db?.transaction(['queue', 'photos'], 'readwrite')
  let announced = 0
  for (const [i, item] of next.entries()) {
    if (isUnwritten(item)) unwritten = unwritten.map((one) => (one.operationId === item.operationId ? item : one))
    else if (tx) {
      const row = await tx.objectStore('queue').get(item.operationId)
      if (row?.state !== 'waiting') continue
      if (item.kind === 'addEntry' && item.state === 'sent') await tx.objectStore('queue').delete(item.operationId)
      else await tx.objectStore('queue').put(rowOf({ ...item, clientId: row.clientId, seq: row.seq }, bodies[i]!))
      const photo = item.kind === 'beginEvidence' && item.state === 'sent' && String(item.request.id)
      const kept = photo && (await tx.objectStore('photos').get(photo))
      if (kept) await tx.objectStore('photos').put({ ...kept, announced: true })
      if (kept) announced++
    }
  }
  await tx?.done
  // At once, so that the length of the queue never says 0 in between.
  photosWaiting.value += announced
  await changed()
  for (const item of next) for (const listener of listeners) listener(item)
}

// The server has lost the thread, or we have: begin a new numbering with what waits.
async function renumber(clientId: string): Promise<void> {
  if (unwrittenHead?.clientId === clientId) {
    const fresh = renumbered(unwritten, uuid())
    unwrittenHead = fresh.head
    unwritten = fresh.items
  }
  const db = await database()
  const account = me.peek()?.accountId ?? ''
  if (db) {
    const tx = db.transaction(['heads', 'queue'], 'readwrite')
    const head = await tx.objectStore('heads').get(account)
    if (head?.clientId === clientId) {
      const rows = (await tx.objectStore('queue').getAll()).filter((row) => row.accountId === account)
      const fresh = renumbered(rows as unknown as OutboxItem[], uuid())
      await tx.objectStore('heads').put(fresh.head, account)
      for (const row of fresh.items) await tx.objectStore('queue').put(row as unknown as QueueRow)
    }
    await tx.done
  }
  await changed()
}

// What goes next, all of one numbering.
function nextBatch(most: number): OutboxItem[] {
  const waiting = outbox.peek().filter((item) => item.state === 'waiting')
  return batch(waiting.filter((item) => item.clientId === waiting[0]!.clientId)).slice(0, most)
}

const own = (info: ErrorInfoJson) => (lang.peek() === 'en' ? info.messageEn : info.messageJa)

// Why an item was refused, in the person's language.
export function refusalOf(item: OutboxItem): string {
  return (item.refusal && (own(item.refusal) || item.refusal.reason)) ?? ''
}

function push(sent: OutboxItem[]): Promise<PushResponseJson> {
  const now = clock()
  const operations = sent.map((item) => operationOf(item, now))
  // Times in the requests are by the server's clock as this device knows it, and so is this one.
  const { clientId, accountId } = sent[0]!
  const request = { clientId, accountId, operations, deviceTime: new Date(now.now).toISOString() }
  return sync.push(request, { timeoutMs: PUSH_MS, silent: true })
}

// The whole request is refused for what one operation says: that one is refused, and the rest goes on without it.
async function refuse(item: OutboxItem, e: CallError): Promise<void> {
  const refusal = { messageJa: e.message, messageEn: e.message, ...e.info }
  await settleAll([item], [{ operationId: item.operationId, code: e.code, refusal }])
  await renumber(item.clientId)
}

const anyWaits = () => outbox.peek().some((item) => item.state === 'waiting')

// A tab that was left open must not send with the session of whoever logged in after its person.
async function mineStill(): Promise<boolean> {
  return (await read<MeJson>('facts', 'me'))?.accountId === me.peek()?.accountId
}

async function drain(keep: () => Promise<unknown>): Promise<void> {
  await load()
  do {
    await sendAll(keep)
    await afterwards?.(async () => {
      await keep()
      return !anyWaits() && (await mineStill())
    })
  } while (anyWaits() && (await mineStill()))
}

async function sendAll(keep: () => Promise<unknown>): Promise<void> {
  let most = 50
  for (let sent = nextBatch(most); sent.length > 0; sent = nextBatch(most)) {
    await keep()
    if (!(await mineStill())) return
    let answer: PushResponseJson
    try {
      answer = await push(sent)
    } catch (e) {
      const fault = e instanceof CallError && ['invalid_argument', 'resource_exhausted'].includes(e.code)
      if (!fault || (sent.length === 1 && e.code !== 'invalid_argument')) throw e
      if (sent.length === 1) await refuse(sent[0]!, e)
      most = 1
      continue
    }
    heardServerTime(answer.serverTime)
    offline.value = false
    pauseMs = 1000
    if (answer.results?.length) await settleAll(sent, answer.results)
    if (isShut(answer) && !anyWaits()) await renumber(sent[0]!.clientId)
    if (outOfStep(sent, answer)) await renumber(sent[0]!.clientId)
    else if (answer.halted || !answer.results?.length)
      throw new CallError('resource_exhausted', answer.haltReason ?? '')
  }
}

let sending = false
let timer: ReturnType<typeof setTimeout> | undefined
let pauseMs = 1000

function later(ms: number): void {
  clearTimeout(timer)
  timer = setTimeout(() => void outboxSend(), ms)
}

// Sends what waits, oldest first; tries again by itself, sooner when the network comes back.
export async function outboxSend(): Promise<void> {
  if (sending || sessionState.peek() !== 'open') return
  clearTimeout(timer)
  sending = true
  try {
    if (!(await mineStill())) {
      later(3000)
      await sessionCheck()
    } else if (!(await alone(drain))) later(3000)
    else {
      offline.value = false
      if (anyWaits()) later(100)
    }
  } catch (e) {
    offline.value = e instanceof CallError && e.offline
    // The login comes over the screen; the turn to send is given up meanwhile, another tab may have it.
    if (e instanceof CallError && (e.code === 'unauthenticated' || e.info.reason === 'OTHER_ACCOUNT'))
      void sessionCheck()
    const retryAt = e instanceof CallError && e.info.retryAt ? Date.parse(e.info.retryAt) - Date.now() : 0
    later(Math.max(pauseMs, Math.min(retryAt, 60_000)))
    pauseMs = Math.min(pauseMs * 2, 30_000)
  } finally {
    sending = false
  }
}

// A refused item goes out again, as it is or changed.
export async function outboxRetry(item: OutboxItem, request = item.request): Promise<void> {
  await outboxAdd(item.kind, { ...request }, { form: item.form, about: item.about, instead: item })
}

// Puts the form of a refused filing back on the screen.
export async function takeUpAgain(item: OutboxItem): Promise<void> {
  await write('drafts', `${item.accountId}/file`, item.form)
  await outboxRemove(item)
  navigate('/file', 'replace')
}

// Forgets answers that a newer list from the server contains.
export async function outboxPurge(operationIds: ReadonlySet<string>): Promise<void> {
  const db = await database()
  const tx = db?.transaction('queue', 'readwrite')
  for (const id of operationIds) {
    const row = await tx?.store.get(id)
    if (row?.state === 'sent' && !row.unread && row.kind !== 'fileIncident') await tx?.store.delete(id)
  }
  await tx?.done
  unwritten = unwritten.filter((item) => item.state === 'waiting' || item.unread || !operationIds.has(item.operationId))
  await load()
}

async function begin(rest: Promise<unknown>): Promise<void> {
  await load()
  await rest
  for (const item of outbox.peek()) {
    const old = Date.now() - Date.parse(item.createdAt) > KEPT_MS
    if (old && item.kind === 'fileIncident' && item.state === 'sent') await outboxRemove(item)
  }
  await outboxSend()
}

// Once a page: brings back what an earlier tab left; after rest forgets old answers, and sends.
export function outboxBegin(rest: Promise<unknown> = Promise.resolve()): void {
  addEventListener('online', () => void outboxSend())
  liveState.subscribe((state) => void (state === 'live' && outboxSend()))
  document.addEventListener('visibilitychange', () => void (document.hidden || outboxSend()))
  sessionState.subscribe((state) => void (state === 'open' && begin(rest)))
}
