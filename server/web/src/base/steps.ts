// SPDX-License-Identifier: Apache-2.0
// My steps: what the server listed last, kept on the device for the time without a network, and what was done since.
import { computed, signal } from '@preact/signals'
import type { RunJson } from '../gen/sokuo/v1/playbook_pb'
import type { ListMyStepsResponseJson, StepJson } from '../gen/sokuo/v1/step_pb'
import { heardServerTime, serverNow, tick } from './clock'
import { database, readEarly } from './db'
import { onLive } from './live'
import { isClosed, isOverdue, view } from './merge'
import { onOutbox, outbox, outboxKnown, outboxPurge } from './outbox'
import { arrivedAt, CallError } from './rpc'
import { steps } from './services'
import { me, sessionState } from './session'
import { seal, unseal } from './vault'

const KEPT_MS = 72 * 3600_000
const CALM_MS = 3000

interface Kept {
  steps: StepJson[]
  runs: RunJson[]
  more: number
}

const list = signal<Kept | null>(null)
// When the server said it, by its clock; empty = never.
export const listedAt = signal('')
// Why the last try to read failed, when it did.
export const listError = signal<unknown>(undefined)

export const mySteps = computed(() => {
  const person = me.value?.person
  // Not before the queue is known: what was finished here must not look open for a moment.
  return list.value && outboxKnown.value
    ? view(list.value.steps, outbox.value, { id: person?.id, name: person?.name })
    : null
})
export const moreSteps = computed(() => list.value?.more ?? 0)
export const openSteps = computed(() => (mySteps.value ?? []).filter((step) => !isClosed(step) && step.mine !== false))
export const overdueCount = computed(() => {
  tick.value
  const now = serverNow().getTime()
  return openSteps.value.filter((step) => isOverdue(step, now)).length
})

export function runOf(step: StepJson): RunJson | undefined {
  return list.value?.runs.find((run) => run.id === step.runId)
}

async function keep(at: string, kept: Kept): Promise<void> {
  const accountId = me.peek()?.accountId ?? ''
  const db = await database()
  const body = db && (await seal('lists', kept).catch(() => undefined))
  if (!body) return
  const tx = db.transaction('lists', 'readwrite')
  const before = await tx.store.get(accountId)
  if (!before || before.at <= at) await tx.store.put({ accountId, at, body }).catch(() => undefined)
  await tx.done.catch(() => undefined)
}

// Brings back what is on the device. What another person left, and what is older than three days, goes.
async function recall(): Promise<void> {
  const db = await database()
  const mine = me.peek()?.accountId
  for (const row of (await readEarly('lists')) ?? (await db?.getAll('lists')) ?? []) {
    // Lists of other screens carry a name behind the account, and look after themselves.
    if (row.accountId.includes('/')) continue
    const old = Date.now() - Date.parse(row.at) > KEPT_MS
    const kept = row.accountId === mine && !old ? await unseal<Kept>('lists', row.body) : undefined
    if (!kept) await db?.delete('lists', row.accountId)
    else if (row.at > listedAt.peek()) {
      list.value = kept
      listedAt.value = row.at
    }
  }
}

function take(answer: ListMyStepsResponseJson): void {
  const at = answer.serverTime ?? serverNow().toISOString()
  heardServerTime(answer.serverTime, arrivedAt(answer))
  // Another tab's younger answer stays.
  if (at < listedAt.peek()) return
  list.value = { steps: answer.steps ?? [], runs: answer.runs ?? [], more: answer.more ?? 0 }
  listedAt.value = at
}

let asking: Promise<void> | undefined

// Asks the server anew. Answers that the new list contains are forgotten after it is on the device.
export function stepsRefresh(): Promise<void> {
  asking ??= (async () => {
    const before = outbox.peek().filter((item) => item.state === 'sent')
    const ids = new Set(before.map((item) => item.operationId))
    try {
      take(await steps.listMySteps({}))
      listError.value = undefined
      await keep(listedAt.peek(), list.peek()!)
      if (ids.size > 0) await outboxPurge(ids)
    } catch (e) {
      listError.value = e
    }
  })().finally(() => {
    asking = undefined
  })
  return asking
}

let due = false
function soon(): void {
  if (due) return
  due = true
  setTimeout(() => {
    due = false
    if (!document.hidden) void stepsRefresh()
  }, CALM_MS)
}

const ABOUT_STEPS = /^(step|run|evidence)\./

// Once a page, after the session is known. The server is asked after rest.
export function stepsBegin(rest: Promise<unknown>): void {
  sessionState.subscribe((state) => {
    if (state !== 'open') return
    void recall()
    void rest.then(stepsRefresh)
  })
  onLive({
    changes: (changes) => void (changes.some((one) => ABOUT_STEPS.test(one.kind ?? '')) && soon()),
    reset: soon,
  })
  onOutbox((item) => void (item.kind === 'addStep' || item.state === 'refused' ? soon() : undefined))
  addEventListener('online', soon)
  document.addEventListener('visibilitychange', () => void (document.hidden || soon()))
}

// The page may be used without the server: it has been told what is mine.
export const listOffline = computed(() => listError.value instanceof CallError && listError.value.offline)
