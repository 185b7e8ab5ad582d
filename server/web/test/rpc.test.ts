// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type CallError, client, decodeErrorInfo, onSessionEnd } from '../src/base/rpc'
import { incidents } from '../src/base/services'
import { lang } from '../src/base/settings'
import { NO_NETWORK, network, refused, Status } from './support'

afterEach(() => {
  vi.unstubAllGlobals()
  lang.value = 'ja'
})

const fails = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (e: CallError) => e,
  )

describe('the client', () => {
  it('posts JSON to the method and says the language', async () => {
    lang.value = 'en'
    const calls = network(() => ({ incident: { number: '2026-0042' } }))
    const answer = await incidents.getIncident({ id: '2026-0042' })
    expect(answer.incident?.number).toBe('2026-0042')
    expect(calls[0]).toMatchObject({
      method: 'IncidentService/GetIncident',
      request: { id: '2026-0042' },
      headers: { 'Accept-Language': 'en', 'Connect-Protocol-Version': '1' },
    })
  })
  it('shows the message in the language of the person', async () => {
    network(() => {
      throw refused('題名を入れてください。')
    })
    expect((await fails(incidents.fileIncident({}))).message).toBe('題名を入れてください。')
    lang.value = 'en'
    const error = await fails(incidents.fileIncident({}))
    expect(error).toMatchObject({ code: 'invalid_argument', message: 'en 題名を入れてください。', retryable: false })
  })
  it('takes a failed connection as something to try again', async () => {
    network(() => {
      throw NO_NETWORK
    })
    expect(await fails(incidents.fileIncident({}))).toMatchObject({ code: 'offline', offline: true, retryable: true })
  })
  it('reads when to try again from Retry-After', async () => {
    network(() => {
      throw new Status(503, null, { 'retry-after': '7' })
    })
    const error = await fails(incidents.fileIncident({}))
    expect(error.code).toBe('unavailable')
    expect(Date.parse(error.info.retryAt ?? '') - Date.now()).toBeGreaterThan(5000)
  })
  it('gives up after the time that was allowed', async () => {
    vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
      return new Promise((_resolve, reject) =>
        init.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      )
    })
    expect((await fails(incidents.getIncident({}, { timeoutMs: 5 }))).code).toBe('offline')
  })
  it('asks for a login when the session has ended, then goes on with the same request', async () => {
    let open = false
    const calls = network(() => {
      if (!open) throw new Status(401, { code: 'unauthenticated', message: '' })
      return { entry: { seq: 3 } }
    })
    onSessionEnd(async () => {
      open = true
      return true
    })
    const answer = await incidents.addEntry({ operationId: 'op1', text: 'x' })
    expect(answer.entry?.seq).toBe(3)
    expect(calls.map((call) => call.request.operationId)).toEqual(['op1', 'op1'])
  })
  it('does not go on when somebody else logged in', async () => {
    network(() => {
      throw new Status(401, { code: 'unauthenticated', message: '' })
    })
    onSessionEnd(async () => false)
    expect((await fails(incidents.addEntry({}))).code).toBe('unauthenticated')
  })
  it('names methods as the contract does', async () => {
    const calls = network(() => ({}))
    await client<{ method: { pull: never } }>('SyncService').pull({} as never)
    expect(calls[0]?.method).toBe('SyncService/Pull')
  })
  it('reads the details out of protobuf bytes', () => {
    const bytes = [0x0a, 3, 0x41, 0x42, 0x43, 0x12, 5, ...new TextEncoder().encode('title')]
    const base64 = btoa(String.fromCharCode(...bytes))
    expect(decodeErrorInfo(base64)).toEqual({ reason: 'ABC', field: 'title' })
  })
})
