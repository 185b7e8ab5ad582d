// SPDX-License-Identifier: Apache-2.0
// What lies on the device is sealed with AES-GCM, by keys that the browser keeps and never gives out. Where the origin
// is not secure there is no WebCrypto: then it lies open, and works all the same.
import { database, openedEarly } from './db'

export type Sealed = { iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer } | { open: ArrayBuffer }

// 'queue' is kept while anything waits; 'lists' goes with the person.
type KeyName = 'queue' | 'lists'

const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
export const canSeal = subtle !== undefined

async function findKey(name: KeyName): Promise<CryptoKey | undefined> {
  return (await database())?.get('keys', name)
}

// Of two tabs that make a key at once, the first one's stays.
async function makeKey(name: KeyName): Promise<CryptoKey | undefined> {
  const fresh = await subtle!.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const tx = (await database())?.transaction('keys', 'readwrite')
  if (!tx) return undefined
  const known = await tx.store.get(name)
  if (!known) await tx.store.put(fresh, name)
  await tx.done
  return known ?? fresh
}

export async function sealBytes(name: KeyName, bytes: ArrayBuffer): Promise<Sealed> {
  const key = subtle && ((await findKey(name)) ?? (await makeKey(name)))
  if (!key) return { open: bytes }
  const iv = crypto.getRandomValues(new Uint8Array(12))
  return { iv, data: await subtle!.encrypt({ name: 'AES-GCM', iv }, key, bytes) }
}

// undefined: its key is gone.
export async function unsealBytes(name: KeyName, sealed: Sealed): Promise<ArrayBuffer | undefined> {
  if ('open' in sealed) return sealed.open
  const key = await findKey(name)
  if (!key) return undefined
  return subtle!.decrypt({ name: 'AES-GCM', iv: sealed.iv }, key, sealed.data).catch(() => undefined)
}

export function seal(name: KeyName, value: unknown): Promise<Sealed> {
  return sealBytes(name, new TextEncoder().encode(JSON.stringify(value)).buffer)
}

export async function unseal<T>(name: KeyName, sealed: Sealed): Promise<T | undefined> {
  const early = await openedEarly(sealed)
  if (early !== undefined) return early as T
  const bytes = await unsealBytes(name, sealed)
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T)
}

// Base64 of the SHA-256; undefined where the origin is not secure: then the server's own counts.
export async function sha256(bytes: ArrayBuffer): Promise<string | undefined> {
  return subtle && base64(new Uint8Array(await subtle.digest('SHA-256', bytes)))
}

export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(text)
}
