// SPDX-License-Identifier: Apache-2.0
// Photos: kept whole on the device, announced in the queue in their order, then sent in pieces that go on where they
// stopped. Whatever else waits goes first.
import { computed, signal } from '@preact/signals'
import type { EvidenceJson } from '../gen/sokuo/v1/evidence_pb'
import { database, type PhotoRow } from './db'
import { afterSending, type OutboxItem, onOutbox, outboxAdd, outboxSend, photosWaiting } from './outbox'
import { CallError } from './rpc'
import { evidence } from './services'
import { me, sessionState } from './session'
import { uuid } from './uuid'
import { base64, sealBytes, sha256, unsealBytes } from './vault'

export const MOST_BYTES = 20 * 1024 * 1024
const LEAST_PIECE = 64 * 1024
const MOST_PIECE = 512 * 1024

export interface Photo extends Omit<PhotoRow, 'body'> {
  sent: number
}

// The photos of the person that are not whole at the server yet.
export const photos = signal<Photo[]>([])
export const photosFailed = computed(() => photos.value.filter((one) => one.error))
const sentBytes = new Map<string, number>()

async function load(): Promise<void> {
  const db = await database()
  const mine = me.peek()?.accountId
  const rows = ((await db?.getAll('photos')) ?? []).filter((row) => row.accountId === mine)
  photos.value = rows.map(({ body: _, ...row }) => ({ ...row, sent: sentBytes.get(row.id) ?? 0 }))
  photosWaiting.value = rows.filter((row) => row.announced && !row.error).length
}

// Keeps the photo and announces it, in one. Throws when the device cannot keep it.
export async function photoAdd(stepId: string, file: File): Promise<OutboxItem> {
  const id = uuid()
  const bytes = await file.arrayBuffer()
  const body = await sealBytes('queue', bytes)
  const photo = { id, accountId: me.peek()?.accountId ?? '', stepId, size: bytes.byteLength, announced: false, body }
  const request = {
    id,
    stepId,
    name: file.name.slice(-200),
    mediaType: file.type.slice(0, 100),
    size: String(bytes.byteLength),
    sha256: await sha256(bytes),
  }
  const item = await outboxAdd('beginEvidence', request, { photo, about: file.name })
  await load()
  return item
}

async function change(id: string, to: Partial<PhotoRow> | null): Promise<void> {
  const db = await database()
  const tx = db?.transaction('photos', 'readwrite')
  const row = await tx?.store.get(id)
  if (row) await (to ? tx!.store.put({ ...row, ...to }) : tx!.store.delete(id))
  await tx?.done
  await load()
}

// What the server has of it: undefined when it knows nothing of it.
async function known(photo: PhotoRow): Promise<EvidenceJson | undefined> {
  const list = await evidence.listEvidence({ stepId: photo.stepId }, { silent: true })
  return list.evidence?.find((one) => one.id === photo.id)
}

// Sends the rest of one photo; false: something else wants to go first.
async function sendRest(photo: PhotoRow, bytes: Uint8Array, go: () => Promise<boolean>): Promise<boolean> {
  let have = await known(photo)
  let piece = LEAST_PIECE
  while (have && !have.complete) {
    if (!(await go())) return false
    const offset = Number(have.received ?? 0)
    const data = base64(bytes.subarray(offset, offset + piece))
    const begun = performance.now()
    const request = { evidenceId: photo.id, offset: String(offset), data }
    have = (await evidence.putChunk(request, { timeoutMs: 60_000, silent: true })).evidence
    const took = performance.now() - begun
    piece = took < 1500 ? Math.min(piece * 2, MOST_PIECE) : took > 6000 ? Math.max(piece / 2, LEAST_PIECE) : piece
    sentBytes.set(photo.id, Number(have?.received ?? 0))
    photos.value = photos.peek().map((one) => (one.id === photo.id ? { ...one, sent: sentBytes.get(photo.id)! } : one))
  }
  if (have) await change(photo.id, null)
  else await change(photo.id, { error: 'NOT_FOUND' })
  return true
}

async function sendAll(go: () => Promise<boolean>): Promise<void> {
  await load()
  const db = await database()
  for (const { id } of photos.peek().filter((one) => one.announced && !one.error)) {
    const row = await db?.get('photos', id)
    const bytes = row && (await unsealBytes('queue', row.body))
    if (!row || !bytes) continue
    try {
      if (!(await sendRest(row, new Uint8Array(bytes), go))) return
    } catch (e) {
      if (!(e instanceof CallError) || e.retryable || e.code === 'unauthenticated') throw e
      await change(id, { error: e.message })
    }
  }
}

export async function photoRetry(id: string): Promise<void> {
  await change(id, { error: undefined })
  void outboxSend()
}

export function photoDrop(id: string): Promise<void> {
  return change(id, null)
}

// Once a page.
export function photosBegin(): void {
  afterSending(sendAll)
  onOutbox((item) => void (item.kind === 'beginEvidence' && load()))
  sessionState.subscribe((state) => void (state === 'open' && load()))
}
