// SPDX-License-Identifier: Apache-2.0
// One tab of the browser at a time. Two at once would do no harm (operation ids), but send everything twice.
import { database } from './db'
import { uuid } from './uuid'

const LEASE_MS = 20_000
const self = uuid()

interface Lease {
  by: string
  until: number
}

// A lease on the device, where the browser has no locks (an origin that is not secure). One without room still sends.
async function lease(until: number): Promise<boolean> {
  const tx = (await database())?.transaction('facts', 'readwrite')
  if (!tx) return true
  try {
    const held = (await tx.store.get('sender')) as Lease | undefined
    const free = !held || held.by === self || held.until < Date.now() || held.until > Date.now() + LEASE_MS
    if (free) await tx.store.put({ by: self, until } satisfies Lease, 'sender')
    return free
  } catch {
    return true
  } finally {
    await tx.done.catch(() => undefined)
  }
}

// Runs it unless another tab does; false: another tab does. Call keep() from time to time in work that takes long.
export async function alone(work: (keep: () => Promise<unknown>) => Promise<void>): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined
  if (locks) {
    return locks.request('sokuo-sender', { ifAvailable: true }, async (lock) => {
      if (lock) await work(async () => undefined)
      return lock !== null
    })
  }
  if (!(await lease(Date.now() + LEASE_MS))) return false
  try {
    await work(() => lease(Date.now() + LEASE_MS))
  } finally {
    await lease(0)
  }
  return true
}
