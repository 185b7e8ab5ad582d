// SPDX-License-Identifier: Apache-2.0
// My orders and the calls for me: what the server listed last, kept on the device, with the queue laid over it.
import { computed, effect, signal } from '@preact/signals'
import { serverNow } from '../base/clock'
import { database } from '../base/db'
import { onLive } from '../base/live'
import { toAnswer } from '../base/orders'
import { onOutbox, outbox, outboxKnown, outboxPurge } from '../base/outbox'
import type { Kind } from '../base/queue'
import { CallError } from '../base/rpc'
import { me, sessionState } from '../base/session'
import { seal, unseal } from '../base/vault'
import type { EscalationJson } from '../gen/sokuo/v1/escalation_pb'
import type { OrderJson } from '../gen/sokuo/v1/order_pb'
import { callsView, groupOf, isCalling, view } from './merge'
import { command, escalation } from './services'

const KEPT_MS = 72 * 3600_000
const CALM_MS = 700
// Nothing that calls a person hangs on one wake-up of the feed.
const ASK_MS = 60_000

interface Kept {
  orders: OrderJson[]
  calls: EscalationJson[]
}

const list = signal<Kept | null>(null)
export const listedAt = signal('')
export const listError = signal<unknown>(undefined)
export const listOffline = computed(() => listError.value instanceof CallError && listError.value.offline)

export const myOrders = computed(() =>
  list.value && outboxKnown.value ? view(list.value.orders, outbox.value, me.value?.person?.id) : null,
)

// Not before the queue is known: what was answered here must not ring again.
export const myCalls = computed(() =>
  list.value && outboxKnown.value ? callsView(list.value.calls, outbox.value) : [],
)
export const openCalls = computed(() => myCalls.value.filter(isCalling))
const ANSWERS: readonly Kind[] = ['answerOrder', 'answerEscalation']

const placeOf = () => `${me.peek()?.accountId ?? ''}/orders`

async function keep(): Promise<void> {
  const db = await database()
  const body = db && (await seal('lists', list.peek()).catch(() => undefined))
  if (body) await db.put('lists', { accountId: placeOf(), at: listedAt.peek(), body }).catch(() => undefined)
}

async function recall(): Promise<void> {
  const db = await database()
  for (const row of (await db?.getAll('lists')) ?? []) {
    if (!row.accountId.endsWith('/orders')) continue
    const old = Date.now() - Date.parse(row.at) > KEPT_MS
    const kept = row.accountId === placeOf() && !old ? await unseal<Kept>('lists', row.body) : undefined
    if (!kept) await db?.delete('lists', row.accountId)
    else if (row.at > listedAt.peek()) {
      list.value = kept
      listedAt.value = row.at
    }
  }
}

// Calls come from the engine: where it does not answer, the orders are there all the same.
async function callsForMe(): Promise<EscalationJson[]> {
  try {
    return (await escalation.listEscalations({ mine: true })).escalations ?? []
  } catch (e) {
    if (e instanceof CallError && (e.code === 'unimplemented' || e.code === 'permission_denied')) return []
    throw e
  }
}

let asking: Promise<void> | undefined

// Asks the server anew. Answers that the new list contains are forgotten after it is on the device.
export function ordersRefresh(): Promise<void> {
  asking ??= (async () => {
    const sent = outbox.peek().filter((item) => ANSWERS.includes(item.kind) && item.state === 'sent')
    try {
      const [orders, calls] = await Promise.all([command.listOrders({ mine: true }), callsForMe()])
      list.value = { orders: orders.orders ?? [], calls }
      listedAt.value = serverNow().toISOString()
      listError.value = undefined
      await keep()
      if (sent.length > 0) await outboxPurge(new Set(sent.map((item) => item.operationId)))
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
    void ordersRefresh()
  }, CALM_MS)
}

const ABOUT_ORDERS = /^(order|escalation|call|command)\b/

// Once a page, after the first screen.
export function ordersBegin(): void {
  sessionState.subscribe((state) => {
    if (state === 'open') void recall().then(ordersRefresh)
  })
  onLive({
    changes: (changes) =>
      void (changes.some((one) => ABOUT_ORDERS.test(one.kind ?? '') || ABOUT_ORDERS.test(one.stream ?? '')) && soon()),
    reset: soon,
  })
  onOutbox((item) => void (ANSWERS.includes(item.kind) && soon()))
  addEventListener('online', soon)
  document.addEventListener('visibilitychange', () => void (document.hidden || soon()))
  setInterval(() => void (sessionState.peek() === 'open' && soon()), ASK_MS)
  effect(() => {
    const open = (myOrders.value ?? []).filter((order) => groupOf(order) === 'answer').length
    toAnswer.value = open + openCalls.value.length
  })
}
