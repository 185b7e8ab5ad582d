// SPDX-License-Identifier: Apache-2.0
// What stays on the device: drafts, the outbox, a few facts for a start without a network. Never incidents.
import { signal } from '@preact/signals'
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

export interface OutboxItem {
  seq?: number
  operationId: string
  // Whose it is: another person who logs in on this device must not send it.
  accountId: string
  kind: 'FileIncident' | 'AddEntry'
  request: Record<string, unknown>
  createdAt: string
  state: 'waiting' | 'refused' | 'sent'
  // The form it was made of, to take it up again when it is refused.
  form?: unknown
  // Why the server refused it, in the person's language.
  error?: string
  // What the server answered; kept for filings, so that the number is there after the tab was killed.
  answer?: Record<string, unknown>
}

interface Schema extends DBSchema {
  drafts: { key: string; value: unknown }
  facts: { key: string; value: unknown }
  outbox: { key: number; value: OutboxItem }
}

// The device refuses to keep anything (private window, full disk): say so before something is lost.
export const storageLost = signal(false)

let opened: Promise<IDBPDatabase<Schema> | null> | undefined

async function openDatabase(): Promise<IDBPDatabase<Schema> | null> {
  try {
    return await openDB<Schema>('sokuo', 1, {
      upgrade(db) {
        db.createObjectStore('drafts')
        db.createObjectStore('facts')
        db.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true })
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

const memory = new Map<string, unknown>()

export async function read<T>(store: 'drafts' | 'facts', key: string): Promise<T | undefined> {
  const db = await database()
  return (db ? await db.get(store, key) : memory.get(`${store}/${key}`)) as T | undefined
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

// Everything that belongs to the person goes; unsent filings and entries stay until they are sent.
export async function forgetPerson(): Promise<void> {
  memory.clear()
  const db = await database()
  await db?.clear('facts')
}
