// SPDX-License-Identifier: Apache-2.0
// The Connect protocol in JSON, unary, typed by what buf generates. The generated code is used as types only.
import type { DescMessage, MessageJsonType } from '@bufbuild/protobuf'
import type { ErrorInfoJson } from '../gen/sokuo/v1/common_pb'
import { lang } from './settings'

// What the server (or the network) answered instead of a result. message is in the person's language already.
export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly info: ErrorInfoJson = {},
  ) {
    super(message)
  }
  // Sending the same again later may work, and does no harm: changes carry an operation id.
  get retryable(): boolean {
    return [
      'offline',
      'unavailable',
      'deadline_exceeded',
      'resource_exhausted',
      'canceled',
      'internal',
      'unknown',
    ].includes(this.code)
  }
  get offline(): boolean {
    return this.code === 'offline' || this.code === 'unavailable' || this.code === 'deadline_exceeded'
  }
}

export interface CallOptions {
  timeoutMs?: number
  signal?: AbortSignal
  // Do not ask for a login when the session has ended: throw at once.
  silent?: boolean
}

type Methods<S> = S extends { method: infer M } ? M : never
type Input<M> = M extends { input: infer I extends DescMessage } ? MessageJsonType<I> : never
type Output<M> = M extends { output: infer O extends DescMessage } ? MessageJsonType<O> : never
export type Client<S> = {
  [K in keyof Methods<S>]: (request: Input<Methods<S>[K]>, options?: CallOptions) => Promise<Output<Methods<S>[K]>>
}

const INFERRED: Record<number, string> = {
  400: 'internal',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'unimplemented',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

// Called when a session has ended; resolves to true when the same person is logged in again.
let loginAgain: (e: CallError) => Promise<boolean> = async () => false
export function onSessionEnd(ask: (e: CallError) => Promise<boolean>): void {
  loginAgain = ask
}

// ErrorInfo out of protobuf bytes: texts with small field numbers, which is all we need of it.
export function decodeErrorInfo(base64: string): ErrorInfoJson {
  const b = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  const names = ['', 'reason', 'field', 'messageJa', 'messageEn'] as const
  const out: Record<string, string> = {}
  for (let i = 0; i + 1 < b.length; ) {
    const tag = b[i++]!
    if ((tag & 7) !== 2) break
    let len = 0
    for (let shift = 0; ; shift += 7) {
      const byte = b[i++] ?? 0
      len |= (byte & 127) << shift
      if (byte < 128) break
    }
    const name = names[tag >> 3]
    if (name) out[name] = new TextDecoder().decode(b.subarray(i, i + len))
    i += len
  }
  return out
}

async function failure(response: Response): Promise<CallError> {
  const body = await response.json().catch(() => null)
  const code = typeof body?.code === 'string' ? body.code : (INFERRED[response.status] ?? 'unknown')
  const detail = body?.details?.find((d: { type?: string }) => d.type === 'sokuo.v1.ErrorInfo')
  const info: ErrorInfoJson = detail?.debug ?? (detail?.value ? decodeErrorInfo(detail.value) : {})
  const after = Number(response.headers.get('retry-after'))
  if (!info.retryAt && after > 0) info.retryAt = new Date(Date.now() + after * 1000).toISOString()
  const own = lang.value === 'en' ? info.messageEn : info.messageJa
  return new CallError(code, own || body?.message || `HTTP ${response.status}`, info)
}

// Called with every answer: whoever waits for the network need not wait on.
let reached: () => void = () => undefined
export function onReached(hear: () => void): void {
  reached = hear
}

interface Early {
  answer: Promise<Response>
  arrivedAt: number
}

// What early.js asked while the client was on the way.
const early = (globalThis as { sokuoEarly?: Record<string, Early> }).sokuoEarly ?? {}
const arrivals = new WeakMap<object, number>()

// When an answer arrived, by the device's clock: one that was asked early may have lain here for seconds.
export function arrivedAt(answer: object): number {
  return arrivals.get(answer) ?? Date.now()
}

async function once(path: string, request: unknown, options: CallOptions): Promise<unknown> {
  const timeoutMs = options.timeoutMs ?? 15_000
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), timeoutMs)
  const cancel = () => stop.abort()
  options.signal?.addEventListener('abort', cancel)
  let response: Response
  const asked = early[path]
  delete early[path]
  try {
    response = await (asked?.answer ??
      fetch(path, {
        method: 'POST',
        credentials: 'same-origin',
        headers: {
          'Content-Type': 'application/json',
          'Connect-Protocol-Version': '1',
          'Connect-Timeout-Ms': String(timeoutMs),
          'Accept-Language': lang.value,
        },
        body: JSON.stringify(request),
        signal: stop.signal,
      }))
    if (response.ok) {
      const answer = await response.json()
      arrivals.set(answer, asked?.arrivedAt || Date.now())
      reached()
      return answer
    }
  } catch (cause) {
    if (options.signal?.aborted) throw new CallError('canceled', 'canceled')
    throw new CallError('offline', String(cause))
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', cancel)
  }
  throw await failure(response)
}

// A client of one service: const incidents = client<typeof IncidentService>('IncidentService').
export function client<S>(service: string): Client<S> {
  const call = async (method: string, request: unknown, options: CallOptions = {}) => {
    const path = `/sokuo.v1.${service}/${method[0]!.toUpperCase()}${method.slice(1)}`
    try {
      return await once(path, request, options)
    } catch (e) {
      if (options.silent || !(e instanceof CallError) || e.code !== 'unauthenticated') throw e
      if (await loginAgain(e)) return once(path, request, options)
      throw e
    }
  }
  const methods = new Map<string, unknown>()
  return new Proxy({} as Client<S>, {
    get(_target, method: string) {
      if (!methods.has(method)) methods.set(method, (r: unknown, o?: CallOptions) => call(method, r, o))
      return methods.get(method)
    },
  })
}
