// SPDX-License-Identifier: Apache-2.0
// What stays on the device: drafts, the queue with its photos, my steps, a few facts for a start without a network.
// Never incidents. The bodies are sealed (vault.ts) where the origin is secure.
import { signal } from '@preact/signals'
import { type DBSchema, type IDBPDatabase, openDB, wrap } from 'idb'
import type { MeJson } from '../gen/sokuo/v1/auth_pb'
import type { Head, OutboxItem } from './queue'
import type { Sealed } from './vault'

// An item of the queue as it lies on the device.
export interface QueueRow
  extends Pick<OutboxItem, 'operationId' | 'accountId' | 'clientId' | 'seq' | 'kind' | 'state' | 'unread'> {
  body: Sealed
}

// A photo whose bytes wait to be sent.
export interface PhotoRow {
  id: string
  accountId: string
  stepId: string
  size: number
  // The server knows of it: bytes may follow.
  announced: boolean
  // Why the server does not take it.
  error?: string
  body: Sealed
}

export interface ListRow {
  accountId: string
  // By the server's clock.
  at: string
  body: Sealed
}

export interface Schema extends DBSchema {
  drafts: { key: string; value: unknown }
  facts: { key: string; value: unknown }
  heads: { key: string; value: Head }
  queue: { key: string; value: QueueRow }
  photos: { key: string; value: PhotoRow }
  lists: { key: string; value: ListRow }
  keys: { key: string; value: CryptoKey }
}

// The device refuses to keep anything (private window, full disk): say so before something is lost.
export const storageLost = signal(false)
// The device has little room left.
export const storageTight = signal(false)
// The browser has not promised to keep what lies here when room gets scarce.
export const storageLoose = signal(false)

const TIGHT_BYTES = 60_000_000

// What early.js read while the client was on its way, once somebody was here before.
interface Early {
  db: IDBDatabase
  opened: Map<Sealed, unknown>
  read: { me?: MeJson; heardAt?: string; lists?: ListRow[]; queue?: QueueRow[] }
}

const early = (globalThis as { sokuoDevice?: Promise<Early | null> }).sokuoDevice

let opened: Promise<IDBPDatabase<Schema> | null> | undefined
let isEarlyUsed = false

async function openDatabase(): Promise<IDBPDatabase<Schema> | null> {
  const found = isEarlyUsed ? null : await early
  isEarlyUsed = true
  if (found) {
    found.db.onclose = () => {
      opened = undefined
    }
    return wrap(found.db) as unknown as IDBPDatabase<Schema>
  }
  try {
    return await openDB<Schema>('sokuo', 2, {
      upgrade(db, before) {
        if (before === 1) db.deleteObjectStore('outbox' as never)
        for (const store of before === 1 ? [] : (['drafts', 'facts'] as const)) db.createObjectStore(store)
        db.createObjectStore('heads')
        db.createObjectStore('queue', { keyPath: 'operationId' })
        db.createObjectStore('photos', { keyPath: 'id' })
        db.createObjectStore('lists', { keyPath: 'accountId' })
        db.createObjectStore('keys')
      },
      terminated() {
        opened = undefined
      },
    })
  } catch {
    storageLost.value = true
    return null
  }
}

export function database(): Promise<IDBPDatabase<Schema> | null> {
  opened ??= openDatabase()
  return opened
}

// What was read early: the first who asks gets it, everybody else reads anew.
export async function readEarly<K extends keyof Early['read']>(what: K): Promise<Early['read'][K]> {
  const found = await early
  const value = found?.read[what]
  if (found) delete found.read[what]
  return value
}

// A body that was opened early, once; undefined: it was not.
export async function openedEarly(body: Sealed): Promise<unknown> {
  const found = await early
  const value = found?.opened.get(body)
  found?.opened.delete(body)
  return value
}

// Asks the browser to keep what lies here, and looks how much room is left. Cheap; call it when something is kept.
export async function storageCheck(): Promise<void> {
  const storage = navigator.storage
  if (!storage?.estimate) return
  const kept = (await storage.persisted?.()) || (await storage.persist?.())
  storageLoose.value = !kept
  const { quota = Infinity, usage = 0 } = await storage.estimate()
  storageTight.value = quota - usage < TIGHT_BYTES
}

const memory = new Map<string, unknown>()

export async function read<T>(store: 'drafts' | 'facts', key: string): Promise<T | undefined> {
  const db = await database()
  return ((await db?.get(store, key)) ?? memory.get(`${store}/${key}`)) as T | undefined
}

export async function write(store: 'drafts' | 'facts', key: string, value: unknown): Promise<void> {
  const db = await database()
  if (!db) memory.set(`${store}/${key}`, value)
  else
    await db.put(store, value, key).catch(() => {
      storageLost.value = true
      memory.set(`${store}/${key}`, value)
    })
}

export async function forget(store: 'drafts' | 'facts', key: string): Promise<void> {
  memory.delete(`${store}/${key}`)
  const db = await database()
  await db?.delete(store, key)
}

// Everything that belongs to the person goes, and the key that opens it; what is unsent stays until it is sent.
export async function forgetPerson(): Promise<void> {
  memory.clear()
  const db = await database()
  if (!db) return
  const tx = db.transaction(['facts', 'lists', 'keys'], 'readwrite')
  await Promise.all([
    tx.objectStore('facts').clear(),
    tx.objectStore('lists').clear(),
    tx.objectStore('keys').delete('lists'),
    tx.done,
  ])
}
