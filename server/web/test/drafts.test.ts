// SPDX-License-Identifier: Apache-2.0
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { closeTabs, tab } from './support'

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()))
afterEach(() => {
  closeTabs()
  vi.unstubAllGlobals()
})

const EMPTY = { text: '', kind: 'a' }
async function open(accountId?: string) {
  await tab(accountId)
  const { openDraft } = await import('../src/base/drafts')
  const draft = openDraft('entry/i', EMPTY)
  await vi.waitFor(() => expect(draft.ready.value).toBe(true))
  return draft
}

describe('a draft', () => {
  it('comes back in a new tab', async () => {
    const first = await open()
    first.set({ text: '県から電' })
    first.set({ text: '県から電話' })
    await vi.waitFor(async () => {
      const second = await open()
      expect(second.value.value).toEqual({ text: '県から電話', kind: 'a' })
      expect(second.restored.value).toBe(true)
    })
  })
  it('is gone once it was sent', async () => {
    const first = await open()
    first.set({ text: '県から電話' })
    await first.clear()
    const second = await open()
    expect(second.value.value).toEqual(EMPTY)
    expect(second.restored.value).toBe(false)
  })
  it('is not shown to another person', async () => {
    const first = await open('a1')
    first.set({ text: '秘密' })
    await vi.waitFor(async () => expect((await open('a1')).value.value.text).toBe('秘密'))
    expect((await open('a2')).value.value).toEqual(EMPTY)
  })
  it('does not overwrite what was typed while it was read', async () => {
    const first = await open()
    first.set({ text: '古い' })
    await vi.waitFor(async () => expect((await open()).value.value.text).toBe('古い'))
    await tab()
    const { openDraft } = await import('../src/base/drafts')
    const draft = openDraft('entry/i', EMPTY)
    draft.set({ text: '新しい' })
    await vi.waitFor(() => expect(draft.ready.value).toBe(true))
    expect(draft.value.value.text).toBe('新しい')
  })
  it('survives a device that keeps nothing, for this page, and says so', async () => {
    vi.stubGlobal('indexedDB', {
      open() {
        throw new Error('denied')
      },
    })
    const draft = await open()
    draft.set({ text: 'x' })
    const { storageLost } = await import('../src/base/db')
    expect(draft.value.value.text).toBe('x')
    expect(storageLost.value).toBe(true)
  })
})
