// SPDX-License-Identifier: Apache-2.0
// Nothing typed is lost: a draft is written to the device at each change and comes back with the screen.
import { type Signal, signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { forget, read, write } from './db'
import { me } from './session'

export interface Draft<T> {
  value: Signal<T>
  // True once the device was asked for an older draft.
  ready: Signal<boolean>
  // An older draft was found and brought back.
  restored: Signal<boolean>
  set(change: Partial<T>): void
  clear(): Promise<void>
}

// Drafts belong to the account: on a shared device nobody sees another's.
export function openDraft<T extends object>(key: string, initial: T): Draft<T> {
  const place = `${me.peek()?.accountId ?? ''}/${key}`
  const value = signal<T>({ ...initial })
  const ready = signal(false)
  const restored = signal(false)
  let touched = false
  let last: Promise<unknown> = read<T>('drafts', place).then((found) => {
    if (found && !touched) {
      value.value = { ...initial, ...found }
      restored.value = true
    }
    ready.value = true
  })
  return {
    value,
    ready,
    restored,
    set(change) {
      touched = true
      value.value = { ...value.peek(), ...change }
      last = write('drafts', place, value.peek())
    },
    async clear() {
      touched = true
      value.value = { ...initial }
      restored.value = false
      await last
      await forget('drafts', place)
    },
  }
}

// The draft of a screen; a new one when the key changes.
export function useDraft<T extends object>(key: string, initial: T): Draft<T> {
  const draft = useMemo(() => openDraft(key, initial), [key])
  return draft
}
