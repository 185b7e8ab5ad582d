// SPDX-License-Identifier: Apache-2.0
// What the tests of the base share: a pretended network, and a page begun anew.
import { vi } from 'vitest'

export type Answer = (method: string, request: Record<string, unknown>) => unknown

// An answer with an error of the server.
export class Status extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Record<string, string> = {},
  ) {
    super(String(status))
  }
}

export const NO_NETWORK = new TypeError('Failed to fetch')

// Every call goes to answer(); what it throws is a failed connection or, as Status, an error of the server.
export function network(answer: Answer) {
  const calls: { method: string; request: Record<string, unknown>; headers: Record<string, string> }[] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const method = path.replace('/sokuo.v1.', '')
    const request = JSON.parse(String(init.body))
    calls.push({ method, request, headers: init.headers as Record<string, string> })
    try {
      return new Response(JSON.stringify((await answer(method, request)) ?? {}), { status: 200 })
    } catch (e) {
      if (!(e instanceof Status)) throw e
      return new Response(JSON.stringify(e.body), { status: e.status, headers: e.headers })
    }
  })
  return calls
}

export function refused(message: string, code = 'invalid_argument', status = 400): Status {
  const debug = { reason: 'REQUIRED', field: 'title', messageJa: message, messageEn: `en ${message}` }
  return new Status(status, { code, message, details: [{ type: 'sokuo.v1.ErrorInfo', value: '', debug }] })
}

// What Push answers when one() answers each operation: its answer, or why it is refused.
export function pushed(one: (request: Record<string, unknown>) => unknown): Answer {
  return (method, request) => {
    if (method !== 'SyncService/Push') return {}
    let next = 1
    const results = ((request.operations ?? []) as Record<string, never>[]).map((op) => {
      const kind = Object.keys(op).find((key) => key !== 'seq' && key !== 'ageMs')!
      const answer = one(op[kind]!)
      next = Number(op.seq) + 1
      const { operationId } = op[kind]! as { operationId: string }
      return answer instanceof Refusal
        ? { seq: op.seq, operationId, ...answer }
        : { seq: op.seq, operationId, [kind]: answer }
    })
    return { results, nextSeq: String(next) }
  }
}

export class Refusal {
  constructor(
    readonly refusal: object,
    readonly code = 'invalid_argument',
  ) {}
}

export function refusal(messageJa: string): Refusal {
  return new Refusal({ reason: 'REQUIRED', messageJa, messageEn: `en ${messageJa}` })
}

const open: { sessionState: { value: string } }[] = []

// Ends the tabs of a test: they send and listen no more.
export function closeTabs(): void {
  for (const session of open.splice(0)) session.sessionState.value = 'login'
}

// A page of this person, with modules of its own: what a new tab is.
export async function tab(accountId = 'a1') {
  vi.resetModules()
  const session = await import('../src/base/session')
  const db = await import('../src/base/db')
  session.me.value = { accountId, person: { id: 'p1', name: '田中' } }
  await db.write('facts', 'me', session.me.value)
  session.sessionState.value = 'open'
  open.push(session)
  return session
}
