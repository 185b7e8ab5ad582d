// SPDX-License-Identifier: Apache-2.0
// The page is killed at each thing that it asks of the device or the network while it queues and sends: whatever was
// acknowledged to the person arrives, in order, and nothing arrives twice.
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, expect, it, vi } from 'vitest'
import { ModelServer } from '../dev/model_server'
import type { PushRequestJson } from '../src/gen/sokuo/v1/sync_pb'
import { asked, freshPage, killAfter, network } from './killed'
import { closeTabs, tab } from './support'

afterEach(() => {
  closeTabs()
  vi.unstubAllGlobals()
})

const WHO = { id: 'p1', name: '田中' }
const PHOTO = new Uint8Array(150_000).map((_, i) => (i * 7) % 251)

// The rules of the real one, and photos.
function serverOf() {
  const steps = ['s0', 's1', 's2', 's3'].map((id) => ({ id, version: 1, state: 'STEP_STATE_READY' as const }))
  const model = new ModelServer(steps)
  const bytes = new Map<string, Uint8Array>()
  const size = () => PHOTO.length
  const about = (id: string) => {
    const received = bytes.get(id)?.length ?? 0
    return { id, received: String(received), complete: received === size() }
  }
  const begun = () => model.journal.filter((one) => one.kind === 'beginEvidence')
  const idOf = (one: { result: object }) =>
    (one.result as { beginEvidence: { evidence: { id: string } } }).beginEvidence.evidence.id
  const answer = (method: string, request: never) => {
    if (method === 'SyncService/Push') return model.push(request as PushRequestJson, WHO)
    if (method === 'EvidenceService/ListEvidence') return { evidence: begun().map((one) => about(idOf(one))) }
    if (method !== 'EvidenceService/PutChunk') return { me: { accountId: 'a1' } }
    const { evidenceId, offset, data } = request as { evidenceId: string; offset: string; data: string }
    const have = bytes.get(evidenceId) ?? new Uint8Array()
    const piece = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
    if (Number(offset) === have.length) bytes.set(evidenceId, new Uint8Array([...have, ...piece]))
    return { evidence: about(evidenceId) }
  }
  return { model, bytes, answer }
}

async function page(n = Number.POSITIVE_INFINITY) {
  freshPage()
  await tab()
  const outbox = await import('../src/base/outbox')
  const photos = await import('../src/base/photos')
  return { killed: killAfter(n), outbox, photos }
}

type Page = Awaited<ReturnType<typeof page>>

const quiet = ({ outbox }: Page) =>
  vi.waitFor(
    () => {
      expect(outbox.outboxKnown.value).toBe(true)
      expect(outbox.waitingCount.value).toBe(0)
    },
    { timeout: 8000, interval: 5 },
  )

// What a person does on a step or two; each thing is noted when the page has acknowledged it.
async function work({ outbox, photos, ...rest }: Page, acked: string[]): Promise<void> {
  const add = async (...args: Parameters<typeof outbox.outboxAdd>) => {
    acked.push((await outbox.outboxAdd(...args)).operationId)
  }
  photos.photosBegin()
  outbox.outboxBegin()
  await add('updateStep', { stepId: 's0', act: 'STEP_ACT_DONE' })
  await add('decideStep', { stepId: 's1', option: 'x', basis: '根拠' })
  acked.push((await photos.photoAdd('s2', new File([PHOTO], '機器.jpg'))).operationId)
  await add('answerEscalation', { escalationId: 'c0', kind: 'ESCALATION_ANSWER_KIND_ACCEPT' })
  // Refused: it says no reason.
  await add('updateStep', { stepId: 's3', act: 'STEP_ACT_SKIP' })
  await quiet({ outbox, photos, ...rest })
  const [refused] = outbox.refusedItems.value
  await outbox.outboxRetry(refused!, { ...refused!.request, reason: '該当なし' })
  await quiet({ outbox, photos, ...rest })
  await outbox.outboxPurge(new Set(outbox.outbox.value.map((item) => item.operationId)))
}

// One life that ends at the n-th thing, and the next one that ends by itself. Answers how many things the first asked for.
async function lives(n: number): Promise<number> {
  vi.stubGlobal('indexedDB', new IDBFactory())
  const { model, bytes, answer } = serverOf()
  vi.stubGlobal('fetch', network(answer))
  const acked: string[] = []
  const first = await page(n)
  await Promise.race([work(first, acked), first.killed])
  const count = asked()
  closeTabs()

  const second = await page()
  second.photos.photosBegin()
  second.outbox.outboxBegin()
  await quiet(second)
  const arrived = model.journal.map((one) => one.operationId)
  expect(arrived, 'an operation twice').toEqual([...new Set(arrived)])
  expect(
    arrived.filter((id) => acked.includes(id)),
    'what was acknowledged, in order',
  ).toEqual(acked)
  // A thing done once is one operation: only the refused one is there again, as the person asked.
  const acts = model.journal.filter((one) => one.kind === 'updateStep' && !one.result.refusal)
  expect(acts.length).toBeLessThanOrEqual(2)
  expect(model.journal.length).toBeLessThanOrEqual(6)
  for (const photo of bytes.values()) expect(Buffer.compare(photo, PHOTO)).toBe(0)
  const announced = model.journal.filter((one) => one.kind === 'beginEvidence').length
  expect(bytes.size, 'photos').toBe(announced)
  // A refusal is still there to be dealt with, unless it was.
  const retried = acts.some((one) => one.result.updateStep?.step?.id === 's3')
  const refused = model.journal.some((one) => one.result.refusal)
  expect(second.outbox.refusedItems.value.length).toBe(refused && !retried ? 1 : 0)
  return count
}

it('loses nothing and doubles nothing, wherever the page is killed', { timeout: 900_000 }, async () => {
  const locks = { request: (_name: string, _how: object, work: (lock: object) => unknown) => work({}) }
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
  const all = await lives(Number.POSITIVE_INFINITY)
  expect(all).toBeGreaterThan(50)
  for (let n = 0; n < all; n++) {
    await lives(n).catch((e) => {
      throw new Error(`killed at ${n} of ${all}: ${(e as Error).message}`, { cause: e })
    })
  }
  console.log(`killed at each of ${all} places`)
})
